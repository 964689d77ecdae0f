"""The layer in front of the face, and how it is put together with the face behind it.

With the photo ``f``, the face behind the layer ``b`` (the photo beside it, continued under it), the
matte ``a`` (1 on the layer) and the place ``q`` from which the warp takes pixel ``p``::

    out(p) = f(p) + (1 - a(p)) (b(q) - b(p))

On the layer that is the photo's own pixel; beside it, the warp; at its edge, and in the shadow that
it casts, the face moves under what lies on it. Without a warp it is the photo, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, MaskArray
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.manipulation.front.fill import continued
from landmarkdiff.manipulation.front.matte import disc
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.tiles import Tile, beside, tight_tiles
from landmarkdiff.manipulation.window import PhotoWindow, in_levels, sampled

__all__ = ["FACE_STEPS", "FILL_MM", "FrontLayer", "FrontThing"]

#: Behind a thing the face is continued from the skin beside it over so much, mm. What lies farther
#: in is not known, and nothing is moved out from there.
FILL_MM = 2.0
#: Steps of the matte in which the photo gives way to the face continued behind the layer; the
#: other 128 are the layer itself. The browser's shader has it, too.
FACE_STEPS = 127
#: Beyond a warp so much of the layer is handed on with it, mm: farther than any plan moves.
_BESIDE_MM = 12.0
#: Rows that are put together at a time, which bounds the memory at any photo size; and the side of
#: a tile whose parts would cost more than the whole, pixels.
_STRIP, _LEAST = 256, 128


@dataclass(frozen=True, eq=False)
class FrontThing:
    """One kind of thing in front of a face.

    Attributes
    ----------
    what : {"spectacles", "thing"}
    area_mm2 : float
        What of the face it hides.
    matte : (rows, columns) uint8 array
        Its share of each cell of the layer, in steps of 1/255.
    unknown : (rows, columns) bool array
        Where the face behind it is not known: farther than :data:`FILL_MM` from all skin that can
        be seen, and where a brow and the thing are not told apart.
    """

    what: str
    area_mm2: float
    matte: NDArray[np.uint8]
    unknown: BoolArray


@dataclass(frozen=True, eq=False)
class FrontLayer:
    """What lies in front of a face.

    Attributes
    ----------
    window : PhotoWindow
        Its cells.
    colours : (rows, columns, 3) uint8 array
        The face, RGB: continued behind the layer.
    steps : (rows, columns) uint8 array
        0 where the photo shows the face; up to 127 the share of ``colours`` in the face beside the
        layer; above, the layer's own share, 255 for 1.
    things : tuple of FrontThing
    mm_per_px : float
    """

    window: PhotoWindow
    colours: ImageArray
    steps: NDArray[np.uint8]
    things: tuple[FrontThing, ...]
    mm_per_px: float

    @property
    def cells_per_mm(self) -> float:
        """Cells of the window for each millimetre."""
        return 1.0 / (self.window.step * self.mm_per_px)

    @property
    def to_photo(self) -> FloatArray:
        """Cell (column, row) to photo pixel (x, y): (2, 3)."""
        window = self.window
        return np.array([[window.step, 0.0, window.x], [0.0, window.step, window.y]])

    @cached_property
    def opaque(self) -> FaceMap:
        """The layer's own share over the photo, 0 to 1."""
        return FaceMap(layer_share(self.steps), self.to_photo)

    def core(self, what: str) -> FaceMap | None:
        """Where the face behind one kind of things is not known, 1 inside; None if it all is."""
        for thing in self.things:
            if thing.what == what and thing.unknown.any():
                return FaceMap(thing.unknown.astype(np.float32), self.to_photo)
        return None

    def covers(self, points: FloatArray) -> BoolArray:
        """Whether the layer hides places of the photo, (n, 2) pixels: (n,)."""
        return np.asarray(self.opaque.at(points) > 0.5)

    def within(self, grid: RegionGrid, share: MaskArray) -> BoolArray:
        """Nodes of the layer where this share of a warp is not 0: (rows, columns)."""
        there = self.opaque.at(grid.nodes).reshape(grid.shape) > 0.0
        return np.asarray(there & (share > 0))

    def cropped(self, grid: RegionGrid, share: MaskArray) -> FrontLayer | None:
        """Return what of the layer lies where this share of a warp is not 0; None if nothing does.

        Around it lies a ring of cells that are none of it.
        """
        rows, columns = np.nonzero(self.within(grid, share))
        if not rows.size:
            return None
        window = self.window
        nodes = np.stack([columns, rows], axis=1) * grid.step + (grid.x, grid.y)
        cells = (nodes - (window.x, window.y)) / window.step
        # A node's cells, and as far beyond as skin is looked for behind the layer.
        margin = grid.step / window.step + _BESIDE_MM * self.cells_per_mm
        low = np.maximum(np.floor(cells.min(axis=0) - margin), 0).astype(int)
        high = np.ceil(cells.max(axis=0) + margin).astype(int) + 1
        part = np.s_[low[1] : high[1], low[0] : high[0]]
        steps = np.pad(self.steps[part][1:-1, 1:-1], 1)
        near = cv2.dilate((steps > 0).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        colours = np.where(near[..., None], self.colours[part], 0).astype(np.uint8)
        things = tuple(
            replace(thing, matte=thing.matte[part], unknown=thing.unknown[part])
            for thing in self.things
        )
        x, y = np.array([window.x, window.y]) + low * window.step
        place = replace(window, x=float(x), y=float(y), rows=len(steps), columns=steps.shape[1])
        return replace(self, window=place, colours=colours, steps=steps, things=things)

    def solid(self, grid: RegionGrid) -> NDArray[np.bool_]:
        """Nodes around which all is layer, as far as the next ones: (rows, columns)."""
        reach = 2 * int(np.ceil(grid.step / self.window.step)) + 3
        least = cv2.erode(layer_share(self.steps), np.ones((reach, reach), np.uint8))
        inner = FaceMap((least >= 1.0).astype(np.float32), self.to_photo)
        return np.asarray(inner.at(grid.nodes).reshape(grid.shape) >= 1.0)

    def face_behind(self, photo: ImageArray) -> ImageArray:
        """Return the photo with the face continued behind the layer: (H, W, 3) uint8."""
        result = photo.copy()
        for rows, columns in self._strips(photo):
            cells = self._sampled(rows, columns)
            share = np.clip(cells[..., 3:] / FACE_STEPS, 0.0, 1.0)
            own = photo[rows, columns].astype(np.float32)
            result[rows, columns] = np.rint(own + share * (cells[..., :3] - own))
        return result

    def put_before(self, moved: ImageArray, behind: ImageArray, photo: ImageArray) -> ImageArray:
        """Return the layer in front of a face that has moved.

        Parameters
        ----------
        moved : (H, W, 3) uint8 array
            The face without the layer, after the warp.
        behind : (H, W, 3) uint8 array
            The same before it, from :meth:`face_behind`.
        photo : (H, W, 3) uint8 array

        Returns
        -------
        (H, W, 3) uint8 array
        """
        result = moved.copy()
        # Beside the layer all is the face, and frames are narrow.
        for tile in self._tiles(photo):
            result[tile] = photo[tile]
            # Where the face has not changed all is the photo's; frames reach far beyond a nose.
            part = _box_of_change(moved[tile], behind[tile])
            if part is None:
                continue
            own = beside(part, tile[0].start, tile[1].start)
            share = layer_share(self._sampled(*own)[..., 3:])
            change = moved[own].astype(np.float32) - behind[own]
            mixed = photo[own] + (np.float32(1.0) - share) * change
            result[own] = in_levels(np.asarray(mixed, np.float32))
        return result

    def kept_in(self, picture: ImageArray, warped: ImageArray) -> ImageArray:
        """Return a picture of one geometry with the layer of ``warped`` in it: (H, W, 3)."""
        result = picture.copy()
        for rows, columns in self._strips(picture):
            share = layer_share(self._sampled(rows, columns)[..., 3:])
            own = picture[rows, columns].astype(np.float32)
            result[rows, columns] = in_levels(own + share * (warped[rows, columns] - own))
        return result

    def whole(self, photo: ImageArray) -> BoolArray:
        """Pixels of a photo that are nothing but layer: (H, W) bool."""
        found = np.zeros(photo.shape[:2], np.bool_)
        for rows, columns in self._strips(photo):
            found[rows, columns] = self._sampled(rows, columns)[..., 3] >= 255.0
        return found

    def without(self, picture: ImageArray) -> ImageArray:
        """Return a picture with its skin beside the layer continued under it: (H, W, 3) uint8.

        What is seen of the face is left; nothing of the layer is.
        """
        hidden = cv2.dilate((self.steps > 0).astype(np.uint8), disc(0.2, self.cells_per_mm))
        grid = FaceMap(hidden.astype(np.float32), self.to_photo)
        box = rows, columns = self.window.box(picture.shape[1], picture.shape[0])
        size = columns.stop - columns.start, rows.stop - rows.start
        over = grid.over(*size, left=columns.start, top=rows.start) > 0
        result = picture.copy()
        part = picture[box].astype(np.float32)
        if over.any() and not over.all():
            filled = continued(part, ~over, 1.0 / self.mm_per_px)
            result[box] = np.rint(filled)
        return result

    def _strips(self, photo: ImageArray) -> list[tuple[slice, slice]]:
        rows, columns = self.window.box(photo.shape[1], photo.shape[0])
        firsts = range(rows.start, rows.stop, _STRIP)
        return [(slice(k, min(k + _STRIP, rows.stop)), columns) for k in firsts]

    def _tiles(self, photo: ImageArray) -> Iterator[Tile]:
        """Yield rows and columns of a photo that together hold the layer, and little else."""
        window = self.window
        within = window.box(photo.shape[1], photo.shape[0])
        for cells in self._marked:
            # A pixel belongs to the cell that it is nearest to.
            rows, columns = (
                slice(
                    max(math.ceil(first + (own.start - 0.5) * window.step), inside.start),
                    min(math.ceil(first + (own.stop - 0.5) * window.step), inside.stop),
                )
                for own, first, inside in zip(cells, (window.y, window.x), within, strict=True)
            )
            if rows.start < rows.stop and columns.start < columns.stop:
                yield rows, columns

    @cached_property
    def _marked(self) -> tuple[Tile, ...]:
        """Tiles of the cells that are part of the layer, or beside one that is."""
        near = cv2.dilate((self.steps > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        side, least = (max(1, round(size / self.window.step)) for size in (_STRIP, _LEAST))
        return tuple(tight_tiles(near, side, least))

    @cached_property
    def _cells(self) -> Float32Array:
        return np.dstack([self.colours, self.steps]).astype(np.float32)

    def _sampled(self, rows: slice, columns: slice) -> Float32Array:
        """Colours and steps at pixels of the photo: (h, w, 4)."""
        window = self.window
        xs = (np.arange(columns.start, columns.stop, dtype=float) - window.x) / window.step
        ys = (np.arange(rows.start, rows.stop, dtype=float) - window.y) / window.step
        return sampled(self._cells, np.stack(np.meshgrid(xs, ys), axis=-1))


def _box_of_change(moved: ImageArray, before: ImageArray) -> tuple[slice, slice] | None:
    """Rows and columns between the first and the last that differ; None where nothing does."""
    apart = cv2.absdiff(moved, before)
    rows = np.flatnonzero(apart.reshape(len(apart), -1).any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(np.any(np.asarray(apart.max(axis=0), np.uint8), axis=1))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def layer_share(steps: NDArray[np.generic]) -> Float32Array:
    """Return the layer's own share of places, 0 to 1, from the steps of its matte, any shape.

    Examples
    --------
    >>> layer_share(np.array([0, 127, 191, 255], np.uint8)).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    above = np.asarray(steps, np.float32) - np.float32(FACE_STEPS)
    return np.asarray(np.clip(above / np.float32(255 - FACE_STEPS), 0.0, 1.0), np.float32)
