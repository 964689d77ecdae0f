"""The surface of a head as a body that can be printed: seams welded, holes closed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.surface import HeadSurface

__all__ = ["boundary_loops", "closed_shell", "neck_edge"]

#: What lies inside the closed mouth and would only be a body within the body.
INSIDE = ("upper_teeth", "lower_teeth", "tongue")
#: How far the base stands below the lowest vertex of the neck's edge, mm.
BASE_MM = 3.0


def closed_shell(surface: HeadSurface) -> tuple[FloatArray, IndexArray]:
    """Return a watertight body: every edge belongs to exactly two triangles, run both ways.

    The two sides of the texture's seam become one, teeth and tongue are left out, the neck is led
    down to a flat base, other holes are closed over their middle. The eyes stay as balls in their
    sockets: bodies of their own that a slicer joins with the head.

    Parameters
    ----------
    surface : HeadSurface

    Returns
    -------
    vertices : (n, 3) float64 array
        Millimetres, face frame.
    triangles : (t, 3) intp array
        Outward, counter-clockwise.
    """
    topology = surface.topology
    inside = np.zeros(len(surface.vertices), np.bool_)
    for part in INSIDE:
        if part in topology.parts:
            inside[topology.parts[part]] = True
    kept = topology.triangles[~inside[topology.triangles].any(axis=1)]
    vertices, triangles = _closed(surface.vertices, topology.twin[kept])
    used, numbered = np.unique(triangles, return_inverse=True)
    return vertices[used], np.asarray(numbered.reshape(-1, 3), np.intp)


def boundary_loops(triangles: IndexArray) -> list[list[int]]:
    """Return the edges that belong to one triangle only, as closed rounds of vertices.

    They run as the triangles at them do.
    """
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    known = {(int(a), int(b)) for a, b in edges}
    after = {a: b for a, b in known if (b, a) not in known}
    loops = []
    while after:
        start = min(after)
        loop, place = [], start
        while place in after:
            loop.append(place)
            place = after.pop(place)
        loops.append(loop)
    return loops


def neck_edge(surface: HeadSurface) -> list[int]:
    """Return the lowest open edge of a head, around, by first twins; empty where all is closed."""
    topology = surface.topology
    return _lowest(boundary_loops(topology.twin[topology.triangles]), surface.vertices)


def _lowest(loops: list[list[int]], vertices: FloatArray) -> list[int]:
    return min(loops, key=lambda loop: float(vertices[loop, 1].mean()), default=[])


def _closed(vertices: FloatArray, triangles: IndexArray) -> tuple[FloatArray, IndexArray]:
    loops = boundary_loops(triangles)
    if not loops:
        return vertices, triangles
    neck = _lowest(loops, vertices)
    places, faces = [vertices], [triangles]
    count = len(vertices)
    for loop in loops:
        rim = vertices[loop]
        edge = np.array(loop)
        if loop is neck:
            rim = rim.copy()
            rim[:, 1] = rim[:, 1].min() - BASE_MM
            lower = np.arange(count, count + len(loop))
            places.append(rim)
            count += len(loop)
            faces.extend(_between(edge, lower))
            edge = lower
        places.append(rim.mean(axis=0, keepdims=True))
        middle = np.full(len(loop), count)
        count += 1
        # Against the run of the edge, so that the cap looks outward.
        faces.append(np.stack([np.roll(edge, -1), edge, middle], axis=1))
    return np.concatenate(places), np.concatenate(faces)


def _between(upper: IndexArray, lower: IndexArray) -> Iterable[IndexArray]:
    """Two triangles for each side of a wall between an edge and the one below it."""
    following, below = np.roll(upper, -1), np.roll(lower, -1)
    return [
        np.stack([following, upper, lower], axis=1),
        np.stack([following, lower, below], axis=1),
    ]
