"""What holds skin of a head back from a plan."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import (
    KELOID_BLUR_SIGMA_MM,
    KELOID_FACTOR,
    KELOID_MARGIN_MM,
    keloid_hulls,
)
from landmarkdiff.head.landmark_map import LandmarkMap
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.manipulation.grid import polygon_distance, smoothstep
from landmarkdiff.manipulation.limits import PALSY_BAND_MM

__all__ = ["limits_on_head"]


def limits_on_head(surface: HeadSurface, points: LandmarkMap, flags: ClinicalFlags) -> FloatArray:
    """Return what the patient's flags leave of a displacement: (V,), 1 where they are silent.

    Parameters
    ----------
    surface : HeadSurface
    points : LandmarkMap
    flags : ClinicalFlags

    Notes
    -----
    The numbers are those of the limits on a photo (``manipulation/limits.py``); zones of a face
    are seen from in front.
    """
    left = np.ones(len(surface.vertices))
    if flags.bells_palsy:
        healthy = -1.0 if flags.bells_palsy_side == "left" else 1.0
        away = healthy * _beside_midline(surface)
        left *= smoothstep(away.astype(np.float32), -PALSY_BAND_MM, 0.0)
    if flags.keloid_prone:
        seen = surface.vertices[:, :2].astype(np.float32)
        inside = np.zeros(len(seen), np.float32)
        width = 1.7 * KELOID_BLUR_SIGMA_MM
        for hull in keloid_hulls(flags, points.points(surface.vertices)[:, :2]):
            into = polygon_distance(seen, hull)
            soft = smoothstep(into, -KELOID_MARGIN_MM - width, width - KELOID_MARGIN_MM)
            np.maximum(inside, soft, out=inside)
        left *= 1.0 - (1.0 - KELOID_FACTOR) * inside
    return left[surface.topology.twin]


def _beside_midline(surface: HeadSurface) -> FloatArray:
    """Distance of every vertex to the midline, positive on the patient's left: (V,), mm."""
    line = surface.midline
    order = np.argsort(line[:, 1])
    middle = np.interp(surface.vertices[:, 1], line[order, 1], line[order, 0])
    return np.asarray(surface.vertices[:, 0] - middle)
