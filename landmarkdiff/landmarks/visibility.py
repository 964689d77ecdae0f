"""Which landmarks face the camera, from the mesh's own surface normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import topology

__all__ = ["facing", "is_turned", "slant"]

#: Cosine between normal and viewing direction below which a point counts as hidden. Points on
#: the outline of the face have a cosine about zero and are seen, so the limit lies below it.
FACING_LIMIT = -0.3
#: Nearer surfaces are looked for in faces turned or tilted by more than this (degrees); they
#: cover a point when they lie in front of it by more than this (mm).
TRACED_ABOVE_DEG = 12.0
COVERED_MM = 2.0


def facing(face: FaceLandmarks) -> NDArray[np.bool_]:
    """Tell for each of the 478 points whether its surface faces the camera.

    The normal of a point is the area-weighted mean over its triangles in the canonical mesh's
    connectivity; the irises count as their eye does. In a turned face, points that a nearer part
    of the mesh covers (the far cheek behind the nose) are hidden too.

    Returns
    -------
    (478,) bool array
    """
    mesh = topology()
    points = face.points[: len(mesh.vertices_mm)] * (1.0, -1.0, -1.0)
    seen = np.ones(len(face.points), np.bool_)
    seen[: len(points)] = slant(face)[: len(points)] > FACING_LIMIT
    if is_turned(face):
        depth = COVERED_MM / face.scale.mm_per_px
        seen[: len(points)] &= ~_covered(points, mesh.triangles, depth)
    seen[468:473] = seen[[33, 133]].any()
    seen[473:478] = seen[[263, 362]].any()
    return seen


def slant(face: FaceLandmarks) -> NDArray[np.float64]:
    """Cosine between surface normal and viewing direction at each landmark, (478,).

    1 where the surface faces the camera, 0 on the outline; the irises count as 1.
    """
    mesh = topology()
    points = face.points[: len(mesh.vertices_mm)] * (1.0, -1.0, -1.0)
    corners = points[mesh.triangles]
    first, second, third = corners.swapaxes(0, 1)
    normals = np.cross(second - first, third - first)
    summed = np.zeros_like(points)
    for corner in range(3):
        np.add.at(summed, mesh.triangles[:, corner], normals)
    cosine = np.ones(len(face.points))
    cosine[: len(points)] = summed[:, 2] / np.maximum(np.linalg.norm(summed, axis=1), 1e-9)
    return cosine


def is_turned(face: FaceLandmarks) -> bool:
    """Whether the face is turned or tilted so far that parts of it can cover others."""
    return max(abs(face.pose.yaw), abs(face.pose.pitch)) > TRACED_ABOVE_DEG


def _covered(
    points: NDArray[np.float64], triangles: NDArray[np.intp], depth: float
) -> NDArray[np.bool_]:
    """Points (n, 3; x, y, z toward the camera) with a triangle in front by more than ``depth``."""
    a, b, c = (points[triangles[:, corner]] for corner in range(3))
    u, v = (b - a)[:, :2], (c - a)[:, :2]
    area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
    area = np.where(np.abs(area) < 1e-9, np.inf, area)
    to = points[:, None, :2] - a[None, :, :2]
    first = (to[..., 0] * v[:, 1] - to[..., 1] * v[:, 0]) / area
    second = (to[..., 1] * u[:, 0] - to[..., 0] * u[:, 1]) / area
    inside = (first >= 0) & (second >= 0) & (first + second <= 1)
    height = a[:, 2] + first * (b - a)[:, 2] + second * (c - a)[:, 2]
    return np.asarray((inside & (height > points[:, None, 2] + depth)).any(axis=1))
