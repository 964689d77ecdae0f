"""How far apart places of the head lie along the skin.

The lips touch and are far apart: the way from one to the other leads around the corner of the
mouth. Ways are searched along the edges of the mesh and across every edge to the vertex beyond,
all sources at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.manipulation.handles import distances
from landmarkdiff.numerics import unique_rows

__all__ = ["SkinDistance"]

#: A way along the skin counts as this much shorter: over ordinary relief (the side of the nose,
#: the chin) it is at most 1.5 times as long as the straight one, and there the straight one counts,
#: as on the mesh of a photo.
RELIEF = 1.5


@dataclass(frozen=True, eq=False)
class SkinDistance:
    """Distances between sources on a head and all of it, up to a limit.

    A distance is the straight one, or the way along the skin divided by :data:`RELIEF` where that
    is longer.

    Attributes
    ----------
    to_vertices : (V, m) float64 array
        From every vertex to every source, mm; the limit where it is farther.
    between : (m, m) float64 array
        Among the sources; symmetric.
    """

    to_vertices: FloatArray
    between: FloatArray

    @classmethod
    def of(
        cls,
        surface: HeadSurface,
        corners: IndexArray,
        weights: FloatArray,
        limit_mm: float,
    ) -> SkinDistance:
        """Measure from sources, given by the triangle that each lies in.

        Parameters
        ----------
        surface : HeadSurface
        corners : (m, 3) int array
            Vertices around each source.
        weights : (m, 3) float64 array
            Barycentric.
        limit_mm : float
            Farther places are of no interest.
        """
        topology, places = surface.topology, surface.vertices
        corners = topology.twin[corners]
        sources = np.einsum("mc,mck->mk", weights, places[corners])
        straight = distances(places, sources)
        near = (straight < limit_mm).any(axis=1) & (topology.twin == np.arange(len(places)))
        near[corners.ravel()] = True
        first = np.linalg.norm(places[corners] - sources[:, None], axis=2)
        own = np.flatnonzero(near)
        number = np.full(len(places), -1, np.intp)
        number[own] = np.arange(len(own))
        along = _ways(topology, places, number, corners, first, RELIEF * limit_mm)
        reached = along[number[corners]].astype(np.float64) + first[:, :, None]
        between = reached.min(axis=1)
        between = np.maximum(distances(sources, sources), np.maximum(between, between.T) / RELIEF)
        np.fill_diagonal(between, 0.0)
        # Of doubled vertices the first alone has ways; what is not near is at the limit or beyond.
        of_first = number[topology.twin]
        (known,) = np.nonzero(of_first >= 0)
        apart = np.full(straight.shape, float(limit_mm))
        ways = along[of_first[known]].astype(np.float64) / RELIEF
        apart[known] = np.minimum(np.maximum(straight[known], ways), limit_mm)
        return cls(apart, np.minimum(between, limit_mm))


def _ways(
    topology: HeadTopology,
    places: FloatArray,
    number: IndexArray,
    corners: IndexArray,
    first: FloatArray,
    limit: float,
) -> Float32Array:
    """Shortest ways from all sources to the n numbered vertices, at most ``limit``: (n, m) float32.

    ``number`` (V,) is -1 for those that are not near.
    """
    count = int(number.max()) + 1
    steps = _steps(topology)
    steps = steps[(number[steps[:, 0]] >= 0) & (number[steps[:, 1]] >= 0)]
    length = _step_lengths(places, steps).astype(np.float32)
    neighbours, cost = _table(number[steps[:, :2]], length, count)
    sources = np.arange(len(corners))
    found = np.full((count, len(corners)), np.inf, np.float32)
    for corner in range(3):
        where = number[corners[:, corner]], sources
        found[where] = np.minimum(found[where], first[:, corner])
    _relax(found, neighbours, cost, np.float32(limit))
    return found


def _relax(
    found: Float32Array, neighbours: IndexArray, cost: Float32Array, limit: np.float32
) -> None:
    """Shorten ways (n, m) from every source over the neighbours (n, d), in place.

    Most vertices lie beyond the limit of most sources, so a round offers on only what the round
    before has shortened; it ends when nothing is shorter. A way is its steps added up one by one,
    so the order of the offers makes no difference to the last bit.
    """
    count = found.shape[1]
    ways = found.reshape(-1)
    first = neighbours * count
    shorter = np.zeros(ways.shape, np.bool_)
    front = np.flatnonzero(np.isfinite(ways))
    while len(front):
        vertex, source = np.divmod(front, count)
        offered = cost.take(vertex, axis=0)
        offered += ways.take(front)[:, None]
        target = first.take(vertex, axis=0)
        target += source[:, None]
        # Few offers are taken: by their numbers they are found in half the time.
        taken = np.flatnonzero((offered < ways.take(target)) & (offered <= limit))
        target = target.ravel().take(taken)
        np.minimum.at(ways, target, offered.ravel().take(taken))
        shorter[target] = True
        front = np.flatnonzero(shorter)
        shorter[front] = False


@lru_cache(maxsize=4)
def _steps(topology: HeadTopology) -> IndexArray:
    """What a way may lead over, (E, 4), between first twins, alike left and right.

    A step joins the first two vertices: over the edge between the other two, or along that edge,
    where these are the same. Left and right of a mesh need not be cut into the same triangles, so
    the mirror image of a step is one too.
    """
    corners = topology.twin[topology.triangles]
    rows = np.concatenate([corners[:, list(turn)] for turn in ((0, 1, 2), (1, 2, 0), (2, 0, 1))])
    rows[:, :2] = np.sort(rows[:, :2], axis=1)
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    shared = np.flatnonzero((rows[1:, :2] == rows[:-1, :2]).all(axis=1))
    over = np.stack([rows[shared, 2], rows[shared + 1, 2], rows[shared, 0], rows[shared, 1]], 1)
    steps = np.concatenate([rows[:, [0, 1, 0, 1]], over])
    steps = np.concatenate([steps, topology.twin[topology.mirror[steps]]])
    steps = np.concatenate([np.sort(steps[:, :2], axis=1), np.sort(steps[:, 2:], axis=1)], axis=1)
    return unique_rows(steps)


def _step_lengths(places: FloatArray, steps: IndexArray) -> FloatArray:
    """Length of every step over its edge, both triangles laid flat: (E,), mm."""
    start, end, first, last = (places[steps[:, column]] for column in range(4))
    along = last - first
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-12)
    along = along / length[:, None]
    beside, height = [], []
    for place in (start, end):
        away = place - first
        share = (away * along).sum(axis=1)
        beside.append(share)
        height.append(np.linalg.norm(away - share[:, None] * along, axis=1))
    total = np.maximum(height[0] + height[1], 1e-12)
    crossing = beside[0] + (beside[1] - beside[0]) * height[0] / total
    crossing = np.clip(crossing, 0.0, length)
    ways = (np.hypot(beside[k] - crossing, height[k]) for k in range(2))
    return np.asarray(sum(ways))


def _table(steps: IndexArray, length: Float32Array, count: int) -> tuple[IndexArray, Float32Array]:
    """Neighbours of every vertex and how far they are, padded with itself at no distance."""
    both = np.concatenate([steps, steps[:, ::-1]])
    far = np.concatenate([length, length])
    order = np.argsort(both[:, 0], kind="stable")
    both, far = both[order], far[order]
    degree = np.bincount(both[:, 0], minlength=count)
    place = np.arange(len(both)) - (np.cumsum(degree) - degree)[both[:, 0]]
    neighbours = np.tile(np.arange(count)[:, None], (1, int(degree.max(initial=1))))
    cost = np.zeros(neighbours.shape, np.float32)
    neighbours[both[:, 0], place] = both[:, 1]
    cost[both[:, 0], place] = far
    return neighbours, cost
