from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.profile.windows import PhotoPyramid, Window

#: Red grows to the right, green downward: every sample tells where it was taken.
RAMP = np.zeros((240, 200, 3), np.uint8)
RAMP[..., 0] = np.arange(200)[None]
RAMP[..., 1] = np.arange(240)[:, None]


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("side", [50.0, 120.0])
def test_samples_come_from_where_the_window_says(side: float, mirrored: bool) -> None:
    window = Window(100.0, 110.0, side, mirrored)
    crop = PhotoPyramid(RAMP).sample(window, 40).astype(np.float64)
    for column, row in [(3, 3), (20, 31), (36, 8)]:
        place = window.to_photo((np.array([column, row]) + 0.5) / 40)
        assert crop[row, column, :2] == pytest.approx(place, abs=1.0)


def test_beyond_the_border_is_black() -> None:
    crop = PhotoPyramid(RAMP + np.uint8(10)).sample(Window(0.0, 0.0, 100.0), 50)
    assert not crop[:20, :20].any()
    assert crop[30:, 30:].any()


def test_levels_are_halves_and_end() -> None:
    pyramid = PhotoPyramid(np.zeros((1000, 600, 3), np.uint8))
    assert pyramid.level(1).shape == (500, 300, 3)
    assert pyramid.level(9).shape == (250, 150, 3)
    level, across, down = pyramid.matching(2.5)
    assert (level.shape[:2], across, down) == ((500, 300), 0.5, 0.5)


def test_a_mirror_undoes_itself() -> None:
    window = Window(3.0, 4.0, 20.0)
    assert window.mirror().mirror() == window
    corner = np.array([0.0, 0.0])
    assert window.mirror().to_photo(corner).tolist() == [13.0, -6.0]
