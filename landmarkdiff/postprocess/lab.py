"""Changing a picture in CIELAB without what two conversions and rounding would change."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, ImageArray

__all__ = ["lab_of", "shifted"]


def lab_of(picture: ImageArray) -> Float32Array:
    """CIELAB (D65; L 0 to 100) of an sRGB picture: (h, w, 3) uint8 to float32."""
    scaled = picture.astype(np.float32)
    scaled /= np.float32(255.0)
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)


def shifted(picture: ImageArray, change: Float32Array, *, colour_kept: bool = False) -> ImageArray:
    """Return a picture with its CIELAB values changed.

    The difference of two conversions is added to the picture itself, so a change of zero leaves
    every pixel as it is.

    Parameters
    ----------
    picture : (h, w, 3) uint8 array, RGB
    change : (h, w, 3) float32 array
        Added to L, a and b.
    colour_kept : bool
        Leave a pixel as it is where sRGB has no such colour, instead of taking the nearest.

    Returns
    -------
    (h, w, 3) uint8 array
    """
    lab = lab_of(picture)
    start = _rgb_of(lab)
    lab += change
    goal = _rgb_of(lab)
    moved = goal - start
    if colour_kept:
        # The conversion cuts what it cannot show to exactly 0 and 1.
        moved[((goal <= 0.0) | (goal >= 1.0)).any(axis=2)] = 0.0
    moved *= np.float32(255.0)
    moved += picture
    return np.asarray(np.rint(np.clip(moved, 0.0, 255.0)), np.uint8)


def _rgb_of(lab: Float32Array) -> Float32Array:
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.float32)
