"""The choice of the landmarks that control the spline."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.manipulation.spline import ThinPlateSpline

__all__ = ["MAX_CONTROL_POINTS", "choose_controls"]


#: Control points of the spline at most, the fixed ones around included.
MAX_CONTROL_POINTS = 88
#: Rounds in which the rest of the budget is spent where the spline misses the mesh most.
CONTROL_ROUNDS = 2
#: Control points nearer to each other than this (pixels) would shear the spline.
MIN_SPACING_PX = 0.35
#: Of two control points whose displacements differ by more than this share of their distance,
#: the farther one gives way if it is farther by more than its distance (times this).
MAX_GRADIENT = 0.8
OVERLAY_DEPTH = 1.0


def choose_controls(
    source: FloatArray,
    displacement: FloatArray,
    anchors: FloatArray,
    *,
    moving: IndexArray,
    pinned: IndexArray,
    eligible: BoolArray,
    nearness: FloatArray | None = None,
    limit: int = MAX_CONTROL_POINTS,
) -> IndexArray:
    """Choose the landmarks that control the spline, always with their mirror partners.

    Handles come first, strongest and farthest apart first. The rest of the budget goes, in a
    few rounds, to the landmarks that the spline of the ones chosen so far misses most, spread
    over the region: so the spline follows the mesh wherever the mask lets it act.

    Parameters
    ----------
    source, displacement : (478, 2) float64 arrays
        Pixels; only the pattern of the displacement matters, not its size.
    anchors : (n, 2) float64 array
        Fixed points around; they count toward :data:`MAX_CONTROL_POINTS`.
    moving, pinned : int arrays
    eligible : (478,) bool array
        Landmarks that may control the warp (seen, and inside the mask).
    nearness : (478,) float64 array, optional
        In a turned face: how near to the camera each landmark is, pixels. Of two that lie so
        close together that their displacements would fold the picture, the nearer one controls it.
    limit : int
        Control points at most, anchors included: :data:`MAX_CONTROL_POINTS` for each procedure.

    Returns
    -------
    (m,) int array, sorted
    """
    target = source + displacement
    size = np.hypot(displacement[:, 0], displacement[:, 1])
    if nearness is not None:
        eligible = eligible & ~_overlaid(target, displacement, eligible, nearness)
    choice = _Choice(target, anchors, limit)
    handle = np.zeros(len(target), np.bool_)
    handle[moving] = True
    handle &= eligible
    if not choice.take_all(handle):
        choice.take(handle, 0.2 + size / max(float(size.max()), 1e-12), 0)
    held = np.zeros(len(target), np.bool_)
    held[pinned] = True
    choice.take(held & eligible, np.ones(len(target)), (choice.budget - len(choice.indices)) // 2)
    for rounds_left in range(CONTROL_ROUNDS, 0, -1):
        chosen = choice.indices
        spline = ThinPlateSpline(np.concatenate([target[chosen], anchors]))
        values = np.concatenate([-displacement[chosen], np.zeros_like(anchors)])
        missed = np.hypot(*(spline(target, values) + displacement).T).astype(np.float64)
        keep_free = (choice.budget - len(chosen)) * (rounds_left - 1) // rounds_left
        choice.take(eligible & (missed > 0.02 * size.max()), missed, keep_free)
    return choice.indices


def _overlaid(
    target: FloatArray, displacement: FloatArray, eligible: BoolArray, nearness: FloatArray
) -> BoolArray:
    """Landmarks that another one, nearer to the camera, overlays with a different displacement.

    In an oblique view points far apart on the face come to lie side by side in the picture.
    """
    index = np.flatnonzero(eligible)
    apart = np.linalg.norm(target[index, None] - target[None, index], axis=2)
    differ = np.linalg.norm(displacement[index, None] - displacement[None, index], axis=2)
    behind = nearness[index, None] < nearness[None, index] - OVERLAY_DEPTH * (apart + differ)
    overlaid = np.zeros(len(target), np.bool_)
    overlaid[index] = (behind & (differ > MAX_GRADIENT * apart)).any(axis=1)
    return overlaid


class _Choice:
    """A growing set of control landmarks with their mirror partners."""

    def __init__(self, target: FloatArray, anchors: FloatArray, limit: int) -> None:
        self._target = target
        self._x, self._y = np.ascontiguousarray(target.T)
        self._mirror = topology().mirror
        square = np.subtract.outer(target[:, 0], anchors[:, 0]) ** 2
        square += np.subtract.outer(target[:, 1], anchors[:, 1]) ** 2
        # A piece of the mask that lies within others has no points around it.
        self._nearest = np.sqrt(square.min(axis=1, initial=float(np.ptp(target)) ** 2))
        self._chosen: list[int] = []
        self.budget = limit - len(anchors)

    @property
    def indices(self) -> IndexArray:
        return np.array(sorted(self._chosen), dtype=np.intp)

    def take_all(self, eligible: BoolArray) -> bool:
        """Take every eligible landmark, if the budget allows and no two are too close."""
        index = np.flatnonzero(eligible)
        if not len(index):
            return True
        square = np.subtract.outer(self._target[:, 0], self._target[index, 0]) ** 2
        square += np.subtract.outer(self._target[:, 1], self._target[index, 1]) ** 2
        between = square[index]
        np.fill_diagonal(between, np.inf)
        near = min(float(np.sqrt(between.min())), float(self._nearest[index].min()))
        if len(index) > self.budget or near <= MIN_SPACING_PX:
            return False
        self._chosen.extend(index.tolist())
        np.minimum(self._nearest, np.sqrt(square.min(axis=1)), out=self._nearest)
        return True

    def take(self, eligible: BoolArray, priority: FloatArray, keep_free: int) -> None:
        """Take eligible landmarks by priority times distance from those already taken."""
        weight = np.where(eligible, priority, 0.0)
        weight[self._chosen] = 0.0
        limit = self.budget - keep_free
        while len(self._chosen) < limit:
            score = weight * self._nearest
            score[self._nearest <= MIN_SPACING_PX] = 0.0
            first = int(np.maximum(score, score[self._mirror]).argmax())
            pair = [i for i in sorted({first, int(self._mirror[first])}) if score[i] > 0.0]
            if not pair or len(self._chosen) + len(pair) > limit:
                return
            for index in pair:
                self._chosen.append(index)
                away = np.hypot(self._x - self._x[index], self._y - self._y[index])
                np.minimum(self._nearest, away, out=self._nearest)
                weight[index] = 0.0
