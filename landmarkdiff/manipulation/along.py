"""Node values met along straight ways, asked for again and again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray
from landmarkdiff.manipulation.grid import RegionGrid

__all__ = ["ValuesAlong", "values_along"]


@dataclass(frozen=True, eq=False)
class ValuesAlong:
    """Values at the nodes of a grid, to be read where points have gone a part of their ways.

    As :meth:`RegionGrid.sample`, in steps of the grid from its first node, so that nothing but
    the part gone is worked out each time.

    Attributes
    ----------
    start, way : (2, n) float64 array
        x and y, cells.
    values : (rows * columns,) float64 array
    shape : tuple of int
        Rows and columns.

    Examples
    --------
    >>> grid = RegionGrid(x=0, y=0, width=30, height=20, step=10)
    >>> values = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]], np.float32)
    >>> ways = values_along(grid, values, np.array([[4.5, 4.5]]), np.array([[20.0, 0.0]]))
    >>> [ways.at(np.array([part])).item() for part in (0.25, 1.0)]
    [0.5, 2.0]
    """

    start: FloatArray
    way: FloatArray
    values: FloatArray
    shape: tuple[int, int]

    def at(self, parts: FloatArray) -> FloatArray:
        """Values (n,) after these parts (n,) of the ways, 0 to 1; zero outside the rectangle."""
        columns = self.shape[1]
        place = parts * self.way
        place += self.start
        beyond = None
        if not self._within:
            beyond = (place < -0.5) | (place > self._last + 0.5)
            np.maximum(place, 0.0, out=place)
            np.minimum(place, self._last, out=place)
        before = place.astype(np.intp)
        if not self._within:
            np.minimum(before, self._last_before, out=before)
        place -= before
        across, down = place
        column, row = before
        row *= columns
        row += column
        near = self.values.take(row + self._around)
        left, right = near[:2], near[2:]
        left += across * (right - left)
        upper, lower = left
        upper += down * (lower - upper)
        if beyond is not None:
            upper[beyond[0] | beyond[1]] = 0.0
        return np.asarray(upper)

    def of(self, chosen: IndexArray) -> ValuesAlong:
        """The same of chosen points alone."""
        return replace(self, start=self.start[:, chosen], way=self.way[:, chosen])

    @cached_property
    def _within(self) -> bool:
        """Whether all lie before the last nodes, which a way does if both its ends do."""
        ends = np.concatenate([self.start, self.start + self.way], axis=1)
        return bool((ends >= 0.0).all() and (ends < self._last).all())

    @cached_property
    def _last(self) -> FloatArray:
        rows, columns = self.shape
        return np.array([[columns - 1.0], [rows - 1.0]])

    @cached_property
    def _last_before(self) -> IndexArray:
        """The last node in each line that has one behind it."""
        return np.maximum(self._last.astype(np.intp) - 1, 0)

    @cached_property
    def _around(self) -> IndexArray:
        """From the top-left node of a cell to that and the one below, then those to the right."""
        rows, columns = self.shape
        right, below = int(columns > 1), columns * int(rows > 1)
        return np.array([[0], [below], [right], [below + right]])


def values_along(
    grid: RegionGrid, values: Float32Array, start: FloatArray, way: FloatArray
) -> ValuesAlong:
    """Prepare reading node values (rows, columns) along ways (n, 2) from starts (n, 2), pixels."""
    first = np.array([[grid.x], [grid.y]]) + (grid.step - 1) / 2.0
    return ValuesAlong(
        (start.T - first) / grid.step,
        np.ascontiguousarray(way.T) / grid.step,
        values.ravel().astype(np.float64),
        grid.shape,
    )
