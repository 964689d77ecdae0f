"""How much of their own shadow the folds of a photo's skin lose: what is added to its codes.

It lies in the photo, upright on a map of its own, and the warp carries it along. It is smooth over
a millimetre and added to what is there, so that pores and hairs stay as strong as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, MaskArray
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.tiles import Tile, beside, tight_tiles

__all__ = ["Softening"]

#: Nodes along the sides of the tiles in which a picture is worked on. A fold is narrow, and most of
#: a tile lies beside it; but one of so many pixels costs less than its parts.
TILE_NODES, LEAST_PIXELS = 24, 192
#: Coverage of a node that is covered at all: less would be rounded off beside it.
LEAST_COVERED = 16


@dataclass(frozen=True, eq=False)
class Softening:
    """What softens in a warped photo.

    Attributes
    ----------
    added : (h, w, 3) float32 array
        What is added to the codes of sRGB, red, green and blue, of 255; 0 where nothing is.
    to_photo : (2, 3) float64 array
        Cell (column, row) of the map to photo pixel (x, y).
    warp : DisplacementField
        A pixel of the result shows the photo at its own place and the displacement.
    """

    added: Float32Array
    to_photo: FloatArray
    warp: DisplacementField

    @cached_property
    def silent(self) -> bool:
        """Whether it changes nothing."""
        return not self.added.any()

    def applied(self, image: ImageArray) -> ImageArray:
        """Return a warped photo with its folds softened: (H, W, 3) uint8 RGB.

        Where nothing is added every pixel is the input's, bit for bit.
        """
        return self._changed(image, 1.0)

    def apply(self, image: ImageArray) -> None:
        """Soften the folds of a warped photo as :meth:`applied` does, in place."""
        self._change(image, 1.0)

    def undone(self, image: ImageArray) -> ImageArray:
        """Return a picture as it was before: to within rounding, where nothing was clipped."""
        return self._changed(image, -1.0)

    @cached_property
    def coverage(self) -> MaskArray:
        """Where something is softened, on the warp's grid: (rows, columns) uint8, feathered.

        Linearly enlarged it is above zero wherever a pixel changes.
        """
        grid = self.warp.grid
        marked = np.zeros(grid.shape, np.uint8)
        if self.silent:
            return marked
        # A pixel is nearer to one of its nodes than a cell is wide, also where the warp stretches.
        reach = int(2.0 * grid.step / np.sqrt(abs(np.linalg.det(self.to_photo[:, :2])))) + 2
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        red, green, blue = np.moveaxis(self.added != 0.0, -1, 0)  # slow along the short axis
        near = _dilated(red | green | blue, np.asarray(disc, np.uint8))
        source = grid.nodes.reshape(*grid.shape, 2) + self.warp.displacement
        marked[self._at(near, source) > 0] = 255
        feathered = np.asarray(cv2.GaussianBlur(marked, (0, 0), 1.5), np.uint8)
        return np.where(marked > 0, np.maximum(feathered, LEAST_COVERED), 0).astype(np.uint8)

    def _changed(self, image: ImageArray, sign: float) -> ImageArray:
        result = image.copy()
        self._change(result, sign)
        return result

    def _change(self, image: ImageArray, sign: float) -> None:
        if self.silent:
            return
        for place, source in self._tiles(image.shape[1], image.shape[0]):
            added = self._at(self.added, source)
            if added.any():
                target = image[place]
                target[:] = cv2.add(target, added if sign > 0 else -added, dtype=cv2.CV_8U)

    def _at(self, values: NDArray[Any], source: Float32Array) -> Float32Array:
        """Values of the map at places of the photo, (h, w, 2) pixels; zero beside the map."""
        cells = cv2.transform(source, cv2.invertAffineTransform(self.to_photo))
        found = cv2.remap(
            values,
            np.ascontiguousarray(cells[..., 0]),
            np.ascontiguousarray(cells[..., 1]),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0.0,
        )
        return np.asarray(found, np.float32)

    def _tiles(self, width: int, height: int) -> Iterator[tuple[Tile, Float32Array]]:
        """Yield the parts of a picture that may change, and what place of the photo they show."""
        grid = self.warp.grid
        within = grid.within(width, height)
        least = max(1, LEAST_PIXELS // grid.step)
        for nodes in tight_tiles(self.coverage > 0, TILE_NODES, least):
            rows, columns = (
                slice(
                    max(own.start * grid.step, inside.start), min(own.stop * grid.step, inside.stop)
                )
                for own, inside in zip(nodes, within, strict=True)
            )
            if rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            place = beside((rows, columns), grid.y, grid.x)
            source = np.array(grid.enlarge_to(self.warp.displacement, rows, columns), np.float32)
            down, across = (
                np.arange(own.start, own.stop, dtype=np.float32) for own in (rows, columns)
            )
            source[..., 0] += across + grid.x
            source[..., 1] += (down + grid.y)[:, None]
            yield place, source


def _dilated(marked: BoolArray, disc: MaskArray) -> MaskArray:
    """Return 1 around what is marked (h, w), as far as the disc reaches; most of it is not near."""
    near = np.zeros(marked.shape, np.uint8)
    reach = len(disc) // 2
    rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
    around = tuple(
        slice(max(int(own[0]) - reach, 0), int(own[-1]) + reach + 1) for own in (rows, columns)
    )
    near[around] = cv2.dilate(marked[around].astype(np.uint8), disc)
    return near
