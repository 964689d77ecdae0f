"""DICOM photographs: the elements that describe the picture, and its first frame.

Only the elements named here are kept while parsing, so the patient's name and number never
enter the program.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import PhotoError, UnsupportedPhotoError
from landmarkdiff.notices import Notice
from landmarkdiff.photo.decode import mapped_rows, open_and_load
from landmarkdiff.photo.raster import Raster, unit_levels
from landmarkdiff.photo.source import CountedReader, PhotoLimits

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["decode_dicom"]

_ELEMENTS = [
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept", "ICCProfile"),
    *(f"{c}PaletteColorLookupTableDescriptor" for c in ("Red", "Green", "Blue")),
    *(f"{c}PaletteColorLookupTableData" for c in ("Red", "Green", "Blue")),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths", "PixelData", "SOPClassUID"),
]

_DEFLATED = "1.2.840.10008.1.2.1.99"
_RLE = "1.2.840.10008.1.2.5"
_JPEG = {"1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"}
_JPEG_2000 = {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"}
_NATIVE = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}
_PHOTOMETRIC = {
    *("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR", "RGB"),
    *("YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT"),
}


def decode_dicom(data: bytes, limits: PhotoLimits) -> Raster:
    """Decode the first frame of a DICOM file.

    Parameters
    ----------
    data : bytes
        The file, with preamble.
    limits : PhotoLimits
        Budget, applied to rows × columns × samples × bytes.

    Returns
    -------
    Raster
        8-bit gray or RGB rows; orientation 1 (DICOM photographs are stored upright).

    Raises
    ------
    UnsupportedPhotoError
        No picture, or a transfer syntax or colour model that is not decoded here.
    PhotoError
        Damaged, or beyond the budget. What the parser raises on damage passes through.
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    # Values are converted when they are asked for, so both can come from any line below.
    try:
        return _decode(data, limits)
    except (BytesLengthException, InvalidDicomError) as failure:
        raise PhotoError("photo_damaged", format="DICOM", name=None) from failure


def _decode(data: bytes, limits: PhotoLimits) -> Raster:
    dataset, syntax = _parse(data)
    width, height = int(dataset.Columns), int(dataset.Rows)
    samples, allocated = int(dataset.SamplesPerPixel), int(dataset.BitsAllocated)
    colour = str(dataset.PhotometricInterpretation)
    if samples not in {1, 3} or allocated not in {1, 8, 16} or colour not in _PHOTOMETRIC:
        raise UnsupportedPhotoError("dicom_kind", colour=colour, samples=samples, bits=allocated)
    limits.check_size(width, height, bytes_per_pixel=samples * max(1, allocated // 8))
    notices = []
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        notices.append(Notice.of("photo_first_frame", format="DICOM"))

    if syntax in _JPEG | _JPEG_2000:
        array, stored_bits, colour = _decode_jpeg_frame(dataset, syntax, colour, limits)
    elif syntax == _RLE:
        array, stored_bits = _decode_rle_frame(dataset), int(dataset.BitsStored)
    else:
        array, stored_bits, colour = _decode_native_frame(dataset, colour)
    if array.shape[:2] != (height, width):
        raise PhotoError(
            "dicom_size",
            found_width=array.shape[1],
            found_height=array.shape[0],
            width=width,
            height=height,
        )
    raster = _as_raster(dataset, array, stored_bits, colour)
    raster.profile = dataset.get("ICCProfile") or None
    raster.notices = notices
    return raster


def _parse(data: bytes) -> tuple[Dataset, str]:
    import pydicom

    # Parsing inflates such a file whole, before any size is known.
    if _DEFLATED.encode() in data:
        raise _unsupported_syntax("Deflated Explicit VR Little Endian")
    dataset = pydicom.dcmread(CountedReader(data), specific_tags=list(_ELEMENTS))
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", ""))
    if "PixelData" not in dataset:
        raise UnsupportedPhotoError("dicom_without_picture")
    if syntax not in _JPEG | _JPEG_2000 | _NATIVE | {_RLE}:
        raise _unsupported_syntax(pydicom.uid.UID(syntax).name or "none")
    return dataset, syntax


def _unsupported_syntax(name: str) -> UnsupportedPhotoError:
    return UnsupportedPhotoError("dicom_compression", compression=name)


def _decode_native_frame(dataset: Dataset, colour: str) -> tuple[NDArray[Any], int, str]:
    from pydicom.pixels.utils import pixel_array

    # Raw: planes and subsampling are undone, but YBR stays, as turning it into RGB there would
    # take 2 GB for a picture at the limit.
    return pixel_array(dataset, index=0, raw=True), int(dataset.BitsStored), colour


def _first_frame(dataset: Dataset) -> bytes:
    from pydicom.encaps import get_frame

    offsets = None
    if "ExtendedOffsetTable" in dataset and "ExtendedOffsetTableLengths" in dataset:
        offsets = (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths)
    count = int(dataset.get("NumberOfFrames") or 1)
    return bytes(get_frame(dataset.PixelData, 0, number_of_frames=count, extended_offsets=offsets))


def _decode_jpeg_frame(
    dataset: Dataset, syntax: str, colour: str, limits: PhotoLimits
) -> tuple[NDArray[Any], int, str]:
    frame = _first_frame(dataset)
    name = "JPEG" if syntax in _JPEG else "JPEG 2000"
    if name == "JPEG" and not frame.startswith(b"\xff\xd8"):
        raise PhotoError("dicom_jpeg_damaged")
    image, _ = open_and_load(frame, name, limits)
    if image.mode not in {"L", "RGB", "YCbCr", "I;16"}:
        raise UnsupportedPhotoError("dicom_colours", colours=image.mode)
    array = np.asarray(image)
    # JPEG streams say themselves whether they hold YCbCr; the decoder has already acted on it.
    colour = "RGB" if image.mode in {"RGB", "YCbCr"} else colour
    if image.mode == "YCbCr":
        array = np.asarray(image.convert("RGB"))
    return array, 16 if image.mode == "I;16" else 8, colour


def _decode_rle_frame(dataset: Dataset) -> NDArray[Any]:
    # Pillow unpacks the byte runs in C; in Python a hostile frame takes minutes.
    frame = _first_frame(dataset)
    width, height = int(dataset.Columns), int(dataset.Rows)
    samples, size = int(dataset.SamplesPerPixel), int(dataset.BitsAllocated) // 8
    count, *offsets = struct.unpack_from("<16I", frame)
    if size < 1 or count != samples * size:
        raise PhotoError("dicom_planes", count=count)
    ends = [*offsets[1:count], len(frame)]
    planes = []
    for start, end in zip(offsets[:count], ends, strict=True):
        plane = Image.frombytes("L", (width * height, 1), frame[start:end], "packbits", "L")
        planes.append(np.asarray(plane).reshape(height, width))
    merged = [_joined(planes[s * size : (s + 1) * size]) for s in range(samples)]
    array: NDArray[Any] = merged[0] if samples == 1 else np.stack(merged, axis=-1)
    if int(dataset.get("PixelRepresentation") or 0) == 1:
        array = array.view(array.dtype.str.replace("u", "i"))
    return array


def _joined(planes: list[NDArray[np.uint8]]) -> NDArray[Any]:
    if len(planes) == 1:
        return planes[0]
    return planes[0].astype(np.uint16) << 8 | planes[1]


def _as_raster(dataset: Dataset, array: NDArray[Any], bits: int, colour: str) -> Raster:
    size = (array.shape[1], array.shape[0])
    if array.ndim == 3:
        high = float((1 << bits) - 1)

        def colours(part: NDArray[Any]) -> Image.Image:
            levels = part if bits == 8 else unit_levels(part, 0.0, high)
            picture = Image.fromarray(np.ascontiguousarray(levels.astype(np.uint8, copy=False)))
            if colour == "RGB":
                return picture
            return Image.frombytes("YCbCr", picture.size, picture.tobytes()).convert("RGB")

        return Raster(size, mapped_rows(array, colours), "RGB")
    if colour == "PALETTE COLOR":
        palette = _palette(dataset, bits)
        return Raster(size, mapped_rows(array, lambda part: Image.fromarray(palette[part])), "RGB")
    low, high = _gray_window(dataset, bits)
    inverted = colour == "MONOCHROME1"

    def grays(part: NDArray[Any]) -> Image.Image:
        return Image.fromarray(unit_levels(part, low, high, inverted=inverted))

    return Raster(size, mapped_rows(array, grays), "L")


def _palette(dataset: Dataset, bits: int) -> NDArray[np.uint8]:
    from pydicom.pixels.processing import apply_color_lut

    indices = np.arange(1 << bits, dtype=np.uint16 if bits > 8 else np.uint8)
    colours = apply_color_lut(indices, dataset)
    entry_bits = int(dataset.RedPaletteColorLookupTableDescriptor[2])
    # Some writers announce 16 bits and store 8.
    high = 255.0 if entry_bits <= 8 or colours.max() <= 255 else 65535.0
    return unit_levels(colours, 0.0, high)


def _gray_window(dataset: Dataset, bits: int) -> tuple[float, float]:
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    centre, width = _first(dataset.get("WindowCenter")), _first(dataset.get("WindowWidth"))
    if centre is None or width is None or width <= 1:
        return float(low), float(high)
    # The window is in rescaled units; its ends are brought back to stored values.
    slope = _first(dataset.get("RescaleSlope")) or 1.0
    intercept = _first(dataset.get("RescaleIntercept")) or 0.0
    ends = (centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2)
    return (ends[0] - intercept) / slope, (ends[1] - intercept) / slope


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    many = hasattr(value, "__getitem__") and not isinstance(value, str)
    return float(value[0] if many else value)
