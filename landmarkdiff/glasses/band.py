"""The eye band: the part of the photo where a spectacle frame can be, resampled once.

The band is a small picture: x along the eye line toward the patient's left, y down, the origin
midway between the canthi, 3 pixels per unit; one unit is 1/90 of the outer canthal width, about
a millimetre.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES

__all__ = [
    "BAND_ORIGIN",
    "BAND_PX",
    "BAND_SHAPE",
    "band_matrix",
    "eye_area",
    "eye_band",
    "make_colour_tables",
    "to_band",
]

FloatArray = NDArray[np.float32]

#: Pixels per unit.
BAND_PX = 3.0
#: Top-left corner of the band, units; its columns lie alike on both sides of the midline.
BAND_ORIGIN = (-431.0 / 6.0, -36.0)
#: Height and width of the band, pixels.
BAND_SHAPE = (234, 432)
#: CIELAB of OpenCV's 8-bit codes: (1, 256, 3).
_CODES = np.arange(256, dtype=np.float32)
_LAB_CODES = np.stack([_CODES * 100.0 / 255.0, _CODES - 128.0, _CODES - 128.0], axis=1)[None]
#: Around the lid margins, units: lids, lashes and crease are no frame.
_LID_MARGIN = 2.5


@cache
def make_colour_tables() -> None:
    """Have OpenCV make its tables of CIELAB, which takes it 0.15 s at first use."""
    cv2.cvtColor(np.zeros((1, 1, 3), np.uint8), cv2.COLOR_RGB2Lab)


def band_matrix(face: FaceLandmarks) -> NDArray[np.float64]:
    """(2, 3): eye band pixels to photo pixels."""
    right, left = face.points[33, :2], face.points[263, :2]
    turn = np.cos(np.radians(min(abs(face.pose.yaw), 60.0)))
    along = (left - right) / np.hypot(*(left - right))
    unit = np.hypot(*(left - right)) / (90.0 * turn)
    axes = np.stack([along, [-along[1], along[0]]], axis=1) * unit
    corner = face.origin_px[:2] + axes @ BAND_ORIGIN
    return np.column_stack([axes / BAND_PX, corner])


def to_band(points: NDArray[np.float64], to_image: NDArray[np.float64]) -> FloatArray:
    """Photo points (n, 2) in pixels to band units."""
    local = np.linalg.solve(to_image[:, :2], (points - to_image[:, 2]).T).T
    return np.asarray(local / BAND_PX + BAND_ORIGIN, dtype=np.float32)


def eye_band(pixels: ImageArray, to_image: NDArray[np.float64]) -> FloatArray:
    """Resample the photo into the eye band: (h, w, 3) float32 CIELAB, slightly smoothed."""
    width, height = BAND_SHAPE[1], BAND_SHAPE[0]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ to_image[:, :2].T
    corners += to_image[:, 2]
    limit = np.array(pixels.shape[1::-1])
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - 2, 0, limit - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 3, low + 1, limit)
    step = float(np.hypot(*to_image[:, 0]))
    # A photo much finer than the band is thinned first, so that the cost does not grow with it.
    thin = max(1, int(step / 2.0))
    crop = pixels[low[1] : high[1] : thin, low[0] : high[0] : thin]
    shrink = max(1.0, step / thin)
    if shrink > 1.25:
        size = (max(1, round(crop.shape[1] / shrink)), max(1, round(crop.shape[0] / shrink)))
        small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA)
    else:
        small = np.ascontiguousarray(crop)
    factor = np.array([small.shape[1] / crop.shape[1], small.shape[0] / crop.shape[0]]) / thin
    matrix = to_image.copy()
    matrix[:, 2] -= low
    matrix *= factor[:, None]
    band = cv2.warpAffine(
        small,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # All in 8 bits, which is several times as fast; what is looked for spans many pixels.
    smooth = cv2.GaussianBlur(band, (0, 0), 0.35 * BAND_PX)
    return np.asarray(cv2.LUT(cv2.cvtColor(smooth, cv2.COLOR_RGB2Lab), _LAB_CODES), np.float32)


def eye_area(face: FaceLandmarks, to_image: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Band pixels of both eyes with their lids, as 0 or 1."""
    area = np.zeros(BAND_SHAPE, np.uint8)
    for name in ("right_eye", "left_eye"):
        ring = list(LANDMARK_LINES[name])
        outline = (to_band(face.points[ring, :2], to_image) - BAND_ORIGIN) * BAND_PX
        cv2.fillPoly(area, [np.round(outline).astype(np.int32)], 1)
    around = round(2 * _LID_MARGIN * BAND_PX)
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))
    return np.asarray(cv2.dilate(area, disk), dtype=np.uint8)
