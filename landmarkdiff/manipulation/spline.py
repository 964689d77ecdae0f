"""The thin-plate spline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.errors import DeformationError
from landmarkdiff.manipulation.grid import BLOCK

__all__ = ["ThinPlateSpline"]


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
            raise DeformationError("spline_singular")
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
