"""Pictures of the part of a face that a plan changes: cropped, sharp, with a mark where to look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.landmarks.face import Box, FaceLandmarks
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.photo.label import LabelCorner, draw_label
from landmarkdiff.workflows.output.pictures import PADDING, framed_tile

__all__ = ["CloseUp", "Region", "changed_box", "close_size", "draw_outline", "pair_size"]

#: Margin around the mask, as a share of its longer side.
_MARGIN = 0.12
#: A region shows at least this share of the face's width, so that it still shows a face.
_LEAST_OF_FACE = 0.55
#: Narrowest and widest tile of a grid, pixels, and height over width of all.
_TILE_WIDTHS = (560, 800)
_TILE_ASPECT = 0.9
#: Shortest of the longer side of a picture of a pair, pixels.
_PAIR_SIDE = 640
#: Mask values (of 255) from which something is changed enough to be looked at.
_SEEN = 8
#: Strength of the two lines of the mark, a dark one below a light one, and their share of a
#: tile's width.
_DARK, _LIGHT = 0.35, 0.75
_LINE_SHARE = 1 / 500


@dataclass(frozen=True)
class Region:
    """A rectangle of a photo, image frame, pixels; it may reach beyond the photo.

    Attributes
    ----------
    x, y, width, height : float
        From the outer edge of its first pixel.
    """

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, prediction: Prediction, aspect: float | None = _TILE_ASPECT) -> Region:
        """Return what a plan changes, with a margin.

        Parameters
        ----------
        prediction : Prediction
            Its mask says where; the whole face where that is empty.
        aspect : float, optional
            Height over width that it grows to; by default that of tiles. None keeps its own
            between 0.6 and 1.25.
        """
        mask = prediction.surgical_mask
        changed = changed_box(mask.grid, mask.coverage)
        if prediction.pushed is not None:
            carried = prediction.pushed.carried
            changed = _around_both(changed, changed_box(carried.field.grid, carried.coverage))
        if prediction.gesture is not None:
            changed = _around_both(changed, prediction.source.box)
            changed = _around_both(changed, prediction.shown_target.box)
        return cls.around(changed or prediction.source.box, prediction.source, aspect)

    @classmethod
    def around(
        cls,
        changed: tuple[float, float, float, float],
        face: FaceLandmarks,
        aspect: float | None = _TILE_ASPECT,
    ) -> Region:
        """Return a box (x, y, width, height; pixels) with a margin, wide enough to show a face.

        ``aspect`` as for :meth:`of`.
        """
        x, y, width, height = changed
        least = _LEAST_OF_FACE * face.box[2]
        grown = 2 * _MARGIN * max(width, height)
        wide, high = max(width + grown, least), max(height + grown, 0.6 * least)
        shape = min(max(high / wide, 0.6), 1.25) if aspect is None else aspect
        wide = max(wide, high / shape)
        high = wide * shape
        return cls(x + width / 2 - wide / 2, y + height / 2 - high / 2, wide, high)

    def tile(
        self, pixels: NDArray[np.uint8], size: tuple[int, int], beyond: int = PADDING
    ) -> NDArray[np.uint8]:
        """Return the region of a picture or mask, resampled to ``size`` (width, height).

        ``beyond`` is the gray where the region leaves the picture.
        """
        return framed_tile(pixels, (self.x, self.y), size[0] / self.width, size, beyond)


def close_size(face: FaceLandmarks) -> tuple[int, int]:
    """Width and height of a grid's tiles: as sharp as the photo, up to 800 pixels wide."""
    low, high = _TILE_WIDTHS
    width = 4 * round(min(max(_LEAST_OF_FACE * face.box[2], low), high) / 4)
    return width, round(width * _TILE_ASPECT)


def pair_size(region: Region, longest: int) -> tuple[int, int]:
    """Width and height of one picture of a pair: a pixel for a pixel, up to ``longest``."""
    longer = max(region.width, region.height)
    scale = min(max(longer, _PAIR_SIDE), longest) / longer
    return round(region.width * scale), round(region.height * scale)


@dataclass(frozen=True, eq=False)
class CloseUp:
    """What a plan changes, before and after, framed alike.

    Attributes
    ----------
    before : (H, W, 3) uint8 array
        RGB, of the photo.
    after : (H, W, 3) uint8 array
        Of the simulation, labelled.
    outline : tuple of (n, 2) int arrays
        Border of what is changed, pixels of the tile.
    warp, raw : (H, W, 3) uint8 array or None
        Labelled, where a network painted.
    label_box : tuple of int
        Where the label lies in them: x, y, width, height; pixels.
    label : str
        What it says.
    """

    before: ImageArray
    after: ImageArray
    outline: tuple[NDArray[np.int32], ...]
    warp: ImageArray | None = None
    raw: ImageArray | None = None
    label_box: tuple[int, int, int, int] = (0, 0, 0, 0)
    label: str = ""

    @classmethod
    def of(
        cls,
        prediction: Prediction,
        region: Region,
        size: tuple[int, int],
        corner: LabelCorner | None = None,
    ) -> CloseUp:
        """Return the close-up of a simulation.

        Parameters
        ----------
        prediction : Prediction
        region : Region
        size : tuple of int
            Width and height, pixels.
        corner : str, optional
            Where the label goes; by default where it covers least of what is changed.
        """
        mask = region.tile(prediction.changeable, size, beyond=0)
        seen = (mask > _SEEN).astype(np.uint8)
        contours, _ = cv2.findContours(seen, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        pictures = [prediction.image]
        if prediction.paints:
            pictures += [prediction.warped, prediction.raw]
        labelled = [
            draw_label(region.tile(one, size), corner=corner, mask=seen, text=prediction.label)
            for one in pictures
        ]
        (after, label_box), *layers = labelled
        outline = tuple(np.asarray(contour[:, 0], np.int32) for contour in contours)
        warp, raw = [pixels for pixels, _ in layers] or (None, None)
        before = region.tile(prediction.before, size)
        return cls(before, after, outline, warp, raw, label_box, prediction.label)

    def pictures(self, *, outline: bool) -> tuple[ImageArray, ...]:
        """Return before, the warp where a network painted, and after; outlined if wanted."""
        shown = [one for one in (self.before, self.warp, self.after) if one is not None]
        return tuple(draw_outline(one, self.outline) if outline else one for one in shown)


def draw_outline(pixels: ImageArray, outline: Sequence[NDArray[np.int32]]) -> ImageArray:
    """Draw thin lines (n, 2; pixels) that let the picture (H, W, 3) through: a copy."""
    line = max(1, int(pixels.shape[1] * _LINE_SHARE))
    weights = []
    for thickness in (3 * line, line):
        weight = np.zeros(pixels.shape[:2], np.uint8)
        cv2.polylines(weight, list(outline), True, 255, thickness, cv2.LINE_AA)
        weights.append(weight)
    drawn = pixels.copy()
    touched = np.nonzero(weights[0] | weights[1])  # the rest, nearly all of it, stays as it is
    colours: FloatArray = pixels[touched].astype(np.float64)
    for weight, gray, strength in zip(weights, (16.0, 255.0), (_DARK, _LIGHT), strict=True):
        share = strength * weight[touched][:, None] / 255.0
        colours += share * (gray - colours)
    drawn[touched] = np.rint(colours)
    return drawn


def _around_both(first: Box | None, second: Box | None) -> Box | None:
    """Return the box (x, y, width, height) around two boxes; None is none."""
    if first is None or second is None:
        return first or second
    left, top = min(first[0], second[0]), min(first[1], second[1])
    right = max(first[0] + first[2], second[0] + second[2])
    bottom = max(first[1] + first[3], second[1] + second[3])
    return left, top, right - left, bottom - top


def changed_box(
    grid: RegionGrid, coverage: NDArray[np.uint8]
) -> tuple[float, float, float, float] | None:
    """Return the box of what a mask covers, x, y, width and height in pixels.

    Parameters
    ----------
    grid : RegionGrid
    coverage : (rows, columns) uint8 array

    Returns
    -------
    tuple of float, or None
        None where it covers nothing that could be seen.
    """
    rows, columns = np.nonzero(coverage > _SEEN)
    if not len(rows):
        return None
    x, y = grid.x + grid.step * int(columns.min()), grid.y + grid.step * int(rows.min())
    width = grid.step * int(columns.max() - columns.min() + 1)
    height = grid.step * int(rows.max() - rows.min() + 1)
    return float(x), float(y), float(width), float(height)
