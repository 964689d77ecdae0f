"""Tiles hold all that is marked, once, and little else."""

from __future__ import annotations

import numpy as np

from landmarkdiff.manipulation.tiles import tight_tiles, tiles


def test_a_picture_is_tiled_once() -> None:
    seen = np.zeros((23, 37), int)
    for tile in tiles(seen.shape, 8):
        seen[tile] += 1
    assert (seen == 1).all()


def test_a_ring_is_held_without_its_middle() -> None:
    rows, columns = np.mgrid[:120, :120]
    away = np.hypot(rows - 60, columns - 60)
    ring = (away > 40) & (away < 55)
    seen = np.zeros(ring.shape, int)
    for tile in tight_tiles(ring, 60, 10):
        seen[tile] += 1
    assert seen.max() == 1
    assert (seen[ring] == 1).all()
    assert seen.sum() < 1.4 * ring.sum()
    # The four tiles that are not split hold more than two thirds of all.
    assert sum(ring[tile].size for tile in tight_tiles(ring, 60, 60)) > 1.9 * ring.sum()


def test_nothing_marked_needs_no_tile() -> None:
    assert list(tight_tiles(np.zeros((9, 9), bool), 4, 1)) == []
