"""Where the 478 landmarks and the anatomical points lie on the head, read from data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.landmarks.pose import fit_pose, rotation_from

__all__ = ["LandmarkMap", "landmark_map"]

#: Lateral and medial canthi of both eyes; midway between them is the origin of the face frame.
_CANTHI = (33, 133, 362, 263)


@dataclass(frozen=True, eq=False)
class LandmarkMap:
    """Points of the surface by the triangle that they lie in.

    Attributes
    ----------
    vertices : (478, 3) int array
    weights : (478, 3) float64 array
        Barycentric.
    names : tuple of str
        The anatomical points, in the order of ``named_vertices``.
    named_vertices : (n, 3) int array
    named_weights : (n, 3) float64 array
    """

    vertices: IndexArray
    weights: FloatArray
    names: tuple[str, ...]
    named_vertices: IndexArray
    named_weights: FloatArray

    def points(self, places: FloatArray) -> FloatArray:
        """Return the 478 landmarks on a head's vertices: (478, 3), or (k, 478, 3) of many."""
        return _at(places, self.vertices, self.weights)

    def anatomical(self, places: FloatArray) -> dict[str, FloatArray]:
        """Return the anatomical points on a head's vertices, by name: (3,) each."""
        found = _at(places, self.named_vertices, self.named_weights)
        return dict(zip(self.names, found, strict=True))

    def in_face_frame(self, places: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Turn and move an upright head into the face frame; the turn is right-multiplied."""
        mine = self.points(places) * (1.0, -1.0, -1.0)  # as a camera straight ahead has them
        turn = rotation_from(
            0.0, fit_pose(mine).pitch, 0.0
        )  # a nod alone: the head is its own mirror
        turned = places @ turn
        origin = self.points(turned)[list(_CANTHI)].mean(axis=0)
        return turned - origin * (0.0, 1.0, 1.0), turn


def _at(places: FloatArray, vertices: IndexArray, weights: FloatArray) -> FloatArray:
    return np.asarray((places[..., vertices, :] * weights[..., None]).sum(axis=-2))


@cache
def landmark_map() -> LandmarkMap:
    """Return the map of the embedded head."""
    text = resources.files(__package__).joinpath("points.csv").read_text(encoding="utf-8")
    rows = [line.split(",") for line in text.splitlines()[1:]]
    vertices = np.array([row[1:4] for row in rows], np.intp)
    weights = np.array([row[4:6] for row in rows], np.float64)
    weights = np.column_stack([weights, 1.0 - weights.sum(axis=1)])
    numbered = [row[0].isdigit() for row in rows]
    count = sum(numbered)
    return LandmarkMap(
        vertices=vertices[:count],
        weights=weights[:count],
        names=tuple(row[0] for row in rows[count:]),
        named_vertices=vertices[count:],
        named_weights=weights[count:],
    )
