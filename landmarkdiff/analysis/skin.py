"""Pixels inside an outline on the face."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray

__all__ = ["polygon_pixels"]


#: Longer side of a polygon's box after thinning, pixels: enough for medians at any photo size.
_THINNED_SIDE = 96


def polygon_pixels(pixels: ImageArray, outline: FloatArray) -> ImageArray:
    """Return the pixels inside an outline, thinned to some thousands.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    outline : (n, 2) float64 array
        Corners in image pixels; what lies outside the photo is left out.

    Returns
    -------
    (m, 3) uint8 array
        RGB, in no particular order.

    Examples
    --------
    >>> gray = np.full((50, 50, 3), 90, np.uint8)
    >>> polygon_pixels(gray, np.array([[10.0, 10], [20, 10], [20, 20], [10, 20]])).shape
    (121, 3)
    """
    height, width = pixels.shape[:2]
    low = np.clip(np.floor(outline.min(axis=0)).astype(int), 0, (width, height))
    high = np.clip(np.ceil(outline.max(axis=0)).astype(int) + 1, 0, (width, height))
    if (high <= low).any():
        return np.empty((0, 3), np.uint8)
    thin = max(1, int((high - low).max() / _THINNED_SIDE))
    crop = pixels[low[1] : high[1] : thin, low[0] : high[0] : thin]
    inside = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round((outline - low) / thin).astype(np.int32)], 1)
    return np.asarray(crop[inside > 0], dtype=np.uint8)
