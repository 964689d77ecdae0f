"""Stretches of a contour."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray

__all__ = ["runs"]


def runs(where: BoolArray, shortest: int = 1) -> list[tuple[int, int]]:
    """First and last index of each stretch of at least so many points, one at least."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], where.astype(np.int8), [0]])))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(int(a), int(b) - 1) for a, b in pairs if b - a >= max(1, shortest)]
