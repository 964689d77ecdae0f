"""A change of light on pixels: in linear light, within its mask, and back."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.shading import Shading, coded, linear_light

GRID = RegionGrid(x=5, y=-2, width=45, height=36, step=3)


def shading(factor: float, gloss: float = 0.0) -> Shading:
    rows, columns = GRID.shape
    return Shading(
        GRID,
        np.full((rows, columns, 3), factor, np.float32),
        np.full((rows, columns), gloss, np.float32),
    )


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (40, 60, 3)).astype(np.uint8)


def coverage() -> np.ndarray:
    covered = np.zeros(GRID.shape, np.uint8)
    covered[3:9, 4:10] = 200
    return covered


def test_a_change_of_nothing_changes_no_bit(picture: np.ndarray) -> None:
    assert np.array_equal(shading(1.0).applied(picture, coverage()), picture)
    almost = shading(1.0)
    almost.factor[0, 0] = 2.0  # where the mask is 0
    assert np.array_equal(almost.applied(picture, coverage()), picture)


def test_light_counts_as_a_sensor_counts_it(picture: np.ndarray) -> None:
    changed = shading(0.5).applied(picture, coverage())
    inside = np.zeros(picture.shape[:2], bool)
    inside[10:22, 20:32] = True  # deep within the mask
    expected = coded(linear_light()[picture] * np.float32(0.5))
    assert np.array_equal(changed[inside], expected[inside])
    outside = GRID.enlarge(coverage())[2:] == 0
    assert np.array_equal(changed[:34, 5:50][outside], picture[:34, 5:50][outside])
    assert np.array_equal(changed[:, 50:], picture[:, 50:])


def test_gloss_takes_no_more_than_three_tenths_off(picture: np.ndarray) -> None:
    darker = shading(1.0, -0.5).applied(picture, coverage())[10:22, 20:32]
    least = coded(np.float32(0.7) * linear_light()[picture])[10:22, 20:32]
    assert (np.abs(darker.astype(int) - least) <= 1).mean() > 0.5
    assert (darker.astype(int) >= least.astype(int) - 1).all()


@pytest.mark.parametrize(("factor", "gloss"), [(0.6, 0.0), (1.2, -0.02), (0.8, 0.03)])
def test_it_is_undone(picture: np.ndarray, factor: float, gloss: float) -> None:
    calm = (60 + picture.astype(int) // 3).astype(np.uint8)  # nothing is clipped
    light = shading(factor, gloss)
    back = light.undone(light.applied(calm, coverage()), coverage())
    assert np.abs(back.astype(int) - calm).max() <= 2


def test_tiles_meet_without_a_seam(picture: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    from landmarkdiff.manipulation import shading as module

    light = shading(1.0)
    light.factor[:] = np.linspace(0.5, 1.5, GRID.shape[0], dtype=np.float32)[:, None, None]
    whole = light.applied(picture, coverage())
    monkeypatch.setattr(module, "TILE_PIXELS", 4 * GRID.step)
    assert np.array_equal(light.applied(picture, coverage()), whole)


def test_in_place_is_the_same(picture: np.ndarray) -> None:
    light = shading(1.3, 0.02)
    changed = picture.copy()
    light.apply(changed, coverage())
    assert np.array_equal(changed, light.applied(picture, coverage()))
    assert not np.array_equal(changed, picture)
