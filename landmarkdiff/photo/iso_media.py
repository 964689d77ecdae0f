"""What the boxes of a HEIF or AVIF file say of its main picture, read without a decoder."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from landmarkdiff.photo.signal import Signal

__all__ = ["IsoFacts", "read_iso_facts"]

_MAX_BOXES = 10_000
#: Items that are pictures put together from others.
_DERIVED = {b"grid", b"iden", b"iovl", b"tmap"}
_CODED = {b"hvc1", b"av01", b"avc1", b"jpeg", b"j2k1", b"vvc1", b"evc1", b"unci", b"jxl "}

Box = tuple[bytes, int, int]


@dataclass(frozen=True)
class IsoFacts:
    """What the boxes say.

    Attributes
    ----------
    coding : str or None
        How the main picture, or its tiles, are coded: ``"hvc1"``, ``"av01"``, ...
    signal : Signal or None
        Colours by ``nclx``.
    pixel_aspect : float or None
        Width of a pixel over its height, in the picture as it is shown.
    """

    coding: str | None = None
    signal: Signal | None = None
    pixel_aspect: float | None = None


def read_iso_facts(data: bytes) -> IsoFacts:
    """Read the boxes.

    Parameters
    ----------
    data : bytes
        The file. Damage is not an error: what cannot be read is taken as absent.
    """
    try:
        return _read(data)
    except (struct.error, IndexError):
        return IsoFacts()


def _read(data: bytes) -> IsoFacts:
    top = {kind: (start, end) for kind, start, end in _boxes(data, 0, len(data))}
    if b"meta" not in top:
        return IsoFacts()
    start, end = top[b"meta"]
    inner = {kind: (s, e) for kind, s, e in _boxes(data, start + 4, end)}
    if b"pitm" not in inner:
        return IsoFacts()
    start, _ = inner[b"pitm"]
    (item,) = struct.unpack_from(">I" if data[start] else ">H", data, start + 4)
    types = dict(_items(data, *inner[b"iinf"])) if b"iinf" in inner else {}
    coding, where = types.get(item), inner.get(b"iprp")
    properties = list(_properties(data, where, item))
    if coding in _DERIVED:
        tile = next((number for number, kind in types.items() if kind in _CODED), item)
        coding = types.get(tile)
        # Some writers describe the colours of the tiles alone.
        properties += [box for box in _properties(data, where, tile) if box[0] == b"colr"]
    signal = aspect = None
    turned = False
    for kind, start, end in properties:
        body = data[start : min(end, start + 32)]
        if kind == b"colr" and body[:4] == b"nclx" and signal is None:
            # Matrix and range concern the decoder, which has undone them.
            primaries, transfer = struct.unpack_from(">HH", body, 4)
            signal = Signal.of_codes(primaries, transfer)
        elif kind == b"pasp" and len(body) >= 8:
            across, down = struct.unpack_from(">II", body)
            aspect = across / down if across and down else None
        elif kind == b"irot":
            turned = body[0] & 1 == 1
    if aspect is not None and turned:
        aspect = 1 / aspect
    return IsoFacts(coding.decode("latin-1") if coding else None, signal, aspect)


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two positions: kind, and where the content starts and ends."""
    for _ in range(_MAX_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            head = 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield kind, start + head, start + size
        start += size


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    head = 8 if data[start] else 6
    for kind, at, _ in _boxes(data, start + head, end):
        version = data[at]
        if kind == b"infe" and version in {2, 3}:
            code, size = (">H", 2) if version == 2 else (">I", 4)
            (item,) = struct.unpack_from(code, data, at + 4)
            yield item, data[at + 4 + size + 2 : at + 4 + size + 6]


def _properties(data: bytes, where: tuple[int, int] | None, item: int) -> Iterator[Box]:
    """Yield the property boxes of an item, in the order in which they apply."""
    if where is None:
        return
    properties: list[Box] = []
    for kind, start, end in _boxes(data, *where):
        if kind == b"ipco":
            properties = list(_boxes(data, start, end))
    for kind, start, _ in _boxes(data, *where):
        if kind == b"ipma":
            for index in _associations(data, start, item):
                if 0 < index <= len(properties):
                    yield properties[index - 1]


def _associations(data: bytes, start: int, item: int) -> Iterator[int]:
    wide_items, wide_indices = data[start] >= 1, data[start + 3] & 1
    (count,) = struct.unpack_from(">I", data, start + 4)
    position = start + 8
    for _ in range(min(count, _MAX_BOXES)):
        (number,) = struct.unpack_from(">I" if wide_items else ">H", data, position)
        position += 4 if wide_items else 2
        many = data[position]
        position += 1
        for _ in range(many):
            if wide_indices:
                (index,) = struct.unpack_from(">H", data, position)
                index &= 0x7FFF
            else:
                index = data[position] & 0x7F
            position += 2 if wide_indices else 1
            if number == item:
                yield index
