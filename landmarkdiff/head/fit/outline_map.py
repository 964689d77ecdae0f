"""Which places of the head's midline the coarse outline of a profile stands for."""

from __future__ import annotations

from functools import cache

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.head.model import HeadModel
from landmarkdiff.profile.outline import CORE, outline_model

__all__ = ["outline_on_midline", "similarity"]

#: Rounds in which the mean outline is laid over the mean midline.
_ROUNDS = 12


@cache
def outline_on_midline(model: HeadModel) -> tuple[IndexArray, FloatArray]:
    """Return for each core point of the outline two vertices of the midline and their weights.

    Returns
    -------
    (n, 2) int array, (n, 2) float64 array
    """
    line = model.topology.midline
    places = model.mean[line][:, [2, 1]] * (-1.0, -1.0)  # as a left profile has them
    outline = outline_model().mean
    points = np.stack([outline.real, outline.imag], axis=1)
    tip = places[model.mean[line, 2].argmax()]
    moved = points + tip
    core = np.zeros(len(points), np.bool_)
    core[CORE] = True
    segment, share = _nearest(moved, places)
    for _ in range(_ROUNDS):
        there = places[segment] * (1 - share)[:, None] + places[segment + 1] * share[:, None]
        scale, turn, shift = similarity(points[core], there[core])
        moved = scale * points @ turn.T + shift
        segment, share = _nearest(moved, places)
    vertices = np.stack([line[segment], line[segment + 1]], axis=1)[core]
    return vertices, np.stack([1 - share, share], axis=1)[core]


def similarity(points: FloatArray, others: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Return scale, rotation and shift in the plane that best carry points to others."""
    mean, goal = points.mean(axis=0), others.mean(axis=0)
    a, b = points - mean, others - goal
    along = float((a * b).sum())
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum())
    size = float(np.hypot(along, across))
    cos, sin = along / size, across / size
    turn = np.array([[cos, -sin], [sin, cos]])
    scale = size / float((a**2).sum())
    return scale, turn, goal - scale * turn @ mean


def _nearest(points: FloatArray, line: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Segment of a polyline nearest to each point, and the share of the way along it."""
    start, along = line[:-1], np.diff(line, axis=0)
    length = np.maximum((along**2).sum(axis=1), 1e-12)
    share = ((points[:, None] - start) * along).sum(axis=2) / length
    share = np.clip(share, 0.0, 1.0)
    gap = np.linalg.norm(points[:, None] - start - share[..., None] * along, axis=2)
    best = gap.argmin(axis=1)
    return best, share[np.arange(len(points)), best]
