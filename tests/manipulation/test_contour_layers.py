"""A profile taken apart into face and background, and what covers its contour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from profile_photos import PX_PER_MM, photo

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.manipulation.contour_layers import ContourLayers, contour_layers
from landmarkdiff.manipulation.on_profile import PreparedProfile, prepare_profile, warp_profile
from landmarkdiff.manipulation.on_profile.warp import profile_motion
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.profile import Cover, find_profile
from landmarkdiff.runtime.clock import StageClock


@pytest.fixture(scope="module")
def prepared() -> PreparedProfile:
    image = photo(textured=True)
    return prepare_profile(image, find_profile(image), mm_per_px=1 / PX_PER_MM)


def warped(prepared: PreparedProfile) -> WarpedPlan:
    plan = make_plan("rhinoplasty", prepared.landmarks, intensity=0, effects={"dorsal_hump": -3.0})
    return warp_profile(prepared, plan, ClinicalFlags(), clock=StageClock(), pause=lambda: None)


@pytest.fixture(scope="module")
def layers(prepared: PreparedProfile) -> ContourLayers:
    grid = profile_motion(prepared, warped(prepared).plan, ClinicalFlags()).mask.grid
    contour = prepared.contour
    left = contour.side == "left_profile"
    return contour_layers(prepared.image, contour.points, left, grid, 4.0 * PX_PER_MM)


def test_the_layers_together_are_the_photo(
    prepared: PreparedProfile, layers: ContourLayers
) -> None:
    x, y = layers.corner
    height, width = layers.opaque.shape
    own = prepared.image[y : y + height, x : x + width]
    opaque = layers.opaque[..., None]
    made = layers.face * opaque + layers.back * (1 - opaque) + layers.edge + layers.rest
    assert np.abs(made - own).max() < 0.01
    assert np.array_equal(layers.face[layers.opaque > 0.9999], own[layers.opaque > 0.9999])


def test_the_background_behind_the_face_is_of_the_walls_colours(layers: ContourLayers) -> None:
    wall = layers.back[layers.opaque < 0.001]
    behind = layers.back[layers.opaque > 0.999]
    assert np.abs(behind.mean(axis=0) - wall.mean(axis=0)).max() < 12
    assert (behind[:, 2] > behind[:, 0]).mean() > 0.98  # bluish, as no skin is


def test_what_covers_the_contour_stays(prepared: PreparedProfile) -> None:
    contour = prepared.contour
    rhinion = prepared.camera.project(np.array(prepared.head.points["rhinion"].place))[:2]
    nearest = int(np.hypot(*(contour.points - rhinion).T).argmin())
    cover = Cover("hand", nearest - 12, nearest + 12)
    hidden = replace(prepared, contour=replace(contour, covers=(cover,)), _found={})
    before, after = prepared.image, warped(hidden).warped
    x, y = rhinion.round().astype(int)
    near = (slice(y - 4, y + 5), slice(x - 4, x + 5))
    assert np.array_equal(after[near], before[near])
    assert not np.array_equal(warped(prepared).warped[near], before[near])
    beard = replace(contour, covers=(replace(cover, kind="beard"),))
    bearded = replace(prepared, contour=beard, _found={})
    assert np.array_equal(warped(bearded).warped, warped(prepared).warped)
