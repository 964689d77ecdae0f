"""What a head may look like before any photo is seen: directions with a normal prior.

Two kinds of directions: those of the model, and smooth displacements for what the model does not
hold. The second kind is a Gaussian process whose kernel falls off over a few centimetres, equal
on both sides of the face, in the low-rank form that a set of centres spans (a "Gaussian process
morphable model": Luethi et al., IEEE TPAMI 2018). Every direction has unit variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray
from landmarkdiff.head.model import HEAD_WEIGHTS, HeadModel
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.runtime.threads import one_blas_thread
from landmarkdiff.weights import DerivedFacts, derived, obtain

__all__ = ["ShapePrior", "shape_prior"]

#: Standard deviation of the smooth displacement along each axis, and the length (mm) over which
#: it falls off: of the size of what artists' directions leave of other heads.
SMOOTH_MM, SMOOTH_REACH_MM = 1.2, 16.0
#: Centres on one side of the face, midline included.
CENTRES = 70
#: Share of the whole head's size by which people differ (Farkas 1994: face height and width have
#: a standard deviation of 4 to 5 percent of their mean).
SIZE_SPREAD = 0.045


@dataclass(frozen=True, eq=False)
class ShapePrior:
    """Directions of shape with unit variance.

    Attributes
    ----------
    model : HeadModel
    directions : (V, 3, P) float32 array
        Displacement by one standard deviation, mm; what one vertex does lies together.
    """

    model: HeadModel
    directions: Float32Array

    @cached_property
    def of_landmarks(self) -> FloatArray:
        """Directions at the 478 landmarks: (478, 3, P)."""
        held = self.model.landmarks
        return self.at(held.vertices, held.weights)

    @cached_property
    def average(self) -> HeadSurface:
        """The head with no share of any direction, where every fit starts."""
        return HeadSurface(self.model.topology, self.model.mean)

    @property
    def count(self) -> int:
        """Number of directions."""
        return int(self.directions.shape[2])

    def places(self, shares: FloatArray) -> FloatArray:
        """Vertices of the head with these shares: (V, 3) mm."""
        return np.asarray(self.model.mean + self.displacement(shares), np.float64)

    def displacement(self, shares: FloatArray) -> Float32Array:
        """Displacement of every vertex by these shares: (V, 3) mm."""
        # As one table: two and a half times as quick as row by row.
        flat = self.directions.reshape(-1, self.count)
        moved = flat @ shares.astype(np.float32)
        return np.asarray(moved.reshape(self.directions.shape[:2]))

    def at(self, vertices: IndexArray, weights: FloatArray) -> FloatArray:
        """Directions at points of the surface: (n, 3, P), by (n, k) vertices and weights."""
        held = self.directions[vertices]
        found = np.einsum("nkcp,nk->ncp", held, weights.astype(np.float32))
        return np.asarray(found, np.float64)


@cache
def shape_prior(model: HeadModel) -> ShapePrior:
    """Return the directions of a model with the smooth ones and the size."""
    size = (SIZE_SPREAD * model.mean)[None].astype(np.float32)
    smooth = _smooth(model)
    axes, centres, vertices = smooth.shape
    known = len(model.identity) + 1
    directions = np.zeros((vertices, 3, known + axes * centres), np.float32)
    directions[..., :known] = np.concatenate([model.identity, size]).transpose(1, 2, 0)
    for axis in range(axes):  # each of the smooth ones moves the head along one axis
        start = known + axis * centres
        directions[:, axis, start : start + centres] = smooth[axis].T
    return ShapePrior(model, directions)


def _smooth(model: HeadModel) -> Float32Array:
    """Smooth displacement along each axis, (3, m, V), kept between processes."""
    if model.source is None:
        return _made(model)
    place = obtain(HEAD_WEIGHTS).parent

    def made() -> DerivedFacts:
        with one_blas_thread():
            return DerivedFacts({}, {"smooth": _made(model)})

    kept = derived("prior", model.source, made, place)
    return np.asarray(kept.arrays["smooth"], np.float32)


def _made(model: HeadModel) -> Float32Array:
    """Smooth displacement along each axis, (3, m, V) mm."""
    centres = _centres(model)
    mirrored = centres * (-1.0, 1.0, 1.0)
    made = np.empty((3, len(centres), len(model.mean)), np.float32)
    between = _kernel(centres, centres)
    across = _kernel(centres, mirrored)
    for axis in range(3):
        # Equal on both sides: sideways displacements change their sign in the mirror.
        sign = -1.0 if axis == 0 else 1.0
        root = np.linalg.cholesky(between + sign * across + 1e-3 * np.eye(len(centres)))
        spread = _kernel(model.mean, centres) + sign * _kernel(model.mean, mirrored)
        found = np.linalg.solve(root, spread.T) * SMOOTH_MM
        made[axis] = found / np.sqrt(2.0)
    return made


def _kernel(points: FloatArray, centres: FloatArray) -> FloatArray:
    square = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    return np.asarray(np.exp(-0.5 * square / SMOOTH_REACH_MM**2))


def _centres(model: HeadModel) -> FloatArray:
    """Points of the right half of face and neck, far from each other (the farthest first)."""
    skin = np.setdiff1d(model.topology.parts["skin"], model.topology.parts["inside"])
    places = model.mean[skin]
    places = places[(places[:, 0] <= 0.01) & (places[:, 2] > -60.0)]
    chosen = [int(places[:, 2].argmax())]
    nearest = np.linalg.norm(places - places[chosen[0]], axis=1)
    while len(chosen) < CENTRES:
        # Closer together where the face is: distances count double there.
        chosen.append(int((nearest * np.where(places[:, 2] > -25.0, 2.0, 1.0)).argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(places - places[chosen[-1]], axis=1))
    return np.asarray(places[chosen])
