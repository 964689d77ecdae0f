"""The five points of a face by which it is brought to the square that a network knows."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES, LANDMARK_REGIONS

__all__ = ["FIVE_GROUPS", "five_points"]

#: Of the landmarks along the midline, this one leaves the least residual (5 pixels of a square
#: of 512, root mean square over 13 frontal faces).
NOSE_TIP = 1
#: Landmarks whose means are the five points: eyes, tip of the nose, corners of the mouth.
FIVE_GROUPS: tuple[tuple[int, ...], ...] = (
    *(tuple(LANDMARK_REGIONS[name]) for name in ("right_eye", "left_eye")),
    (NOSE_TIP,),
    *((point,) for point in LANDMARK_LINES["mouth_corners"]),
)


def five_points(face: FaceLandmarks) -> FloatArray:
    """Return eyes, tip of the nose and corners of the mouth, the patient's right first.

    An eye is the middle of its lid contour, which follows the gaze less than an iris
    (docs/concepts/identity.md).

    Returns
    -------
    (5, 2) float64 array
        Pixels.

    Examples
    --------
    >>> five_points(face).shape
    (5, 2)
    """
    return np.array([face.points[list(group), :2].mean(axis=0) for group in FIVE_GROUPS])
