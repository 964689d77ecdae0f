"""The thin-plate spline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray
from landmarkdiff.errors import DeformationError
from landmarkdiff.manipulation.grid import BLOCK, RegionGrid

__all__ = ["ThinPlateSpline"]

#: Rows of a table of basis functions.
TABLE_ROWS = 2048
_TINY = np.finfo(np.float32).tiny


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
        square = _square_distances(self._controls, self._controls)
        centred = self._controls - self._controls.mean(axis=0)
        inertia = centred.T @ centred  # singular when all points lie on one line
        np.fill_diagonal(square, 1.0)
        if n < 3 or np.linalg.det(inertia) < 1e-9 or square.min() < 1e-14:
            raise DeformationError("spline_singular")
        self.count = n
        #: Least distance between two control points, pixels.
        self.spacing = float(np.sqrt(square.min())) * self._radius
        system[:n, :n] = _radial(square)  # the diagonal is log 1, zero
        system[:n, n] = system[n, :n] = 1.0
        system[:n, n + 1 :] = self._controls
        system[n + 1 :, :n] = self._controls.T
        self._system = system

    def weights(self, values: FloatArray) -> FloatArray:
        """Weights (n + 3, k) of the spline that takes ``values`` (n, k) at the control points."""
        right = np.zeros((len(self._system), values.shape[1]))
        right[: len(values)] = values
        return np.asarray(np.linalg.solve(self._system, right), np.float64)

    def basis(self, points: NDArray[np.floating]) -> Float32Array:
        """Basis functions at points (m, 2; pixels): (m, n + 3) float32, to multiply weights by."""
        place = ((points - self._centre) / self._radius).astype(np.float32)
        controls = self._controls.astype(np.float32)
        functions = _framed(place, len(controls))
        for first in range(0, len(place), BLOCK):
            block = slice(first, first + BLOCK)
            _radial_into(functions[block, :-3], _square_distances(place[block], controls))
        return functions

    def tables(self, points: NDArray[np.floating]) -> Iterator[Float32Array]:
        """Make the basis functions at points (m, 2; pixels), a bounded number of rows at a time."""
        for first in range(0, len(points), TABLE_ROWS):
            yield self.basis(points[first : first + TABLE_ROWS])

    def grid_tables(
        self, grid: RegionGrid, nodes: tuple[IndexArray, IndexArray]
    ) -> Iterator[Float32Array]:
        """Make the tables of chosen nodes of a grid, by their rows and columns (m,)."""
        controls = self._controls.astype(np.float32)
        xs, ys = (
            ((line - centre) / self._radius).astype(np.float32)
            for line, centre in zip(grid.lines, self._centre, strict=True)
        )
        # Nodes of one column lie equally far across from a control point, those of one row
        # equally far down.
        across = np.subtract.outer(xs, controls[:, 0]) ** 2
        down = np.subtract.outer(ys, controls[:, 1]) ** 2
        rows, columns = nodes
        for start in range(0, len(rows), TABLE_ROWS):
            row, column = rows[start : start + TABLE_ROWS], columns[start : start + TABLE_ROWS]
            place = np.empty((len(row), 2), np.float32)
            place[:, 0], place[:, 1] = xs[column], ys[row]
            functions = _framed(place, len(controls))
            for first in range(0, len(row), BLOCK):
                block = slice(first, first + BLOCK)
                square = across.take(column[block], axis=0)
                square += down.take(row[block], axis=0)
                _radial_into(functions[block, :-3], square)
            yield functions

    def mixed(self, tables: Iterable[Float32Array], values: FloatArray) -> Float32Array:
        """Interpolate ``values`` (n, k) of the control points by finished tables: (m, k)."""
        weights = self.weights(values).astype(np.float32)
        empty = np.empty((0, values.shape[1]), np.float32)
        return np.concatenate([empty, *(table @ weights for table in tables)])

    def __call__(self, points: NDArray[np.floating], values: FloatArray) -> Float32Array:
        """Interpolate ``values`` (n, 2) of the control points at points (m, 2): (m, 2) float32."""
        return self.mixed(self.tables(points), values)


def _framed(place: Float32Array, n: int) -> Float32Array:
    """Table of basis functions at places (m, 2), those of n control points being empty."""
    functions = np.empty((len(place), n + 3), np.float32)
    functions[:, n] = 1.0
    functions[:, n + 1 :] = place
    return functions


def _radial_into(functions: Float32Array, square: Float32Array) -> None:
    """Write the basis functions of squared distances (m, n) into their part of a table."""
    logarithm = np.maximum(square, _TINY)
    np.log(logarithm, out=logarithm)
    np.multiply(square, logarithm, out=functions)


def _square_distances(points: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[Any]:
    """Squared distance of each of ``points`` (m, 2) to each of ``others`` (n, 2): (m, n)."""
    across = np.subtract.outer(points[:, 0], others[:, 0])
    down = np.subtract.outer(points[:, 1], others[:, 1])
    return np.asarray(across**2 + down**2)


def _radial(square: NDArray[np.floating]) -> NDArray[np.floating]:
    """r² log r², zero at the origin, from r²."""
    tiny = np.finfo(square.dtype).tiny
    return np.asarray(square * np.log(np.maximum(square, tiny)))
