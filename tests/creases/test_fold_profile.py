"""The depth of a valley, and what is left of it."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import Float32Array
from landmarkdiff.creases.profile import depth_across
from landmarkdiff.creases.strip import STEP_MM, along_line

ACROSS = (np.arange(-20, 21) * STEP_MM)[:, None] * np.ones((1, 60))
KNOWN = np.ones(ACROSS.shape, np.float32)


def valley(depth: float, wide: float = 1.5, slope: float = 0.0) -> Float32Array:
    light = slope * ACROSS - depth * np.exp(-0.5 * (ACROSS / wide) ** 2)
    return light.astype(np.float32)


def at_line(light: Float32Array) -> float:
    return float(depth_across(light, KNOWN)[20, 30])


def test_depth_is_linear_in_what_is_left() -> None:
    whole = at_line(valley(0.2))
    assert whole == pytest.approx(0.2, rel=0.15)
    for left in (0.75, 0.5, 0.25):
        assert at_line(valley(0.2 * left)) == pytest.approx(left * whole, rel=0.01)
    assert at_line(valley(0.0)) == 0.0


def test_a_slope_beside_it_plays_no_part() -> None:
    assert at_line(valley(0.2, slope=0.02)) == pytest.approx(at_line(valley(0.2)), rel=0.02)


def test_what_is_wider_or_brighter_is_no_fold() -> None:
    assert at_line(valley(0.2, wide=9.0)) < 0.03
    assert at_line(valley(-0.2)) < 1e-6


def test_filling_a_share_leaves_the_rest_and_nothing_brighter() -> None:
    light = valley(0.2)
    depth = depth_across(light, KNOWN)
    for share in (0.3, 0.6, 1.0):
        filled = light + np.float32(share) * depth
        assert at_line(filled) == pytest.approx((1.0 - share) * at_line(light), abs=0.015)
        assert filled.max() <= light.max() + 1e-6


def test_a_strip_goes_to_the_crop_and_back() -> None:
    points = np.array([[20.0, 20.0], [40.0, 60.0], [30.0, 100.0]])
    strip = along_line(points, np.array([1.0, 0.0]), 6.0, 0.4)
    assert (strip.normals[:, 0] > 0.5).all()
    bump = np.exp(-0.5 * (strip.offsets[:, None] / 1.5) ** 2) * np.ones(len(strip.line))
    (row, column), spread = strip.spread(bump.astype(np.float32))
    whole = np.zeros((120, 80), np.float32)
    whole[row : row + spread.shape[0], max(column, 0) : column + spread.shape[1]] = spread[
        :, max(-column, 0) :
    ][:, : 80 - max(column, 0)]
    again = strip.sample(whole)[:, 6:-6]
    assert np.abs(again - bump[:, 6:-6]).max() < 0.05
