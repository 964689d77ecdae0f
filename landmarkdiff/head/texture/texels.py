"""Which point of the surface every pixel of the texture is of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.topology import HeadTopology

__all__ = ["Texels", "texels"]


@dataclass(frozen=True, eq=False)
class Texels:
    """The covered pixels of a texture ("texels"), in the order of their places.

    Attributes
    ----------
    size : int
        Width and height of the texture.
    place : (n,) int array
        Row * size + column.
    triangle : (n,) int array
    corners : (n, 3) int32 array
        Vertices of the triangle.
    weights : (n, 3) float32 array
        Barycentric.
    """

    size: int
    place: IndexArray
    triangle: IndexArray
    corners: NDArray[np.int32]
    weights: Float32Array

    def only(self, chosen: BoolArray) -> Texels:
        """Return some of the texels, by a (n,) mask."""
        which = np.flatnonzero(chosen)
        return Texels(
            self.size,
            self.place[which],
            self.triangle[which],
            self.corners.take(which, axis=0),
            self.weights.take(which, axis=0),
        )

    def at(self, values: FloatArray) -> Float32Array:
        """Return values of the vertices, (V, k), at every texel: (n, k)."""
        held = np.asarray(values, np.float32)
        out = held[self.corners[:, 0]] * self.weights[:, :1]
        out += held[self.corners[:, 1]] * self.weights[:, 1:2]
        out += held[self.corners[:, 2]] * self.weights[:, 2:]
        return np.asarray(out, np.float32)


def texels(topology: HeadTopology, size: int) -> Texels:
    """Return the texels of a head's texture."""
    places = topology.uv * size - 0.5
    corners = places[topology.triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    (first_x, first_y), (second_x, second_y) = first.T, second.T
    turn = first_x * second_y - first_y * second_x
    # The depth buffer draws what runs counter-clockwise; a part may lie the other way up.
    triangles = np.where(turn[:, None] < 0.0, topology.triangles, topology.triangles[:, ::-1])
    drawn = rasterize(places, np.zeros(len(places)), triangles, size, size)
    covered = np.flatnonzero(drawn.covered)
    triangle = drawn.triangle.ravel()[covered]
    return Texels(
        size=size,
        place=covered,
        triangle=triangle,
        corners=triangles[triangle].astype(np.int32),
        weights=drawn.weights.reshape(-1, 3)[covered].astype(np.float32),
    )
