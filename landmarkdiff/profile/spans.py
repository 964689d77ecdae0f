"""Stretches of a contour."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray

__all__ = ["runs", "stretches"]


def stretches(where: BoolArray) -> list[tuple[int, int]]:
    """First index, and that after the last, of each stretch."""
    edges = np.flatnonzero(np.diff(np.r_[0, where.astype(np.int8), 0]))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def runs(where: BoolArray, shortest: int = 1) -> list[tuple[int, int]]:
    """First and last index of each stretch of at least so many points, one at least."""
    return [(a, b - 1) for a, b in stretches(where) if b - a >= max(1, shortest)]
