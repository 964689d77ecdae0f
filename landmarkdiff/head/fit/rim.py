"""The rim of a head: where its surface turns away from the camera."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.topology import HeadTopology

__all__ = ["Rim", "find_rim"]

#: The rim that a profile shows lies in front of this plane of the face frame, mm.
_FRONT_MM = -75.0
#: What lies this much within the head's outline, mm, is a fold, not the outline.
_BEHIND_MM = 1.5


@dataclass(frozen=True, eq=False)
class Rim:
    """Points of the outline.

    Attributes
    ----------
    vertices : (n, 2) int array
    weights : (n, 2) float64 array
        Each lies on an edge between two vertices.
    places : (n, 2) float64 array
        Image frame, pixels.
    normals : (n, 2) float64 array
        Away from the head, in the image.
    """

    vertices: IndexArray
    weights: FloatArray
    places: FloatArray
    normals: FloatArray


def find_rim(surface: HeadSurface, camera: HeadCamera) -> Rim:
    """Return where the normals of the skin stand across the line of sight.

    On an edge whose ends face toward and away, the point between them by linear interpolation
    (Hertzmann and Zorin 2000); the front of the head alone.
    """
    edges = _skin_edges(surface.topology)
    facing = surface.normals @ camera.sight
    first, second = facing[edges].T
    crossing = (first > 0) != (second > 0)
    crossing &= (surface.vertices[edges, 2] > _FRONT_MM).all(axis=1)
    edges, first, second = edges[crossing], first[crossing], second[crossing]
    share = first / (first - second)
    weights = np.stack([1.0 - share, share], axis=1)
    places = camera.project((surface.vertices[edges] * weights[..., None]).sum(axis=1))[:, :2]
    normals = (surface.normals[edges] * weights[..., None]).sum(axis=1) @ camera.rotation.T
    flat = normals[:, :2] * (1.0, -1.0)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-9)
    outer = _outermost(places, flat, camera)
    return Rim(edges[outer], weights[outer], places[outer], flat[outer])


def _outermost(places: FloatArray, normals: FloatArray, camera: HeadCamera) -> IndexArray:
    """Rim points that no other rim point of about the same height overlies on the face's side."""
    forward = (camera.rotation @ (0.0, 0.0, 1.0))[:2] * (1.0, -1.0)
    forward /= max(float(np.linalg.norm(forward)), 1e-9)
    up = np.array([forward[1], -forward[0]])
    if (camera.rotation @ (0.0, 1.0, 0.0))[:2] * (1.0, -1.0) @ up < 0:
        up = -up
    ahead, height = places @ forward / camera.px_per_mm, places @ up / camera.px_per_mm
    order = np.argsort(height)
    level = height[order]
    # From each point's height less 1 mm up to it plus 1 mm: every second of the stretches.
    ends = np.stack(
        [np.searchsorted(level, height - 1.0, "right"), np.searchsorted(level, height + 1.0)],
        axis=1,
    )
    most = np.maximum.reduceat(np.append(ahead[order], -np.inf), ends.ravel())[::2]
    # Under the nose and the chin the outline looks down, and no level compares it.
    looks_down = (normals @ up < -0.3) & (normals @ forward > -0.2)
    return np.flatnonzero((ahead > most - _BEHIND_MM) | looks_down)


@cache
def _skin_edges(topology: HeadTopology) -> IndexArray:
    """Edges of the skin outside the mouth, between first twins."""
    skin = np.zeros(topology.vertex_count, np.bool_)
    skin[topology.parts["skin"]] = True
    skin[topology.parts["inside"]] = False
    return topology.edges[skin[topology.edges].all(axis=1)]
