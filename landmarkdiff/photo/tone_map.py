"""From a coded signal to sRGB: the curves, the primaries, and the way down from a high range.

PQ and HLG are read as Rec. ITU-R BT.2100 says. Diffuse white is 203 cd/m2 (BT.2408) and becomes
the white of sRGB; what is brighter is brought below it by the curve of BT.2390 (EETF), from the
brightest level of the picture itself. A picture without highlights is not compressed at all.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.photo.signal import PQ_PEAK_NITS, Curve, Signal, pq_stored

__all__ = ["PeakMeter", "SignalConversion"]

#: Diffuse white, cd/m2 (BT.2408).
WHITE_NITS = 203.0
#: The display for which HLG is shown, and its system gamma (BT.2100, table 5).
_HLG_PEAK_NITS, _HLG_GAMMA = 1000.0, 1.2
#: Share of the pixels that may be brighter than the peak: single pixels are noise.
_ABOVE_PEAK = 0.001
#: Up to this ratio to white nothing is compressed: coding alone overshoots by so much.
_NEARLY_WHITE = 1.05
_LEVELS = 65536
_BINS = 4096
_MOST = PQ_PEAK_NITS / WHITE_NITS


class SignalConversion:
    """Converts samples of one signal to sRGB.

    Parameters
    ----------
    signal : Signal
    peak : float
        Brightest level of the picture, white being 1; of use for a high range only.
    """

    def __init__(self, signal: Signal, peak: float = 1.0) -> None:
        self._signal = signal
        self._peak = peak
        self._tables: dict[int, NDArray[np.float32]] = {}
        # The half that rounds to the nearest step stands in a fourth column.
        steps = signal.to_linear_srgb() * (_LEVELS - 1)
        self._to_steps = np.column_stack([steps, np.full(3, 0.5)]).astype(np.float32)
        self._weights = signal.to_xyz()[1].astype(np.float32)
        self._gain = _gains(peak) if signal.high_range and peak > _NEARLY_WHITE else None

    def apply(self, samples: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Return (H, W, 3) samples of 8 or 16 bit, full scale, as sRGB of 8 bit."""
        import cv2

        light = self.light(samples)
        if self._gain is not None:
            light *= self._gain[_bins(_brightest(light), self._peak)][..., None]
        linear = cv2.transform(light, self._to_steps)
        np.clip(linear, 0.0, _LEVELS - 1, out=linear)
        encoded: NDArray[np.uint8] = _srgb_levels()[linear.astype(np.uint16)]
        return encoded

    def light(self, samples: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float32]:
        """Return the light of samples (H, W, 3), diffuse white being 1."""
        light = np.take(self._table(samples.dtype.itemsize), samples)
        if self._signal.curve.kind == "hlg":
            luminance = light @ self._weights
            light *= (luminance ** np.float32(_HLG_GAMMA - 1))[..., None]
            light *= np.float32(_HLG_PEAK_NITS / WHITE_NITS)
        return light

    def changes_nothing(self) -> bool:
        """Whether the signal is sRGB, by what it does."""
        levels = np.linspace(0, 255, 9).round().astype(np.uint8)
        colours = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(27, 27, 3)
        return bool(np.abs(self.apply(colours).astype(np.int16) - colours).max() <= 1)

    def _table(self, size: int) -> NDArray[np.float32]:
        if size not in self._tables:
            most = (1 << 8 * size) - 1
            values = np.arange(most + 1, dtype=np.float64) / most
            if self._signal.narrow:
                values = np.clip((values * 255 - 16) / 219, 0.0, 1.0)
            light = self._signal.curve.light(values)
            if self._signal.curve.kind == "pq":
                light = light * _MOST
            self._tables[size] = light.astype(np.float32)
        return self._tables[size]


class PeakMeter:
    """Finds the brightest level of a picture, strip by strip."""

    def __init__(self, signal: Signal) -> None:
        self._conversion = SignalConversion(signal)
        self._counts = np.zeros(_BINS, np.int64)

    def add(self, samples: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        """Take (H, W, 3) samples into account."""
        bins = _bins(_brightest(self._conversion.light(samples)), _MOST).ravel()
        self._counts += np.bincount(bins, minlength=_BINS)

    @property
    def peak(self) -> float:
        """Level that one pixel in a thousand passes, diffuse white being 1."""
        above = np.cumsum(self._counts[::-1])
        last = int(np.searchsorted(above, max(1.0, _ABOVE_PEAK * above[-1])))
        return float(_level(np.array(_BINS - 1 - last), _MOST))


def _brightest(light: NDArray[np.float32]) -> NDArray[np.float32]:
    # Several times as fast as the maximum along an axis of three.
    return np.asarray(np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2]))


def _bins(levels: NDArray[np.float32], most: float) -> NDArray[np.uint16]:
    # The fourth root spreads the levels about as the eye does.
    roots = np.sqrt(np.sqrt(np.minimum(levels / np.float32(most), np.float32(1.0))))
    roots *= np.float32(_BINS - 1)
    return np.asarray(np.rint(roots), dtype=np.uint16)


def _level(bins: NDArray[Any], most: float) -> FloatArray:
    return np.asarray((bins / (_BINS - 1)) ** 4 * most, dtype=np.float64)


def _gains(peak: float) -> NDArray[np.float32]:
    """Gain of each bin of levels up to ``peak``: BT.2390-11, section 5.4, black staying black."""
    levels = _level(np.arange(1, _BINS), peak)
    top = float(pq_stored(np.array(peak / _MOST)))
    white = float(pq_stored(np.array(1.0 / _MOST))) / top
    knee = 1.5 * white - 0.5
    stored = pq_stored(levels / _MOST) / top
    t = np.maximum((stored - knee) / (1 - knee), 0.0)
    rolled = (
        (2 * t**3 - 3 * t**2 + 1) * knee
        + (t**3 - 2 * t**2 + t) * (1 - knee)
        + (-2 * t**3 + 3 * t**2) * white
    )
    mapped = np.where(stored < knee, stored, rolled) * top
    gains = Curve("pq").light(mapped) * _MOST / levels
    return np.concatenate([gains[:1], gains]).astype(np.float32)


@cache
def _srgb_levels() -> NDArray[np.uint8]:
    """Return the sRGB level of each of 65,536 steps of light."""
    light = np.arange(_LEVELS) / (_LEVELS - 1)
    stored = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    levels: NDArray[np.uint8] = np.rint(255 * stored).astype(np.uint8)
    return levels
