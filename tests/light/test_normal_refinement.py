"""Normals that the head has not come nearer by the light that the photo shows there."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.landmarks.face_crop import FaceCrop
from landmarkdiff.light import fit_light
from landmarkdiff.light.normal_refinement import normal_refinement
from landmarkdiff.manipulation.shading import coded

CELLS = 90
LAMP = np.array([0.3, 0.3, 0.9]) / np.linalg.norm([0.3, 0.3, 0.9])
WHOLE = np.ones((CELLS, CELLS), np.bool_)


def unit(normals: FloatArray) -> FloatArray:
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True))


def dome() -> FloatArray:
    """Normals of the front of a ball: (90, 90, 3)."""
    x, y = np.meshgrid(np.linspace(-0.65, 0.65, CELLS), np.linspace(0.65, -0.65, CELLS))
    return np.dstack([x, y, np.sqrt(1.0 - x**2 - y**2)])


def bumpy() -> FloatArray:
    """The same with bumps of 18 mm, whose slopes lie up to 8 degrees beside."""
    x, y = np.meshgrid(1.5 * np.arange(CELLS), 1.5 * np.arange(CELLS))
    slope = 0.14 * np.dstack([np.sin(x * 0.35) * np.cos(y * 0.3), np.cos(x * 0.3), 0.0 * x])
    return unit(dome() + slope)


def drawn(normals: FloatArray) -> FaceCrop:
    """Grey skin under one lamp."""
    light = 0.15 + 0.4 * np.clip(normals @ LAMP, 0.0, None)
    picture: ImageArray = coded(np.repeat(light[..., None], 3, axis=2).astype(np.float32))
    return FaceCrop(picture, WHOLE, np.array([[1.0, 0, 0], [0, 1.0, 0]]), 1.5)


def refined(crop: FaceCrop, lit: BoolArray = WHOLE) -> FloatArray:
    fit = fit_light(crop.pixels, dome(), WHOLE)
    return normal_refinement(crop, dome(), lit, fit)


def off(normals: FloatArray) -> float:
    """Mean angle to those of the bumps away from the border, degrees."""
    inner = slice(8, -8), slice(8, -8)
    cosine = np.clip((unit(normals) * bumpy()).sum(axis=-1)[inner], -1.0, 1.0)
    return float(np.degrees(np.arccos(cosine)).mean())


def test_bumps_that_the_head_has_not_come_nearer() -> None:
    turn = refined(drawn(bumpy()))
    nearer = dome()
    nearer[..., :2] += turn
    away = dome()
    away[..., :2] -= turn
    # One light tells one of the two slopes.
    assert off(nearer) < 0.95 * off(dome()), (off(nearer), off(dome()))
    assert off(away) > off(dome())


def test_a_head_that_is_right_stays() -> None:
    turns = [np.abs(refined(drawn(each)))[8:-8, 8:-8].mean() for each in (dome(), bumpy())]
    assert turns[0] < 0.3 * turns[1], turns


def test_skin_in_another_light_keeps_the_normals_of_the_head() -> None:
    lit = WHOLE.copy()
    lit[:, :45] = False
    turn = refined(drawn(bumpy()), lit)
    assert np.abs(turn[:, :38]).max() < 1e-4
    assert np.abs(turn[:, 50:]).max() > 0.01
