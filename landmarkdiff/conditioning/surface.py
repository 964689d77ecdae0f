"""The mesh as a smooth surface, and its nearest height in every cell of a picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.landmarks.topology import topology

__all__ = ["height_map", "smooth_surface"]


#: The canonical triangles, up to 30 mm long on cheek and forehead, are split this often.
SUBDIVISIONS = 2
#: A cell whose centre lies outside a triangle by less than this share of it belongs to it too,
#: so that no crack opens between neighbours.
EDGE_TOLERANCE = 1e-4
#: Background of a height map.
NOTHING = np.float32(-np.inf)


@dataclass(frozen=True)
class _Subdivision:
    """One round of Loop's scheme on a fixed mesh.

    Attributes
    ----------
    neighbours : (k,) array
        Neighbours of every old point, one point after the other.
    starts : (n,) array
        Where the neighbours of each point begin.
    own : (n, 1) array
        Weight of the old point itself.
    share : (n, 1) array
        Weight of each of its neighbours.
    edges : (m, 4) array
        For every new point the ends of its edge, then the points across it.
    edge_weights : (m, 4, 1) array
    triangles : (t, 3) array
        Of the finer mesh.
    """

    neighbours: IndexArray
    starts: IndexArray
    own: FloatArray
    share: FloatArray
    edges: IndexArray
    edge_weights: FloatArray
    triangles: IndexArray

    def apply(self, points: FloatArray) -> FloatArray:
        """Return the points of the finer mesh: the old ones moved, then one for each edge."""
        around = np.add.reduceat(points[self.neighbours], self.starts, axis=0)
        kept = self.own * points + self.share * around
        return np.concatenate([kept, (points[self.edges] * self.edge_weights).sum(axis=1)])


def _subdivision(triangles: IndexArray, count: int) -> _Subdivision:
    """Prepare one round for a mesh of ``count`` points."""
    across: dict[tuple[int, int], list[int]] = {}
    for triangle in triangles.tolist():
        for corner in range(3):
            a, b, c = (triangle[(corner + step) % 3] for step in range(3))
            across.setdefault((min(a, b), max(a, b)), []).append(c)
    number = {edge: count + position for position, edge in enumerate(across)}
    linked: list[list[int]] = [[] for _ in range(count)]
    bordering: list[list[int]] = [[] for _ in range(count)]
    edges, weights = [], []
    for (a, b), opposite in across.items():
        inner = len(opposite) == 2
        edges.append([a, b, *(opposite if inner else (a, b))])
        weights.append([3 / 8, 3 / 8, 1 / 8, 1 / 8] if inner else [1 / 2, 1 / 2, 0.0, 0.0])
        for start, end in ((a, b), (b, a)):
            linked[start].append(end)
            if not inner:
                bordering[start].append(end)
    own, share = np.ones((count, 1)), np.zeros((count, 1))
    for point in range(count):
        if bordering[point]:
            linked[point] = bordering[point]
            own[point], share[point] = 3 / 4, 1 / 8
        else:
            valence = len(linked[point])
            spread = 5 / 8 - (3 / 8 + np.cos(2 * np.pi / valence) / 4) ** 2
            own[point], share[point] = 1 - spread, spread / valence
    finer = []
    for a, b, c in triangles.tolist():
        ab, bc, ca = (number[min(e), max(e)] for e in ((a, b), (b, c), (c, a)))
        finer += [[a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca]]
    lengths = [len(points) for points in linked]
    return _Subdivision(
        neighbours=np.concatenate([np.array(points, np.intp) for points in linked]),
        starts=np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.intp),
        own=own,
        share=share,
        edges=np.array(edges, np.intp),
        edge_weights=np.array(weights)[..., None],
        triangles=np.array(finer, np.intp),
    )


@cache
def _scheme() -> tuple[tuple[_Subdivision, ...], FloatArray]:
    """Return the rounds, and the matrix (468, 468) that makes them pass through the points."""
    rounds: list[_Subdivision] = []
    triangles, count = topology().triangles, len(topology().vertices_mm)
    reached = np.eye(count)
    for _ in range(SUBDIVISIONS):
        step = _subdivision(triangles, len(reached))
        reached = step.apply(reached)
        triangles = step.triangles
        rounds.append(step)
    return tuple(rounds), np.linalg.inv(reached[:count]).astype(np.float64)


def smooth_surface(points: FloatArray) -> tuple[FloatArray, IndexArray]:
    """Return a smooth surface through the points of the mesh.

    Loop's subdivision [1]_, begun from points so chosen that it passes through the given ones.

    Parameters
    ----------
    points : (468, 3) array

    Returns
    -------
    (n, 3) float64 array
        The given points first.
    (t, 3) array
        Its triangles.

    References
    ----------
    .. [1] C. Loop, Smooth subdivision surfaces based on triangles, University of Utah, 1987.
    """
    rounds, begin = _scheme()
    surface = begin @ points
    for step in rounds:
        surface = step.apply(surface)
    return surface, rounds[-1].triangles


def height_map(
    vertices: FloatArray, triangles: IndexArray, width: int, height: int
) -> NDArray[np.float32]:
    """Return the greatest z over every cell: (height, width) float32, -inf where nothing is.

    Parameters
    ----------
    vertices : (n, 3) array
        x, y in cells, centres at whole numbers; z grows toward the viewer.
    triangles : (t, 3) array
    width, height : int
        Cells.
    """
    found = np.full(height * width, NOTHING, np.float32)
    corners = vertices[triangles].astype(np.float32)
    low = np.maximum(np.ceil(corners[..., :2].min(axis=1) - EDGE_TOLERANCE), 0)
    limit = np.array([width - 1, height - 1], np.float32)
    high = np.minimum(np.floor(corners[..., :2].max(axis=1) + EDGE_TOLERANCE), limit)
    extent = (high - low + 1).astype(np.intp)
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    (first_x, first_y, _), (second_x, second_y, _) = first.T, second.T
    area = first_x * second_y - first_y * second_x
    usable = (extent > 0).all(axis=1) & (np.abs(area) > 1e-9)
    # Triangles of like size are treated at once, over windows that hold any of them.
    size = np.zeros(len(triangles), np.intp)
    size[usable] = 1 << np.ceil(np.log2(extent[usable].max(axis=1))).astype(np.intp)
    for window in np.unique(size[usable]).tolist():
        some = np.flatnonzero(size == window)
        steps = np.arange(window, dtype=np.float32)
        x = low[some, 0, None, None] + steps
        y = low[some, 1, None, None] + steps[:, None]
        dx, dy = x - corners[some, 0, 0, None, None], y - corners[some, 0, 1, None, None]
        one, two = first[some, :, None, None], second[some, :, None, None]
        whole = area[some, None, None]
        u = (dx * two[:, 1] - dy * two[:, 0]) / whole
        v = (dy * one[:, 0] - dx * one[:, 1]) / whole
        z = corners[some, 0, 2, None, None] + u * one[:, 2] + v * two[:, 2]
        inside = (u >= -EDGE_TOLERANCE) & (v >= -EDGE_TOLERANCE) & (u + v <= 1 + EDGE_TOLERANCE)
        inside &= (x < width) & (y < height)
        cells = (y * width + x).astype(np.intp)
        np.maximum.at(found, cells[inside], z[inside])
    return found.reshape(height, width)
