"""The thin-plate spline."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.errors import DeformationError
from landmarkdiff.manipulation.spline import ThinPlateSpline


@given(st.integers(0, 10_000), st.integers(4, 40), st.floats(0.01, 100))
def test_the_spline_interpolates(seed: int, count: int, unit: float) -> None:
    random = np.random.default_rng(seed)
    cells = random.choice(400, count, replace=False)  # no two on one place
    points = unit * (
        np.stack([cells % 20, cells // 20], axis=1) + random.uniform(0, 0.5, (count, 2))
    )
    if np.linalg.matrix_rank(points - points.mean(axis=0)) < 2:
        return
    values = unit * random.normal(0, 1, (count, 2))
    spline = ThinPlateSpline(points)
    moved = spline(points, values)
    assert np.abs(moved - values).max() <= 2e-3 * np.abs(values).max()
    weights = spline.weights(values)
    assert weights.shape == (count + 3, 2)
    basis = spline.basis(points)
    assert (basis.shape, basis.dtype) == ((count, count + 3), np.float32)
    assert (basis @ weights.astype(np.float32) == moved).all()


@given(st.integers(0, 10_000), st.integers(4, 40))
def test_the_spline_reproduces_affine_maps(seed: int, count: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(0, 1000, (count, 2))
    matrix, shift = random.normal(0, 1, (2, 2)), random.normal(0, 100, 2)
    spline = ThinPlateSpline(points)
    elsewhere = random.uniform(-200, 1200, (50, 2))
    expected = elsewhere @ matrix + shift
    got = spline(elsewhere, points @ matrix + shift)
    assert np.abs(got - expected).max() <= 1e-3 * max(1, np.abs(expected).max())


@pytest.mark.parametrize(
    "points",
    [
        [[0, 0], [1, 0], [0, 1], [1, 0]],
        [[0, 0], [1, 0]],
        [[5, 5], [5, 5], [5, 5]],
        [[0, 0], [1, 2], [2, 4], [10, 20]],
        [[1000, 7], [2000, 7], [4000, 7]],
    ],
    ids=["coincident", "two", "one place", "on a line", "on a row"],
)
def test_a_spline_that_is_not_defined(points: list[list[float]]) -> None:
    place = np.array(points, np.float64)
    with pytest.raises(DeformationError, match="coincide, lie on one line or are too few"):
        ThinPlateSpline(place)
