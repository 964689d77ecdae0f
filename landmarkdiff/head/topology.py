"""What all heads of one model share: triangles, texture coordinates, parts, mirror partners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.numerics import unique_rows

__all__ = ["HeadTopology"]


@dataclass(frozen=True, eq=False)
class HeadTopology:
    """The mesh of a head without its places.

    Attributes
    ----------
    triangles : (T, 3) int array
        Counter-clockwise seen from outside.
    uv : (V, 2) float64 array
        Texture coordinates in [0, 1], the second one downward.
    twin : (V,) int array
        Vertices on a seam of the texture are doubled: the first of those that share one place.
    mirror : (V,) int array
        Mirror partner of every vertex on the other side of the face.
    parts : mapping of str to int array
        Vertices of ``skin``, ``left_eye``, ``right_eye``, ``upper_teeth``, ``lower_teeth``,
        ``tongue``, and of the regions of the skin ``left_ear``, ``right_ear``, ``upper_lip``,
        ``lower_lip``, ``nose`` and ``inside`` (of mouth and lids).
    midline : int array
        Vertices of the midsagittal profile from the crown over nose and lips down the neck.
    """

    triangles: IndexArray
    uv: FloatArray
    twin: IndexArray
    mirror: IndexArray
    parts: Mapping[str, IndexArray] = field(default_factory=dict)
    midline: IndexArray = field(default_factory=lambda: np.empty(0, np.intp))

    @property
    def vertex_count(self) -> int:
        """Vertices, doubled ones included."""
        return len(self.uv)

    @cached_property
    def joined(self) -> IndexArray:
        """First, second and third corner of every triangle between first twins: (3, T)."""
        return np.ascontiguousarray(self.twin[self.triangles].T)

    @cached_property
    def edges(self) -> IndexArray:
        """Every edge once, (E, 2), between first twins."""
        corners = self.twin[self.triangles]
        pairs = np.concatenate([corners[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
        return unique_rows(np.sort(pairs, axis=1))

    def triangles_of(self, *parts: str) -> IndexArray:
        """Return the indices of the triangles that lie wholly in the named parts."""
        inside = np.zeros(self.vertex_count, np.bool_)
        for part in parts:
            inside[self.parts[part]] = True
        return np.flatnonzero(inside[self.triangles].all(axis=1))
