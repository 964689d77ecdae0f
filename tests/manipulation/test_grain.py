"""The grain of a photo where a warp stretches it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grain import grain_of, shows_grain
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.prepared import PreparedFace

#: The photo is drawn out this far along y.
STRETCH = 1.7
BOX = slice(180, 320), slice(190, 330)


@pytest.fixture(scope="module")
def grainy(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    """A photo of nothing but grain."""
    face = prepared_portraits["astronaut"].landmarks
    shape = face.image_height, face.image_width, 1
    noise = cv2.GaussianBlur(np.random.default_rng(3).normal(0.0, 1.0, shape), (0, 0), 0.5)
    picture = np.rint((150, 120, 110) + 8.0 * (noise / noise.std())[..., None])
    return PreparedFace(np.clip(picture, 0, 255).astype(np.uint8), face)


def drawn_out(grid: RegionGrid, stretch: float) -> DisplacementField:
    middle = grid.y + grid.height / 2.0
    displacement = np.zeros((*grid.shape, 2), np.float32)
    rows = grid.nodes.reshape(*grid.shape, 2)[..., 1]
    displacement[..., 1] = (rows - middle) * (1.0 / stretch - 1.0)
    return DisplacementField(grid, displacement)


def power(picture: np.ndarray, axis: int) -> np.ndarray:
    """Power of what grey levels show along one axis, by frequency, from 0.15 cycles/px on."""
    grey = picture[BOX].mean(axis=2)
    spectrum = np.abs(np.fft.rfft(grey - grey.mean(), axis=axis)) ** 2
    return np.asarray(spectrum.mean(axis=1 - axis)[21:60])


def test_stretched_grain_is_as_fine_and_as_strong_as_before(grainy: PreparedFace) -> None:
    grid = RegionGrid.over(np.array([160.0, 150.0]), np.array([360.0, 350.0]), 64)
    field, photo = drawn_out(grid, STRETCH), grainy.image
    coverage = np.full(grid.shape, 255, np.uint8)
    stretched = field.warp(photo, coverage)
    laid = stretched.copy()
    grain_of(grainy, grid).lay(laid, photo, field, coverage)
    for axis in (0, 1):
        before, streaks, after = (power(each, axis) for each in (photo, stretched, laid))
        assert after.sum() / before.sum() == pytest.approx(1.0, abs=0.12)
        assert axis == 1 or streaks.sum() < 0.6 * before.sum()


def test_nothing_changes_where_nothing_is_stretched(grainy: PreparedFace) -> None:
    grid = RegionGrid.over(np.array([160.0, 150.0]), np.array([360.0, 350.0]), 64)
    field, coverage = drawn_out(grid, 1.1), np.full(grid.shape, 255, np.uint8)
    warped = field.warp(grainy.image, coverage)
    laid = warped.copy()
    grain_of(grainy, grid).lay(laid, grainy.image, field, coverage)
    assert (laid == warped).all()
    uncovered = grainy.image.copy()
    grain_of(grainy, grid).lay(uncovered, grainy.image, drawn_out(grid, STRETCH), 0 * coverage)
    assert (uncovered == grainy.image).all()


def test_what_is_as_fine_as_grain_in_a_coarse_photo_is_the_face(
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    """A pixel of this portrait shows 1.4 mm: its nostrils are no grain."""
    face = prepared_portraits["astronaut"].landmarks
    assert not shows_grain(face)
    fine = replace(face.scale, mm_per_px=0.5)
    assert shows_grain(replace(face, scale=fine))
