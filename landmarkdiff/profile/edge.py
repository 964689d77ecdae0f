"""The border of skin against what lies behind it, along a curve that runs near it.

Along each normal of the curve the place is sought where the colours of the inside end and those of
the outside begin, and where the picture changes most. Dynamic programming finds the line of
least cost over all normals; the cost of the best line through every other place says how sure it
is: where another edge competes, the places in between cost little more.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.numerics import summed
from landmarkdiff.profile.outline import Scene
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["Band", "Border", "colours", "find_border", "outward_normals", "resampled"]

#: Weights of the three parts of the cost: colours of inside and outside (per mm that lies on
#: the wrong side), silhouette (likewise), change of the picture at the border.
_COLOUR_WEIGHT = 0.22
_MASK_WEIGHT = 0.10
_CHANGE_WEIGHT = 1.6
#: Cost of a slope of 1 against the curve over 1 mm, and the steepest slope.
_SLOPE_WEIGHT = 0.9
_STEEPEST = 2.0
#: The colour of a sample speaks at most so clearly for one side (logarithm of the odds).
_CLEAREST = 3.0
#: Least spread of the colours of one side, LAB units.
_LEAST_SPREAD = 3.0
#: Change of the picture, LAB units per mm over its own spread, that counts half.
_HALF_CHANGE = 6.0
#: Differences of cost are divided by this before they are odds; set so that the stated spread is
#: the true one on renders.
_TEMPERATURE = 0.12


@dataclass(frozen=True)
class Band:
    """How far from the curve, and how finely, the border is sought; all in millimetres.

    Attributes
    ----------
    reach : float
        On either side of the curve.
    step : float
        Between places along a normal.
    spacing : float
        Between normals.
    blur : float
        Standard deviation of the filter whose slope is the change of the picture.
    near, far : float
        Colours of the two sides are taken between these distances from the curve.
    """

    reach: float
    step: float
    spacing: float
    blur: float
    near: float
    far: float


@dataclass(frozen=True, eq=False)
class Border:
    """The border that was found along a curve.

    Attributes
    ----------
    points : (n, 2) float64 array
        Image frame, pixels.
    spread : (n,) float64 array
        Standard deviation across the border, mm.
    contrast : (n,) float64 array
        Difference of colour between the sides at the border over its spread.
    change : (n,) float64 array
        How clear the edge is at the border, 0 to 1.
    inner : (n, 3) float64 array
        Mean LAB colour just inside.
    outer : (n, 3) float64 array
        Mean LAB colour just outside.
    """

    points: FloatArray
    spread: FloatArray
    contrast: FloatArray
    change: FloatArray
    inner: FloatArray
    outer: FloatArray


def resampled(curve: FloatArray, spacing: float, smoothing: float) -> FloatArray:
    """Return an open curve (n, 2) with even spacing, smoothed along its length.

    Parameters
    ----------
    curve : (n, 2) float64 array
        Pixels.
    spacing : float
        Pixels between points.
    smoothing : float
        Standard deviation of the filter along the curve, pixels; 0 for none.
    """
    lengths = np.hypot(*np.diff(curve, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    count = max(8, round(along[-1] / spacing) + 1)
    at = np.linspace(0.0, along[-1], count)
    even = np.stack([np.interp(at, along, part) for part in curve.T], axis=1)
    if smoothing <= 0:
        return even
    return _smoothed(even, smoothing * (count - 1) / max(along[-1], 1e-9))


def _smoothed(values: FloatArray, sigma: float) -> FloatArray:
    """Gaussian filter along the first axis; the ends are carried on by point reflection."""
    radius = min(max(1, int(np.ceil(3.0 * sigma))), len(values) - 1)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / max(sigma, 1e-6)) ** 2)
    kernel /= kernel.sum()
    head = 2 * values[:1] - values[radius:0:-1]
    tail = 2 * values[-1:] - values[-2 : -radius - 2 : -1]
    padded = np.concatenate([head, values, tail])
    flat = padded.reshape(len(padded), -1)
    columns = [np.convolve(column, kernel, mode="valid") for column in flat.T]
    return np.stack(columns, axis=1).reshape(values.shape)


def outward_normals(curve: FloatArray, facing: int) -> FloatArray:
    """Return unit normals (n, 2) of a curve that runs down a profile; out of the head."""
    along = np.gradient(curve, axis=0)
    along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    return np.stack([-along[:, 1], along[:, 0]], axis=1) * facing


def find_border(
    pyramid: PhotoPyramid,
    scene: Scene,
    curve: FloatArray,
    facing: int,
    px_per_mm: float,
    band: Band,
) -> Border:
    """Find the border along a curve.

    Parameters
    ----------
    pyramid : PhotoPyramid
    scene : Scene
        Its silhouette takes part in the cost.
    curve : (n, 2) float64 array
        Evenly spaced by ``band.spacing``, pixels.
    facing : int
        1 to the left, -1 to the right.
    px_per_mm : float
    band : Band
    """
    normals = outward_normals(curve, facing)
    outmost = band.far + band.reach
    count = round(outmost / band.step)
    steps = np.asarray(np.arange(-count, count + 1) * band.step, np.float64)
    places = curve[:, None] + normals[:, None] * (steps * px_per_mm)[:, None]
    lab = colours(pyramid, places, band.step * px_per_mm)
    mask = _silhouette(scene, places)
    sides = _sides(lab, steps, band)
    change = _change(lab, sides, band)
    inside = np.abs(steps) <= band.reach + 1e-9
    cost = _cost(lab, mask, sides, change, band)[:, inside]
    best, spread = _cheapest(cost, band)
    offsets = steps[inside]
    exact = offsets[best] + band.step * _parabola(change[:, inside], best)
    rows = np.arange(len(curve))
    inner, outer, deviation = sides
    contrast = np.sqrt((((inner - outer) / deviation) ** 2).sum(axis=1))
    return Border(
        points=curve + normals * (exact * px_per_mm)[:, None],
        spread=np.asarray(spread),
        contrast=contrast,
        change=change[:, inside][rows, best].astype(np.float64),
        inner=inner,
        outer=outer,
    )


def colours(pyramid: PhotoPyramid, places: FloatArray, step: float) -> NDArray[np.float32]:
    """LAB colours at places (n, m, 2) that lie ``step`` photo pixels apart, (n, m, 3)."""
    level, across, down = pyramid.matching(step)
    x = ((places[..., 0] + 0.5) * across - 0.5).astype(np.float32)
    y = ((places[..., 1] + 0.5) * down - 0.5).astype(np.float32)
    sampled = cv2.remap(
        level.astype(np.float32) if level.size < 1 else level,
        x,
        y,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(cv2.cvtColor(sampled.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _silhouette(scene: Scene, places: FloatArray) -> NDArray[np.float32]:
    own = scene.from_photo(places)
    return np.asarray(
        cv2.remap(
            scene.mask,
            own.real.astype(np.float32),
            own.imag.astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _sides(
    lab: NDArray[np.float32], steps: FloatArray, band: Band
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean colours inside and outside, and their common spread: (n, 3) each.

    Each normal shares those of its neighbours, so that a single hair does not make a model.
    """
    reach = 2.0 * band.far / band.spacing
    found = []
    squares = []
    for chosen in (
        (steps <= -band.near) & (steps >= -band.far),
        (steps >= band.near) & (steps <= band.far),
    ):
        part = lab[:, chosen].astype(np.float64)
        mean = _smoothed(part.mean(axis=1), reach / 3)
        found.append(mean)
        squares.append(_smoothed(((part - mean[:, None]) ** 2).mean(axis=1), reach / 3))
    spread = np.sqrt(np.maximum(sum(squares) / 2, 0.0) + _LEAST_SPREAD**2)
    return found[0], found[1], spread


def _change(
    lab: NDArray[np.float32], sides: tuple[FloatArray, FloatArray, FloatArray], band: Band
) -> FloatArray:
    """How clear an edge is at each place, 0 to 1: the slope of the blurred colours over theirs."""
    inner, outer, spread = sides
    sigma = max(band.blur / band.step, 0.7)
    radius = int(np.ceil(3 * sigma))
    at = np.arange(-radius, radius + 1)
    bell = np.exp(-0.5 * (at / sigma) ** 2)
    slope = -at * bell / (at**2 * bell).sum() / band.step
    slopes = cv2.sepFilter2D(
        lab.reshape(len(lab), -1, 3),
        cv2.CV_32F,
        -slope.astype(np.float32),
        _bell(1.0 / band.spacing * band.blur),
        borderType=cv2.BORDER_REPLICATE,
    )
    towards = outer - inner
    size = np.sqrt(((towards / spread) ** 2).sum(axis=1))
    unit = towards / np.maximum(np.hypot(np.hypot(*towards[:, :2].T), towards[:, 2]), 1e-6)[:, None]
    straight = np.maximum(summed(slopes * unit[:, None]), 0.0)
    any_way = np.sqrt(summed(slopes**2))
    trust = np.clip(size / 2.0, 0.0, 1.0)[:, None]
    steep = trust * np.maximum(straight, 0.35 * any_way) + (1 - trust) * any_way
    level = np.maximum(np.median(any_way, axis=1, keepdims=True), _HALF_CHANGE / 2)
    return np.asarray(steep**2 / (steep**2 + (2.0 * level) ** 2))


def _bell(sigma: float) -> NDArray[np.float32]:
    sigma = max(sigma, 0.5)
    at = np.arange(-int(np.ceil(2.5 * sigma)), int(np.ceil(2.5 * sigma)) + 1)
    bell = np.exp(-0.5 * (at / sigma) ** 2)
    return np.asarray(bell / bell.sum(), np.float32)


def _cost(
    lab: NDArray[np.float32],
    mask: NDArray[np.float32],
    sides: tuple[FloatArray, FloatArray, FloatArray],
    change: FloatArray,
    band: Band,
) -> FloatArray:
    """Cost of a border at each place, (n, m)."""
    inner, outer, spread = sides
    to_inner = summed(((lab - inner[:, None]) / spread[:, None]) ** 2)
    to_outer = summed(((lab - outer[:, None]) / spread[:, None]) ** 2)
    # Positive where the colour is that of the outside.
    odds = np.clip((to_inner - to_outer) / 2, -_CLEAREST, _CLEAREST)
    p = np.clip(mask, 0.02, 0.98)
    person = np.clip(np.log((1 - p) / p), -2.0, 2.0)
    odds = _COLOUR_WEIGHT * odds + _MASK_WEIGHT * person
    total = np.cumsum(odds, axis=1)
    wrong = (2 * total - odds - total[:, -1:]) * band.step
    return np.asarray(wrong - _CHANGE_WEIGHT * change)


def _cheapest(cost: FloatArray, band: Band) -> tuple[NDArray[np.intp], FloatArray]:
    """Indices of the line of least cost, and the standard deviation across it, mm."""
    rows, places = cost.shape
    weighted = cost * min(1.0, band.spacing)
    jump = max(1, int(_STEEPEST * band.spacing / band.step))
    jumps = np.arange(-jump, jump + 1)
    slopes = np.asarray(jumps * band.step / band.spacing, np.float64)
    fee = _SLOPE_WEIGHT * band.spacing * slopes**2
    (down, up), (taken, _) = _swept(
        np.stack([weighted, weighted[::-1]], axis=1), reach=jump, fee=fee
    )
    best = np.empty(rows, np.intp)
    best[-1] = int(np.argmin(down[-1]))
    for row in range(rows - 1, 0, -1):
        best[row - 1] = best[row] + jumps[taken[row, best[row]]]
    through = down + up[::-1] - weighted
    through = through - through.min(axis=1, keepdims=True)
    odds = np.exp(-through / _TEMPERATURE)
    odds /= odds.sum(axis=1, keepdims=True)
    away = (np.arange(places)[None] - best[:, None]) * band.step
    return best, np.sqrt((odds * away**2).sum(axis=1))


def _swept(cost: FloatArray, reach: int, fee: FloatArray) -> tuple[FloatArray, NDArray[np.intp]]:
    """Least cost of a line from the first row to each place, and which jump it came by.

    Of several costs at once, (rows, k, places): both (k, rows, places). Jumps reach so many
    places to either side, each with its fee.
    """
    rows, count, places = cost.shape
    total = np.empty((count, rows, places))
    taken = np.zeros((count, rows, places), np.intp)
    total[:, 0] = cost[0]
    padded = np.full((count, places + 2 * reach), np.inf)
    shifted = np.lib.stride_tricks.sliding_window_view(padded, places, axis=1)
    fees = fee[:, None]
    for row in range(1, rows):
        padded[:, reach : reach + places] = total[:, row - 1]
        ways = shifted + fees
        ways.argmin(axis=1, out=taken[:, row])
        np.add(ways.min(axis=1), cost[row], out=total[:, row])
    return total, taken


def _parabola(change: FloatArray, best: NDArray[np.intp]) -> FloatArray:
    """Where between its neighbours the change is greatest, in steps, -0.5 to 0.5."""
    rows = np.arange(len(best))
    last = change.shape[1] - 1
    middle = np.clip(best, 1, last - 1)
    left, centre, right = (change[rows, middle + k] for k in (-1, 0, 1))
    curved = left - 2 * centre + right
    # Only at a summit: elsewhere the line lies where the colours say, not on an edge.
    summit = (centre >= left) & (centre >= right) & (curved < -1e-9) & (middle == best)
    shift = np.where(summit, 0.5 * (left - right) / np.where(summit, curved, 1.0), 0.0)
    return np.clip(shift, -0.5, 0.5)
