"""The few facts that are read from EXIF; everything else in it is never looked at."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

from landmarkdiff.photo.signal import ADOBE_RGB, Curve, Signal

__all__ = ["ExifFacts", "read_exif_facts"]

_ORIENTATION = 0x0112
_X_RESOLUTION, _Y_RESOLUTION = 0x011A, 0x011B
_WHITE_POINT, _PRIMARIES = 0x013E, 0x013F
_EXIF_DIRECTORY = 0x8769
_COLOUR_SPACE = 0xA001
_INTEROPERABILITY_DIRECTORY = 0xA005
_FOCAL_LENGTH_35MM = 0xA405
_GAMMA = 0xA500
_INTEROPERABILITY_INDEX = 0x0001

#: Struct code and size of the types that are read: BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED.
_TYPES = {1: ("B", 1), 2: ("c", 1), 3: ("H", 2), 4: ("I", 4), 5: ("II", 8), 7: ("c", 1)}
_MAX_TAGS = 1024
_MAX_VALUES = 8
_SRGB, _ADOBE_RGB = 1, 2

Values = tuple[float, ...]


@dataclass(frozen=True)
class ExifFacts:
    """What the camera said about the frame.

    Attributes
    ----------
    orientation : int
        1 to 8, as EXIF numbers them; 1 when absent or out of range.
    focal_length_35mm : float or None
        35 mm equivalent focal length in millimetres; None when absent or 0 (unknown).
    signal : Signal or None
        Colours other than sRGB: Adobe RGB, or those whose primaries are given.
    pixel_aspect : float or None
        Width of a pixel over its height, as stored; None when the resolutions are not given.
    """

    orientation: int = 1
    focal_length_35mm: float | None = None
    signal: Signal | None = None
    pixel_aspect: float | None = None


def read_exif_facts(block: bytes) -> ExifFacts:
    """Read the facts from an EXIF block or a TIFF file.

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
    main = _directory(block, order, _offset(block, order, 4))
    camera = _directory(block, order, _whole(main, _EXIF_DIRECTORY))
    shared = _directory(block, order, _whole(camera, _INTEROPERABILITY_DIRECTORY))
    orientation = _whole(main, _ORIENTATION) or 1
    focal = _whole(camera, _FOCAL_LENGTH_35MM) or 0
    return ExifFacts(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        focal_length_35mm=float(focal) if 1 <= focal <= 5000 else None,
        signal=_signal(main, camera, shared),
        pixel_aspect=_pixel_aspect(main),
    )


def _signal(
    main: dict[int, Values], camera: dict[int, Values], shared: dict[int, Values]
) -> Signal | None:
    space = _whole(camera, _COLOUR_SPACE)
    if space == _SRGB:
        return None
    index = bytes(int(value) for value in shared.get(_INTEROPERABILITY_INDEX, ()))
    # DCF: R03 is the optional colour space, Adobe RGB; some programs write 2 as colour space.
    if space == _ADOBE_RGB or index[:3] == b"R03":
        return ADOBE_RGB
    white, primaries = main.get(_WHITE_POINT, ()), main.get(_PRIMARIES, ())
    if len(white) != 2 or len(primaries) != 6:
        return None
    (gamma,) = camera.get(_GAMMA, (0.0,))[:1] or (0.0,)
    curve = Curve("power", gamma) if 1 <= gamma <= 4 else Curve("srgb")
    return Signal.of_chromaticities((*white, *primaries), curve)


def _pixel_aspect(main: dict[int, Values]) -> float | None:
    across, down = main.get(_X_RESOLUTION, ()), main.get(_Y_RESOLUTION, ())
    if len(across) != 1 or len(down) != 1 or min(across[0], down[0]) <= 0:
        return None
    return down[0] / across[0]


def _whole(directory: dict[int, Values], tag: int) -> int | None:
    values = directory.get(tag, ())
    return int(values[0]) if len(values) == 1 else None


def _offset(block: bytes, order: str, position: int) -> int | None:
    if position + 4 > len(block):
        return None
    (start,) = struct.unpack_from(order + "I", block, position)
    return int(start)


def _directory(block: bytes, order: str, start: int | None) -> dict[int, Values]:
    """Return the numbers of each tag of a directory; text as the numbers of its letters."""
    found: dict[int, Values] = {}
    if start is None:
        return found
    try:
        (count,) = struct.unpack_from(order + "H", block, start)
        for index in range(min(count, _MAX_TAGS)):
            position = start + 2 + 12 * index
            tag, kind, number = struct.unpack_from(order + "HHI", block, position)
            if kind in _TYPES and 0 < number <= _MAX_VALUES:
                values = _values(block, order, kind, number, position + 8)
                if values is not None:
                    found[tag] = values
    except struct.error:
        return found
    return found


def _values(block: bytes, order: str, kind: int, number: int, position: int) -> Values | None:
    code, size = _TYPES[kind]
    if size * number > 4:
        (position,) = struct.unpack_from(order + "I", block, position)
    if position + size * number > len(block):
        return None
    raw = struct.unpack_from(order + code * number, block, position)
    if code == "c":
        return tuple(float(letter[0]) for letter in raw)
    if code == "II":
        pairs = list(pairwise(raw))[::2]
        return tuple(above / below if below else 0.0 for above, below in pairs)
    return tuple(float(value) for value in raw)
