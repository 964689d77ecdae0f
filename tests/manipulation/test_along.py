"""Values along ways are those that the grid itself gives at the same places."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.manipulation.along import values_along
from landmarkdiff.manipulation.grid import RegionGrid


@pytest.mark.parametrize(
    ("low", "high"), [((103.0, 205.0), (160.0, 240.0)), ((60.0, 150.0), (210.0, 290.0))]
)
def test_they_are_those_of_the_grid(low: tuple[float, float], high: tuple[float, float]) -> None:
    rng = np.random.default_rng(4)
    grid = RegionGrid(x=100, y=200, width=69, height=48, step=3)
    values = rng.random(grid.shape).astype(np.float32)
    start, end = (rng.uniform(low, high, (200, 2)) for _ in range(2))
    ways = values_along(grid, values, start, end - start)
    for _ in range(3):
        parts = rng.random(200)
        expected = grid.sample(values, start + parts[:, None] * (end - start))
        assert np.abs(ways.at(parts) - expected).max() < 1e-12
    some = np.array([7, 3, 150])
    assert ways.of(some).at(parts[some]).tolist() == ways.at(parts)[some].tolist()


def test_where_all_nodes_agree_nothing_is_rounded() -> None:
    grid = RegionGrid(x=0, y=0, width=30, height=30, step=5)
    start = np.random.default_rng(1).uniform(4.0, 24.0, (50, 2))
    ways = values_along(grid, np.ones(grid.shape, np.float32), start, np.full((50, 2), 0.37))
    assert (ways.at(np.full(50, 0.3)) == 1.0).all()
