"""What the segments of a JPEG say before it is decoded: how it is coded, in which colours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from landmarkdiff.errors import PhotoError, PhotoTooLargeError, UnsupportedPhotoError

__all__ = [
    "JpegFrame",
    "check_jpeg_coding",
    "check_jpeg_scans",
    "check_tiff_jpeg_scans",
    "read_jpeg_frame",
]

#: One pass over this many pixels per scan is what a slow progressive photo costs.
_MAX_SCANNED_PIXELS = 16 * 64_000_000

# A marker is 0xFF and a byte that is neither stuffing, fill nor a restart.
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN = 0xD8, 0xD9, 0xDA
_MAX_SEGMENTS = 100_000
#: Pieces of EXIF, which Pillow joins one by one, copying all before each: photos have one or two,
#: and those that they hold inside as many again.
_EXIF, _MAX_EXIF_PIECES = b"Exif\0\0", 128

_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF, 0xF7}
_JPEG_LS, _LOSSLESS = 0xF7, {0xC3, 0xCB}
_HIERARCHICAL, _ARITHMETIC = {0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF}, {0xC9, 0xCA, 0xCB}
_APP0, _APP14 = 0xE0, 0xEE


@dataclass(frozen=True)
class JpegFrame:
    """What the header of a stream says.

    Attributes
    ----------
    process : int
        Second byte of the frame's marker: 0xC0 baseline, 0xC3 lossless, 0xF7 JPEG-LS, ...
    precision : int
        Bits of a sample.
    width, height : int
        Pixels.
    components : tuple of (int, int, int)
        Identifier, sampling (across and down in one byte), quantisation table.
    jfif : bool
        Whether it has a JFIF marker, which means YCbCr or gray.
    adobe : int or None
        Colour transform of an Adobe marker: 0 for RGB or CMYK, 1 for YCbCr.
    """

    process: int
    precision: int
    width: int
    height: int
    components: tuple[tuple[int, int, int], ...]
    jfif: bool = False
    adobe: int | None = None

    @property
    def coding(self) -> str:
        """What stands in the way of decoding it; empty when nothing does."""
        if self.process == _JPEG_LS:
            return "jpeg_ls"
        if self.process in _HIERARCHICAL:
            return "jpeg_hierarchical"
        if self.process in _ARITHMETIC:
            return "jpeg_arithmetic"
        if self.precision != 8:
            return "jpeg_lossless_deep" if self.lossless else "jpeg_deep"
        return ""

    @property
    def lossless(self) -> bool:
        """Whether no sample is changed by the coding."""
        return self.process in _LOSSLESS

    @property
    def guessed_ycc(self) -> bool:
        """Whether a decoder that knows the stream alone takes three components for YCbCr."""
        if self.jfif or self.adobe is not None:
            return self.jfif or self.adobe != 0
        # What is coded without loss is rarely converted, and libjpeg does not expect it to be.
        return not self.lossless and [component[0] for component in self.components] != [*b"RGB"]

    @property
    def surely_ycc(self) -> bool:
        """Whether the three components show that they are YCbCr.

        They do by an Adobe marker, by colours with fewer samples than the first component, and,
        where a JFIF marker asks for YCbCr, by colours with a table of their own.
        """
        if self.adobe is not None:
            return self.adobe == 1
        tables = {component[2] for component in self.components}
        return len({component[1] for component in self.components}) > 1 or (
            self.jfif and len(tables) > 1
        )


def read_jpeg_frame(data: bytes) -> JpegFrame | None:
    """Read the header of a stream; None when it has none.

    Parameters
    ----------
    data : bytes
        From the start of the image.
    """
    position, jfif, adobe = 0, False, None
    for _ in range(_MAX_SEGMENTS):
        marker = _MARKER.search(data, position)
        if marker is None:
            return None
        kind, start = data[marker.end() - 1], marker.end()
        if kind == _START_OF_IMAGE:
            position = start
            continue
        if kind in {_START_OF_SCAN, _END_OF_IMAGE}:
            return None
        length = int.from_bytes(data[start : start + 2], "big")
        body = data[start + 2 : start + length]
        if kind in _FRAMES:
            return _frame(kind, body, jfif=jfif, adobe=adobe)
        if kind == _APP0 and body[:5] == b"JFIF\0":
            jfif = True
        elif kind == _APP14 and body[:5] == b"Adobe" and len(body) >= 12:
            adobe = body[11]
        position = start + length
    return None


def _frame(kind: int, body: bytes, *, jfif: bool, adobe: int | None) -> JpegFrame | None:
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        return None
    components = tuple((body[i], body[i + 1], body[i + 2]) for i in range(6, 6 + 3 * body[5], 3))
    height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
    return JpegFrame(kind, body[0], width, height, components, jfif, adobe)


def check_jpeg_coding(data: bytes) -> str | None:
    """Refuse a JPEG of a kind that no decoder here reads, though nothing is wrong with it.

    Returns
    -------
    str or None
        Mode in which it has to be decoded, because libjpeg converts no lossless colours.

    Raises
    ------
    UnsupportedPhotoError
        It has 12 bits, or is coded without loss beyond 8 bits, hierarchically, ...
    PhotoError
        Its EXIF is cut into hundreds of pieces.
    """
    if data.count(_EXIF) > _MAX_EXIF_PIECES:
        raise PhotoError("photo_in_pieces")
    frame = read_jpeg_frame(data)
    if frame is not None and frame.coding:
        raise UnsupportedPhotoError(
            "picture_coding", format="JPEG", coding=frame.coding, bits=frame.precision
        )
    if frame is not None and frame.lossless and len(frame.components) == 3 and frame.guessed_ycc:
        return "YCbCr"
    return None


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
