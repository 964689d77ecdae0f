"""A coarse grid over the region of a photo that a plan touches.

Masks and displacements are smooth, so they are made on a coarse grid and enlarged linearly;
only the region is ever computed, whatever the size of the photo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray

__all__ = ["RegionGrid", "polygon_distance", "smoothstep"]

#: Points that are worked on at a time: tables of this height stay in the processor's cache, and
#: are small enough for the allocator to use their memory again.
BLOCK = 512
#: A polygon with so many edges is looked at edge by edge only near them.
MANY_EDGES = 48


@dataclass(frozen=True)
class RegionGrid:
    """Coarse nodes over a rectangle of the photo.

    Node ``(row, column)`` lies at the centre of a cell of ``step`` × ``step`` pixels, so that
    linear enlargement by ``step`` meets the pixels exactly. The rectangle is a whole number of
    cells around the centre of what it covers and the step is odd, so a mirrored photo has the
    mirrored nodes; it may reach beyond the photo.

    Attributes
    ----------
    x, y : int
        Top-left pixel of the rectangle in the photo; may be negative.
    width, height : int
        Its size in pixels.
    step : int
        Cell size in pixels.

    Examples
    --------
    >>> grid = RegionGrid.over(np.array([10.0, 20.0]), np.array([59.0, 49.0]), 10)
    >>> grid.shape, grid.step
    ((6, 10), 5)
    >>> grid.nodes.shape, grid.nodes[0].tolist()
    ((60, 2), [12.0, 22.0])
    """

    x: int
    y: int
    width: int
    height: int
    step: int

    @classmethod
    def over(cls, low: FloatArray, high: FloatArray, nodes: int) -> RegionGrid:
        """Cover a box of the photo.

        Parameters
        ----------
        low, high : (2,) array
            Its corners x, y, pixels.
        nodes : int
            Bounds the number of nodes along the longer side, give or take two.

        Examples
        --------
        >>> RegionGrid.over(np.array([10.0, 20.0]), np.array([59.0, 49.0]), nodes=10).shape
        (6, 10)
        """
        first = np.floor(np.asarray(low)).astype(int)
        last = np.maximum(np.ceil(np.asarray(high)).astype(int), first)
        size = last - first + 1
        step = -(-int(size.max()) // nodes)
        step += (step + 1) % 2
        cells = -(-size // step)
        # The same number of pixels is added on both sides, so that the centre stays.
        cells += (cells * step - size) % 2
        first = first - (cells * step - size) // 2
        width, height = (cells * step).tolist()
        return cls(int(first[0]), int(first[1]), width, height, step)

    def within(self, width: int, height: int) -> tuple[slice, slice]:
        """Rows and columns of the rectangle's pixels that lie in a photo of this size."""
        top, left = min(max(-self.y, 0), self.height), min(max(-self.x, 0), self.width)
        bottom = max(top, min(self.height, height - self.y))
        right = max(left, min(self.width, width - self.x))
        return slice(top, bottom), slice(left, right)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of nodes."""
        return self.height // self.step, self.width // self.step

    @cached_property
    def nodes(self) -> Float32Array:
        """Positions of the nodes in the photo: (rows * columns, 2) float32 x, y."""
        xs, ys = self.lines
        grid = np.empty((len(ys), len(xs), 2), np.float32)
        grid[..., 0] = xs
        grid[..., 1] = ys[:, None]
        return grid.reshape(-1, 2)

    @cached_property
    def lines(self) -> tuple[Float32Array, Float32Array]:
        """Where the columns and the rows of nodes lie in the photo: (columns,) x, (rows,) y."""
        rows, columns = self.shape
        offset = (self.step - 1) / 2.0
        xs = self.x + offset + self.step * np.arange(columns, dtype=np.float32)
        ys = self.y + offset + self.step * np.arange(rows, dtype=np.float32)
        return xs, ys

    def sample(self, values: Float32Array, points: FloatArray) -> FloatArray:
        """Interpolate node values linearly at points of the photo; zero outside the rectangle.

        Parameters
        ----------
        values : (rows, columns) or (rows, columns, channels) array
            At the nodes.
        points : (n, 2) array
            Pixels.

        Returns
        -------
        (n,) or (n, channels) array

        Examples
        --------
        >>> grid = RegionGrid(x=0, y=0, width=30, height=20, step=10)
        >>> values = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]], np.float32)
        >>> grid.sample(values, np.array([[9.5, 4.5], [-40.0, 4.5]])).tolist()
        [0.5, 0.0]
        """
        place = _columns(points)
        nodes, weights = self._corners(place)
        flat = values.reshape(len(self.nodes), *values.shape[2:])
        if values.ndim > 2:
            weights = weights[..., None]
        mixed = np.add.reduce(flat.take(nodes, axis=0) * weights, axis=0)
        low, high = self._reach
        beyond = (place < low) | (place > high)
        if np.count_nonzero(beyond):
            mixed[beyond[0] | beyond[1]] = 0.0
        return np.asarray(mixed, np.float64)

    @cached_property
    def _reach(self) -> tuple[FloatArray, FloatArray]:
        """Outer edges of the rectangle's first and last pixels: (2, 1) x, y each."""
        low = np.array([[self.x - 0.5], [self.y - 0.5]])
        return low, np.array([[self.x + self.width - 0.5], [self.y + self.height - 0.5]])

    def corners(self, points: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        """Indices (4, n) of the nodes around photo points (n, 2), and their linear weights.

        There is a node behind the first one, unless it is the only one in its line.
        """
        return self._corners(_columns(points))

    def _corners(self, place: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        """As :meth:`corners`, of all x and all y, (2, n): NumPy is slow along short axes."""
        line = self._line
        steps = place - line.start
        steps -= line.offset
        steps /= self.step
        np.maximum(steps, 0.0, out=steps)
        np.minimum(steps, line.last, out=steps)
        before = steps.astype(np.intp)
        np.minimum(before, line.last_before, out=before)
        shares = np.empty((2, *steps.shape))
        np.subtract(steps, before, out=shares[1])
        np.subtract(1.0, shares[1], out=shares[0])
        first = before[1] * self.shape[1] + before[0]
        weights = shares[:, None, 1] * shares[None, :, 0]
        return first + line.around, weights.reshape(4, -1)

    @cached_property
    def _line(self) -> _Lines:
        """What :meth:`corners` needs of the columns and rows of nodes."""
        rows, columns = self.shape
        right, below = int(columns > 1), columns * int(rows > 1)
        return _Lines(
            start=np.array([[self.x], [self.y]], np.float64),
            offset=(self.step - 1) / 2.0,
            last=np.array([[columns - 1], [rows - 1]], np.float64),
            last_before=np.array([[max(columns - 2, 0)], [max(rows - 2, 0)]]),
            around=np.array([[0], [right], [below], [below + right]]),
        )

    def enlarge(
        self, values: NDArray[np.generic], first: int = 0, count: int | None = None
    ) -> NDArray[np.generic]:
        """Enlarge node rows ``first`` to ``first + count`` to pixels of the rectangle."""
        last = self.shape[0] if count is None else min(first + count, self.shape[0])
        rows = slice(first * self.step, last * self.step)
        return self.enlarge_to(values, rows, slice(0, self.width))

    def enlarge_to(
        self, values: NDArray[np.generic], rows: slice, columns: slice
    ) -> NDArray[np.generic]:
        """Enlarge node values to some rows and columns of the rectangle's pixels.

        Neighbouring parts meet without a seam: the nodes beside each take part.

        Parameters
        ----------
        values : (rows, columns) or (rows, columns, channels) array
            At the nodes.
        rows, columns : slice
            Pixels of the rectangle, from a start to a stop.

        Returns
        -------
        (h, w) or (h, w, channels) array

        Examples
        --------
        >>> grid = RegionGrid(x=0, y=0, width=12, height=8, step=4)
        >>> values = np.array([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]], np.float32)
        >>> grid.enlarge_to(values, slice(3, 4), slice(3, 5)).tolist()
        [[0.375, 0.625]]
        """
        step = self.step
        (above, below), (before, beyond) = (
            (max(own.start // step - 1, 0), min(-(-own.stop // step) + 1, count))
            for own, count in zip((rows, columns), self.shape, strict=True)
        )
        block = np.ascontiguousarray(values[above:below, before:beyond])
        size = ((beyond - before) * step, (below - above) * step)
        large = block if step == 1 else cv2.resize(block, size, interpolation=cv2.INTER_LINEAR)
        top, left = rows.start - above * step, columns.start - before * step
        bottom, right = rows.stop - above * step, columns.stop - before * step
        return np.asarray(large[top:bottom, left:right])


@dataclass(frozen=True)
class _Lines:
    """The lines of nodes: where they start (x and y, each (2, 1)), how far into a cell a node lies,
    pixels; the number of the last node in each line, and of the last that has one behind it; the
    steps from the top-left node of a cell to all four."""

    start: FloatArray
    offset: float
    last: FloatArray
    last_before: NDArray[np.intp]
    around: NDArray[np.intp]


def _columns(points: FloatArray) -> FloatArray:
    """Return points (n, 2) as all x and all y: (2, n) float64, a copy."""
    return np.array(points.T, np.float64, order="C")


def polygon_distance(points: Float32Array, polygon: FloatArray) -> Float32Array:
    """Return the signed distance of points to a polygon, positive inside.

    The polygon is closed by itself and may be concave; inside follows the even-odd rule.

    Parameters
    ----------
    points : (n, 2) float32 array
    polygon : (m, 2) array
        Corners, in the unit of the points.

    Returns
    -------
    (n,) float32 array
        In the same unit.

    Examples
    --------
    >>> square = np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]])
    >>> polygon_distance(np.array([[2.0, 1], [2, -3], [6, 2]], np.float32), square).tolist()
    [1.0, -3.0, -2.0]
    """
    corner = np.asarray(polygon, np.float32)
    edge = np.roll(corner, -1, axis=0) - corner
    # Of few edges, and of few points, it costs more to leave edges out than it saves.
    if len(corner) < MANY_EDGES or len(points) < 4 * BLOCK:
        blocks = range(0, max(len(points), 1), BLOCK)
        return np.concatenate([_distance(points[k : k + BLOCK], corner, edge) for k in blocks])
    ends = np.stack([np.minimum(corner, corner + edge), np.maximum(corner, corner + edge)])
    distance = np.empty(len(points), np.float32)
    for own in _patches(points):
        patch = points[own]
        near = _edges_beside(patch, corner, ends)
        distance[own] = _distance(patch, corner[near], edge[near])
    return distance


def _patches(points: Float32Array) -> Iterator[IndexArray]:
    """Yield the indices of points (n, 2) that lie in the same square, some hundreds at a time."""
    low, high = points.min(axis=0), points.max(axis=0)
    area = float(np.prod(np.maximum(high - low, 1e-3)))
    side = max(float(np.sqrt(area * BLOCK / len(points))), 1e-3)
    column, row = ((points - low) / np.float32(side)).astype(np.intp).T
    number = row * (int(column.max()) + 1) + column
    order = np.argsort(number, kind="stable")
    starts = np.flatnonzero(np.diff(number[order])) + 1
    for patch in np.split(order, starts):
        for first in range(0, len(patch), 2 * BLOCK):
            yield patch[first : first + 2 * BLOCK]


def _edges_beside(points: Float32Array, corner: Float32Array, ends: Float32Array) -> IndexArray:
    """Edges that may be the nearest to one of the points, or that a line to the right may cross.

    ``ends`` (2, m, 2) are the least and the largest coordinates of each edge.
    """
    low, high = points.min(axis=0), points.max(axis=0)
    slack = 1e-3 * float((high - low).max()) + 1e-3
    gap = np.maximum(np.maximum(ends[0] - high, low - ends[1]), 0.0)
    farthest = np.maximum(np.abs(corner - low), np.abs(corner - high))
    nearest = np.sqrt((farthest**2).sum(axis=1)).min() + slack
    near = (gap**2).sum(axis=1) <= nearest**2
    crossed = (ends[0, :, 1] <= high[1] + slack) & (ends[1, :, 1] >= low[1] - slack)
    crossed &= ends[1, :, 0] >= low[0] - slack
    return np.flatnonzero(near | crossed)


def _distance(points: Float32Array, corner: Float32Array, edge: Float32Array) -> Float32Array:
    """As :func:`polygon_distance`, of edges (m, 2) that start at corners (m, 2)."""
    length2 = np.maximum((edge**2).sum(axis=1), 1e-12)
    # One column for each edge: a dozen operations on the whole table instead of on each edge.
    dx = points[:, :1] - corner[:, 0]
    dy = points[:, 1:] - corner[:, 1]
    along = np.clip((dx * edge[:, 0] + dy * edge[:, 1]) / length2, 0.0, 1.0)
    away2 = (dx - along * edge[:, 0]) ** 2 + (dy - along * edge[:, 1]) ** 2
    crosses = (dy < 0) != (dy < edge[:, 1])
    slope = edge[:, 0] / np.where(edge[:, 1] == 0, np.float32(1.0), edge[:, 1])
    inside = np.count_nonzero(crosses & (dx < dy * slope), axis=1) % 2 == 1
    distance = np.sqrt(away2.min(axis=1))
    return np.asarray(np.where(inside, distance, -distance), np.float32)


def smoothstep(values: Float32Array, low: float, high: float) -> Float32Array:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (cubic, flat at both ends), any shape.

    Examples
    --------
    >>> smoothstep(np.array([0, 1, 2, 3], np.float32), 1.0, 3.0).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share), np.float32)
