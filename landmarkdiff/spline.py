"""The thin-plate spline, and the choice of the landmarks that control it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import DeformationError
from landmarkdiff.grid import BLOCK
from landmarkdiff.landmarks.topology import topology

__all__ = ["MAX_CONTROL_POINTS", "ThinPlateSpline", "choose_controls"]

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Control points of the spline at most, the fixed ones around included.
MAX_CONTROL_POINTS = 80
#: Rounds in which the rest of the budget is spent where the spline misses the mesh most.
CONTROL_ROUNDS = 2
#: Control points nearer to each other than this (pixels) would shear the spline.
MIN_SPACING_PX = 0.35


class ThinPlateSpline:
    """Thin-plate splines from the plane to displacements, all through the same points [1]_.

    Parameters
    ----------
    points : (n, 2) float64 array
        Control points, pixels.

    Raises
    ------
    DeformationError
        The points are fewer than three, lie on one line, or coincide.

    References
    ----------
    .. [1] F. L. Bookstein, Principal warps: thin-plate splines and the decomposition of
       deformations, IEEE TPAMI 11 (1989).

    Examples
    --------
    >>> corners = np.array([[0.0, 0], [9, 0], [0, 9], [9, 9]])
    >>> spline = ThinPlateSpline(corners)
    >>> moved = spline(corners, corners * 0.5)
    >>> bool(np.allclose(moved, corners * 0.5, atol=1e-4))
    True
    """

    def __init__(self, points: FloatArray) -> None:
        points = np.asarray(points, np.float64)
        n = len(points)
        low, high = points.min(axis=0), points.max(axis=0)
        self._centre = (low + high) / 2.0
        self._radius = max(float((high - low).max()) / 2.0, 1e-9)
        self._controls = (points - self._centre) / self._radius
        system = np.zeros((n + 3, n + 3))
        difference = self._controls[:, None, :] - self._controls[None, :, :]
        square = (difference**2).sum(axis=2)
        centred = self._controls - self._controls.mean(axis=0)
        inertia = centred.T @ centred  # singular when all points lie on one line
        np.fill_diagonal(square, 1.0)
        if n < 3 or np.linalg.det(inertia) < 1e-9 or square.min() < 1e-14:
            raise DeformationError(
                "the control points of the spline coincide, lie on one line or are too few"
            )
        #: Least distance between two control points, pixels.
        self.spacing = float(np.sqrt(square.min())) * self._radius
        system[:n, :n] = _radial(square)  # the diagonal is log 1, zero
        system[:n, n] = system[n, :n] = 1.0
        system[:n, n + 1 :] = self._controls
        system[n + 1 :, :n] = self._controls.T
        self._system = system

    def weights(self, values: FloatArray) -> FloatArray:
        """Weights (n + 3, 2) of the spline that takes ``values`` (n, 2) at the control points."""
        right = np.zeros((len(self._system), 2))
        right[: len(values)] = values
        return np.asarray(np.linalg.solve(self._system, right), np.float64)

    def basis(self, points: NDArray[np.floating]) -> Float32Array:
        """Basis functions at points (m, 2; pixels): (m, n + 3) float32, to multiply weights by."""
        place = ((points - self._centre) / self._radius).astype(np.float32)
        controls = self._controls.astype(np.float32)
        n = len(controls)
        functions = np.empty((len(place), n + 3), np.float32)
        dx = place[:, :1] - controls[:, 0]
        dy = place[:, 1:] - controls[:, 1]
        np.multiply(dx, dx, out=dx)
        np.multiply(dy, dy, out=dy)
        dx += dy
        functions[:, :n] = _radial(dx)
        functions[:, n] = 1.0
        functions[:, n + 1 :] = place
        return functions

    def __call__(self, points: NDArray[np.floating], values: FloatArray) -> Float32Array:
        """Interpolate ``values`` (n, 2) of the control points at points (m, 2): (m, 2) float32."""
        weights = self.weights(values).astype(np.float32)
        blocks = range(0, len(points), BLOCK)
        moved = [self.basis(points[first : first + BLOCK]) @ weights for first in blocks]
        return np.concatenate([np.empty((0, 2), np.float32), *moved])


def _radial(square: NDArray[np.floating]) -> NDArray[np.floating]:
    """r² log r², zero at the origin, from r²."""
    tiny = np.finfo(square.dtype).tiny
    return np.asarray(square * np.log(np.maximum(square, tiny)))


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
        self._mirror = topology().mirror
        square = np.subtract.outer(target[:, 0], anchors[:, 0]) ** 2
        square += np.subtract.outer(target[:, 1], anchors[:, 1]) ** 2
        self._nearest = np.sqrt(square.min(axis=1))
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
        open_ = eligible.copy()
        open_[self._chosen] = False
        limit = self.budget - keep_free
        while len(self._chosen) < limit and open_.any():
            score = np.where(
                open_ & (self._nearest > MIN_SPACING_PX), priority * self._nearest, 0.0
            )
            paired = np.maximum(score, score[self._mirror])
            first = int(paired.argmax())
            pair = [i for i in sorted({first, int(self._mirror[first])}) if score[i] > 0.0]
            if not pair or len(self._chosen) + len(pair) > limit:
                return
            for index in pair:
                self._chosen.append(index)
                away = np.hypot(*(self._target - self._target[index]).T)
                np.minimum(self._nearest, away, out=self._nearest)
                open_[index] = False
