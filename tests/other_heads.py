"""Heads of another family: the CC0 head, smoothly displaced out of what its directions hold.

The displacement is a sum of waves of some centimetres, equal on both sides of the face and mostly
across the surface, with a longer or shorter nose, a chin and lips of their own. The vertices keep
their meaning, so that the anatomical points of such a head are known.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.model import HeadModel, head_model
from landmarkdiff.head.surface import HeadSurface

#: Lengths of the waves over which they fall to a sixth, and their standard deviation, mm.
WAVES = ((60.0, 2.0), (28.0, 1.5), (14.0, 0.7))
COUNT = 48
#: Points that move forward or back by themselves: reach sideways and along, and spread, mm.
BUMPS = {
    "rhinion": (7.0, 8.0, 1.2),
    "labrale_superius": (16.0, 6.0, 1.2),
    "labrale_inferius": (16.0, 6.0, 1.2),
    "pogonion": (22.0, 14.0, 2.5),
    "glabella": (25.0, 9.0, 1.3),
}


def _waves(points: FloatArray, length: float, rng: np.random.Generator) -> FloatArray:
    """A random smooth displacement of unit variance, equal on both sides: (n, 3)."""
    folded = points * (0.0, 1.0, 1.0) + np.abs(points) * (1.0, 0.0, 0.0)
    out = np.empty_like(points)
    for axis in range(3):
        ways = rng.normal(size=(COUNT, 3)) / length
        phases = rng.uniform(0, 2 * np.pi, COUNT)
        out[:, axis] = np.sqrt(2 / COUNT) * np.cos(folded @ ways.T + phases).sum(axis=1)
    out[:, 0] *= np.tanh(points[:, 0] / 8.0)
    return out


@cache
def other_head(seed: int, strength: float = 1.0) -> HeadSurface:
    """A head that the model does not hold; 1 is farther from it than people are."""
    model, rng = head_model(), np.random.default_rng(seed)
    shares = 0.8 * rng.normal(size=len(model.identity_names))
    vertices = model.surface(shares).vertices
    rest, normals = model.mean, model.surface().normals
    for length, size in WAVES:
        moved = _waves(rest, length, rng)
        across = (moved * normals).sum(axis=1, keepdims=True) * normals
        vertices = vertices + strength * size * (across + 0.2 * (moved - across))
    vertices = vertices + _bumps(model, strength, rng)
    named = model.landmarks.anatomical(rest)
    # Lengths of the nose and of what lies below it.
    base, root = float(named["subnasale"][1]), float(named["nasion"][1])
    nose = np.clip(rest[:, 1] - base, 0.0, root - base)
    below = np.minimum(rest[:, 1] - base, 0.0)
    vertices[:, 1] += strength * 0.05 * (rng.normal() * nose + rng.normal() * below)
    return HeadSurface(model.topology, vertices)


def _bumps(model: HeadModel, strength: float, rng: np.random.Generator) -> FloatArray:
    rest, named = model.mean, model.landmarks.anatomical(model.mean)
    forward = np.zeros(len(rest))
    for name, (wide, high, spread) in BUMPS.items():
        away = (rest - named[name]) / (wide, high, 20.0)
        forward += rng.normal(0.0, spread) * np.exp(-0.5 * (away**2).sum(axis=1))
    return strength * forward[:, None] * np.array([0.0, 0.0, 1.0])
