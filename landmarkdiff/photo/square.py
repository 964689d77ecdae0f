"""Pixels that are not square: what a file says of them, and the picture made square."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["aspect_of_densities", "believable", "squared", "squared_size"]

#: Nearer to square than this, resampling would cost more than it mends.
_SQUARE_WITHIN = 0.01
#: Beyond this a tag is a mistake: the pixels of film and fax go up to 2.
_MOST = 2.5


def aspect_of_densities(info: Mapping[str, Any], key: str) -> float | None:
    """Return the width of a pixel over its height from a pair of densities, across and down.

    Parameters
    ----------
    info : mapping
        What Pillow says of a file.
    key : str
        Where it has the pair.
    """
    pair = info.get(key)
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(side > 0 for side in pair):
        return None
    return float(pair[1]) / float(pair[0])


def believable(aspect: float | None) -> float:
    """Return an aspect that is worth resampling for; otherwise 1."""
    if aspect is None or not 1 / _MOST <= aspect <= _MOST or abs(aspect - 1) <= _SQUARE_WITHIN:
        return 1.0
    return aspect


def squared(pixels: NDArray[np.uint8], aspect: float) -> NDArray[np.uint8]:
    """Return a picture with square pixels, the coarser direction enlarged.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
    aspect : float
        Width of a pixel over its height.

    Returns
    -------
    (H, W', 3) or (H', W, 3) uint8 array
        No side is smaller than before.
    """
    import cv2

    size = squared_size(pixels.shape[1], pixels.shape[0], aspect)
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(resized, dtype=np.uint8)


def squared_size(width: int, height: int, aspect: float) -> tuple[int, int]:
    """Return width and height after :func:`squared`."""
    if aspect > 1:
        return round(width * aspect), height
    return width, round(height / aspect)
