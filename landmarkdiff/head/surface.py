"""One head in millimetres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.numerics import summed

__all__ = ["HeadSurface", "vertex_normals"]


@dataclass(frozen=True, eq=False)
class HeadSurface:
    """A head's mesh with its places.

    Attributes
    ----------
    topology : HeadTopology
    vertices : (V, 3) float64 array
        Millimetres in the face frame: x toward the patient's left, y up, z toward the camera,
        origin midway between the eyes.
    """

    topology: HeadTopology
    vertices: FloatArray

    def __post_init__(self) -> None:
        expected = (self.topology.vertex_count, 3)
        if self.vertices.shape != expected:
            raise ValueError(f"vertices must be {expected}, got {self.vertices.shape}")

    @cached_property
    def normals(self) -> FloatArray:
        """Unit normal of every vertex, outward: (V, 3)."""
        return vertex_normals(self.topology, self.vertices)

    @property
    def midline(self) -> FloatArray:
        """Places of the midsagittal profile, from the crown down: (n, 3) mm."""
        return np.asarray(self.vertices[self.topology.midline])

    def moved(self, displacement: FloatArray) -> HeadSurface:
        """Return the same head with every vertex displaced by (V, 3) mm."""
        return replace(self, vertices=self.vertices + displacement)

    @property
    def mirrored(self) -> HeadSurface:
        """The same head, left and right exchanged."""
        return replace(self, vertices=self.vertices[self.topology.mirror] * (-1.0, 1.0, 1.0))


def vertex_normals(topology: HeadTopology, vertices: FloatArray) -> FloatArray:
    """Return unit normals (V, 3), weighted by area; doubled vertices share theirs.

    A vertex that no triangle uses has none: 0.
    """
    corners = topology.joined
    first, second, third = np.take(vertices.T, corners, axis=1).transpose(1, 0, 2)
    a, b = second - first, third - first
    total = np.empty_like(vertices)
    for axis, (left, right) in enumerate(((1, 2), (2, 0), (0, 1))):
        weights = np.tile(a[left] * b[right] - a[right] * b[left], 3)
        total[:, axis] = np.bincount(corners.ravel(), weights, minlength=len(vertices))
    total = total[topology.twin]
    length = np.sqrt(summed(total * total))
    return np.asarray(total / np.maximum(length, 1e-12)[:, None])
