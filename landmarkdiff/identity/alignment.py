"""A face brought to the template of the recognition networks."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.five_points import five_points

__all__ = ["ALIGNED_PX", "TEMPLATE_PX", "align"]


#: Side of the aligned face, pixels, and where its five points lie: the right eye of the
#: patient, the left one, tip of the nose, corners of the mouth. Both networks were trained on
#: this template (insightface ``face_align.py``; OpenCV ``face_recognize.cpp``).
ALIGNED_PX = 112
TEMPLATE_PX = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)


def align(image: ImageArray, face: FaceLandmarks) -> ImageArray:
    """Bring a face to the template of the recognition networks.

    Parameters
    ----------
    image : (H, W, 3) uint8 array, RGB
    face : FaceLandmarks

    Returns
    -------
    (112, 112, 3) uint8 array
        RGB, turned upright and scaled as a similarity; black where the photo ends.

    Examples
    --------
    >>> align(portrait, face).shape
    (112, 112, 3)
    """
    points = five_points(face)
    turn, shift = _similarity(points, TEMPLATE_PX)
    factor = max(int(1.0 / abs(turn)), 1)
    # Only what the template can show, and shrunk by whole pixels first: no aliasing.
    corners = (np.array([0, ALIGNED_PX, 1j * ALIGNED_PX, ALIGNED_PX * (1 + 1j)]) - shift) / turn
    limit = np.array(image.shape[1::-1])
    low = np.floor([corners.real.min(), corners.imag.min()]).astype(int) - 2 * factor
    high = np.ceil([corners.real.max(), corners.imag.max()]).astype(int) + 2 * factor
    low, high = np.clip(low, 0, limit - 1), np.clip(high, 1, limit)
    low, high = np.minimum(low, high - 1), np.maximum(high, low + 1)
    factor = int(min(factor, *(high - low)))
    count = (high - low) // factor
    part = image[low[1] : low[1] + count[1] * factor, low[0] : low[0] + count[0] * factor]
    if factor > 1:
        part = cv2.resize(part, count.tolist(), interpolation=cv2.INTER_AREA).astype(np.uint8)
    turn, shift = _similarity((points - low + 0.5) / factor - 0.5, TEMPLATE_PX)
    to_template = np.array(
        [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]
    )
    aligned = cv2.warpAffine(part, to_template, (ALIGNED_PX, ALIGNED_PX), flags=cv2.INTER_LINEAR)
    return np.asarray(aligned, np.uint8)


def _similarity(points: FloatArray, goal: FloatArray) -> tuple[complex, complex]:
    """Return turn and shift that carry points (n, 2) to their goals best, as complex numbers."""
    start, end = (values @ (1.0, 1j) for values in (points, goal))
    start_off, end_off = start - start.mean(), end - end.mean()
    turn = complex((start_off.conj() * end_off).sum() / (np.abs(start_off) ** 2).sum())
    return turn, complex(end.mean() - turn * start.mean())
