"""The first frame of a DICOM file: its samples, and the colour model that they are in.

The colour model of the header decides what the samples are, as in pydicom; only where a stream
shows that it was written otherwise, by a marker or by its sampling, the stream does.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from landmarkdiff.errors import PhotoError, UnsupportedPhotoError
from landmarkdiff.photo.decode import open_and_load
from landmarkdiff.photo.jpeg import JpegFrame, read_jpeg_frame
from landmarkdiff.photo.source import PhotoLimits

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["Frame", "decode_frame", "size_contradiction", "unsupported_syntax"]

_PREFIX = "1.2.840.10008.1.2"
_NATIVE = {_PREFIX, f"{_PREFIX}.1", f"{_PREFIX}.2"}
_RLE = f"{_PREFIX}.5"
#: Baseline, extended; lossless of any and of first-order prediction.
_JPEG = {f"{_PREFIX}.4.{number}" for number in (50, 51, 57, 70)}
_JPEG_LS = {f"{_PREFIX}.4.80", f"{_PREFIX}.4.81"}
#: JPEG 2000, and its high-throughput form.
_JPEG_2000 = {f"{_PREFIX}.4.{number}" for number in (90, 91, 201, 202, 203)}
#: Named in the standard since pydicom's dictionary was made.
_NEW_SYNTAXES = {
    f"{_PREFIX}.4.110": "JPEG XL Lossless",
    f"{_PREFIX}.4.111": "JPEG XL JPEG Recompression",
    f"{_PREFIX}.4.112": "JPEG XL",
}
#: By the process of a JPEG: baseline, extended, lossless, JPEG-LS.
_NUMBERS = {0xC0: 50, 0xC1: 51, 0xC3: 57, 0xF7: 80}
_ITEM = b"\xfe\xff\0\xe0"
_START_OF_CODESTREAM = b"\xff\x4f\xff\x51"
#: Where its first segment has the bits of a sample, and whether they have a sign.
_DEPTH_AT = 42
_START_OF_IMAGE = b"\xff\xd8"
#: Packages that read what is left, as an extra of this one.
_PLUGINS = "landmarkdiff[dicom]"


@dataclass(frozen=True, eq=False)
class Frame:
    """The samples of a frame.

    Attributes
    ----------
    array : (H, W) or (H, W, 3) array
    bits : int
        Of a sample, of the container's lower end.
    colour : str
        Colour model of the samples, as DICOM names it.
    """

    array: NDArray[Any]
    bits: int
    colour: str


def decode_frame(dataset: Dataset, colour: str, limits: PhotoLimits) -> Frame:
    """Decode the first frame.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With its file meta information, if the file has one.
    colour : str
        Colour model of the header; empty where it has none.
    limits : PhotoLimits
        Budget.

    Raises
    ------
    UnsupportedPhotoError
        Compressed in a way that is not read here.
    PhotoError
        Damaged.
    """
    syntax = _transfer_syntax(dataset)
    stored = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    plain = colour or ("RGB" if samples == 3 else "MONOCHROME2")
    if syntax in _JPEG | _JPEG_LS:
        return _jpeg(dataset, syntax, colour, stored, limits)
    if syntax in _JPEG_2000:
        return _jpeg_2000(dataset, plain, stored, limits)
    if syntax == _RLE:
        return Frame(_run_lengths(dataset, samples), stored, plain)
    if syntax in _NATIVE:
        return _native(dataset, plain, stored, samples)
    raise unsupported_syntax(_name(syntax))


def _transfer_syntax(dataset: Dataset) -> str:
    """Return how the samples are coded; where the file has no such element, by its look."""
    from pydicom.dataset import FileMetaDataset

    meta = getattr(dataset, "file_meta", None) or FileMetaDataset()
    given = str(meta.get("TransferSyntaxUID", "") or "")
    if given:
        return given
    found = f"{_PREFIX}{'' if dataset.original_encoding[0] else '.1'}"
    if dataset.PixelData[:4] == _ITEM:
        stream = _first_frame(dataset)
        if stream.startswith(_START_OF_CODESTREAM):
            found = f"{_PREFIX}.4.90"
        elif (header := read_jpeg_frame(stream)) is not None:
            found = f"{_PREFIX}.4.{_NUMBERS.get(header.process, 51)}"
    meta.TransferSyntaxUID = found
    dataset.file_meta = meta
    return found


def unsupported_syntax(name: str) -> UnsupportedPhotoError:
    """Return the error about a compression that is not read."""
    return UnsupportedPhotoError("dicom_compression", compression=name)


def size_contradiction(found_width: int, found_height: int, width: int, height: int) -> PhotoError:
    """Return the error about a stream of another size than the header says."""
    return PhotoError(
        "dicom_size", found_width=found_width, found_height=found_height, width=width, height=height
    )


def _name(syntax: str) -> str:
    from pydicom.uid import UID

    return _NEW_SYNTAXES.get(syntax) or str(UID(syntax).name or "none")


def _native(dataset: Dataset, colour: str, stored: int, samples: int) -> Frame:
    from pydicom.pixels.utils import pixel_array

    full = int(dataset.Rows) * int(dataset.Columns) * samples * (int(dataset.BitsAllocated) // 8)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if colour == "YBR_FULL_422" and len(dataset.PixelData) >= full * frames:
        # By its length every pixel has its own colours, whatever the header says.
        colour = "YBR_FULL"
    dataset.PhotometricInterpretation = colour
    dataset.SamplesPerPixel = samples
    if samples == 3 and "PlanarConfiguration" not in dataset:
        dataset.PlanarConfiguration = 0
    # Raw: planes and subsampling are undone, but YBR stays, as turning it into RGB there would
    # take 2 GB for a picture at the limit.
    return Frame(pixel_array(dataset, index=0, raw=True), stored, colour)


def _first_frame(dataset: Dataset) -> bytes:
    from pydicom.encaps import get_frame

    offsets = None
    if "ExtendedOffsetTable" in dataset and "ExtendedOffsetTableLengths" in dataset:
        offsets = (dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths)
    count = int(dataset.get("NumberOfFrames") or 1)
    return bytes(get_frame(dataset.PixelData, 0, number_of_frames=count, extended_offsets=offsets))


def _jpeg(dataset: Dataset, syntax: str, colour: str, stored: int, limits: PhotoLimits) -> Frame:
    stream = _first_frame(dataset)
    header = read_jpeg_frame(stream)
    if not stream.startswith(_START_OF_IMAGE) or header is None:
        raise PhotoError("dicom_jpeg_damaged")
    if header.coding:
        return _by_plugin(dataset, syntax, header, colour, stored)
    ycc = _is_ycc(header, colour)
    # Asked for the colours in which it takes the stream to be, the decoder converts nothing.
    image, _ = open_and_load(stream, "JPEG", limits, draft="YCbCr" if header.guessed_ycc else None)
    if image.mode not in {"L", "RGB", "YCbCr"}:
        raise UnsupportedPhotoError("dicom_colours", colours=image.mode)
    array = np.asarray(image)
    if array.ndim == 2:
        return Frame(array, 8, colour or "MONOCHROME2")
    return Frame(array, 8, "YBR_FULL" if ycc else "RGB")


def _is_ycc(header: JpegFrame, colour: str) -> bool:
    if not colour:
        return header.guessed_ycc
    return colour != "RGB" or header.surely_ycc


def _by_plugin(dataset: Dataset, syntax: str, header: JpegFrame, colour: str, stored: int) -> Frame:
    """Decode what Pillow does not, where a package is installed with which pydicom can."""
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.utils import pixel_array

    width, height = int(dataset.Columns), int(dataset.Rows)
    if (header.width, header.height) != (width, height):
        raise size_contradiction(header.width, header.height, width, height)
    if not get_decoder(syntax).is_available:
        raise UnsupportedPhotoError(
            "dicom_needs_package", compression=_name(syntax), package=_PLUGINS
        )
    samples = len(header.components)
    dataset.SamplesPerPixel = samples
    dataset.PhotometricInterpretation = colour or ("RGB" if samples == 3 else "MONOCHROME2")
    if samples == 3 and "PlanarConfiguration" not in dataset:
        dataset.PlanarConfiguration = 0
    array = pixel_array(dataset, index=0, raw=True)
    return Frame(array, stored, str(dataset.PhotometricInterpretation))


def _jpeg_2000(dataset: Dataset, colour: str, stored: int, limits: PhotoLimits) -> Frame:
    stream = _first_frame(dataset)
    image, _ = open_and_load(stream, "JPEG 2000", limits)
    if image.mode not in {"L", "RGB", "YCbCr", "I;16"}:
        raise UnsupportedPhotoError("dicom_colours", colours=image.mode)
    if image.mode == "YCbCr":
        return Frame(np.asarray(image), 8, "YBR_FULL")
    array = np.asarray(image)
    if image.mode == "RGB":
        # YBR_RCT and YBR_ICT name the transform inside the stream, which is undone by now.
        inside = _component_transform(stream) or colour in {"YBR_RCT", "YBR_ICT"}
        return Frame(array, 8, "RGB" if inside or not colour.startswith("YBR") else "YBR_FULL")
    depth = stream[stream.find(_START_OF_CODESTREAM) + _DEPTH_AT]
    precision = (depth & 0x7F) + 1
    # Pillow fills 8 or 16 bits, from 0; a window is given in the numbers of the file.
    numbers = array.astype(np.int32) >> max(0, (8 if image.mode == "L" else 16) - precision)
    if depth & 0x80:
        numbers -= 1 << precision - 1
    return Frame(numbers, stored, colour)


def _component_transform(stream: bytes) -> bool:
    """Whether the codestream holds its own transform of the colours (its COD segment)."""
    start = stream.find(_START_OF_CODESTREAM)
    position = start + 2
    while start >= 0 and position + 4 <= len(stream):
        marker, length = struct.unpack_from(">HH", stream, position)
        if marker == 0xFF52:
            return position + 8 < len(stream) and stream[position + 8] == 1
        if marker == 0xFF90:  # the first tile: nothing of the kind was said
            break
        position += 2 + length
    return False


def _run_lengths(dataset: Dataset, samples: int) -> NDArray[Any]:
    # Pillow unpacks the byte runs in C; in Python a hostile frame takes minutes.
    frame = _first_frame(dataset)
    width, height = int(dataset.Columns), int(dataset.Rows)
    size = int(dataset.BitsAllocated) // 8
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
