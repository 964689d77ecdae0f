"""How far the grid of a warp has to reach, so that it holds the folds that soften."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import FOLD_LINES, mirror_points
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["around_folds"]

#: The grid goes this much farther than a fold's shadow may reach from where the fold may lie (mm).
BEYOND_MM = 14.0


def around_folds(plan: SurgicalPlan, face: FaceLandmarks) -> FloatArray:
    """Corners around the folds whose depth a plan changes, pixels: (n, 2), mostly none."""
    corners = [np.empty((0, 2))]
    for item in plan.effects:
        if item.effect.fold is not None:
            own = list(FOLD_LINES[item.effect.fold])
            points = face.points[own + mirror_points(own), :2]
            reach = (item.effect.falloff_mm + BEYOND_MM) / face.scale.mm_per_px
            corners += [points - reach, points + reach]
    return np.concatenate(corners)
