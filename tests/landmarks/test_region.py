from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.landmarks.region import Region, View, sample

RNG = np.random.default_rng(1)
IMAGE = RNG.integers(0, 256, (37, 53, 3), dtype=np.uint8)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_view_is_the_turned_photo(degrees: int) -> None:
    view = View.turned(53, 37, degrees)
    turned = np.rot90(IMAGE, degrees // 90)
    assert (view.height, view.width) == turned.shape[:2]
    for x, y in [(0, 0), (view.width - 1, 3), (5, view.height - 1)]:
        u, v, _ = view.points_to_photo(np.array([[x, y, 7.0]]))[0]
        assert np.array_equal(turned[y, x], IMAGE[round(v), round(u)])


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_mirroring_flips_the_view_and_is_undone_by_itself(degrees: int) -> None:
    view = View.turned(53, 37, degrees)
    mirrored = view.mirror()
    assert mirrored.mirrored
    x, y, z = mirrored.points_to_photo(np.array([[2.0, 3.0, 1.0]]))[0]
    same = view.points_to_photo(np.array([[view.width - 3.0, 3.0, 1.0]]))[0]
    assert (x, y, z) == pytest.approx(tuple(same))
    assert np.array_equal(mirrored.mirror().to_photo, view.to_photo)


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(1, 1e3), st.floats(-3, 3))
def test_a_region_s_centre_and_corners(x: float, y: float, size: float, angle: float) -> None:
    matrix = Region(x, y, size, angle).matrix(256)
    assert matrix @ [128, 128, 1] == pytest.approx([x, y, 1], abs=1e-6)
    right = matrix @ [256, 128, 1] - matrix @ [0, 128, 1]
    expected = [size * math.cos(angle), size * math.sin(angle), 0]
    assert right == pytest.approx(expected, abs=1e-6)


@given(st.floats(0, 50), st.floats(1, 99), st.floats(-3, 3), st.floats(-0.1, 0.1))
def test_a_mirrored_jitter_is_the_jitter_of_the_mirrored_region(
    x: float, size: float, angle: float, turn: float
) -> None:
    region = Region(x, 20.0, size, angle)
    once = region.mirror(53).jittered((0.01, 0.02), 1.02, turn)
    other = region.jittered((-0.01, 0.02), 1.02, -turn).mirror(53)
    assert (once.x, once.y, once.size) == pytest.approx((other.x, other.y, other.size))
    assert once.angle == pytest.approx(other.angle)


def test_the_whole_photo_sampled_centred_at_its_own_size_is_the_photo() -> None:
    square = IMAGE[:, :37]
    view = View.turned(37, 37, 0)
    crop = sample(
        square.copy(), view, Region(18.0, 18.0, 37.0, 0.0), 37, replicate=True, centred=True
    )
    assert np.array_equal(crop, square)


def test_borders_are_black_or_repeated() -> None:
    view = View.turned(53, 37, 0)
    far = Region(-500.0, -500.0, 64.0, 0.0)
    assert not sample(IMAGE, view, far, 64, replicate=False).any()
    assert (sample(IMAGE, view, far, 64, replicate=True) == IMAGE[0, 0]).all()
