"""The thin-plate spline, and the choice of the landmarks that control it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.errors import DeformationError
from landmarkdiff.landmarks.topology import topology

__all__ = ["MAX_CONTROL_POINTS", "ThinPlateSpline", "choose_controls"]

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]
BoolArray = NDArray[np.bool_]

#: Control points of the spline at most, the fixed ones around included.
MAX_CONTROL_POINTS = 80
#: Rounds in which the rest of the budget is spent where the spline misses the mesh most.
CONTROL_ROUNDS = 4
#: Control points nearer to each other than this (pixels) would shear the spline.
MIN_SPACING_PX = 0.35


@dataclass(frozen=True)
class ThinPlateSpline:
    """Thin-plate spline from the plane to displacements [1]_.

    Attributes
    ----------
    controls : (n, 2) float64 array
        Control points, normalised.
    weights : (n + 3, 2) float64 array
        Radial weights, then the affine part (constant, x, y).
    centre, radius : normalisation of the plane, in pixels.

    References
    ----------
    .. [1] F. L. Bookstein, Principal warps: thin-plate splines and the decomposition of
       deformations, IEEE TPAMI 11 (1989).
    """

    controls: FloatArray
    weights: FloatArray
    centre: FloatArray
    radius: float

    @classmethod
    def fit(cls, points: FloatArray, values: FloatArray) -> ThinPlateSpline:
        """Interpolate ``values`` (n, 2) at ``points`` (n, 2), both in pixels.

        Raises
        ------
        DeformationError
            The points are fewer than three, on one line, or coincide.
        """
        low, high = points.min(axis=0), points.max(axis=0)
        centre = (low + high) / 2.0
        radius = max(float((high - low).max()) / 2.0, 1e-9)
        controls = (points - centre) / radius
        n = len(controls)
        system = np.zeros((n + 3, n + 3))
        difference = controls[:, None, :] - controls[None, :, :]
        system[:n, :n] = _radial((difference**2).sum(axis=2))
        system[:n, n] = system[n, :n] = 1.0
        system[:n, n + 1 :] = controls
        system[n + 1 :, :n] = controls.T
        right = np.zeros((n + 3, 2))
        right[:n] = values
        try:
            weights = np.linalg.solve(system, right)
        except np.linalg.LinAlgError as error:
            raise DeformationError(
                "the control points of the spline coincide or lie on one line"
            ) from error
        return cls(
            controls, np.asarray(weights, np.float64), np.asarray(centre, np.float64), radius
        )

    def __call__(self, points: NDArray[np.floating]) -> Float32Array:
        """Evaluate at points (m, 2) in pixels: (m, 2) float32."""
        place = ((points - self.centre) / self.radius).astype(np.float32)
        controls = self.controls.astype(np.float32)
        dx = place[:, :1] - controls[:, 0]
        dy = place[:, 1:] - controls[:, 1]
        np.multiply(dx, dx, out=dx)
        np.multiply(dy, dy, out=dy)
        dx += dy
        values = _radial(dx) @ self.weights[: len(controls)].astype(np.float32)
        affine = self.weights[len(controls) :].astype(np.float32)
        return np.asarray(values + affine[0] + place @ affine[1:])


def _radial(square: NDArray[np.floating]) -> NDArray[np.floating]:
    """r² log r², zero at the origin, from r²."""
    tiny = np.finfo(square.dtype).tiny
    return np.asarray(square * np.log(np.maximum(square, tiny)))


def choose_controls(
    source: FloatArray,
    displacement: FloatArray,
    anchors: FloatArray,
    *,
    moving: IndexArray,
    pinned: IndexArray,
    eligible: BoolArray,
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

    Returns
    -------
    (m,) int array, sorted
    """
    target = source + displacement
    size = np.hypot(displacement[:, 0], displacement[:, 1])
    choice = _Choice(target, anchors)
    handle = np.zeros(len(target), np.bool_)
    handle[moving] = True
    choice.take(handle & eligible, 0.2 + size / max(float(size.max()), 1e-12), 0)
    held = np.zeros(len(target), np.bool_)
    held[pinned] = True
    choice.take(held & eligible, np.ones(len(target)), (choice.budget - len(choice.indices)) // 2)
    for rounds_left in range(CONTROL_ROUNDS, 0, -1):
        chosen = choice.indices
        spline = ThinPlateSpline.fit(
            np.concatenate([target[chosen], anchors]),
            np.concatenate([-displacement[chosen], np.zeros_like(anchors)]),
        )
        missed = np.hypot(*(spline(target) + displacement).T).astype(np.float64)
        keep_free = (choice.budget - len(chosen)) * (rounds_left - 1) // rounds_left
        choice.take(eligible & (missed > 0.02 * size.max()), missed, keep_free)
    return choice.indices


class _Choice:
    """A growing set of control landmarks with their mirror partners."""

    def __init__(self, target: FloatArray, anchors: FloatArray) -> None:
        self._target = target
        self._mirror = topology().mirror
        self._nearest = np.min(np.linalg.norm(target[:, None] - anchors[None], axis=2), axis=1)
        self._chosen: list[int] = []
        self.budget = MAX_CONTROL_POINTS - len(anchors)

    @property
    def indices(self) -> IndexArray:
        return np.array(sorted(self._chosen), dtype=np.intp)

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
