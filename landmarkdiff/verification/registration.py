"""Dense registration of a finished picture with its photo, and the pixels that must not differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.visibility import slant

__all__ = [
    "Region",
    "Registration",
    "changed_outside",
    "landmark_weights",
    "region_of",
    "register",
]


#: The registered region is resampled so that its longer side has between these many pixels. More
#: of them that no camera saw cost time and let the flow wander on plain skin.
REGISTRATION_PX = (400, 640)
#: Pixels between the patches that are searched for, a half of their own side of 8.
PATCH_STRIDE_PX = 4
#: For cv2.remap when one map holds both coordinates.
NO_MAP = np.empty(0, np.float32)
REGISTRATION_ROUNDS = 2
#: A landmark counts in full when its surface is turned to the camera by at least this cosine,
#: and on the outline of the face with the least weight.
FULL_WEIGHT_COSINE = 0.3
LEAST_WEIGHT = 0.1


@dataclass(frozen=True)
class Registration:
    """Dense displacement from one picture to another over a box.

    Attributes
    ----------
    flow : (h, w, 2) float32 array
        Displacement in photo pixels, on the resampled box.
    origin : (2,) float64 array
        Top-left corner of the box in the photo, x, y.
    zoom : float
        Resampled pixels per photo pixel.
    """

    flow: NDArray[np.float32]
    origin: FloatArray
    zoom: float

    def at(self, points: FloatArray) -> FloatArray:
        """Displacement at photo points (n, 2), pixels: (n, 2)."""
        place = ((points - self.origin + 0.5) * self.zoom - 0.5).astype(np.float32)
        found = cv2.remap(
            self.flow, place[None], NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(found[0], np.float64)


@dataclass(frozen=True)
class Region:
    """The part of two pictures that is registered, and how it is resampled.

    Attributes
    ----------
    left, top, right, bottom : int
        Its edges in the photo, pixels.
    size : tuple of int
        Columns and rows of its cells.
    zoom : float
        Cells per photo pixel, before their number is rounded.
    """

    left: int
    top: int
    right: int
    bottom: int
    size: tuple[int, int]
    zoom: float

    @property
    def px_per_cell(self) -> FloatArray:
        """Photo pixels of a cell, across and down: (2,)."""
        extent = self.right - self.left, self.bottom - self.top
        return np.array(extent, np.float64) / np.array(self.size, np.float64)

    @property
    def photo_lines(self) -> tuple[FloatArray, FloatArray]:
        """Where the columns and the rows of cells lie in the photo, pixels."""
        across, down = (
            (np.arange(count) + 0.5) * step - 0.5
            for count, step in zip(self.size, self.px_per_cell, strict=True)
        )
        return across + self.left, down + self.top

    def cells(self, points: FloatArray) -> FloatArray:
        """Return photo points (n, 2) in cells: (n, 2)."""
        return np.asarray((points - (self.left, self.top) + 0.5) / self.px_per_cell - 0.5)

    def cut(self, values: NDArray[Any]) -> NDArray[Any]:
        """Resample (H, W) values, of the photo's size: (rows, columns)."""
        return self._resampled(values[self.top : self.bottom, self.left : self.right])

    def grey(self, image: ImageArray) -> NDArray[np.uint8]:
        """Resample the grey of an (H, W, 3) uint8 picture, RGB: (rows, columns) uint8."""
        part = image[self.top : self.bottom, self.left : self.right]
        return self._resampled(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY))

    def _resampled(self, part: NDArray[Any]) -> NDArray[Any]:
        way = cv2.INTER_AREA if self.zoom < 1 else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(part, self.size, interpolation=way), part.dtype)


def region_of(picture: ImageArray, box: tuple[int, int, int, int]) -> Region:
    """Return what :func:`register` registers of a picture for a box.

    Parameters
    ----------
    picture : (H, W, 3) uint8 array
    box : tuple of int
        x, y, width, height, pixels.

    Returns
    -------
    Region
        The box widened by a tenth and clipped to the picture.

    Examples
    --------
    >>> region = region_of(portrait, (100, 200, 300, 160))
    >>> region.left, region.top, region.right, region.bottom
    (70, 170, 430, 390)
    """
    x, y, width, height = box
    margin = max(8, max(width, height) // 10)
    left, top = max(0, x - margin), max(0, y - margin)
    right = min(picture.shape[1], x + width + margin)
    bottom = min(picture.shape[0], y + height + margin)
    longer = max(right - left, bottom - top)
    zoom = float(np.clip(longer, *REGISTRATION_PX)) / longer
    size = max(16, round((right - left) * zoom)), max(16, round((bottom - top) * zoom))
    return Region(left, top, right, bottom, size, zoom)


def register(before: ImageArray, after: ImageArray, box: tuple[int, int, int, int]) -> Registration:
    """Register two pictures of one size densely over a box by DIS optical flow [1]_.

    Parameters
    ----------
    before, after : (H, W, 3) uint8 arrays, RGB
    box : tuple of int
        x, y, width, height, pixels; widened by a tenth and clipped.

    Returns
    -------
    Registration
        Where each point of ``before`` lies in ``after``.

    References
    ----------
    .. [1] T. Kroeger et al., Fast optical flow using dense inverse search, ECCV 2016.

    Examples
    --------
    >>> shifted = np.roll(portrait, 2, axis=1)  # everything lies 2 pixels further right
    >>> registration = register(portrait, shifted, (180, 180, 160, 200))
    >>> registration.at(np.array([[260.0, 280.0]])).round().astype(int).tolist()
    [[2, 0]]
    """
    region = region_of(before, box)
    grey = [region.grey(image) for image in (before, after)]
    solver = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    solver.setFinestScale(0)
    solver.setPatchStride(PATCH_STRIDE_PX)
    solver.setVariationalRefinementIterations(10)
    flow = np.zeros((*grey[0].shape, 2), np.float32)
    columns = np.arange(region.size[0], dtype=np.float32)
    rows = np.arange(region.size[1], dtype=np.float32)[:, None]
    for _ in range(REGISTRATION_ROUNDS):
        # Undo what is known and register the rest: halves the error of a single round.
        undone = cv2.remap(
            grey[1],
            flow[..., 0] + columns,
            flow[..., 1] + rows,
            cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        )
        flow = flow + solver.calc(grey[0], undone, np.zeros_like(flow))
    scale = region.px_per_cell.astype(np.float32)
    return Registration(flow * scale, np.array([region.left, region.top], np.float64), region.zoom)


def landmark_weights(face: FaceLandmarks, visible: BoolArray) -> FloatArray:
    """Return how much the flow at each landmark counts, 0 to 1: (478,).

    Near the outline of the face it mixes skin and background; there it counts less.

    Parameters
    ----------
    face : FaceLandmarks
    visible : (478,) bool array
        Landmarks that can be read in the picture.

    Examples
    --------
    >>> landmark_weights(face, np.ones(478, bool))[[4, 234]].round(1).tolist()  # tip, outline
    [1.0, 0.2]
    """
    return np.asarray(visible * np.clip(slant(face) / FULL_WEIGHT_COSINE, LEAST_WEIGHT, 1.0))


def changed_outside(before: ImageArray, after: ImageArray, mask: NDArray[np.uint8]) -> int:
    """Count the pixels that were changed where they must not.

    Parameters
    ----------
    before, after : (H, W, 3) uint8 arrays
    mask : (H, W) uint8 array
        Zero outside.

    Returns
    -------
    int
        Pixels that differ where the mask is zero.

    Examples
    --------
    >>> mask = np.zeros(portrait.shape[:2], np.uint8)
    >>> mask[100:200] = 255
    >>> after = portrait.copy()
    >>> after[150] = 0  # inside
    >>> after[300, :10] = 255 - after[300, :10]  # outside
    >>> changed_outside(portrait, after, mask)
    10
    """
    changed = 0
    for first in range(0, len(before), 512):
        rows = slice(first, first + 512)
        differs = (before[rows] != after[rows]).any(axis=2)
        changed += int(np.count_nonzero(differs & (mask[rows] == 0)))
    return changed
