"""What RGB numbers mean where no ICC profile says it: primaries, white point, transfer function.

The codes are those of ITU-T H.273, which HEIF and AVIF (``nclx``), PNG (``cICP``) and ICC
profiles (``cicp``) share.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

import numpy as np

from landmarkdiff.arrays import FloatArray

__all__ = ["ADOBE_RGB", "ROMM_RGB", "SRGB", "Curve", "Signal", "signal_of_profile"]

Point = tuple[float, float]
Primaries = tuple[Point, Point, Point]

_D65: Point = (0.3127, 0.3290)
_BT709: Primaries = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_BT601_625: Primaries = ((0.640, 0.330), (0.290, 0.600), (0.150, 0.060))
_BT601_525: Primaries = ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070))
_P3: Primaries = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))

#: ColourPrimaries of H.273, table 2: red, green, blue and white, CIE 1931 x and y.
_PRIMARIES: dict[int, tuple[Primaries, Point]] = {
    1: (_BT709, _D65),
    4: (((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), (0.310, 0.316)),
    5: (_BT601_625, _D65),
    6: (_BT601_525, _D65),
    7: (_BT601_525, _D65),
    8: (((0.681, 0.319), (0.243, 0.692), (0.145, 0.049)), (0.310, 0.316)),
    9: (((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)), _D65),
    11: (_P3, (0.314, 0.351)),
    12: (_P3, _D65),
    22: (((0.630, 0.340), (0.295, 0.605), (0.155, 0.077)), _D65),
}

#: The part of a linear toe and the power of a curve: ``a``, threshold of the light, slope, power.
_TOES = {
    "srgb": (0.055, 0.0031308, 12.92, 2.4),
    "bt709": (0.099296826809442, 0.018053968510807, 4.5, 1 / 0.45),
    "smpte240": (0.1115, 0.0228, 4.0, 1 / 0.45),
}
CurveKind = Literal["srgb", "bt709", "smpte240", "power", "log", "pq", "hlg"]

# PQ, Rec. ITU-R BT.2100-2, table 4.
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
PQ_PEAK_NITS = 10_000.0
# HLG, the same, table 5.
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073


@dataclass(frozen=True)
class Curve:
    """From a stored number to light.

    Attributes
    ----------
    kind : {"srgb", "bt709", "smpte240", "power", "log", "pq", "hlg"}
    number : float
        The exponent of ``power``; the decades of ``log``.
    """

    kind: CurveKind
    number: float = 1.0

    def light(self, values: FloatArray) -> FloatArray:
        """Return the light of stored values from 0 to 1.

        1 is white; for ``pq`` it is 10,000 cd/m2, for ``hlg`` the peak of the scene.
        """
        if self.kind in _TOES:
            a, threshold, slope, power = _TOES[self.kind]
            return np.asarray(
                np.where(
                    values < threshold * slope, values / slope, ((values + a) / (1 + a)) ** power
                )
            )
        if self.kind == "power":
            return np.asarray(values**self.number)
        if self.kind == "log":
            return np.asarray(np.where(values > 0, 10.0 ** ((values - 1.0) * self.number), 0.0))
        if self.kind == "pq":
            root = values ** (1 / _M2)
            return np.asarray((np.maximum(root - _C1, 0.0) / (_C2 - _C3 * root)) ** (1 / _M1))
        dark, bright = values**2 / 3, (np.exp((values - _C) / _A) + _B) / 12
        return np.asarray(np.where(values <= 0.5, dark, bright))


def pq_stored(light: FloatArray) -> FloatArray:
    """Return the PQ number of light, 1 being 10,000 cd/m2: the inverse of ``pq``."""
    root = np.asarray(light) ** _M1
    return np.asarray(((_C1 + _C2 * root) / (1 + _C3 * root)) ** _M2)


#: TransferCharacteristics of H.273, table 3. Those of television (1, 6, 14, 15) are inverted as
#: they are written, as other programs do with photos.
_CURVES: dict[int, Curve] = {
    1: Curve("bt709"),
    4: Curve("power", 2.2),
    5: Curve("power", 2.8),
    6: Curve("bt709"),
    7: Curve("smpte240"),
    8: Curve("power", 1.0),
    9: Curve("log", 2.0),
    10: Curve("log", 2.5),
    11: Curve("bt709"),
    12: Curve("bt709"),
    13: Curve("srgb"),
    14: Curve("bt709"),
    15: Curve("bt709"),
    16: Curve("pq"),
    18: Curve("hlg"),
}
_UNSPECIFIED = 2


@dataclass(frozen=True)
class Signal:
    """What the RGB numbers of a picture mean.

    Attributes
    ----------
    primaries : tuple of three (x, y)
        Red, green and blue, CIE 1931.
    white : (x, y)
        CIE 1931.
    curve : Curve
    narrow : bool
        Whether black is 16 and white 235 of 255.
    """

    primaries: Primaries = _BT709
    white: Point = _D65
    curve: Curve = Curve("srgb")
    narrow: bool = False

    @property
    def high_range(self) -> bool:
        """Whether it reaches far beyond the white of paper."""
        return self.curve.kind in {"pq", "hlg"}

    @classmethod
    def of_codes(cls, primaries: int, transfer: int, *, full_range: bool = True) -> Signal | None:
        """Return the signal of H.273 codes; None when one of them is unknown.

        What is left unspecified (2) is as in sRGB.
        """
        primaries = 1 if primaries == _UNSPECIFIED else primaries
        transfer = 13 if transfer == _UNSPECIFIED else transfer
        if primaries not in _PRIMARIES or transfer not in _CURVES:
            return None
        colours, white = _PRIMARIES[primaries]
        return cls(colours, white, _CURVES[transfer], not full_range)

    @classmethod
    def of_chromaticities(cls, numbers: tuple[float, ...] | None, curve: Curve) -> Signal | None:
        """Return the signal of eight numbers: x and y of white, red, green and blue.

        sRGB's where there are none; None when they are those of no display.
        """
        if numbers is None:
            return cls(curve=curve)
        white, red, green, blue = zip(numbers[::2], numbers[1::2], strict=True)
        signal = cls((red, green, blue), white, curve)
        return signal if signal.possible else None

    @property
    def possible(self) -> bool:
        """Whether the primaries span colours with the white point among them."""
        points = (*self.primaries, self.white)
        if not all(0 <= x <= 1 and 0 < y <= 1 for x, y in points):
            return False
        shares = np.array([(x, y, 1 - x - y) for x, y in self.primaries]).T
        if abs(np.linalg.det(shares)) < 1e-3:
            return False
        return bool((np.linalg.solve(shares, _xyz(self.white)) > 0).all())

    def to_xyz(self) -> FloatArray:
        """Return the (3, 3) matrix from linear RGB to CIE XYZ with the luminance of white 1."""
        shares = np.array([(x, y, 1 - x - y) for x, y in self.primaries]).T
        return np.asarray(shares * np.linalg.solve(shares, _xyz(self.white)))

    def to_linear_srgb(self) -> FloatArray:
        """Return the (3, 3) matrix from linear RGB to linear sRGB, white to white (Bradford)."""
        adapted = _adaptation(self.white, _D65) @ self.to_xyz()
        return np.asarray(np.linalg.inv(SRGB.to_xyz()) @ adapted)


def _xyz(point: Point) -> FloatArray:
    x, y = point
    return np.array([x / y, 1.0, (1 - x - y) / y])


_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def _adaptation(source: Point, target: Point) -> FloatArray:
    gains = (_BRADFORD @ _xyz(target)) / (_BRADFORD @ _xyz(source))
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD)


SRGB = Signal()
#: Adobe RGB (1998), with its exact exponent.
ADOBE_RGB = Signal(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), _D65, Curve("power", 563 / 256))

#: ROMM RGB, also called ProPhoto, without its short linear toe.
ROMM_RGB = Signal(
    ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)), (0.3457, 0.3585), Curve("power", 1.8)
)


def signal_of_profile(profile: bytes | None) -> Signal | None:
    """Return the PQ or HLG signal that an ICC profile names in its ``cicp`` tag.

    The tables of such a profile are somebody's own way to an ordinary range; None for every
    other profile, which is to be used as it is.
    """
    if not profile or len(profile) < 132:
        return None
    (count,) = struct.unpack_from(">I", profile, 128)
    for index in range(min(count, 100)):
        entry = profile[132 + 12 * index : 144 + 12 * index]
        if len(entry) < 12:
            return None
        name, start, size = struct.unpack(">4sII", entry)
        if name == b"cicp" and size >= 12 and len(profile) >= start + 12:
            primaries, transfer, _, full = profile[start + 8 : start + 12]
            signal = Signal.of_codes(primaries, transfer, full_range=full != 0)
            return signal if signal is not None and signal.high_range else None
    return None
