"""Left/right asymmetry, free of head roll and of the choice of a midline point.

The mesh is mirrored, its points exchanged with their partners, and the result laid back on the
mesh by the rigid motion that fits best; what remains between each point and its mirrored
partner is asymmetry. Fitting the motion is fitting the midline plane to all pairs at once, so
head roll and errors of the pose cancel. Depth is used for the fit and left out of the
distances, because one photo does not show it.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from landmarkdiff.arguments import checked, instance_of
from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, topology

__all__ = ["asymmetry_mm", "mirror_residual_mm"]


@checked(face=instance_of(FaceLandmarks))
def mirror_residual_mm(face: FaceLandmarks) -> FloatArray:
    """Return the distance of each point from its mirrored partner, in the coronal plane.

    Parameters
    ----------
    face : FaceLandmarks

    Returns
    -------
    (478,) float64 array
        Millimetres; to a few micrometres the same for the two points of a pair.

    Examples
    --------
    >>> residual = mirror_residual_mm(face)
    >>> residual.shape
    (478,)
    >>> bool(abs(residual[33] - residual[263]) < 0.001)  # the lateral canthi, a pair
    True
    """
    points = face.points_mm
    mirrored = points[topology().mirror] * (-1.0, 1.0, 1.0)
    centre, mirrored_centre = points.mean(axis=0), mirrored.mean(axis=0)
    # Kabsch: the rotation that lays the mirrored mesh on the mesh.
    u, _, vt = np.linalg.svd((mirrored - mirrored_centre).T @ (points - centre))
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    laid = (mirrored - mirrored_centre) @ (u @ flip @ vt) + centre
    difference = (points - laid)[:, :2]
    return np.asarray(np.sqrt((difference * difference).sum(axis=1)))


@cache
def _group_points(groups: tuple[str, ...]) -> tuple[int, ...]:
    """Points of the groups, pairs on both sides; without groups every paired point."""
    if groups:
        return tuple(sorted({p for name in groups for p in ANATOMICAL_GROUPS[name].points}))
    mirror = topology().mirror
    return tuple(int(p) for p in np.flatnonzero(mirror != np.arange(mirror.size)))


def asymmetry_mm(face: FaceLandmarks, groups: tuple[str, ...] = ()) -> float:
    """Mean distance between points and their mirrored partners, millimetres.

    Parameters
    ----------
    face : FaceLandmarks
    groups : tuple of str
        Names of anatomical groups; none for the whole face.
    """
    return float(mirror_residual_mm(face)[list(_group_points(groups))].mean())
