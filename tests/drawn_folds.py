"""A drawn head without folds, and folds of known depth drawn on it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.head import HeadCamera, head_model
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.topology import FOLD_LINES, mirror_points
from landmarkdiff.manipulation.shading import coded, linear_light

PX = 2.4
SIZE = (560, 480)
LOOK = Look(SKINS[1], light=(0.2, 0.6, 0.75), shine=0.0, noise=1.5)
#: Standard deviation of a drawn fold across its line, mm.
WIDE_MM = 1.3


def with_fold(
    picture: ImageArray,
    face: FaceLandmarks,
    depth: float,
    *,
    name: str = "nasolabial_fold",
    side: str = "right",
    beside_mm: float = 0.0,
    colour: tuple[float, float, float] = (0.9, 1.0, 1.15),
) -> ImageArray:
    """Draw a fold: along its line of landmarks, or beside it, the light is less by ``depth``.

    ``depth`` is that of the logarithm of light, of which each colour has its share.
    """
    own = list(FOLD_LINES[name])
    points = face.points[own if side == "right" else mirror_points(own), :2]
    away = distance(picture.shape, points, beside_mm / face.scale.mm_per_px)
    valley = np.exp(-0.5 * (away * face.scale.mm_per_px / WIDE_MM) ** 2)
    light = linear_light()[picture] * np.exp(-depth * valley[..., None] * np.array(colour))
    return coded(light.astype(np.float32))


def distance(shape: tuple[int, ...], points: FloatArray, beside: float = 0.0) -> FloatArray:
    """Distance of every pixel from a line through points, moved down by so many pixels."""
    rows, columns = np.indices(shape[:2])
    pixels = np.stack([columns, rows - beside], axis=-1).astype(np.float64)
    least = np.full(shape[:2], np.inf)
    for start, end in pairwise(points):
        way = end - start
        share = np.clip(((pixels - start) @ way) / (way @ way), 0.0, 1.0)
        least = np.minimum(least, np.linalg.norm(pixels - start - share[..., None] * way, axis=-1))
    return least


def drawn(identity: dict[str, float], look: Look = LOOK) -> ImageArray:
    """Draw a head with these shares of the model's directions: (560, 480, 3) uint8 RGB."""
    camera = HeadCamera.turned(0.0, px_per_mm=PX, shift=(SIZE[1] / 2, SIZE[0] * 0.42))
    model = head_model()
    return portrait(model, model.surface(identity), camera, look, SIZE)


def landmarks_of(picture: ImageArray, detector: LandmarkDetector) -> FaceLandmarks:
    """Landmarks of a drawn head, with the true scale."""
    return detector.extract(picture, passes=4).with_scale(Scale(1.0 / PX, 0.02, "ruler"))
