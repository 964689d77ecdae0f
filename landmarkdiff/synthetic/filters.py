"""Which photos teach something: sharp, large, uncovered faces, each once."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from landmarkdiff.analysis.judged import BLURRED_ABOVE_MM
from landmarkdiff.analysis.quality import cropped_sides, edge_blur_mm, surely_sharper
from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.refusals import refuse_eye_distance, refuse_unreliable

__all__ = ["ALIKE_BITS", "LeftOut", "fault_of", "likeness_of"]

#: Why a photo is left out.
LeftOut = Literal[
    "unreadable",
    "no_face",
    "too_small",
    "turned",
    "mesh_does_not_fit",
    "cut",
    "child",
    "blurred",
    "covered",
    "duplicate",
]
#: The square around the face is enlarged at most so much: more is blur.
MOST_ENLARGED = 1.5
#: Beyond these a training picture shows too little of the other side, degrees.
MOST_YAW_DEG, MOST_PITCH_DEG = 45.0, 30.0
#: Photos whose perceptual hashes differ in at most so many of 64 bits are one photo.
ALIKE_BITS = 4


def fault_of(image: ImageArray, face: FaceLandmarks, size: int) -> LeftOut | None:
    """Return why a photo with a face is left out, or None.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    face : FaceLandmarks
    size : int
        Side of the square that is cut out, pixels.
    """
    if size > MOST_ENLARGED * SquareCrop.around(face, None, size).side:
        return "too_small"
    if abs(face.pose.yaw) > MOST_YAW_DEG or abs(face.pose.pitch) > MOST_PITCH_DEG:
        return "turned"
    try:
        refuse_unreliable(face)
    except FaceUnusableError:
        return "mesh_does_not_fit"
    if cropped_sides(face):
        return "cut"
    try:
        refuse_eye_distance(face, ClinicalFlags())
    except FaceUnusableError:
        return "child"
    sharp = surely_sharper(image, face, BLURRED_ABOVE_MM)
    if not sharp and edge_blur_mm(image, face) > BLURRED_ABOVE_MM:
        return "blurred"
    prepared = PreparedFace(image, face)
    return None if prepared.frames() is None and prepared.covers().nothing else "covered"


def likeness_of(image: ImageArray) -> int:
    """Return the perceptual hash of a photo: 64 bits.

    Signs of the low frequencies of a small grey copy, against their median: another size, quality
    or brightness of a photo changes few of them.

    Parameters
    ----------
    image : (H, W, 3) uint8 array
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = cv2.dct(small)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return int(np.packbits(bits).view(">u8")[0])
