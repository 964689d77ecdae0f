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
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, IndexArray
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
    directions : (P, V, 3) float32 array
        Displacement by one standard deviation, mm.
    """

    model: HeadModel
    directions: NDArray[np.float32]

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
        return len(self.directions)

    def places(self, shares: FloatArray) -> FloatArray:
        """Vertices of the head with these shares: (V, 3) mm."""
        moved = shares.astype(np.float32) @ self.directions.reshape(self.count, -1)
        return np.asarray(self.model.mean + moved.reshape(self.model.mean.shape), np.float64)

    def at(self, vertices: IndexArray, weights: FloatArray) -> FloatArray:
        """Directions at points of the surface: (n, 3, P), by (n, k) vertices and weights."""
        held = self.directions[:, vertices]
        found = np.einsum("pnkc,nk->pnc", held, weights.astype(np.float32))
        return np.ascontiguousarray(found.transpose(1, 2, 0), np.float64)


@cache
def shape_prior(model: HeadModel) -> ShapePrior:
    """Return the directions of a model with the smooth ones and the size."""
    size = (SIZE_SPREAD * model.mean)[None].astype(np.float32)
    smooth = _directions(_smooth(model))
    return ShapePrior(model, np.concatenate([model.identity, size, smooth]))


def _smooth(model: HeadModel) -> NDArray[np.float32]:
    """Smooth displacement along each axis, (3, m, V), kept between processes."""
    if model.source is None:
        return _made(model)
    place = obtain(HEAD_WEIGHTS).parent

    def made() -> DerivedFacts:
        with one_blas_thread():
            return DerivedFacts({}, {"smooth": _made(model)})

    kept = derived("prior", model.source, made, place)
    return np.asarray(kept.arrays["smooth"], np.float32)


def _directions(smooth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Directions of which each moves the head along one axis: (3 m, V, 3)."""
    _, count, vertices = smooth.shape
    directions = np.zeros((3, count, vertices, 3), np.float32)
    for axis in range(3):
        directions[axis, :, :, axis] = smooth[axis]
    return directions.reshape(-1, vertices, 3)


def _made(model: HeadModel) -> NDArray[np.float32]:
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
