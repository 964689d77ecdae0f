"""The eye as a rigid layer behind the lids.

Where a lid moves, the eye does not: each pixel is the warped photo, in which the place of the eye
is taken by the eye as it is without the warp. With ``q`` the place from which the warp takes pixel
``p``, the matte ``m`` (1 on the eye) and the whole eye ``e``::

    out(p) = photo(q) + m(q) (e(p) - e(q))

On the skin that is the warp. In the opening ``e`` is the photo itself, so the pixel stays. What
lies on the eye and is not of it, as the shadow of the lashes, goes with the lid; and without a warp
the sum is the photo, bit for bit.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.eyes.opening import (
    MARGIN_MM,
    clear_of_lids,
    eye_depth,
    eye_matte,
    is_deep,
    opening_height_mm,
    opening_outline,
    without_shadows,
)
from landmarkdiff.manipulation.eyes.plate import IRIS_MM, Iris, completed_eye, find_iris, in_shade
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.window import PhotoWindow, in_levels

__all__ = ["EyeLayer", "eye_layer"]

#: Size of a cell: no finer than the first, no coarser than the second, mm.
_CELL_MM = (0.15, 0.25)
#: What is kept around the opening, mm: further than a lid moves.
_AROUND_MM = 4.0
#: An opening lower than this shows too little of an eye to complete it, mm.
LEAST_HEIGHT_MM = 2.5
#: The outline is drawn on whole cells, and a place between cells has something of all four.
_REACH_CELLS = 3
_IRISES = {"right": 468, "left": 473}


@dataclass(frozen=True, eq=False)
class EyeLayer:
    """One eye of a photo without its lids, or what lies between its lips without them.

    Attributes
    ----------
    side : {"right", "left", "mouth"}
        The patient's eye, or what lies between the lips.
    window : PhotoWindow
    outline : (n, 2) array
        Of the opening, pixels of the photo: the matte is zero beyond.
    complete : callable
        Makes what the window shows, at first use: most plans move no lid, and to complete an eye
        costs more than to warp the photo. Returns :attr:`colours` and :attr:`matte`.
    """

    side: str
    window: PhotoWindow
    outline: FloatArray
    complete: Callable[[], tuple[ImageArray, NDArray[np.uint8]]]
    _found: list[tuple[ImageArray, NDArray[np.uint8]]] = field(default_factory=list, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def _completed(self) -> tuple[ImageArray, NDArray[np.uint8]]:
        # Whoever asks while another thread completes it waits for it.
        with self._making:
            if not self._found:
                self._found.append(self.complete())
        return self._found[0]

    @property
    def is_completed(self) -> bool:
        """Whether what the window shows has been made."""
        return bool(self._found)

    @property
    def colours(self) -> ImageArray:
        """The whole eye, RGB: the photo where it is seen, continued behind the lids.

        (rows, columns, 3) uint8.
        """
        return self._completed[0]

    @property
    def matte(self) -> NDArray[np.uint8]:
        """How much of each place of the photo is eye: (rows, columns) uint8, steps of 1/255."""
        return self._completed[1]

    @cached_property
    def _cells(self) -> Float32Array:
        """Colours and matte: (rows, columns, 4) float32; the matte from 0 to 1."""
        matte = self.matte[..., None] / np.float32(255.0)
        return np.concatenate([self.colours.astype(np.float32), matte], axis=2)

    def box(self, width: int, height: int) -> tuple[slice, slice]:
        """Rows and columns of a photo of this size that the window covers."""
        return self.window.box(width, height)

    def is_within(self, mask: SurgicalMask) -> bool:
        """Whether a mask lets the skin move in the opening or beside it."""
        window, (xs, ys) = self.window, mask.grid.lines
        right = window.x + window.step * (window.columns - 1)
        below = window.y + window.step * (window.rows - 1)
        columns = (xs >= window.x) & (xs <= right)
        rows = (ys >= window.y) & (ys <= below)
        return bool(mask.carried[rows][:, columns].any())

    def put_behind(
        self,
        warped: ImageArray,
        photo: ImageArray,
        field: DisplacementField,
        coverage: NDArray[np.uint8],
    ) -> None:
        """Put the eye back where the warp has taken it along, in place.

        Parameters
        ----------
        warped : (H, W, 3) uint8 array
            The photo after the warp.
        photo : (H, W, 3) uint8 array
        field : DisplacementField
        coverage : (rows, columns) uint8 array
            The mask at the nodes of the field: where it is zero, the photo stays.
        """
        whole = self.box(photo.shape[1], photo.shape[0])
        box = self._box_of_reach(field, whole)
        if box is None:
            return
        x, y, shift = _places(field, box)
        across, down = self._in_cells(x, y)
        opens = self._near_opening(across, down)
        opens &= (shift[..., 0] != 0) | (shift[..., 1] != 0)
        # A warp of a hundredth of a pixel leaves every level what it was: nothing is taken along.
        if not cv2.norm(warped[box], photo[box], cv2.NORM_INF, opens.view(np.uint8)):
            return
        part = _box_of(opens)
        place = tuple(
            slice(all_.start + own.start, all_.start + own.stop)
            for all_, own in zip(box, part, strict=True)
        )
        mixed = warped[place]
        seen = mixed.astype(np.float32)
        own = self._at_rest(photo, whole)[_within(whole, place)]
        moved, matte = self._eye(across[part], down[part], seen)
        mixed[:] = np.clip(np.rint(seen + matte * (own - moved)), 0, 255).astype(np.uint8)
        still = _on_pixels(field.grid, coverage, *place) == 0
        mixed[still] = photo[place][still]

    def _box_of_reach(
        self, field: DisplacementField, box: tuple[slice, slice]
    ) -> tuple[slice, slice] | None:
        """What of a box of pixels may show the opening; None where nothing of it is moved there."""
        grid = field.grid
        node_rows, node_columns = (
            slice(max((own.start - start) // grid.step - 1, 0), (own.stop - start) // grid.step + 2)
            for own, start in zip(box, (grid.y, grid.x), strict=True)
        )
        nodes = np.abs(field.displacement[node_rows, node_columns])
        across, down = nodes[..., 0], nodes[..., 1]  # NumPy is slow along short axes
        moves = across + down > 0.0
        if not moves.any():
            return None
        reach = _REACH_CELLS * self.window.step
        low, high = self._extent
        found = []
        firsts = node_rows.start, node_columns.start
        for axis, most in enumerate((float(down.max()), float(across.max()))):
            marked = np.flatnonzero(moves.any(axis=1 - axis)) + firsts[axis]
            # A pixel moves where one of the nodes around it does.
            start = (grid.y, grid.x)[axis] + (int(marked[0]) - 1) * grid.step
            stop = (grid.y, grid.x)[axis] + (int(marked[-1]) + 2) * grid.step
            first = math.floor(low[axis] - (most + reach))
            last = math.ceil(high[axis] + (most + reach)) + 1
            found.append(slice(max(box[axis].start, first, start), min(box[axis].stop, last, stop)))
        rows, columns = found
        return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None

    @cached_property
    def _extent(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """First and last row and column of the outline, pixels."""
        (left, top), (right, below) = self.outline.min(axis=0), self.outline.max(axis=0)
        return (float(top), float(left)), (float(below), float(right))

    def _near_opening(self, across: Float32Array, down: Float32Array) -> BoolArray:
        """Whether the matte can be more than zero at places (h, w), in cells."""
        found = cv2.remap(
            self._opening,
            across,
            down,
            cv2.INTER_NEAREST,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
        return np.asarray(found, np.bool_)

    def _in_cells(self, x: FloatArray, y: FloatArray) -> tuple[Float32Array, Float32Array]:
        """Places of the photo in cells of the window."""
        window = self.window
        across, down = (x - window.x) / window.step, (y - window.y) / window.step
        return across.astype(np.float32), down.astype(np.float32)

    @cached_property
    def _opening(self) -> NDArray[np.uint8]:
        """The cells of the opening and those beside it, 1: (rows, columns)."""
        window = self.window
        drawn = np.zeros((window.rows, window.columns), np.uint8)
        cells = np.rint((self.outline - (window.x, window.y)) / window.step).astype(np.int32)
        cv2.fillPoly(drawn, [cells], 1)
        around = np.ones((2 * _REACH_CELLS + 1,) * 2, np.uint8)
        return np.asarray(cv2.dilate(drawn, around), np.uint8)

    def _at_rest(self, photo: ImageArray, box: tuple[slice, slice]) -> Float32Array:
        """The whole eye as the photo has it, in its box of pixels; made once for a photo."""
        for known, own in self._resting:
            if known is photo:
                return own
        rows, columns = box
        x, y = np.meshgrid(*(np.arange(s.start, s.stop, dtype=float) for s in (columns, rows)))
        own, _ = self._eye(*self._in_cells(x, y), photo[box].astype(np.float32))
        self._resting[:] = [(photo, own)]
        return own

    @cached_property
    def _resting(self) -> list[tuple[ImageArray, Float32Array]]:
        """The photo that was asked for last, and the eye in it."""
        return []

    def _eye(
        self, across: Float32Array, down: Float32Array, photo: Float32Array
    ) -> tuple[Float32Array, Float32Array]:
        """The whole eye at places (h, w), in cells, of a photo with these colours; the matte."""
        found = cv2.remap(
            self._cells,
            across,
            down,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        colours, matte = found[..., :3], np.asarray(found[..., 3:], np.float32)
        return np.asarray(colours + matte * (photo - colours), np.float32), matte


def _places(
    field: DisplacementField, box: tuple[slice, slice]
) -> tuple[FloatArray, FloatArray, Float32Array]:
    """Where the warp takes pixels of the photo from: x and y (h, w), and by how much it moves."""
    rows, columns = box
    shift = np.asarray(_on_pixels(field.grid, field.displacement, rows, columns), np.float32)
    x = np.arange(columns.start, columns.stop, dtype=np.float64) + shift[..., 0]
    y = np.arange(rows.start, rows.stop, dtype=np.float64)[:, None] + shift[..., 1]
    return np.asarray(x, np.float64), np.asarray(y, np.float64), shift


def _box_of(marked: BoolArray) -> tuple[slice, slice]:
    """Rows and columns between the first and the last that hold something marked, (h, w)."""
    rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _within(whole: tuple[slice, slice], part: tuple[slice, ...]) -> tuple[slice, ...]:
    """A part of a photo, counted from where a larger one starts."""
    return tuple(
        slice(own.start - all_.start, own.stop - all_.start)
        for all_, own in zip(whole, part, strict=True)
    )


def _on_pixels(
    grid: RegionGrid, values: NDArray[np.generic], rows: slice, columns: slice
) -> NDArray[np.generic]:
    """Node values enlarged to these pixels of the photo: (h, w, ...), 0 outside of the grid."""
    size = rows.stop - rows.start, columns.stop - columns.start
    found = np.zeros((*size, *values.shape[2:]), values.dtype)
    top, bottom = max(rows.start, grid.y), min(rows.stop, grid.y + grid.height)
    left, right = max(columns.start, grid.x), min(columns.stop, grid.x + grid.width)
    if bottom <= top or right <= left:
        return found
    first = (top - grid.y) // grid.step
    count = (bottom - 1 - grid.y) // grid.step + 1 - first
    large = grid.enlarge(values, first, count)
    above = grid.y + first * grid.step
    found[top - rows.start : bottom - rows.start, left - columns.start : right - columns.start] = (
        large[top - above : bottom - above, left - grid.x : right - grid.x]
    )
    return found


def eye_layer(pixels: ImageArray, face: FaceLandmarks, side: str) -> EyeLayer | None:
    """Take an eye out of a photo.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks
    side : {"right", "left"}
        The patient's.

    Returns
    -------
    EyeLayer or None
        None where the opening is too narrow to tell what lies behind the lids, or reaches over the
        edge of the photo.
    """
    mm = face.scale.mm_per_px
    if opening_height_mm(face, side) < LEAST_HEIGHT_MM:
        return None
    outline = opening_outline(face, side)
    size = np.array(pixels.shape[1::-1])
    if (outline < 0).any() or (outline > size - 1).any():
        return None
    window = _window_around(outline, mm)
    if not is_deep(window, outline, mm, MARGIN_MM[1]):
        return None
    return EyeLayer(
        side,
        window,
        outline,
        lambda: _completed(pixels, face, side, window, outline),
    )


def _completed(
    pixels: ImageArray, face: FaceLandmarks, side: str, window: PhotoWindow, outline: FloatArray
) -> tuple[ImageArray, NDArray[np.uint8]]:
    """The whole eye in a window, and how much of each place is eye."""
    mm = face.scale.mm_per_px
    shown = window.of(pixels)
    depth = eye_depth(window, outline, mm)
    cells_per_mm = 1.0 / (window.step * mm)
    iris = find_iris(shown, depth > MARGIN_MM[1], _iris_of(face, side, window), cells_per_mm)
    whole = completed_eye(shown, clear_of_lids(depth), iris)
    reflecting = iris.upper_part(window.rows, window.columns)
    own = eye_matte(depth)
    matte = without_shadows(own, depth, shown, whole, reflecting, cells_per_mm, mm)
    whole = in_shade(whole, shown, own, cells_per_mm)
    return in_levels(whole), in_levels(matte * np.float32(255.0))


def _window_around(outline: NDArray[np.float64], mm_per_px: float) -> PhotoWindow:
    margin = _AROUND_MM / mm_per_px
    low, high = outline.min(axis=0) - margin, outline.max(axis=0) + margin
    step = float(np.clip(mm_per_px, *_CELL_MM)) / mm_per_px
    return PhotoWindow.between(low, high, step)


def _iris_of(face: FaceLandmarks, side: str, window: PhotoWindow) -> Iris:
    """The iris where the landmarks have it."""
    centre = (face.points[_IRISES[side], :2] - (window.x, window.y)) / window.step
    radius = IRIS_MM / (face.scale.mm_per_px * window.step)
    return Iris(centre, radius, float(np.cos(np.radians(face.pose.yaw))))
