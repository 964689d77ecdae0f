"""How much a picture differs from its source: by structural similarity, and by registration."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.evaluation.pictures import ssim_map

__all__ = ["moved_amplitude", "ssim_amplitude"]

#: Outer corners of the eyes in the markup.
_RIGHT_CORNER, _LEFT_CORNER = 36, 45


def ssim_amplitude(source: ImageArray, picture: ImageArray) -> float:
    """Return 1 minus the structural similarity: what the paper takes for the amplitude.

    Light, sharpness and noise count as much as movement.
    """
    return float(1.0 - ssim_map(source, picture).mean())


def moved_amplitude(
    source: ImageArray, picture: ImageArray, points: FloatArray, seen: BoolArray
) -> float:
    """Return how far the skin at the landmarks has moved, in distances of the outer eye corners.

    A dense flow (DIS, Kroeger et al. 2016) says where what lies at the source's landmarks has
    gone. Another light moves nothing.

    Parameters
    ----------
    source, picture : (H, W, 3) uint8 array
    points : (68, 2) array
        Landmarks of the source, pixels.
    seen : (68,) bool array
        Points that count.
    """
    greys = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in (source, picture)]
    method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = method.calc(greys[0], greys[1], np.zeros((*greys[0].shape, 2), np.float32))
    height, width = greys[0].shape
    places = np.clip(np.rint(points[seen]).astype(np.intp), 0, (width - 1, height - 1))
    steps = np.asarray(flow[places[:, 1], places[:, 0]], np.float64)
    return _in_eye_distances(steps, points)


def wanted_amplitude(points: FloatArray, target: FloatArray, seen: BoolArray) -> float:
    """Return how far the landmarks were to move, in the same measure."""
    return _in_eye_distances((target - points)[seen], points)


def _in_eye_distances(steps: FloatArray, points: FloatArray) -> float:
    eyes = float(np.linalg.norm(points[_LEFT_CORNER] - points[_RIGHT_CORNER]))
    return float(np.linalg.norm(steps, axis=1).mean() / max(eyes, 1e-9))
