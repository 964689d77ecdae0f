"""Pictures read at many places at once."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["colours_of", "sampled"]

#: OpenCV reads a table of places, not a list; its rows have this length.
_ROW = 1024
#: Pixels per millimetre that a texture can hold of a photo; finer photos are read halved.
_FINEST_PX_PER_MM = 6.0


def sampled(
    picture: NDArray[Any], places: NDArray[Any], way: int = cv2.INTER_LINEAR
) -> Float32Array:
    """Return a picture, (h, w) or (h, w, 3), at places (n, 2) in its pixels: (n,) or (n, 3).

    Beyond its border it is black.
    """
    count = len(places)
    x, y = np.full((2, -(-count // _ROW) * _ROW), -9.0, np.float32)
    x[:count], y[:count] = np.asarray(places, np.float32).T
    read = cv2.remap(picture, x.reshape(-1, _ROW), y.reshape(-1, _ROW), way)
    flat = read.reshape(-1, *picture.shape[2:])[:count]
    return np.asarray(flat, np.float32)


def colours_of(photo: ImageArray, places: NDArray[Any], px_per_mm: float) -> Float32Array:
    """Return the colours (n, 3), 0 to 255, of a photo at places in its pixels.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB.
    places : (n, 2) array
    px_per_mm : float
        Scale of the photo.
    """
    halved = max(0, int(np.floor(np.log2(max(px_per_mm / _FINEST_PX_PER_MM, 1.0)))))
    level = PhotoPyramid(photo).level(halved)
    factor = np.array(level.shape[1::-1]) / np.array(photo.shape[1::-1])
    return sampled(level, (places + 0.5) * factor - 0.5, cv2.INTER_CUBIC)
