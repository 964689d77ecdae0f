"""The directories of a TIFF: which of its pictures is the photo, and whether it is camera raw.

Camera raw files are TIFFs too, but for a few makers; their first directory is a small preview.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from landmarkdiff.errors import PhotoError, UnsupportedPhotoError

__all__ = ["TiffFile", "TiffPage", "check_tiff_coding", "read_tiff"]

_NEW_SUBFILE, _OLD_SUBFILE = 254, 255
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_MAKE, _STRIPS, _SAMPLES, _TILES, _SUB_DIRECTORIES = 271, 273, 277, 324, 330
_SAMPLE_FORMAT, _DNG_VERSION = 339, 50706
_SHORT_TAGS = {_NEW_SUBFILE, _OLD_SUBFILE, _WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _SAMPLES}

# Types whose values are kept as bytes; any other costs a Python object per value.
_BYTE_TYPES = {1, 2, 6, 7}
_NUMBERS = {3: ("H", 2), 4: ("I", 4), 13: ("I", 4)}
_MAX_TAG_VALUES = 1_000_000
_MAX_TAGS = 4096
_MAX_PAGES = 500

_REDUCED, _MASK = 1, 4
_OLD_REDUCED = 2
_MASK_COLOUR, _GRAYS = 4, {0, 1}
#: Colour-filter array and linear raw.
_RAW_COLOURS = {32803, 34892}
#: Of Sony, Nikon, Samsung, Kodak and Pentax.
_RAW_COMPRESSIONS = {32767, 34713, 32769, 32770, 65000, 65535}
_MAKERS = (
    ("NIKON", "NEF"),
    ("SONY", "ARW"),
    ("PENTAX", "PEF"),
    ("RICOH", "PEF"),
    ("SAMSUNG", "SRW"),
    ("SEIKO", "ERF"),
    ("EPSON", "ERF"),
    ("HASSELBLAD", "3FR"),
    ("KODAK", "DCR"),
    ("EASTMAN", "DCR"),
    ("PHASE", "IIQ"),
    ("LEAF", "MOS"),
    ("MAMIYA", "MEF"),
    ("CANON", "CR2"),
    ("OLYMPUS", "ORF"),
    ("PANASONIC", "RW2"),
    ("FUJI", "RAF"),
)
#: A colour page of at least this share of the largest page is the photo.
_COLOUR_SHARE = 0.25
#: What Pillow's libtiff decodes; others are named.
_READ_COMPRESSIONS = {1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32809, 32946, 34925, 50000}
_CODINGS = {
    34676: "tiff_log",
    34677: "tiff_log",
    34712: "tiff_jpeg_2000",
    33003: "tiff_jpeg_2000",
    33005: "tiff_jpeg_2000",
    34887: "tiff_lerc",
    34933: "tiff_png",
    34934: "tiff_jpeg_xr",
    22610: "tiff_jpeg_xr",
    50001: "tiff_webp",
    50002: "tiff_jpeg_xl",
    52546: "tiff_jpeg_xl",
}
_FLOAT = 3


@dataclass(frozen=True)
class TiffPage:
    """One directory.

    Attributes
    ----------
    offset : int
        Where it lies in the file.
    width, height : int
        Pixels.
    numbers : mapping of int to int
        First value of each tag that says something about the whole page.
    pieces : int
        Number of strips or tiles.
    """

    offset: int
    width: int
    height: int
    numbers: dict[int, int] = field(default_factory=dict)
    pieces: int = 1

    @property
    def reduced(self) -> bool:
        """Whether it is a smaller copy of another page."""
        new = self.numbers.get(_NEW_SUBFILE, 0) & _REDUCED
        return bool(new) or self.numbers.get(_OLD_SUBFILE) == _OLD_REDUCED

    @property
    def mask(self) -> bool:
        """Whether it is the transparency of another page."""
        new = self.numbers.get(_NEW_SUBFILE, 0) & _MASK
        return bool(new) or self.numbers.get(_PHOTOMETRIC) == _MASK_COLOUR

    @property
    def raw(self) -> bool:
        """Whether it holds what a sensor measured."""
        return (
            self.numbers.get(_PHOTOMETRIC) in _RAW_COLOURS
            or self.numbers.get(_COMPRESSION) in _RAW_COMPRESSIONS
        )

    @property
    def gray(self) -> bool:
        """Whether it has no colours."""
        return self.numbers.get(_PHOTOMETRIC) in _GRAYS

    @property
    def jpeg(self) -> bool:
        """Whether its pieces are compressed as JPEG."""
        return self.numbers.get(_COMPRESSION) in {6, 7}

    @property
    def area(self) -> int:
        """Pixels."""
        return self.width * self.height


@dataclass(frozen=True)
class TiffFile:
    """What the directories say.

    Attributes
    ----------
    pages : tuple of TiffPage
        In the order of the file, each followed by its own subdirectories.
    photo : TiffPage
        The largest page, in colour where there is one.
    raw : str or None
        Which kind of camera raw it is: ``"NEF"``, ``"DNG"``, ...
    """

    pages: tuple[TiffPage, ...]
    photo: TiffPage
    raw: str | None

    @property
    def other_pictures(self) -> bool:
        """Whether there are pictures besides the photo and smaller copies."""
        return any(not (page.reduced or page.mask or page is self.photo) for page in self.pages)

    def starting_with_photo(self, data: bytes) -> bytes:
        """Return the file with the photo as its first directory."""
        if self.photo is self.pages[0]:
            return data
        order = _order(data)
        return b"".join((data[:4], struct.pack(order + "I", self.photo.offset), data[8:]))


def read_tiff(data: bytes) -> TiffFile:
    """Read the directories of a TIFF before anything is decoded.

    Parameters
    ----------
    data : bytes
        The file.

    Raises
    ------
    PhotoError
        The first directory lies outside the file, or a tag of the photo's claims more values
        than a photo has.
    """
    order = _order(data)
    (start,) = struct.unpack_from(order + "I", data.ljust(8, b"\0"), 4)
    try:
        directory = _Directory(data, order, start)
    except struct.error as failure:
        raise PhotoError("tiff_cut_short") from failure
    pages = [directory.page, *_further_pages(data, order, directory)]
    photo = _photo(pages)
    if photo is not directory.page:
        _Directory(data, order, photo.offset).check()
    else:
        directory.check()
    return TiffFile(tuple(pages), photo, _raw_kind(data, directory, pages))


def check_tiff_coding(file: TiffFile) -> None:
    """Refuse a photo that is coded in a way that is not read, though nothing is wrong with it.

    Raises
    ------
    UnsupportedPhotoError
    """
    numbers = file.photo.numbers
    bits = numbers.get(_BITS, 1)
    compression = numbers.get(_COMPRESSION, 1)
    coding = ""
    if compression not in _READ_COMPRESSIONS:
        coding = _CODINGS.get(compression, "tiff_compression")
    elif numbers.get(_SAMPLE_FORMAT) == _FLOAT and not (file.photo.gray and bits == 32):
        coding = "tiff_float"
    elif bits not in {1, 2, 4, 8, 16} and not file.photo.gray:
        coding = "tiff_bits"
    if coding:
        raise UnsupportedPhotoError(
            "picture_coding", format="TIFF", coding=coding, bits=bits, number=compression
        )


def _order(data: bytes) -> str:
    return "<" if data[:2] == b"II" else ">"


class _Directory:
    """One directory as it stands in the file."""

    def __init__(self, data: bytes, order: str, start: int) -> None:
        (count,) = struct.unpack_from(order + "H", data, start)
        if count > _MAX_TAGS:
            raise PhotoError("tiff_tags", tags=count)
        self._data, self._order = data, order
        self._entries: dict[int, tuple[int, int, int]] = {}
        for index in range(count):
            position = start + 2 + 12 * index
            tag, kind, values = struct.unpack_from(order + "HHI", data, position)
            self._entries.setdefault(tag, (kind, values, position + 8))
        end = start + 2 + 12 * count
        self.following = (
            int(struct.unpack_from(order + "I", data, end)[0]) if end + 4 <= len(data) else 0
        )
        numbers = {tag: self.numbers(tag, 1) for tag in (*_SHORT_TAGS, _BITS, _SAMPLE_FORMAT)}
        first = {tag: values[0] for tag, values in numbers.items() if values}
        pieces = max((self._entries.get(tag, (0, 1, 0))[1] for tag in (_STRIPS, _TILES)), default=1)
        self.page = TiffPage(
            start, first.get(_WIDTH, 0), first.get(_HEIGHT, 0), first, max(1, pieces)
        )

    def check(self) -> None:
        """Refuse tags that would cost time and memory to read."""
        for tag, (kind, values, _) in self._entries.items():
            if kind not in _BYTE_TYPES and values > _MAX_TAG_VALUES:
                raise PhotoError("tiff_tag_values", tag=tag, values=values)

    def __contains__(self, tag: int) -> bool:
        return tag in self._entries

    def numbers(self, tag: int, most: int) -> list[int]:
        """Return the first values of a tag of whole numbers; empty where it has none."""
        kind, values, position = self._entries.get(tag, (0, 0, 0))
        if kind not in _NUMBERS or not values:
            return []
        code, size = _NUMBERS[kind]
        if values * size > 4:
            (position,) = struct.unpack_from(self._order + "I", self._data, position)
        count = min(values, most)
        if position + count * size > len(self._data):
            return []
        return list(struct.unpack_from(self._order + code * count, self._data, position))

    def text(self, tag: int) -> str:
        """Return the beginning of a text; empty where there is none."""
        kind, values, position = self._entries.get(tag, (0, 0, 0))
        if kind != 2:
            return ""
        if values > 4:
            (position,) = struct.unpack_from(self._order + "I", self._data, position)
        return self._data[position : position + min(values, 32)].decode("latin-1")


def _further_pages(data: bytes, order: str, first: _Directory) -> Iterator[TiffPage]:
    """Yield the pages behind the first one and below each; what is damaged is left out."""
    seen = {first.page.offset}
    waiting = [*first.numbers(_SUB_DIRECTORIES, 32), first.following]
    while waiting and len(seen) < _MAX_PAGES:
        start = waiting.pop(0)
        if start == 0 or start in seen:
            continue
        seen.add(start)
        try:
            directory = _Directory(data, order, start)
        except (struct.error, PhotoError):
            continue
        if directory.page.area:
            yield directory.page
        waiting = [*directory.numbers(_SUB_DIRECTORIES, 32), *waiting, directory.following]


def _photo(pages: list[TiffPage]) -> TiffPage:
    pictures = [page for page in pages if not page.mask] or pages
    largest = max(pictures, key=lambda page: page.area)
    colours = [page for page in pictures if not page.gray]
    if largest.gray and colours:
        colour = max(colours, key=lambda page: page.area)
        if colour.area >= _COLOUR_SHARE * largest.area:
            return colour
    return largest


def _raw_kind(data: bytes, first: _Directory, pages: list[TiffPage]) -> str | None:
    if data[8:10] == b"CR":
        return "CR2"
    if data[8:12] in {b"IIII", b"MMMM"}:
        return "IIQ"
    if _DNG_VERSION in first:
        return "DNG"
    maker = first.text(_MAKE).strip("\0 ").upper()
    # A preview alone, from a camera: the rest was left out, or lies where only its maker knows.
    only_previews = bool(maker) and all(page.reduced for page in pages)
    if not only_previews and not any(page.raw for page in pages):
        return None
    return next((kind for name, kind in _MAKERS if maker.startswith(name)), "RAW")
