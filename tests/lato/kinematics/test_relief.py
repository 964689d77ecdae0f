"""The relief of a photo, and fields drawn from shifts."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.lato.kinematics.relief import filled, inverse_field, limited_slope
from landmarkdiff.manipulation.grid import RegionGrid


@pytest.mark.parametrize("seed", range(3))
def test_a_limited_slope_is_the_lowest_above(seed: int) -> None:
    heights = np.random.default_rng(seed).uniform(0, 60, (14, 17)).astype(np.float32)
    found = limited_slope(heights, 2.0, 1.0, 4.0, np.array([1.0, 0.0]))
    assert (found >= heights).all()
    falls = np.diff(found, axis=1)
    assert falls.min() > -2.0 * 1.0 - 1e-3
    assert falls.max() < 2.0 * 4.0 + 1e-3
    assert np.abs(np.diff(found, axis=0)).max() < 2.0 * 2.5 + 1e-3
    # Nothing lower would do: wherever it was raised a neighbour holds it up.
    assert np.array_equal(limited_slope(found, 2.0, 1.0, 4.0, np.array([1.0, 0.0])), found)


def test_what_is_not_known_goes_on_as_beside_it() -> None:
    values = np.tile(np.arange(40, dtype=np.float32), (40, 1))
    known = np.zeros((40, 40), np.bool_)
    known[10:30, 10:30] = True
    found = filled(values, known)
    assert np.array_equal(found[known], values[known])
    assert found.min() > 8.0
    assert found.max() < 31.0
    assert abs(found[20, 35] - 29.0) < 8.0  # nearer to the edge than to the middle


def test_a_field_brings_back_what_a_shift_took_away() -> None:
    grid = RegionGrid(x=0, y=0, width=60, height=60, step=1)
    rows, columns = np.mgrid[:60, :60]
    bump = np.exp(-((rows - 30) ** 2 + (columns - 30) ** 2) / 150.0)
    shift = np.stack([5.0 * bump, -3.0 * bump], axis=-1)
    field, places = inverse_field(grid, shift, np.zeros((60, 60), np.float32))
    at = np.array([[30.0, 30.0], [24.0, 35.0], [3.0, 3.0]])
    moved = at + grid.sample(shift.astype(np.float32), at)
    np.testing.assert_allclose(moved + field.at(moved), at, atol=0.1)
    assert np.abs(places[0] - np.stack([columns, rows], axis=-1)[0]).max() < 0.05


def test_what_is_nearer_covers_what_is_farther() -> None:
    """The left half slides over the right one, and the other way round."""
    grid = RegionGrid(x=0, y=0, width=40, height=8, step=1)
    shift = np.zeros((8, 40, 2))
    shift[:, 10:20, 0] = 8.0
    near = np.zeros((8, 40), np.float32)
    near[:, 10:20] = 50.0
    over, _ = inverse_field(grid, shift, near)
    under, _ = inverse_field(grid, shift, -near)
    assert over.displacement[4, 24, 0] == pytest.approx(-8.0)
    assert under.displacement[4, 24, 0] == pytest.approx(0.0)
