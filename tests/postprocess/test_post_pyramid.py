from __future__ import annotations

import itertools

import numpy as np
import pytest

from landmarkdiff.postprocess.pyramid import RegionPyramid

SIZES = [(1, 1), (1, 7), (9, 1), (2, 2), (3, 5), (37, 41), (64, 64), (65, 127), (200, 33)]


def region(shape: tuple[int, int]) -> np.ndarray:
    """An irregular region with a hole and an island; never empty."""
    random = np.random.default_rng(3)
    inside = random.random(shape) < 0.4
    inside[: shape[0] // 2] |= random.random((shape[0] // 2, shape[1])) < 0.9
    inside[0, 0] = True
    return inside


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("levels", [1, 6, 10])
def test_octaves_sum_up_to_the_image_at_any_size(shape: tuple[int, int], levels: int) -> None:
    inside = region(shape)
    values = np.random.default_rng(1).normal(0, 50, shape).astype(np.float32)
    pyramid = RegionPyramid(inside, levels)
    smooth = [pyramid.enlarge(means, level) for level, means in enumerate(pyramid.levels(values))]
    octaves = [fine - coarse for fine, coarse in itertools.pairwise(smooth)]
    total = sum(octaves, smooth[-1])
    assert np.abs(total - values)[inside].max() < 1e-3
    assert pyramid.depth <= levels
    assert all(level.shape == shape for level in smooth)


def test_nothing_outside_the_region_has_any_influence() -> None:
    inside = region((61, 83))
    values = np.random.default_rng(1).normal(0, 50, inside.shape).astype(np.float32)
    other = np.where(inside, values, -1e4).astype(np.float32)
    pyramid = RegionPyramid(inside, 5)
    for level, (one, two) in enumerate(
        zip(pyramid.levels(values), pyramid.levels(other), strict=True)
    ):
        assert np.array_equal(pyramid.enlarge(one, level), pyramid.enlarge(two, level))


def test_a_constant_stays_up_to_the_border_of_the_region() -> None:
    inside = region((61, 83))
    pyramid = RegionPyramid(inside, 6)
    values = np.full(inside.shape, 37.0, np.float32)
    for level, means in enumerate(pyramid.levels(values)):
        assert pyramid.enlarge(means, level)[inside] == pytest.approx(37.0, abs=1e-3)


def test_a_level_keeps_waves_longer_than_itself_and_drops_shorter_ones() -> None:
    inside = np.ones((64, 512), bool)
    pyramid = RegionPyramid(inside, 4)
    x = np.arange(512, dtype=np.float32)
    for wavelength, level, low, high in ((3.0, 1, 0.0, 0.05), (256.0, 1, 0.95, 1.01)):
        wave = np.tile(np.sin(2 * np.pi * x / wavelength), (64, 1)).astype(np.float32)
        means = pyramid.levels(wave)[level]
        kept = np.abs(pyramid.enlarge(means, level)[16:-16, 64:-64]).max()
        assert low <= kept <= high
