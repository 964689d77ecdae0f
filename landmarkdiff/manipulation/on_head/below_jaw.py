"""The skin below the jaw, which goes along with its border.

No landmark lies there. Left where it is while a chin goes back, it would turn the lower side of the
chin toward the camera right at its border, and light a bright rim on what lies in the shade.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.landmark_map import LandmarkMap
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.grid import smoothstep

__all__ = ["follows_border"]

#: Border of the jaw from the angle to the menton: the outline of the mesh, on the patient's right.
_BORDER = (58, 172, 136, 150, 149, 176, 148, 152)
#: Skin within the first of these distances from the border (mm) goes all the way with it, beyond
#: the second as before: about half the way to the hyoid, and all of it.
WITH_BORDER_MM = (8.0, 25.0)
#: Skin counts as below the border also where it lies so far in front of its nearest point, mm.
_IN_FRONT_MM = 2.0
#: Points of the border count by how much farther than the nearest they are: standard deviation, mm.
_SPREAD_MM = 3.0


def follows_border(
    surface: HeadSurface, points: LandmarkMap, on_mesh: FloatArray, shares: FloatArray
) -> FloatArray:
    """Return shares (V, m) in which skin below the border of the jaw takes those of the border.

    Parameters
    ----------
    surface : HeadSurface
    points : LandmarkMap
    on_mesh : (478, m) float64 array
        What every landmark takes of each handle's displacement.
    shares : (V, m) float64 array
        What every vertex does; those that a landmark lies on keep theirs.
    """
    border = np.unique([*_BORDER, *mirror_points(_BORDER)])
    result = shares.copy()
    if not on_mesh[border].any():
        return result
    line = points.points(surface.vertices)[border]
    below, away = _below(surface, line, np.unique(points.vertices))
    least = away.min(axis=1)
    part = 1.0 - smoothstep(least.astype(np.float32), *WITH_BORDER_MM).astype(np.float64)
    weights = np.exp(-0.5 * ((away - least[:, None]) / _SPREAD_MM) ** 2)
    weights /= weights.sum(axis=1, keepdims=True)
    result[below] += part[:, None] * (weights @ on_mesh[border] - shares[below])
    return result


def _below(
    surface: HeadSurface, line: FloatArray, met: IndexArray
) -> tuple[IndexArray, FloatArray]:
    """Skin (k,) below a line (b, 3), without ``met``, and its distance from each point, (k, b)."""
    places, topology = surface.vertices, surface.topology
    free = np.zeros(len(places), np.bool_)
    free[topology.parts["skin"]] = True
    free[topology.twin[met]] = False
    reach = WITH_BORDER_MM[1]
    free &= ((places > line.min(axis=0) - reach) & (places < line.max(axis=0) + reach)).all(axis=1)
    near = np.flatnonzero(free)
    away = np.linalg.norm(places[near, None] - line, axis=2)
    nearest = line[away.argmin(axis=1)]
    own = places[near]
    under = (own[:, 1] < nearest[:, 1]) & (own[:, 2] < nearest[:, 2] + _IN_FRONT_MM)
    return near[under], away[under]
