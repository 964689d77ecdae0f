"""Which landmarks face the camera, from the mesh's own surface normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import topology

__all__ = ["facing"]

#: Cosine between normal and viewing direction below which a point counts as hidden. Points on
#: the outline of the face have a cosine about zero and are seen, so the limit lies below it.
FACING_LIMIT = -0.3


def facing(face: FaceLandmarks) -> NDArray[np.bool_]:
    """Tell for each of the 478 points whether its surface faces the camera.

    The normal of a point is the area-weighted mean over its triangles in the canonical mesh's
    connectivity; the irises count as their eye does. Self-occlusion (a cheek behind the nose)
    is not traced.

    Returns
    -------
    (478,) bool array
    """
    mesh = topology()
    points = face.points[: len(mesh.vertices_mm)] * (1.0, -1.0, -1.0)
    corners = points[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.zeros_like(points)
    for corner in range(3):
        np.add.at(summed, mesh.triangles[:, corner], normals)
    toward = summed[:, 2] / np.maximum(np.linalg.norm(summed, axis=1), 1e-9)
    seen = np.ones(len(face.points), np.bool_)
    seen[: len(points)] = toward > FACING_LIMIT
    seen[468:473] = seen[[33, 133]].any()
    seen[473:478] = seen[[263, 362]].any()
    return seen
