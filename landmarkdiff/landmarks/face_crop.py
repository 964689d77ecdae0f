"""Upright, fixed-resolution crops of a face, and maps that carry a finding back to the photo.

A detector that works on skin or glasses looks at a crop with a fixed number of millimetres per
cell, so neither its thresholds nor its cost depend on the size of the photo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from landmarkdiff.arrays import FloatArray

if TYPE_CHECKING:
    from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["FaceCrop", "FaceMap", "crop_face"]


@dataclass(frozen=True)
class FaceMap:
    """A value in [0, 1] over part of the photo; 0 elsewhere.

    Attributes
    ----------
    values : (h, w) float32 array
    to_photo : (2, 3) float64 array
        Cell (column, row) to photo pixel (x, y), centres at whole numbers in both.
    """

    values: NDArray[np.float32]
    to_photo: FloatArray

    def at(self, points_xy: ArrayLike) -> NDArray[np.float32]:
        """Return the value at photo pixels (..., 2): (...) float32, bilinear, 0 outside.

        Examples
        --------
        >>> half = FaceMap(np.ones((2, 2), np.float32), np.array([[2.0, 0, 0], [0, 2.0, 0]]))
        >>> half.at([[0, 0], [2, 1], [3, 0], [40, 0]]).tolist()
        [1.0, 1.0, 0.5, 0.0]
        """
        points = np.asarray(points_xy, np.float64)
        inverse = cv2.invertAffineTransform(self.to_photo)
        cells = points @ inverse[:, :2].T + inverse[:, 2] + 1.0
        # A ring of zeros around the map; whatever lies further out falls on it.
        padded = np.pad(self.values, 1)
        limit = np.array(padded.shape[::-1]) - 1.0
        cells = np.clip(cells, 0.0, limit)
        low = np.minimum(cells.astype(np.intp), (limit - 1).astype(np.intp))
        column, row = low[..., 0], low[..., 1]
        right, down = np.moveaxis((cells - low).astype(np.float32), -1, 0)
        upper = padded[row, column] * (1 - right) + padded[row, column + 1] * right
        lower = padded[row + 1, column] * (1 - right) + padded[row + 1, column + 1] * right
        return np.asarray(upper * (1 - down) + lower * down, np.float32)

    def over(self, width: int, height: int, *, left: int = 0, top: int = 0) -> NDArray[np.float32]:
        """Return the values over a rectangle of the photo.

        Parameters
        ----------
        width, height : int
            Size of the rectangle, pixels.
        left, top : int
            Its first column and row in the photo, pixels.

        Returns
        -------
        (height, width) float32 array
            Bilinear, 0 outside the map.
        """
        shifted = self.to_photo - np.array([[0.0, 0.0, left], [0.0, 0.0, top]])
        return np.asarray(
            cv2.warpAffine(self.values, shifted, (width, height), flags=cv2.INTER_LINEAR),
            np.float32,
        )


@dataclass(frozen=True)
class FaceCrop:
    """An upright picture of a face at a fixed resolution.

    Attributes
    ----------
    pixels : (h, w, 3) uint8 array
        RGB; black where the photo ends.
    inside : (h, w) bool array
        Where the photo has pixels.
    to_photo : (2, 3) float64 array
        Cell (column, row) to photo pixel (x, y), centres at whole numbers in both.
    mm_per_cell : float
    """

    pixels: NDArray[np.uint8]
    inside: NDArray[np.bool_]
    to_photo: FloatArray
    mm_per_cell: float

    def cells(self, points_px: ArrayLike) -> FloatArray:
        """Carry photo pixels (n, 2 or more) to cells: (n, 2) columns and rows."""
        inverse = cv2.invertAffineTransform(self.to_photo)
        points = np.asarray(points_px, np.float64)[..., :2]
        return np.asarray(points @ inverse[:, :2].T + inverse[:, 2])

    def photo_points(self, cells: ArrayLike) -> FloatArray:
        """Carry cells (n, 2) to photo pixels (n, 2)."""
        points = np.asarray(cells, np.float64)
        return np.asarray(points @ self.to_photo[:, :2].T + self.to_photo[:, 2])

    def map_of(self, values: NDArray[np.float32]) -> FaceMap:
        """Return values of the crop's cells, (h, w), as a map of the photo."""
        return FaceMap(np.asarray(values, np.float32), self.to_photo)


def crop_face(
    pixels: NDArray[np.uint8],
    face: FaceLandmarks,
    mm_per_cell: float,
    region_mm: tuple[float, float, float, float],
) -> FaceCrop:
    """Cut a face out of its photo, upright, at a fixed resolution.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks
    mm_per_cell : float
        Millimetres of the face per cell of the crop.
    region_mm : tuple of float
        How far the crop reaches from the point midway between the eyes toward the picture's
        left, right, top and bottom, once head roll is taken out; millimetres.

    Returns
    -------
    FaceCrop
        Averaged over area where the photo is finer than the crop.
    """
    left, right, top, bottom = region_mm
    width, height = round((left + right) / mm_per_cell), round((top + bottom) / mm_per_cell)
    step = mm_per_cell / face.scale.mm_per_px
    roll = math.radians(face.pose.roll)
    turn = step * np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    corner = np.array([0.5 - left / mm_per_cell, 0.5 - top / mm_per_cell])
    to_photo = np.column_stack([turn, face.origin_px[:2] + turn @ corner])
    source, factor, origin = _shrunk(pixels, to_photo, (width, height), max(int(step), 1))
    to_source = np.column_stack([turn, to_photo[:, 2] - origin]) / factor
    crop = cv2.warpAffine(
        source,
        to_source,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    inside = _inside(to_photo, (width, height), pixels.shape)
    crop[~inside] = 0
    return FaceCrop(np.asarray(crop, np.uint8), inside, to_photo, mm_per_cell)


def _shrunk(
    pixels: NDArray[np.uint8], to_photo: FloatArray, size: tuple[int, int], factor: int
) -> tuple[NDArray[np.uint8], int, FloatArray]:
    """Return the needed part of the photo shrunk by a whole factor, the factor, the origin.

    The origin, (2,), is the photo pixel (x, y) at the centre of the part's first pixel.
    """
    width, height = size
    corners = np.array([[-1, -1], [width, -1], [-1, height], [width, height]], np.float64)
    reach = corners @ to_photo[:, :2].T + to_photo[:, 2]
    full = np.array(pixels.shape[1::-1])
    low = np.clip(np.floor(reach.min(axis=0)).astype(int) - factor, 0, full - 1)
    high = np.clip(np.ceil(reach.max(axis=0)).astype(int) + factor, low + 1, full)
    # A photo smaller than one cell cannot be shrunk to nothing.
    factor = int(min(factor, *(high - low)))
    count = (high - low) // factor
    high = low + count * factor
    part = pixels[low[1] : high[1], low[0] : high[0]]
    if factor > 1:
        shape = (int(count[0]), int(count[1]))
        part = np.asarray(cv2.resize(part, shape, interpolation=cv2.INTER_AREA), np.uint8)
    return part, factor, low + (factor - 1) / 2


def _inside(
    to_photo: FloatArray, size: tuple[int, int], shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Return which cells have their centre in the photo: (h, w) bool."""
    columns, rows = np.arange(size[0]), np.arange(size[1])[:, None]
    x = to_photo[0, 0] * columns + to_photo[0, 1] * rows + to_photo[0, 2]
    y = to_photo[1, 0] * columns + to_photo[1, 1] * rows + to_photo[1, 2]
    within = (x > -0.5) & (x < shape[1] - 0.5) & (y > -0.5) & (y < shape[0] - 0.5)
    return np.asarray(within)
