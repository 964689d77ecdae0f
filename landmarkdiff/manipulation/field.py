"""The displacement field on a coarse grid, and the photo remapped by it once in its region.

It is enlarged linearly from the grid; the map of a grid cell is then bilinear, whose Jacobian
determinant is bounded by its corners, so the absence of folds is checked everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.manipulation.grid import RegionGrid

__all__ = ["DisplacementField", "nodes_beside"]


#: For cv2.remap when one map holds both coordinates.
NO_MAP = np.empty(0, np.float32)
#: Rows of the region that are remapped at a time; bounds the memory at any photo size.
STRIP_PIXELS = 1 << 20
#: Height of the parts of a strip that are looked at for what is seen of them, pixels; as many
#: columns that show nothing are left out.
TILE_PIXELS = 96


#: For :func:`nodes_beside`.
_BESIDE = np.ones((3, 3), np.uint8)
#: A step of the inverse that leaves less than this share of the largest error has good slopes.
SLOPES_KEPT = 0.25


@dataclass(frozen=True)
class DisplacementField:
    """Where each pixel of the result comes from.

    Attributes
    ----------
    grid : RegionGrid
        The region; outside it nothing moves.
    displacement : (rows, columns, 2) float32 array
        Pixels: the source of a node lies at node + displacement.

    Examples
    --------
    >>> grid = RegionGrid.over(np.array([0.0, 0.0]), np.array([99.0, 99.0]), 20)
    >>> displacement = np.zeros((*grid.shape, 2), np.float32)
    >>> displacement[..., 0] = -3.0  # every pixel comes from 3 pixels further left
    >>> field = DisplacementField(grid, displacement)
    >>> field.at(np.array([[50.0, 40.0]])).tolist()
    [[-3.0, 0.0]]
    >>> field.forward(np.array([[50.0, 40.0]])).round(2).tolist()
    [[53.0, 40.0]]
    >>> field.min_jacobian  # nothing is squeezed
    1.0
    """

    grid: RegionGrid
    displacement: Float32Array

    @property
    def min_jacobian(self) -> float:
        """Least determinant of the Jacobian of the map, over the whole plane; 1 without warp."""
        return min(float(self.jacobians.min(initial=1.0)), 1.0)

    @cached_property
    def jacobians(self) -> Float32Array:
        """Least determinant in each cell between four nodes: (rows - 1, columns - 1)."""
        rows, columns = self.grid.shape
        place = self.grid.nodes.reshape(rows, columns, 2) + self.displacement
        x, y = np.ascontiguousarray(place[..., 0]), np.ascontiguousarray(place[..., 1])
        across = np.diff(x, axis=1), np.diff(y, axis=1)
        down = np.diff(x, axis=0), np.diff(y, axis=0)
        least = np.full((rows - 1, columns - 1), np.inf, np.float32)
        for row in (slice(None, -1), slice(1, None)):
            for column in (slice(None, -1), slice(1, None)):
                corner = across[0][row] * down[1][:, column]
                corner -= across[1][row] * down[0][:, column]
                np.minimum(least, corner, out=least)
        return np.asarray(least / np.float32(self.grid.step**2), np.float32)

    def at(self, points: FloatArray) -> FloatArray:
        """Displacement at points (n, 2) of the result, pixels."""
        return self.grid.sample(self.displacement, points)

    def forward(self, points: FloatArray, guess: FloatArray | None = None) -> FloatArray:
        """Return where points (n, 2) of the photo come to lie in the result, pixels.

        ``guess`` (n, 2) is where they are expected to lie; a good one saves time, and a point whose
        guess is its own place is not moved.
        """
        start = np.asarray(points, np.float64)
        landed = start - self.at(start) if guess is None else guess.copy()
        moving = np.any(landed != start, axis=1)
        landed[moving] = self._inverse(start[moving], landed[moving])
        return landed

    def _inverse(self, source: FloatArray, guess: FloatArray) -> FloatArray:
        """Solve ``p + displacement(p) = source`` for p by damped Newton steps.

        Slopes are read again where those of the step before no longer help well.
        """
        place = guess
        error = place + self.at(place) - source
        worst, before = float(np.abs(error).max(initial=0.0)), 0.0
        for _ in range(25):
            if worst < 1e-4:
                break
            if worst > SLOPES_KEPT * before:
                slopes = self._slopes(place)
            step = _newton_step(*slopes, error)
            length = np.ones(len(step))
            for _ in range(4):  # halve the steps that do not help
                trial = place - length[:, None] * step
                after = trial + self.at(trial) - source
                worse = (after**2).sum(axis=1) > (error**2).sum(axis=1)
                if not worse.any():
                    break
                length[worse] *= 0.5
            place, error = trial, after
            before, worst = worst, float(np.abs(error).max())
        return place

    def _slopes(self, place: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Slopes of the displacement across and down at places (n, 2): (n, 2) each."""
        half = 0.5 * max(self.grid.step, 1)
        right, below = np.array([half, 0.0]), np.array([0.0, half])
        around = np.concatenate([place + right, place - right, place + below, place - below])
        east, west, south, north = self.at(around).reshape(4, *place.shape)
        return (east - west) / (2 * half), (south - north) / (2 * half)

    def warp(self, image: ImageArray, coverage: NDArray[np.uint8]) -> ImageArray:
        """Return the warped photo: (H, W, 3) uint8.

        Only pixels where the enlarged ``coverage`` (rows, columns) is not zero are written;
        every other pixel is the input's, bit for bit.
        """
        result = image.copy()
        grid = self.grid
        rows = grid.shape[0]
        inside, across = grid.within(image.shape[1], image.shape[0])
        if not self.displacement.any() or across.stop <= across.start:
            return result
        strip = max(1, STRIP_PIXELS // (grid.width * grid.step))
        # Between nodes something may be seen wherever one of those around is seen and moves.
        moves = (self.displacement[..., 0] != 0) | (self.displacement[..., 1] != 0)
        seen = nodes_beside(coverage > 0) & nodes_beside(moves)
        for first in range(0, rows, strip):
            last = min(first + strip, rows)
            if not seen[first:last].any():
                continue
            window, corner = self._window(image, first, last)
            large = np.asarray(grid.enlarge(self.displacement, first, strip), np.float32)
            masks = np.asarray(grid.enlarge(coverage, first, strip), np.uint8)
            for tall, wide in _tiles(seen[first:last], max(1, TILE_PIXELS // grid.step)):
                top = max((first + tall.start) * grid.step, inside.start)
                bottom = min((first + tall.stop) * grid.step, inside.stop)
                left = max(wide.start * grid.step, across.start)
                right = min(wide.stop * grid.step, across.stop)
                if bottom <= top or right <= left:
                    continue
                above = first * grid.step
                part = slice(top - above, bottom - above), slice(left, right)
                xs = np.arange(grid.x + left, grid.x + right, dtype=np.float32)
                ys = np.arange(grid.y + top - corner[1], grid.y + bottom - corner[1])
                source = large[part].copy()
                source[..., 0] += xs - np.float32(corner[0])
                source[..., 1] += ys[:, None].astype(np.float32)
                moved = cv2.remap(
                    window, source, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
                )
                place = result[grid.y + top : grid.y + bottom, grid.x + left : grid.x + right]
                cv2.copyTo(moved, np.ascontiguousarray(masks[part]), place)
        return result

    def _window(
        self, image: ImageArray, first: int, last: int
    ) -> tuple[ImageArray, tuple[int, int]]:
        """The part of a photo that a strip of rows of nodes looks at, and its first pixel x, y.

        OpenCV's maps are bounded, and a small window stays in the cache. A cell and the kernel's
        reach are added.
        """
        grid = self.grid
        rows = slice(max(first - 1, 0), last + 1)
        xs, ys = grid.lines
        margin = grid.step + 4
        corners = []
        height, width = image.shape[:2]
        # Axis by axis: NumPy is slow along short axes.
        for axis, (line, size) in enumerate(((xs, width), (ys[rows, None], height))):
            places = self.displacement[rows, :, axis] + line
            low = min(max(math.floor(places.min()) - margin, 0), size - 1)
            corners.append((low, max(math.ceil(places.max()) + margin, low + 1)))
        (left, right), (top, bottom) = corners
        return image[top:bottom, left:right], (left, top)


def nodes_beside(marked: BoolArray) -> BoolArray:
    """Mark the nodes beside marked ones (rows, columns), too, in all eight directions."""
    near = cv2.dilate(np.ascontiguousarray(marked).view(np.uint8), _BESIDE)
    return np.asarray(near).view(np.bool_)


def _tiles(seen: BoolArray, side: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows and columns of nodes that together hold all that are seen, and few others.

    ``side`` nodes high at most, and without gaps as wide.
    """
    for first in range(0, len(seen), side):
        own = seen[first : first + side]
        columns = np.flatnonzero(own.any(axis=0))
        if not columns.size:
            continue
        rows = np.flatnonzero(own.any(axis=1))
        tall = slice(first + int(rows[0]), first + int(rows[-1]) + 1)
        if columns[-1] - columns[0] < len(columns):  # none is left out
            yield tall, slice(int(columns[0]), int(columns[-1]) + 1)
            continue
        gaps = np.flatnonzero(np.diff(columns) > side)
        starts = columns[np.append(0, gaps + 1)].tolist()
        ends = columns[np.append(gaps, len(columns) - 1)].tolist()
        for start, end in zip(starts, ends, strict=True):
            yield tall, slice(start, end + 1)


def _newton_step(across: FloatArray, down: FloatArray, error: FloatArray) -> FloatArray:
    """Solve ``(1 + slopes) step = error`` for each of n points: (n, 2) each, by Cramer's rule.

    ``across`` and ``down`` are the slopes of the displacement; where the system is nearly
    singular, the step is the error itself.
    """
    a, c = across[:, 0] + 1.0, across[:, 1]
    b, d = down[:, 0], down[:, 1] + 1.0
    x, y = error[:, 0], error[:, 1]
    determinant = a * d - b * c
    step = np.empty_like(error)
    singular = np.abs(determinant) < 0.05
    determinant[singular] = 1.0
    np.divide(x * d - y * b, determinant, out=step[:, 0])
    np.divide(a * y - c * x, determinant, out=step[:, 1])
    step[singular] = error[singular]
    return step
