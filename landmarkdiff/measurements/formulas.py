"""Formulas on face-frame points: batches of (N, k, 3) millimetres in, (N,) values out.

Face frame: x toward the patient's left, y up, z toward the camera. *Coronal* drops z, as a
frontal photo does; *sagittal* drops x, as a profile photo does. The batch holds the measured
points first and, after them, the same points with one source of error at a time put in, so a
formula is called once for the value and all of its uncertainty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from landmarkdiff.arrays import FloatArray

__all__ = ["FORMULAS", "Formula"]

Formula = Callable[[FloatArray], FloatArray]


def _length(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt((vectors * vectors).sum(axis=-1)))


def _angle_deg(a: FloatArray, b: FloatArray) -> FloatArray:
    """Unsigned angle between plane vectors (N, 2), degrees."""
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return np.asarray(np.degrees(np.arctan2(np.abs(cross), (a * b).sum(axis=-1))))


def coronal_distance(p: FloatArray) -> FloatArray:
    """Distance between points 0 and 1 in the coronal plane, mm."""
    return _length(p[:, 1, :2] - p[:, 0, :2])


def distance_ratio(p: FloatArray) -> FloatArray:
    """Coronal distance 0-1 divided by coronal distance 2-3, a ratio without unit."""
    return coronal_distance(p[:, 0:2]) / coronal_distance(p[:, 2:4])


def _curve_y(p: FloatArray, x: FloatArray) -> FloatArray:
    """Height at ``x`` of the parabola through three points (N, 3, 3), mm."""
    (x0, y0), (x1, y1), (x2, y2) = ((p[:, i, 0], p[:, i, 1]) for i in range(3))
    return np.asarray(
        y0 * (x - x1) * (x - x2) / ((x0 - x1) * (x0 - x2))
        + y1 * (x - x0) * (x - x2) / ((x1 - x0) * (x1 - x2))
        + y2 * (x - x0) * (x - x1) / ((x2 - x0) * (x2 - x1))
    )


def height_above(p: FloatArray) -> FloatArray:
    """Height of the curve through points 1-3 straight above point 0, mm."""
    return np.asarray(_curve_y(p[:, 1:4], p[:, 0, 0]) - p[:, 0, 1])


def depth_below(p: FloatArray) -> FloatArray:
    """Depth of the curve through points 1-3 straight below point 0, mm."""
    return -height_above(p)


def fissure_height(p: FloatArray) -> FloatArray:
    """Upper lid (1-3) to lower lid (4-6) through point 0, mm."""
    return np.asarray(
        _curve_y(p[:, 1:4], p[:, 0, 0]) - _curve_y(p[:, 4:7], p[:, 0, 0]), dtype=np.float64
    )


def canthal_tilt(p: FloatArray) -> FloatArray:
    """Elevation of the lateral canthus (1) over the line of the medial ones (0, 2), degrees.

    Positive when the lateral canthus is the higher one; free of head roll, because the line
    through both medial canthi is the horizontal.
    """
    outward = p[:, 0, :2] - p[:, 2, :2]
    fissure = p[:, 1, :2] - p[:, 0, :2]
    side = np.sign(outward[:, 0])
    cross = outward[:, 0] * fissure[:, 1] - outward[:, 1] * fissure[:, 0]
    return np.asarray(np.degrees(np.arctan2(side * cross, (outward * fissure).sum(axis=-1))))


def sagittal_angle(p: FloatArray) -> FloatArray:
    """Angle at point 1 between points 0 and 2 in the sagittal plane, degrees."""
    return _angle_deg(p[:, 0, 1:] - p[:, 1, 1:], p[:, 2, 1:] - p[:, 1, 1:])


def sagittal_bend(p: FloatArray) -> FloatArray:
    """Bend of the profile line 0-1-2 at point 1 (180 degrees minus its angle), degrees."""
    return 180.0 - sagittal_angle(p)


def goode_ratio(p: FloatArray) -> FloatArray:
    """Tip projection over nasal length: nasion 0, tip 1, alar grooves 2 and 3.

    The projection is the distance of the tip from the line nasion to alar groove, in the
    sagittal plane (Goode); the two grooves are averaged.
    """
    nasion, tip = p[:, 0, 1:], p[:, 1, 1:]
    base = 0.5 * (p[:, 2, 1:] + p[:, 3, 1:]) - nasion
    dorsum = tip - nasion
    cross = base[:, 0] * dorsum[:, 1] - base[:, 1] * dorsum[:, 0]
    return np.asarray(np.abs(cross) / _length(base) / _length(dorsum))


FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        function.__name__: function
        for function in (
            coronal_distance,
            distance_ratio,
            height_above,
            depth_below,
            fissure_height,
            canthal_tilt,
            sagittal_angle,
            sagittal_bend,
            goode_ratio,
        )
    }
)
