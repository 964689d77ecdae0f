"""DICOM photographs: the elements that describe the picture, and its first frame.

Only the elements named here are kept while parsing, so the patient's name and number never
enter the program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import PhotoError, UnsupportedPhotoError
from landmarkdiff.notices import Notice
from landmarkdiff.photo.dicom_frame import (
    Frame,
    decode_frame,
    size_contradiction,
    unsupported_syntax,
)
from landmarkdiff.photo.raster import Raster, mapped_rows, unit_levels
from landmarkdiff.photo.signal import ADOBE_RGB, ROMM_RGB
from landmarkdiff.photo.source import CountedReader, PhotoLimits

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["decode_dicom"]

#: Where the size of a pixel stands, the first one that is there counting.
_PIXEL_SIZES = (
    *("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelAspectRatio"),
)
#: What a header may say without a profile, beside sRGB.
_COLOUR_SPACES = {"ADOBERGB": ADOBE_RGB, "ROMMRGB": ROMM_RGB}
_ELEMENTS = [
    *("SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames"),
    *("Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation"),
    *("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept"),
    *("ICCProfile", "ColorSpace"),
    *(f"{c}PaletteColorLookupTableDescriptor" for c in ("Red", "Green", "Blue")),
    *(f"{c}PaletteColorLookupTableData" for c in ("Red", "Green", "Blue")),
    *_PIXEL_SIZES,
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths", "PixelData", "SOPClassUID"),
]

_DEFLATED = "1.2.840.10008.1.2.1.99"
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
    dataset = _parse(data)
    width, height = int(dataset.Columns), int(dataset.Rows)
    samples, allocated = int(dataset.get("SamplesPerPixel") or 1), int(dataset.BitsAllocated)
    # Without its colour model a picture of three samples is what its stream says, or RGB.
    colour = str(dataset.get("PhotometricInterpretation") or "")
    if samples not in {1, 3} or allocated not in {1, 8, 16} or colour not in {"", *_PHOTOMETRIC}:
        raise UnsupportedPhotoError("dicom_kind", colour=colour, samples=samples, bits=allocated)
    limits.check_size(width, height, bytes_per_pixel=samples * max(1, allocated // 8))
    notices = []
    if int(dataset.get("NumberOfFrames") or 1) > 1:
        notices.append(Notice.of("photo_first_frame", format="DICOM"))
    frame = decode_frame(dataset, colour, limits)
    if frame.array.shape[:2] != (height, width):
        raise size_contradiction(frame.array.shape[1], frame.array.shape[0], width, height)
    raster = _as_raster(dataset, frame)
    raster.profile = dataset.get("ICCProfile") or None
    raster.signal = _COLOUR_SPACES.get(str(dataset.get("ColorSpace") or ""))
    raster.notices = notices
    raster.pixel_aspect = _pixel_aspect(dataset)
    return raster


def _parse(data: bytes) -> Dataset:
    import pydicom

    # Parsing inflates such a file whole, before any size is known.
    if _DEFLATED.encode() in data:
        raise unsupported_syntax("Deflated Explicit VR Little Endian")
    # By force, because some systems leave the preamble out; what the file is was found before.
    dataset = pydicom.dcmread(CountedReader(data), specific_tags=list(_ELEMENTS), force=True)
    if "PixelData" not in dataset:
        raise UnsupportedPhotoError("dicom_without_picture")
    return dataset


def _pixel_aspect(dataset: Dataset) -> float | None:
    """Return the width of a pixel over its height; the file gives the vertical number first."""
    for name in _PIXEL_SIZES:
        sizes = dataset.get(name)
        if sizes is not None and not isinstance(sizes, str) and len(sizes) == 2:
            down, across = float(sizes[0]), float(sizes[1])
            if down > 0 and across > 0:
                return across / down
    return None


def _as_raster(dataset: Dataset, frame: Frame) -> Raster:
    array, bits, colour = frame.array, frame.bits, frame.colour
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
