"""A coarse grid over the region of a photo that a plan touches.

Masks and displacements are smooth, so they are made on a coarse grid and enlarged linearly;
only the region is ever computed, whatever the size of the photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["RegionGrid", "polygon_distance", "smoothstep"]

Float32Array = NDArray[np.float32]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class RegionGrid:
    """Coarse nodes over a rectangle of the photo.

    Node ``(row, column)`` lies at the centre of a cell of ``step`` × ``step`` pixels, so that
    linear enlargement by ``step`` meets the pixels exactly.

    Attributes
    ----------
    x, y : int
        Top-left pixel of the rectangle in the photo.
    width, height : int
        Its size in pixels; it lies inside the photo.
    step : int
        Cell size in pixels.
    """

    x: int
    y: int
    width: int
    height: int
    step: int

    @classmethod
    def over(
        cls,
        low: FloatArray,
        high: FloatArray,
        image_size: tuple[int, int],
        nodes: int,
    ) -> RegionGrid:
        """Cover the box from ``low`` to ``high`` (x, y), clipped to the photo.

        ``nodes`` bounds the number of nodes along the longer side; ``image_size`` is
        (width, height). A box outside the photo gives one cell at its border.
        """
        width, height = image_size
        x0, y0 = (int(v) for v in np.clip(np.floor(low), 0, (width - 1, height - 1)))
        x1, y1 = (int(v) for v in np.clip(np.ceil(high) + 1, (x0 + 1, y0 + 1), (width, height)))
        step = max(1, -(-max(x1 - x0, y1 - y0) // nodes))
        return cls(x0, y0, x1 - x0, y1 - y0, step)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of nodes."""
        return -(-self.height // self.step), -(-self.width // self.step)

    @cached_property
    def nodes(self) -> Float32Array:
        """Positions of the nodes in the photo: (rows * columns, 2) float32 x, y."""
        rows, columns = self.shape
        offset = (self.step - 1) / 2.0
        xs = self.x + offset + self.step * np.arange(columns, dtype=np.float32)
        ys = self.y + offset + self.step * np.arange(rows, dtype=np.float32)
        grid = np.empty((rows, columns, 2), np.float32)
        grid[..., 0] = xs
        grid[..., 1] = ys[:, None]
        return grid.reshape(-1, 2)

    def sample(self, values: Float32Array, points: FloatArray) -> FloatArray:
        """Interpolate node values linearly at photo points (n, 2); zero outside the rectangle.

        ``values`` is (rows, columns) or (rows, columns, channels).
        """
        rows, columns = self.shape
        offset = (self.step - 1) / 2.0
        column = (points[:, 0] - self.x - offset) / self.step
        row = (points[:, 1] - self.y - offset) / self.step
        inside = (
            (points[:, 0] >= self.x - 0.5)
            & (points[:, 1] >= self.y - 0.5)
            & (points[:, 0] <= self.x + self.width - 0.5)
            & (points[:, 1] <= self.y + self.height - 0.5)
        )
        column = np.clip(column, 0, columns - 1)
        row = np.clip(row, 0, rows - 1)
        left = np.minimum(column.astype(np.intp), max(columns - 2, 0))
        top = np.minimum(row.astype(np.intp), max(rows - 2, 0))
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        trailing = (slice(None),) + (None,) * (values.ndim - 2)
        fx, fy = (column - left)[trailing], (row - top)[trailing]
        upper = values[top, left] * (1 - fx) + values[top, right] * fx
        lower = values[bottom, left] * (1 - fx) + values[bottom, right] * fx
        return np.asarray((upper * (1 - fy) + lower * fy) * inside[trailing], np.float64)

    def enlarge(
        self, values: NDArray[np.generic], first: int = 0, count: int | None = None
    ) -> NDArray[np.generic]:
        """Enlarge node rows ``first`` to ``first + count`` to pixels of the rectangle.

        Neighbouring strips meet without a seam: the rows beside the strip take part.
        """
        rows, columns = self.shape
        last = rows if count is None else min(first + count, rows)
        above, below = max(first - 1, 0), min(last + 1, rows)
        block = np.ascontiguousarray(values[above:below])
        size = (columns * self.step, (below - above) * self.step)
        large = block if self.step == 1 else cv2.resize(block, size, interpolation=cv2.INTER_LINEAR)
        top = (first - above) * self.step
        bottom = min(last * self.step, self.height) - first * self.step
        return np.asarray(large[top : top + bottom, : self.width])


def polygon_distance(points: Float32Array, polygon: FloatArray) -> Float32Array:
    """Signed distance of points (n, 2) to a polygon (m, 2), positive inside, same unit.

    The polygon is closed by itself and may be concave; inside follows the even-odd rule.
    """
    corner = np.asarray(polygon, np.float32)
    edge = np.roll(corner, -1, axis=0) - corner
    length2 = np.maximum((edge**2).sum(axis=1), 1e-12)
    nearest2 = np.full(len(points), np.inf, np.float32)
    inside = np.zeros(len(points), np.bool_)
    px, py = points[:, 0], points[:, 1]
    for (cx, cy), (ex, ey), square in zip(corner, edge, length2, strict=True):
        dx, dy = px - cx, py - cy
        along = np.clip((dx * ex + dy * ey) / square, 0.0, 1.0)
        np.minimum(nearest2, (dx - along * ex) ** 2 + (dy - along * ey) ** 2, out=nearest2)
        crosses = (dy < 0) != (dy - ey < 0)
        if ey != 0:
            inside ^= crosses & (dx < dy * (ex / ey))
    distance = np.sqrt(nearest2)
    return np.where(inside, distance, -distance)


def smoothstep(values: Float32Array, low: float, high: float) -> Float32Array:
    """Rise smoothly from 0 at ``low`` to 1 at ``high`` (cubic, flat at both ends)."""
    share = np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share), np.float32)
