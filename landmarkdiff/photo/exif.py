"""The two facts that are read from EXIF; everything else in it is never looked at."""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["ExifFacts", "read_exif_facts"]

_ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
_FOCAL_LENGTH_35MM = 0xA405
_SHORT, _LONG = 3, 4
_MAX_TAGS = 1024


@dataclass(frozen=True)
class ExifFacts:
    """What the camera said about the frame.

    Attributes
    ----------
    orientation : int
        1 to 8, as EXIF numbers them; 1 when absent or out of range.
    focal_length_35mm : float or None
        35 mm equivalent focal length in millimetres; None when absent or 0 (unknown).
    """

    orientation: int = 1
    focal_length_35mm: float | None = None


def read_exif_facts(block: bytes) -> ExifFacts:
    """Read orientation and focal length from an EXIF block or a TIFF file.

    Parameters
    ----------
    block : bytes
        TIFF structure, with or without the ``Exif\\0\\0`` prefix. Damage is not an error:
        what cannot be read is taken as absent.

    Returns
    -------
    ExifFacts
    """
    if block[:6] == b"Exif\0\0":
        block = block[6:]
    if block[:4] not in {b"II*\0", b"MM\0*"}:
        return ExifFacts()
    order = "<" if block[:2] == b"II" else ">"
    try:
        (start,) = struct.unpack_from(order + "I", block, 4)
        main = _directory(block, order, start, {_ORIENTATION, _EXIF_DIRECTORY})
    except struct.error:
        return ExifFacts()
    orientation = main.get(_ORIENTATION, 1)
    focal = 0
    if _EXIF_DIRECTORY in main:
        try:
            sub = _directory(block, order, main[_EXIF_DIRECTORY], {_FOCAL_LENGTH_35MM})
        except struct.error:
            sub = {}
        focal = sub.get(_FOCAL_LENGTH_35MM, 0)
    return ExifFacts(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        focal_length_35mm=float(focal) if 1 <= focal <= 5000 else None,
    )


def _directory(block: bytes, order: str, start: int, wanted: set[int]) -> dict[int, int]:
    (count,) = struct.unpack_from(order + "H", block, start)
    found: dict[int, int] = {}
    for index in range(min(count, _MAX_TAGS)):
        position = start + 2 + 12 * index
        tag, kind, values = struct.unpack_from(order + "HHI", block, position)
        if tag in wanted and values == 1 and kind in {_SHORT, _LONG}:
            code = "H" if kind == _SHORT else "I"
            (found[tag],) = struct.unpack_from(order + code, block, position + 8)
    return found
