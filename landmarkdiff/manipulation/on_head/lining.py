"""The lining of mouth, nostrils and lids, which follows the skin in front of it.

Along the skin the lining is far away; through the tissue it is near. Left behind, it would come out
through a lip that goes back.
"""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.manipulation.grid import smoothstep

__all__ = ["lining_follows"]

#: Lining within the first of these distances (mm) goes all the way with the skin, beyond the second
#: it stays: about the thickness of a lip or a cheek, and twice that.
THICKNESS_MM = (10.0, 22.0)
#: The skin counts by its nearness, squared so often after the first square (its eighth power): in
#: effect the nearest few vertices.
DOUBLINGS = 2
LEAST_MM = 0.5
SMOOTHINGS = 8
#: Lining that is worked on at a time: the tables stay in the processor's cache.
BLOCK = 64


def lining_follows(surface: HeadSurface, shares: FloatArray, met: IndexArray) -> FloatArray:
    """Return shares (V, m) in which the lining takes those of the nearest skin.

    Parameters
    ----------
    surface : HeadSurface
    shares : (V, m) float64 array
    met : int array
        Vertices of the lining that keep theirs, since landmarks lie on them.
    """
    topology, places = surface.topology, surface.vertices
    first = topology.twin == np.arange(len(places))
    own, outer = np.zeros((2, len(places)), np.bool_)
    own[topology.parts["inside"]] = True
    outer[topology.parts["skin"]] = True
    outer &= ~own & first
    own &= first
    own[topology.twin[met]] = False
    lining, skin = np.flatnonzero(own), np.flatnonzero(outer)
    moving = np.flatnonzero(outer & shares.any(axis=1))
    result = shares.copy()
    result[lining] = 0.0
    if not len(moving):
        return result
    lining = lining[_nearest(places[lining], places[moving]) < THICKNESS_MM[1]]
    if not len(lining):
        return result
    low, high = places[lining].min(axis=0), places[lining].max(axis=0)
    beside = (places[skin] > low - THICKNESS_MM[1]) & (places[skin] < high + THICKNESS_MM[1])
    skin = skin[beside.all(axis=1)]
    result[lining] = _of_nearest(places[lining], places[skin], shares[skin])
    return _smoothed(result, topology.edges, lining)


def _nearest(points: FloatArray, others: FloatArray) -> FloatArray:
    """Distance of each point (n, 3) to the nearest of others (m, 3): (n,)."""
    blocks = (points[k : k + BLOCK] for k in range(0, len(points), BLOCK))
    square = np.concatenate([_squares(own, others).min(axis=1) for own in blocks])
    return np.asarray(np.sqrt(square), np.float64)


def _of_nearest(lining: FloatArray, skin: FloatArray, shares: FloatArray) -> FloatArray:
    """What lining (n, 3) takes of the shares (s, m) of skin (s, 3): (n, m)."""
    moving = shares.any(axis=1)
    moved = shares[moving]
    found = np.empty((len(lining), shares.shape[1]))
    for start in range(0, len(lining), BLOCK):
        own = slice(start, start + BLOCK)
        square = np.maximum(_squares(lining[own], skin), LEAST_MM**2)
        nearest = np.sqrt(square.min(axis=1)).astype(np.float32)
        weights = np.reciprocal(square, out=square)
        for _ in range(DOUBLINGS):
            weights *= weights
        follows = 1.0 - smoothstep(nearest, *THICKNESS_MM)
        part = follows / weights.sum(axis=1)
        found[own] = weights[:, moving] @ moved * part[:, None]
    return found


def _squares(points: FloatArray, others: FloatArray) -> FloatArray:
    """Square of the distance of each point (n, 3) to each of others (m, 3): (n, m)."""
    square = points @ (-2.0 * others.T)
    square += (points**2).sum(axis=1)[:, None]
    square += (others**2).sum(axis=1)
    return np.asarray(np.maximum(square, 0.0, out=square))


def _smoothed(shares: FloatArray, edges: IndexArray, lining: IndexArray) -> FloatArray:
    """Give every vertex of the lining the mean of itself and its neighbours, a few times."""
    number = np.full(len(shares), -1, np.intp)
    number[lining] = np.arange(len(lining))
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[number[both[:, 0]] >= 0]
    order = np.argsort(both[:, 0], kind="stable")
    both = both[order]
    ends, first = np.unique(both[:, 0], return_index=True)
    count = np.diff(np.append(first, len(both)))[:, None]
    for _ in range(SMOOTHINGS):
        around = np.add.reduceat(shares[both[:, 1]], first, axis=0) / count
        shares[ends] = (shares[ends] + around) / 2.0
    return shares
