"""What lies beyond the outline of the face: hair, neck and background.

No landmark lies there, and a spline that is read beyond its points swings: it would move hair and
background by more than the skin beside them. So beyond the outline everything goes along with the
nearest point of the outline, and less with every millimetre.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.grid import RegionGrid

__all__ = ["BeyondOutline", "FaceOutline", "face_outline"]

#: So far beyond the outline (mm) nothing moves any more.
REACH_MM = 18.0
#: Landmarks of the mesh without those of the irises.
_MESH = 468
#: So many cells beyond the outline go along whole: those between whose nodes a landmark of the
#: outline may lie.
_WHOLE_CELLS = 1.5


@dataclass(frozen=True, eq=False)
class FaceOutline:
    """The outline of a face in its photo.

    Attributes
    ----------
    polygon : (n, 2) float64 array
        Corners in turn, convex; pixels.
    reach : float
        So far beyond it nothing moves any more, pixels.
    """

    polygon: FloatArray
    reach: float

    def nearest(self, points: FloatArray) -> FloatArray:
        """Return the nearest places on the outline to points beyond it: (n, 2) pixels.

        Examples
        --------
        >>> square = FaceOutline(np.array([[0.0, 0], [4, 0], [4, 4], [0, 4]]), 10.0)
        >>> square.nearest(np.array([[2.0, -3], [6, 7]])).tolist()
        [[2.0, 0.0], [4.0, 4.0]]
        """
        x, y = np.ascontiguousarray(points.T, np.float64)
        found = np.empty((2, len(points)))
        least = np.full(len(points), np.inf)
        for (start_x, start_y), (edge_x, edge_y) in self._edges:
            along = (x - start_x) * edge_x + (y - start_y) * edge_y
            along /= edge_x**2 + edge_y**2
            np.minimum(np.maximum(along, 0.0, out=along), 1.0, out=along)
            place_x, place_y = start_x + along * edge_x, start_y + along * edge_y
            square = (x - place_x) ** 2 + (y - place_y) ** 2
            nearer = np.flatnonzero(square < least)
            least[nearer] = square[nearer]
            found[0, nearer], found[1, nearer] = place_x[nearer], place_y[nearer]
        return np.ascontiguousarray(found.T)

    def lies_beyond(self, points: FloatArray) -> BoolArray:
        """Whether points (n, 2) lie beyond the outline: (n,) bool."""
        x, y = np.ascontiguousarray(points.T, np.float64)
        beyond = np.zeros(len(points), np.bool_)
        for (start_x, start_y), (edge_x, edge_y) in self._edges:
            beyond |= edge_x * (y - start_y) - edge_y * (x - start_x) < 0.0
        return beyond

    @property
    def _edges(self) -> Iterator[tuple[FloatArray, FloatArray]]:
        """Start and way of each edge, one by one: NumPy is slow along short axes."""
        return zip(self.polygon, np.roll(self.polygon, -1, axis=0) - self.polygon, strict=True)


class BeyondOutline:
    """Where the splines of a warp are read for the nodes of its grid, and how much of it they take.

    Attributes
    ----------
    places : (rows * columns, 2) float64 array
        The nodes, and for those beyond the outline the nearest place on it; pixels.
    fade : (rows, columns) float32 array
        1 on the face, falling evenly to 0 at the outline's reach.
    outside : (rows, columns) bool array
        Nodes beyond the outline.
    """

    def __init__(self, outline: FaceOutline, grid: RegionGrid) -> None:
        nodes = grid.nodes.astype(np.float64)
        beyond = outline.lies_beyond(nodes)
        self.places = nodes.copy()
        self.places[beyond] = outline.nearest(nodes[beyond])
        away = np.hypot(*(nodes - self.places).T) - _WHOLE_CELLS * grid.step
        fade = 1.0 - np.maximum(away, 0.0) / outline.reach
        self.fade: Float32Array = np.maximum(fade, 0.0).astype(np.float32).reshape(grid.shape)
        self.outside: BoolArray = beyond.reshape(grid.shape)


def face_outline(face: FaceLandmarks, full: FloatArray) -> FaceOutline:
    """Return the outline of a face and of where a plan may bring it.

    Parameters
    ----------
    face : FaceLandmarks
    full : (478, 3) float64 array
        Displacement of the landmarks if every effect went to the end of its band, mm in the face
        frame.

    Examples
    --------
    >>> outline = face_outline(face, np.zeros((478, 3)))
    >>> nose, beside = face.points[4, :2], face.points[234, :2] - (20.0, 0.0)
    >>> outline.lies_beyond(np.array([nose, beside])).tolist()
    [False, True]
    """
    start = face.points[:_MESH, :2]
    both = np.concatenate([start, start + face.project(full)[:_MESH, :2]])
    # As the browser gets them: to single precision.
    hull = cv2.convexHull(both.astype(np.float32), clockwise=False)[:, 0].astype(np.float64)
    return FaceOutline(hull, REACH_MM / face.scale.mm_per_px)
