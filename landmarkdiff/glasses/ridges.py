"""Ridges: what a frame is and skin is not, and how one is followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.glasses.band import BAND_ORIGIN, BAND_PX

__all__ = [
    "CHANNEL_WEIGHT",
    "RidgePath",
    "best_rows",
    "follow_ridge",
    "ridge_map",
    "side_contrasts",
]

FloatArray = NDArray[np.float32]

#: Ridge widths looked for, and the skin compared on either side, in units.
_WIDTHS = (1.0, 2.0, 3.2, 4.6)
_GAP, _SIDE = 0.5, 1.6
#: Farther than this many rows no window of a column reaches.
_BEYOND = 32
#: Fewer widths for the map of the whole band.
_MAP_WIDTHS = (1.0, 2.7, 4.7)
#: Chroma differences count more than lightness: skin has little chroma detail.
CHANNEL_WEIGHT = np.array([1.0, 1.0 / 0.7, 1.0 / 0.7], np.float32)
_CHANNEL_CAP = np.array([12.0, 8.0, 8.0], np.float32)


@dataclass(frozen=True)
class RidgePath:
    """A ridge followed through the band.

    Attributes
    ----------
    points : (n, 2) float32 array
        Band units.
    ridge : (n,) float32 array
        Contrast along the path, CIELAB units.
    strength : float
        Lower quartile of ``ridge`` over the texture around it.
    darker : bool
        Darker than the skin (or less of the chroma), else lighter.
    channel : int
        0 lightness, 1 and 2 chroma.
    """

    points: FloatArray
    ridge: FloatArray
    strength: float
    darker: bool
    channel: int


def follow_ridge(
    band: FloatArray,
    x: FloatArray,
    y: FloatArray,
) -> RidgePath:
    """Follow the strongest continuous ridge that crosses every column of a grid.

    Lightness and both chroma channels, darker and lighter, are tried; the strength is the
    lower quartile along the path, so a path that is a ridge only in places counts little.

    Parameters
    ----------
    band : (H, W, 3) float32 array
        CIELAB.
    x, y : (rows, columns) arrays
        Places of the grid, band units.
    """
    map_x, map_y = (x - BAND_ORIGIN[0]) * BAND_PX, (y - BAND_ORIGIN[1]) * BAND_PX
    columns = cv2.remap(
        band, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    ridges = _ridges(columns)
    rows = best_rows(ridges)
    along = np.take_along_axis(ridges, rows[:, None, :], axis=1)[:, 0]
    # Half of what the grid's own texture reaches is taken off: noise has paths too.
    strengths = _quantile(along, 0.25) - 0.5 * _quantile(ridges.reshape(len(ridges), -1), 0.9)
    best = int(np.argmax(strengths))
    column = np.arange(x.shape[1])
    points = np.stack([x[rows[best], column], y[rows[best], column]], axis=1)
    return RidgePath(points, along[best], float(strengths[best]), best < 3, best % 3)


def _quantile(values: FloatArray, share: float) -> FloatArray:
    """Quantile of each row, linear between neighbours; np.quantile takes four times as long."""
    place = share * (values.shape[1] - 1)
    low = int(place)
    high = min(low + 1, values.shape[1] - 1)
    ordered = np.partition(values, (low, high), axis=1)
    return np.asarray(ordered[:, low] + (place - low) * (ordered[:, high] - ordered[:, low]))


def _ridges(columns: FloatArray) -> FloatArray:
    """Ridge strength along the rows: (R, C, 3) CIELAB to (6, R, C), darker then lighter.

    The contrast to the *weaker* of the two sides counts, at the best of several widths.
    """
    count = columns.shape[0]
    # Beyond both ends the sums stay as they are, so that a window is a slice.
    sums = np.zeros((count + 1 + 2 * _BEYOND, *columns.shape[1:]), np.float32)
    np.cumsum(columns, axis=0, out=sums[_BEYOND + 1 : _BEYOND + 1 + count])
    sums[_BEYOND + 1 + count :] = sums[_BEYOND + count]

    def mean(start: int, stop: int) -> FloatArray:
        low, high = _BEYOND + start, _BEYOND + stop
        total = sums[high : high + count] - sums[low : low + count]
        return np.asarray(np.divide(total, _lengths(count, start, stop), out=total))

    gap, side = round(_GAP * BAND_PX), round(_SIDE * BAND_PX)
    best = np.zeros((2, *columns.shape), np.float32)
    for width in _WIDTHS:
        pixels = round(width * BAND_PX)
        start = -(pixels // 2)
        stop = start + pixels
        centre = mean(start, stop)
        above, below = mean(start - gap - side, start - gap), mean(stop + gap, stop + gap + side)
        np.maximum(best[0], np.minimum(above, below) - centre, out=best[0])
        np.maximum(best[1], centre - np.maximum(above, below), out=best[1])
    best = np.minimum(best, _CHANNEL_CAP) * CHANNEL_WEIGHT
    return np.ascontiguousarray(best.transpose(0, 3, 1, 2).reshape(6, *columns.shape[:2]))


@cache
def _lengths(count: int, start: int, stop: int) -> FloatArray:
    """How many of ``count`` rows lie ``start`` to ``stop`` rows from each: (count, 1, 1)."""
    rows = np.arange(count)
    low, high = np.clip(rows + start, 0, count), np.clip(rows + stop, 0, count)
    return np.asarray(np.maximum(high - low, 1)[:, None, None], np.float32)


def best_rows(ridges: FloatArray) -> NDArray[np.intp]:
    """Rows (K, C) of the path with the greatest sum through each (R, C) map, one row a step."""
    kinds, count, columns = ridges.shape
    by_column = np.ascontiguousarray(ridges.transpose(2, 0, 1))
    # Greatest sums up to each row of each column, between two rows that no path can take.
    total = np.full((columns, kinds, count + 2), -1e9, np.float32)
    total[0, :, 1:-1] = by_column[0]
    for column in range(1, columns):
        before, here = total[column - 1], total[column, :, 1:-1]
        np.maximum(before[:, :-2], before[:, 1:-1], out=here)
        np.maximum(here, before[:, 2:], out=here)
        here += by_column[column]
    rows = np.empty((kinds, columns), np.intp)
    rows[:, -1] = np.argmax(total[-1, :, 1:-1], axis=1)
    kind, around = np.arange(kinds)[:, None], np.arange(3)
    for column in range(columns - 1, 0, -1):
        row = rows[:, column]
        choice = total[column - 1][kind, row[:, None] + around].argmax(axis=1)
        rows[:, column - 1] = row + choice - 1
    return rows


def side_contrasts(
    sides: Sequence[NDArray[Any]],
    centres: Sequence[NDArray[Any]],
    steps: tuple[int, int],
    pad: int,
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield by how much each pixel is darker, and lighter, than the weaker of its two sides.

    Channel by channel, since NumPy is slow along short axes.

    Parameters
    ----------
    sides, centres : sequences of (h + 2 pad, w + 2 pad) float32 arrays
        The channels of a picture as they are averaged over a side, and over a ridge.
    steps : tuple of int
        Across and down to one side; the other lies opposite.
    pad : int

    Yields
    ------
    darker, lighter : (h, w) float32 arrays
    """
    rows, columns = (count - 2 * pad for count in centres[0].shape)
    middle, one, other = (
        np.s_[pad + sign * steps[1] :, pad + sign * steps[0] :] for sign in (0, 1, -1)
    )
    for side, centre in zip(sides, centres, strict=True):
        own, first, second = (
            values[part][:rows, :columns]
            for values, part in ((centre, middle), (side, one), (side, other))
        )
        yield (
            np.asarray(cv2.subtract(cv2.min(first, second), own), np.float32),
            np.asarray(cv2.subtract(own, cv2.max(first, second)), np.float32),
        )


def ridge_map(band: FloatArray, like: RidgePath) -> tuple[FloatArray, FloatArray]:
    """Ridge strength of each pixel of the band in any direction, and the ridge's width.

    Parameters
    ----------
    band : (h, w, 3) float32 array
        CIELAB.
    like : RidgePath
        The bridge: ridges of another kind (lighter instead of darker, chroma instead of
        lightness) count half, because skin between a thick frame and a brow is a ridge too.

    Returns
    -------
    strength : (h, w) float32 array
        Contrast to the weaker side, CIELAB units.
    width : (h, w) float32 array
        Units.
    """
    # At half the band's resolution: frames are wide against its pixels.
    half = cv2.resize(band, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    pad = 12
    height, width = half.shape[:2]
    padded = cv2.copyMakeBorder(half, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    padded = (padded * CHANNEL_WEIGHT).astype(np.float32)
    sides = cv2.split(cv2.blur(padded, (3, 3)))
    same = np.array([like.channel == 0, like.channel > 0, like.channel > 0])
    dark = np.where(same & like.darker, 1.0, 0.5).astype(np.float32)
    light = np.where(same & (not like.darker), 1.0, 0.5).astype(np.float32)
    strength = np.zeros((height, width), np.float32)
    widths = np.full((height, width), _MAP_WIDTHS[0], np.float32)
    for units in _MAP_WIDTHS:
        pixels = max(1, round(units * BAND_PX / 2))
        centres = cv2.split(cv2.blur(padded, (pixels, pixels)))
        reach = pixels / 2 + _GAP * BAND_PX / 2 + 1
        for direction in np.radians([0.0, 45.0, 90.0, 135.0]):
            steps = round(reach * np.cos(direction)), round(reach * np.sin(direction))
            best = np.full((height, width), -np.inf, np.float32)
            channels = side_contrasts(sides, centres, steps, pad)
            for (darker, lighter), if_dark, if_light in zip(channels, dark, light, strict=True):
                np.maximum(best, cv2.max(darker * if_dark, lighter * if_light), out=best)
            better = best > strength
            np.copyto(strength, best, where=better)
            np.copyto(widths, units, where=better)
    size = (band.shape[1], band.shape[0])
    return (
        np.asarray(cv2.resize(strength, size), dtype=np.float32),
        np.asarray(cv2.resize(widths, size, interpolation=cv2.INTER_NEAREST), dtype=np.float32),
    )
