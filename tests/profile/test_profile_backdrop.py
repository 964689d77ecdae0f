from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_profiles import BACKDROP, SKIN, draw_profile

from landmarkdiff.profile.backdrop import plain_backdrop
from landmarkdiff.profile.windows import PhotoPyramid


def test_what_stands_before_a_plain_wall_differs_from_it() -> None:
    image = draw_profile(hair_above_mm=None).image
    wall = plain_backdrop(PhotoPyramid(image))
    assert wall is not None
    assert wall.spread < 3.0
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    height, width = image.shape[:2]
    foreign = wall.foreign(lab, np.arange(width), np.arange(height))
    skin = np.abs(image.astype(int) - SKIN).sum(axis=2) < 20
    behind = np.abs(image.astype(int) - BACKDROP).sum(axis=2) < 20
    assert foreign[skin].mean() > 0.95
    assert foreign[behind].mean() < 0.2


def test_uneven_light_is_still_plain() -> None:
    ramp = np.linspace(90, 200, 300)[:, None, None] * np.linspace(0.8, 1.0, 200)[None, :, None]
    wall = plain_backdrop(PhotoPyramid(np.repeat(ramp, 3, axis=2).astype(np.uint8)))
    assert wall is not None
    assert wall.spread == pytest.approx(1.0, abs=0.5)


def test_a_pattern_is_not_plain() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 20, 3), dtype=np.uint8)
    image = np.repeat(np.repeat(noise, 10, axis=0), 10, axis=1)
    assert plain_backdrop(PhotoPyramid(image)) is None
