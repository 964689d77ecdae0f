"""The ears stay: where the skin of the face ends at the ear, and the mask with it.

The mesh ends a few millimetres before the ear. On 26 ears of 13 people, by points set by hand, the
root of the ear lies within 3 mm of the line through these landmarks, mostly within 1 mm.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points, sides
from landmarkdiff.landmarks.visibility import slant
from landmarkdiff.manipulation.grid import polygon_distance, smoothstep

__all__ = ["beside_ears"]

#: The root of the right ear; its top and the lobe's end lie half way to the next landmarks.
_LINE = (127, 234, 93, 132)
_TOP, _LOBE = 162, 58
#: The line lies this far (mm) inside the mesh, and the mask dies out over the next ones.
INSET_MM = 2.0
FADE_MM = 4.0
#: The ear leads outward and back from there, over this length, and above and below it (mm).
LENGTH_MM = 50.0
BEYOND_MM = 9.0
_OUTWARD, _BACK = 0.6, -0.8
#: A side whose ear line is turned away by more than this cosine shows no ear.
LEAST_COSINE = -0.2


def beside_ears(face: FaceLandmarks, nodes: Float32Array) -> Float32Array:
    """What the ears leave of the mask at the nodes: (n,) float32, 0 on the ears, 1 on the face.

    Parameters
    ----------
    face : FaceLandmarks
    nodes : (n, 2) float32 array
        Pixels.

    Examples
    --------
    >>> line, cheek = face.points[[93, 50], :2].astype(np.float32)
    >>> beside_ears(face, np.stack([line - (10, 0), cheek]).astype(np.float32)).tolist()
    [0.0, 1.0]
    """
    left = np.ones(len(nodes), np.float32)
    px = 1.0 / face.scale.mm_per_px
    for region in _regions(face):
        reach = FADE_MM * px
        low, high = region.min(axis=0) - reach, region.max(axis=0) + reach
        near = np.flatnonzero(((nodes >= low) & (nodes <= high)).all(axis=1))
        away = -polygon_distance(nodes[near], region)
        left[near] = np.minimum(left[near], smoothstep(away, 0.0, reach))
    return left


def _regions(face: FaceLandmarks) -> list[FloatArray]:
    """The ears in the picture, as polygons, pixels; none where the face hides one."""
    found = []
    for mirrored in (False, True):
        top, *line, lobe = (_TOP, *_LINE, _LOBE)
        if mirrored:
            top, *line, lobe = mirror_points((top, *line, lobe))
        if slant(face)[line].mean() < LEAST_COSINE:
            continue
        points, side = face.points_mm, float(sides()[top])
        ends = [points[[top, line[0]]].mean(axis=0), points[[line[-1], lobe]].mean(axis=0)]
        root = np.vstack([ends[0], points[line], ends[1]]) - (side * INSET_MM, 0.0, 0.0)
        far = root + LENGTH_MM * np.array([side * _OUTWARD, 0.0, _BACK])
        far[0, 1] += BEYOND_MM
        far[-1, 1] -= BEYOND_MM
        region = face.project(np.vstack([root, far[::-1]]) - points[top]) + face.points[top]
        found.append(np.asarray(region[:, :2], np.float64))
    return found
