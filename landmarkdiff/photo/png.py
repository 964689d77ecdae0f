"""What the chunks of a PNG say about its colours and its pixels, ahead of the picture."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from landmarkdiff.photo.signal import Curve, Signal

__all__ = ["PngFacts", "read_png_facts"]

_MAX_CHUNKS = 2000
#: Gamma 1/2.2 is what writers of sRGB give for programs that know no better; libpng's tolerance.
_SRGB_GAMMA, _SRGB_TOLERANCE = 0.45455, 0.05
_WANTED = {b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"pHYs"}


@dataclass(frozen=True)
class PngFacts:
    """What is said ahead of the picture.

    Attributes
    ----------
    signal : Signal or None
        Colours that no profile describes and that are not sRGB.
    described : bool
        Whether the file describes its colours at all.
    ignores_profile : bool
        Whether the signal stands above an embedded profile.
    damaged : bool
        Whether colours are described that no display has.
    pixel_aspect : float or None
        Width of a pixel over its height.
    """

    signal: Signal | None = None
    described: bool = False
    ignores_profile: bool = False
    damaged: bool = False
    pixel_aspect: float | None = None


def read_png_facts(data: bytes) -> PngFacts:
    """Read the chunks, in the order of precedence of PNG 3: cICP, iCCP, sRGB, gAMA and cHRM.

    Parameters
    ----------
    data : bytes
        The file. Damage is not an error: what cannot be read is taken as absent.
    """
    chunks = _chunks(data)
    aspect = None
    if len(chunks.get(b"pHYs", b"")) == 9:
        across, down, _ = struct.unpack(">IIB", chunks[b"pHYs"])
        aspect = down / across if across and down else None
    if len(chunks.get(b"cICP", b"")) == 4:
        primaries, transfer, matrix, full = chunks[b"cICP"]
        signal = Signal.of_codes(primaries, transfer, full_range=full != 0)
        if signal is not None and matrix == 0:
            return PngFacts(signal, described=True, ignores_profile=True, pixel_aspect=aspect)
    if b"iCCP" in chunks or b"sRGB" in chunks:
        return PngFacts(described=True, pixel_aspect=aspect)
    gamma = _gamma(chunks)
    numbers = _chromaticities(chunks)
    if gamma is None and numbers is None:
        return PngFacts(pixel_aspect=aspect)
    curve = Curve("srgb")
    if gamma is not None and not (_meant_as_srgb(gamma) and _near_srgb(numbers)):
        curve = Curve("power", 1 / gamma)
    signal = Signal.of_chromaticities(numbers, curve)
    return PngFacts(signal, described=True, damaged=signal is None, pixel_aspect=aspect)


def _gamma(chunks: dict[bytes, bytes]) -> float | None:
    body = chunks.get(b"gAMA", b"")
    gamma = int.from_bytes(body, "big") / 100_000 if len(body) == 4 else 0.0
    return gamma if 0.1 <= gamma <= 10 else None


def _chromaticities(chunks: dict[bytes, bytes]) -> tuple[float, ...] | None:
    body = chunks.get(b"cHRM", b"")
    if len(body) != 32:
        return None
    return tuple(value / 100_000 for value in struct.unpack(">8I", body))


def _meant_as_srgb(gamma: float) -> bool:
    return abs(gamma / _SRGB_GAMMA - 1) < _SRGB_TOLERANCE


def _near_srgb(numbers: tuple[float, ...] | None) -> bool:
    srgb = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
    return numbers is None or all(abs(a - b) < 0.01 for a, b in zip(numbers, srgb, strict=True))


def _chunks(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    position = 8
    for _ in range(_MAX_CHUNKS):
        if position + 12 > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            break
        if kind in _WANTED and kind not in found:
            # A profile is looked at elsewhere; that there is one is enough here.
            found[kind] = data[position + 8 : position + 8 + min(length, 32)]
        position += length + 12
    return found
