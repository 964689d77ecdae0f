"""What a file is, from its first bytes, and the checks a header allows before decoding."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

from landmarkdiff.errors import PhotoError, PhotoTooLargeError, UnsupportedPhotoError

__all__ = [
    "READ_FORMATS",
    "TiffFacts",
    "check_jpeg_scans",
    "check_tiff_directory",
    "check_tiff_jpeg_scans",
    "detect_format",
]

#: What is read, in the words of the error messages.
READ_FORMATS = ("JPEG", "PNG", "WebP", "TIFF", "BMP", "GIF", "HEIC", "DICOM")

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)

# Known and not read: naming the type helps more than "unknown".
_REFUSED = (
    (b"%PDF", "pdf"),
    (b"%!PS", "postscript"),
    (b"8BPS", "photoshop"),
    (b"\0\0\1\0", "icon"),
    (b"II+\0", "bigtiff"),
    (b"MM\0+", "bigtiff"),
    (b"\xff\x0a", "jpeg_xl"),
    (b"\0\0\0\x0cJXL ", "jpeg_xl"),
    (b"\0\0\0\x0cjP  ", "jpeg_2000"),
    (b"\xff\x4f\xff\x51", "jpeg_2000"),
    (b"PK\3\4", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"<svg", "svg"),
    (b"<?xml", "xml"),
    (b"<!DOC", "web_page"),
    (b"<html", "web_page"),
)

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_HEIF_CONTAINERS = {b"mif1", b"mif2", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}

#: One pass over this many pixels per scan is what a slow progressive photo costs.
_MAX_SCANNED_PIXELS = 16 * 64_000_000

# A marker is 0xFF and a byte that is neither stuffing, fill nor a restart.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_MAX_SEGMENTS = 100_000

# TIFF types whose values are kept as bytes; any other costs a Python object per value.
_BYTE_TYPES = {1, 2, 6, 7}
_MAX_TAG_VALUES = 1_000_000
_MAX_TAGS = 4096


def detect_format(data: bytes) -> str:
    """Return which of :data:`READ_FORMATS` the content is.

    Parameters
    ----------
    data : bytes
        Content of a file; its name plays no part.

    Raises
    ------
    UnsupportedPhotoError
        The content is something else.
    """
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[128:132] == b"DICM":
        return "DICOM"
    # "BM" alone begins many a text; the size of the header that follows settles it.
    if data[:2] == b"BM" and len(data) > 18 and data[14] in {12, 16, 40, 52, 56, 64, 108, 124}:
        return "BMP"
    found = "unknown"
    if data[4:8] == b"ftyp":
        found = _detect_iso_media(data)
        if found == "HEIC":
            return found
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, name in _REFUSED:
        if data.startswith(signature) or head.startswith(signature):
            found = name
            break
    raise UnsupportedPhotoError("photo_type", content=found, formats=READ_FORMATS)


def _detect_iso_media(data: bytes) -> str:
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12]} | {data[i : i + 4] for i in range(16, length, 4)}
    if brands & _HEIF_BRANDS:
        return "HEIC"
    if brands & _AVIF_BRANDS:
        return "avif"
    return "HEIC" if brands & _HEIF_CONTAINERS else "iso_media"


def check_jpeg_scans(data: bytes, width: int, height: int) -> None:
    """Refuse a JPEG whose many scans would take minutes to decode.

    Parameters
    ----------
    data : bytes
        The stream; what follows its end (the film of a motion photo, say) is not looked at.
    width, height : int
        Size in pixels.

    Raises
    ------
    PhotoTooLargeError
        Scans times pixels are beyond what a photo needs.
    """
    most = _MAX_SCANNED_PIXELS // (width * height)
    position = scans = segments = 0
    while marker := _MARKER.search(data, position):
        kind, position = data[marker.end() - 1], marker.end()
        if kind == _END_OF_IMAGE:
            break
        scans += kind == _START_OF_SCAN
        segments += 1
        if scans > most or segments > _MAX_SEGMENTS:
            raise _too_many_scans(max(scans, 1), most)
        if kind != _START_OF_IMAGE:
            position += int.from_bytes(data[position : position + 2], "big")


def check_tiff_jpeg_scans(data: bytes, width: int, height: int, *, pieces: int) -> None:
    """Refuse a JPEG-compressed TIFF with many more scans than strips or tiles.

    Parameters
    ----------
    data : bytes
        The file.
    width, height : int
        Size in pixels.
    pieces : int
        Number of strips or tiles, each of which is a stream of its own.

    Raises
    ------
    PhotoTooLargeError
        Scans times pixels are beyond what a photo needs.
    """
    most = _MAX_SCANNED_PIXELS // (width * height)
    # In entropy-coded data 0xFF is followed by 0x00 or a restart marker, so this counts scans.
    scans = data.count(b"\xff\xda") - pieces
    if scans > most:
        raise _too_many_scans(scans, most)


def _too_many_scans(scans: int, most: int) -> PhotoTooLargeError:
    return PhotoTooLargeError("jpeg_scans", scans=scans, most=most)


@dataclass(frozen=True)
class TiffFacts:
    """What the first directory of a TIFF says.

    Attributes
    ----------
    pieces : int
        Number of strips or tiles.
    jpeg : bool
        Whether they are compressed as JPEG.
    pages : bool
        Whether a second page follows.
    """

    pieces: int
    jpeg: bool
    pages: bool


def check_tiff_directory(data: bytes) -> TiffFacts:
    """Check the first directory of a TIFF before anything is read from it.

    Parameters
    ----------
    data : bytes
        The file.

    Returns
    -------
    TiffFacts

    Raises
    ------
    PhotoError
        The directory lies outside the file, or a tag claims more values than a photo has.
    """
    order = "<" if data[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (count,) = struct.unpack_from(order + "H", data, start)
        if count > _MAX_TAGS:
            raise PhotoError("tiff_tags", tags=count)
        pieces, jpeg = 1, False
        for index in range(count):
            tag, kind, values = struct.unpack_from(order + "HHI", data, start + 2 + 12 * index)
            if kind not in _BYTE_TYPES and values > _MAX_TAG_VALUES:
                raise PhotoError("tiff_tag_values", tag=tag, values=values)
            if tag in {273, 324}:
                pieces = max(1, values)
            if tag == 259:
                (method,) = struct.unpack_from(order + "H", data, start + 10 + 12 * index)
                jpeg = method in {6, 7}
        end = start + 2 + 12 * count
        following = struct.unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
    except struct.error as failure:
        raise PhotoError("tiff_cut_short") from failure
    return TiffFacts(pieces, jpeg, following != 0)
