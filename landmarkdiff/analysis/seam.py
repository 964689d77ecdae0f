"""Pictures put together of two: a straight seam that runs through the face."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["has_seam", "straightest_step"]

#: The face's box is looked at this wide and high, pixels.
_SIDE = 256
#: A step across the seam is this large (CIELAB as OpenCV keeps it in bytes), and this many times
#: the usual step beside it.
_LEAST_STEP = 5.0
_OVER_USUAL = 3.0
#: Beside the seam, pixels of the reduced picture.
_BESIDE = 10
#: Share of the face along which a seam shows: the straightest contour of 28 photos reached 0.25,
#: the seam between two of them, put together at the bridge of the nose, 0.39 to 1.00.
_SEAM_SHARE = 0.33


def has_seam(pixels: ImageArray, face: FaceLandmarks) -> bool:
    """Tell whether the face seems to be put together of two pictures."""
    return straightest_step(pixels, face) > _SEAM_SHARE


def straightest_step(pixels: ImageArray, face: FaceLandmarks) -> float:
    """Return along what share of the face one upright or level line is a step, 0 to 1.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        RGB.
    face : FaceLandmarks
    """
    x, y, width, height = face.box
    left, top = max(int(x), 0), max(int(y), 0)
    part = pixels[top : int(y + height) + 1, left : int(x + width) + 1]
    if min(part.shape[:2]) < 2 * _BESIDE:
        return 0.0
    small = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    return max(_share(lab), _share(lab.transpose(1, 0, 2)))


def _share(lab: Float32Array) -> float:
    """The share of the rows in which the clearest column is a step."""
    step = np.linalg.norm(lab[:, 2:] - lab[:, :-2], axis=2)
    width = 2 * _BESIDE + 1
    beside = cv2.blur(step, (width, 1))
    clear = (step > _LEAST_STEP) & (step > _OVER_USUAL * beside)
    return float(clear[:, _BESIDE:-_BESIDE].mean(axis=0).max())
