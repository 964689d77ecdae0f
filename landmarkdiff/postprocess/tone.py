"""Matching the distribution of a channel to another one by a smooth, bounded curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray

__all__ = ["ToneCurve", "WeightedValues", "tone_curve"]


#: Shares of the distribution at which two of them are compared; the ends are noise.
QUANTILES = np.linspace(0.01, 0.99, 50)
#: Rounds of smoothing (1 2 1) / 4 along the quantiles: values of 8-bit pictures come in steps.
SMOOTHING_ROUNDS = 3
#: Limits of the slope of a curve. Below, tones would merge into bands; above, the grain of a
#: picture that a network painted almost flat would be blown up into blotches.
SLOPE_LIMITS = (0.5, 2.0)
#: Quantiles closer than this (CIELAB units) are one place of the curve.
LEAST_STEP = 1e-3


@dataclass(frozen=True)
class ToneCurve:
    """What is added to a value, linear between its places and constant beyond them.

    Attributes
    ----------
    places : (n,) float64 array
        Strictly increasing.
    shifts : (n,) float64 array
    """

    places: FloatArray
    shifts: FloatArray

    def shift(self, values: Float32Array) -> Float32Array:
        """Return what is added to each value; any shape, and the same shape back."""
        return np.interp(values, self.places, self.shifts).astype(np.float32)


class WeightedValues:
    """Values sorted once, whose quantiles are then read under any weights.

    Parameters
    ----------
    values : (n,) array
    """

    def __init__(self, values: Float32Array) -> None:
        self._order = np.argsort(values, kind="stable")
        self._sorted = values[self._order].astype(np.float64)

    def quantiles(self, weights: Float32Array) -> FloatArray:
        """Return the values at :data:`QUANTILES` under weights (n,), interpolated linearly."""
        ordered = weights[self._order].astype(np.float64)
        below = np.cumsum(ordered) - 0.5 * ordered
        return np.asarray(np.interp(QUANTILES * ordered.sum(), below, self._sorted), np.float64)


def tone_curve(before: FloatArray, after: FloatArray) -> ToneCurve:
    """Return the curve that carries one distribution to another: ``after`` to ``before``.

    Parameters
    ----------
    before, after : (n,) float64 arrays
        Values at :data:`QUANTILES`.

    Examples
    --------
    Equal distributions leave every value where it is; an even shift is undone:

    >>> values = np.linspace(20.0, 60.0, len(QUANTILES))
    >>> tone_curve(values, values).shift(np.float32([0.0, 33.3, 99.0])).tolist()
    [0.0, 0.0, 0.0]
    >>> tone_curve(values, values + 4.0).shift(np.float32([0.0, 33.3, 99.0])).tolist()
    [-4.0, -4.0, -4.0]
    """
    shifts = before - after
    for _ in range(SMOOTHING_ROUNDS):
        padded = np.pad(shifts, 1, mode="edge")
        shifts = 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]
    places = np.maximum.accumulate(after + LEAST_STEP * np.arange(after.size))
    bounded = shifts.copy()
    middle = after.size // 2
    least, most = SLOPE_LIMITS[0] - 1.0, SLOPE_LIMITS[1] - 1.0
    for k in range(middle + 1, after.size):
        step = places[k] - places[k - 1]
        low, high = bounded[k - 1] + least * step, bounded[k - 1] + most * step
        bounded[k] = min(max(shifts[k], low), high)
    for k in range(middle - 1, -1, -1):
        step = places[k + 1] - places[k]
        low, high = bounded[k + 1] - most * step, bounded[k + 1] - least * step
        bounded[k] = min(max(shifts[k], low), high)
    return ToneCurve(places, bounded)
