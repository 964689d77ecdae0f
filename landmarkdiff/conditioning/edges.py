"""Edges of a photo that a ControlNet reads: Canny with adaptive thresholds, thinned."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import checked, instance_of, rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.landmarks.topology import topology

__all__ = ["CANNY_HIGH", "CANNY_LOW", "adaptive_canny", "thin"]


#: Canny's thresholds over the median luminance of the face.
CANNY_LOW, CANNY_HIGH = 0.66, 1.33


@checked(pixels=rgb_image, face=instance_of(FaceLandmarks))
def adaptive_canny(pixels: ImageArray, face: FaceLandmarks) -> ImageArray:
    """Return edges one pixel wide, with thresholds that follow the brightness of the face.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    face : FaceLandmarks
        Of the same picture.

    Returns
    -------
    (H, W) uint8 array
        0 or 255. The thresholds are 0.66 and 1.33 times the median luminance inside the face
        oval, so that dark and light skin give edges alike.

    Raises
    ------
    ParameterError
        If the photo is not that of ``face``, or the face lies outside it.

    Examples
    --------
    >>> edges = adaptive_canny(portrait, face)
    >>> edges.shape, np.unique(edges).tolist()
    ((600, 512), [0, 255])
    """
    check_photo(pixels, face)
    luminance = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    inside = np.zeros(luminance.shape, np.uint8)
    oval = topology().contours["FACE_OVAL"][:, 0]
    cv2.fillPoly(inside, [np.rint(face.points[oval, :2]).astype(np.int32)], 1)
    if not inside.any():
        raise ParameterError("face_outside_photo")
    middle = float(np.median(luminance[inside > 0]))
    edges = cv2.Canny(luminance, CANNY_LOW * middle, CANNY_HIGH * middle)
    return np.where(thin(edges > 0), 255, 0).astype(np.uint8)


def thin(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Thin lines to one pixel without cutting, joining or shortening them.

    A pixel goes if the pieces and holes around it stay as many without it (Yokoi's connectivity
    number is 1) and it touches two others with its sides, so that ends of lines stay. A quarter
    of the grid is treated at a time: no two neighbours go at once.

    Parameters
    ----------
    mask : (H, W) bool array

    Returns
    -------
    (H, W) bool array

    Examples
    --------
    >>> thin(np.array([[1, 1, 1, 0], [0, 0, 1, 1]], bool)).astype(int).tolist()
    [[1, 1, 1, 0], [0, 0, 0, 1]]
    """
    padded = np.pad(mask, 1).astype(np.uint8)
    flat = padded.reshape(-1)
    row = padded.shape[1]
    steps = (1, 1 - row, -row, -row - 1, -1, row - 1, row, row + 1)
    spots = np.flatnonzero(flat)
    quarters = 2 * (spots // row % 2) + spots % row % 2
    removed = True
    while removed:
        removed = False
        for quarter in range(4):
            some = spots[(quarters == quarter) & (flat[spots] > 0)]
            around = np.stack([flat[some + step] for step in steps])
            code = np.packbits(around, axis=0, bitorder="little")[0]
            gone = some[_removable()[code]]
            flat[gone] = 0
            removed = removed or gone.size > 0
    return padded[1:-1, 1:-1].astype(np.bool_)


@cache
def _removable() -> NDArray[np.bool_]:
    """Return for each of the 256 neighbourhoods whether its centre may go."""
    full = np.arange(256) >> np.arange(8)[:, None] & 1
    empty = 1 - full
    sides_of = np.array([0, 2, 4, 6])
    corners = empty[sides_of + 1] * empty[(sides_of + 2) % 8]
    yokoi = (empty[sides_of] * (1 - corners)).sum(axis=0)
    return np.asarray((yokoi == 1) & (full[sides_of].sum(axis=0) >= 2))
