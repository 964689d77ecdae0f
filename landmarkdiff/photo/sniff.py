"""What a file is, from its first bytes."""

from __future__ import annotations

from landmarkdiff.errors import UnsupportedPhotoError

__all__ = ["CAMERA_RAW", "READ_FORMATS", "detect_format", "raw_kind"]

#: What is read, in the words of the error messages.
READ_FORMATS = (
    *("JPEG", "PNG", "WebP", "TIFF", "BMP", "GIF", "HEIC", "AVIF", "JPEG 2000", "DICOM"),
)
#: What camera raw of every maker is called; read where rawpy is installed.
CAMERA_RAW = "RAW"

_SIGNATURES = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)

#: Camera raw that is no TIFF, by its beginning.
_RAWS = (
    (b"FUJIFILMCCD-RAW", "RAF"),
    (b"IIRO", "ORF"),
    (b"IIRS", "ORF"),
    (b"MMOR", "ORF"),
    (b"IIU\0", "RW2"),
    (b"\0MRM", "MRW"),
    (b"FOVb", "X3F"),
    (b"II\x1a\0\0\0HEAPCCDR", "CRW"),
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
    (b"II\xbc\x01", "jpeg_xr"),
    (b"\x76\x2f\x31\x01", "openexr"),
    (b"#?RADIANCE", "radiance"),
    (b"gimp xcf", "gimp"),
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
_RAW_BRANDS = {b"crx "}

#: Elements with which a DICOM file without its preamble begins.
_FIRST_ELEMENTS = {
    *((2, element) for element in (0x0000, 0x0001, 0x0002, 0x0010)),
    *((8, element) for element in (0x0000, 0x0001, 0x0005, 0x0008, 0x0012, 0x0016, 0x0018)),
}
_VALUE_KINDS = {b"UL", b"OB", b"UI", b"CS", b"DA", b"SH"}


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
    if any(data.startswith(signature) for signature, _ in _RAWS):
        return CAMERA_RAW
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WebP"
    if data[128:132] == b"DICM" or _is_dicom_without_preamble(data):
        return "DICOM"
    # "BM" alone begins many a text; the size of the header that follows settles it.
    if data[:2] == b"BM" and len(data) > 18 and data[14] in {12, 16, 40, 52, 56, 64, 108, 124}:
        return "BMP"
    found = "unknown"
    if data[4:8] == b"ftyp":
        found = _detect_iso_media(data)
        if found in {"HEIC", "AVIF", CAMERA_RAW}:
            return found
    head = data[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, name in _REFUSED:
        if data.startswith(signature) or head.startswith(signature):
            found = name
            break
    raise UnsupportedPhotoError("photo_type", content=found, formats=READ_FORMATS)


def raw_kind(data: bytes) -> str:
    """Return what its maker calls a camera raw file that is no TIFF: ``"CR3"``, ``"RAF"``, ..."""
    return next((kind for signature, kind in _RAWS if data.startswith(signature)), "CR3")


def _detect_iso_media(data: bytes) -> str:
    length = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[8:12]} | {data[i : i + 4] for i in range(16, length, 4)}
    if data[8:12] in _RAW_BRANDS:
        return CAMERA_RAW
    if data[8:12] in _AVIF_BRANDS or (brands & _AVIF_BRANDS and not brands & _HEIF_BRANDS):
        return "AVIF"
    return "HEIC" if brands & (_HEIF_BRANDS | _HEIF_CONTAINERS) else "iso_media"


def _is_dicom_without_preamble(data: bytes) -> bool:
    """Whether the content begins with the elements themselves, by the first of them."""
    if len(data) < 16:
        return False
    group, element = int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little")
    if (group, element) not in _FIRST_ELEMENTS:
        return False
    length = int.from_bytes(data[6:8], "little")
    # Explicit: two letters name the kind of value; implicit: a length that the file can hold.
    if data[4:6] in _VALUE_KINDS:
        return length < len(data)
    return int.from_bytes(data[4:8], "little") <= 256
