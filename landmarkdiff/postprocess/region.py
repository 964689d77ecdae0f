"""The part of a photo that the surgical mask covers and a network painted.

All that a finishing step works on: its cost follows the mask, not the photo.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.manipulation.blend_mask import blend_mask
from landmarkdiff.postprocess.step import Canvas

__all__ = ["MaskRegion"]

Box = tuple[slice, slice]

#: Pixels that are worked on at a time where a step needs several float copies.
STRIP_PIXELS = 400_000
#: Where picture and warp agree over a square of this many pixels of the network, none painted.
UNPAINTED_PX = 16.0


@dataclass(frozen=True)
class MaskRegion:
    """Where a picture may be finished, and by what share that will count.

    Attributes
    ----------
    rows, columns : slice
        The smallest rectangle that holds the region, and a margin, cut to the photo.
    share : (h, w) float32 array
        The mask over the rectangle, in [0, 1]; 0 where nothing was painted.
    """

    rows: slice
    columns: slice
    share: Float32Array

    @classmethod
    def of(cls, canvas: Canvas, *, margin: int = 0, irregular: bool = False) -> MaskRegion | None:
        """Return the region of a canvas; None where nothing in the mask was painted.

        Parameters
        ----------
        canvas : Canvas
        margin : int
            Pixels added on every side, for steps that look around.
        irregular : bool
            Take the mask with the irregular border, in which the picture is mixed in.
        """
        values = blend_mask(canvas.mask, canvas.seed) if irregular else canvas.mask.full()
        rows, columns = _box(values > 0)
        share = values[rows, columns].astype(np.float32)
        if not irregular:
            share /= np.float32(255.0)
        if not share.size:
            return None
        share *= _painted(canvas, rows, columns)
        inner_rows, inner_columns = _box(share > 0)
        if inner_rows.stop == 0:
            return None
        share = share[inner_rows, inner_columns]
        top, left = rows.start + inner_rows.start, columns.start + inner_columns.start
        bottom, right = top + share.shape[0], left + share.shape[1]
        above, before = min(margin, top), min(margin, left)
        below = min(margin, canvas.photo.shape[0] - bottom)
        beyond = min(margin, canvas.photo.shape[1] - right)
        return cls(
            slice(top - above, bottom + below),
            slice(left - before, right + beyond),
            np.pad(share, ((above, below), (before, beyond))) if margin else share.copy(),
        )

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Where the mask is above zero: (h, w) bool.

        The steps before the blend act in full there, up to the border and on whatever share:
        the blend mixes by the mask, and a step that faded out would leave it a rim of its own.
        """
        return np.asarray(self.share > 0.0)

    def of_picture(self, picture: ImageArray) -> ImageArray:
        """Return the view of a picture (H, W, 3) over the rectangle."""
        return picture[self.rows, self.columns]

    def strips(self) -> Iterator[slice]:
        """Return rows of the rectangle, from top to bottom, some hundred thousand pixels each."""
        height, width = self.share.shape
        step = max(1, STRIP_PIXELS // max(width, 1))
        for first in range(0, height, step):
            yield slice(first, min(first + step, height))


def _box(present: NDArray[np.bool_]) -> Box:
    """Return the smallest rectangle that holds all that is present; empty where nothing is."""
    x, y, width, height = cv2.boundingRect(present.view(np.uint8))
    return slice(y, y + height), slice(x, x + width)


def _painted(canvas: Canvas, rows: slice, columns: slice) -> NDArray[np.bool_]:
    """Where the picture differs from the warp, up to small islands that happen to agree.

    The network's square need not cover the whole mask.
    """
    differs = (canvas.picture[rows, columns] != canvas.warped[rows, columns]).any(axis=2)
    side = 2 * math.ceil(0.5 * UNPAINTED_PX * max(canvas.pixel, 1.0)) + 1
    # Padded, so that the border of the rectangle does not count as unpainted when it shrinks.
    padded = cv2.copyMakeBorder(
        differs.view(np.uint8), side, side, side, side, cv2.BORDER_REPLICATE
    )
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    return np.asarray(closed[side:-side, side:-side] > 0)
