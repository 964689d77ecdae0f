"""Pictures put together of two: a straight seam that runs through the face."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["has_seam"]

#: The face's box is looked at this wide and high, pixels.
_SIDE = 256
#: A step across the seam is this large (CIELAB as OpenCV keeps it in bytes), and this many times
#: the usual step beside it.
_LEAST_STEP = 5.0
_OVER_USUAL = 3.0
#: Beside the seam, pixels of the reduced picture.
_BESIDE = 10
#: Share of the face along which a seam shows: the straightest contour of 28 photos reached 0.27,
#: the seam between two of them, put together at the bridge of the nose, 0.39 to 1.00.
_SEAM_SHARE = 0.33
#: It shows in every third of the face, unlike the edge of a plaster (0 to 0.05, not 0.11 and more),
#: and is the only such line, unlike the edges of a ruler or a mosaic: the next best has less than
#: this share of it (0.06 to 0.58 against 0.85 to 0.96).
_LEAST_THIRD = 0.1
_NEXT_BEST = 0.7
#: Lines nearer to each other than this are one, pixels of the reduced picture.
_ONE_LINE = 4


def has_seam(pixels: ImageArray, face: FaceLandmarks) -> bool:
    """Tell whether the face seems to be put together of two pictures.

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
        return False
    small = cv2.resize(part, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    return any(_is_seam(_steps(lab.transpose(axes))) for axes in ((2, 0, 1), (2, 1, 0)))


def _steps(lab: Float32Array) -> BoolArray:
    """Where a picture (3, h, w) steps from left to right, more than it does beside."""
    lab = np.ascontiguousarray(lab)
    square = np.zeros((_SIDE, _SIDE - 2), np.float32)
    for channel in lab:
        difference = channel[:, 2:] - channel[:, :-2]
        square += difference * difference
    step = np.sqrt(square)
    beside = cv2.blur(step, (2 * _BESIDE + 1, 1))
    clear = (step > _LEAST_STEP) & (step > _OVER_USUAL * beside)
    return np.asarray(clear[:, _BESIDE:-_BESIDE], np.bool_)


def _is_seam(steps: BoolArray) -> bool:
    """Whether one column of steps, and no other, runs through the whole height."""
    shares = steps.mean(axis=0)
    best = int(shares.argmax())
    others = shares.copy()
    others[max(best - _ONE_LINE, 0) : best + _ONE_LINE + 1] = 0.0
    least = min(third[:, best].mean() for third in np.array_split(steps, 3))
    return bool(
        shares[best] > _SEAM_SHARE
        and least > _LEAST_THIRD
        and others.max() < _NEXT_BEST * shares[best]
    )
