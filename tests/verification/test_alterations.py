"""What appears in a repainted picture and moves nothing: spots are refused, texture is not."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from guard_cases import Case, blurred, clipped, warped_case

from landmarkdiff.configuration import GuardSettings
from landmarkdiff.verification import largest_alteration, register_structure

#: Where a spot is painted: portrait, procedure and landmark.
PLACES = {
    "nose": ("astronaut", "rhinoplasty", 45),
    "another nose": ("grace_hopper", "rhinoplasty", 4),
    "beside the eye": ("astronaut", "blepharoplasty", 226),
    "temple": ("astronaut", "brow_lift", 71),
    "cheek": ("astronaut", "malar_augmentation", 205),
    "lip": ("grace_hopper", "lip_lift", 0),
    "another lip": ("astronaut", "lip_lift", 164),
}
GREY = np.array([0.299, 0.587, 0.114])


def another_hue(skin: np.ndarray) -> np.ndarray:
    """A green of the same grey."""
    green = skin * (0.55, 1.15, 1.25)
    return np.asarray(green * (skin @ GREY / np.maximum(green @ GREY, 1.0))[..., None])


COLOURS = {
    "black": lambda skin: np.broadcast_to((12, 10, 10), skin.shape),
    "white": lambda skin: np.broadcast_to((250, 250, 250), skin.shape),
    "red": lambda skin: np.broadcast_to((150, 30, 30), skin.shape),
    "brown": lambda skin: np.broadcast_to((90, 60, 40), skin.shape),
    "darker skin": lambda skin: skin * 0.65,
    "another hue": another_hue,
}


@pytest.fixture(scope="module")
def cases(portraits) -> dict[str, Case]:
    return {
        place: warped_case(portraits[portrait], procedure)
        for place, (portrait, procedure, _) in PLACES.items()
    }


@pytest.fixture
def nose(cases) -> Case:
    return cases["nose"]


def spotted(case: Case, landmark: int, size_mm: float, colour: str) -> np.ndarray:
    """The warp with a round spot whose edge is a quarter of a millimetre wide."""
    rows, columns = np.indices(case.start.shape[:2], dtype=np.float32)
    x, y = case.face.points[landmark, :2]
    away = np.hypot(columns - x, rows - y) / case.px_per_mm
    share = 1.0 / (1.0 + np.exp(np.clip((away - size_mm / 2) / 0.125, -50, 50)))[..., None]
    skin = case.start.astype(np.float64)
    return clipped(skin + share * (COLOURS[colour](skin) - skin))


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("place", PLACES)
def test_a_spot_of_three_millimetres_is_refused(cases, place, colour):
    case, landmark = cases[place], PLACES[place][2]
    reading = case.read(spotted(case, landmark, 3.0, colour))
    assert reading.verdict == "altered", reading
    assert not reading.ok
    assert reading.altered_levels > 34.0
    shown = case.face.points[[landmark, reading.altered_landmark], :2]
    assert np.hypot(*(shown[1] - shown[0])) / case.px_per_mm < 6.0
    assert reading.altered_mm < 6.0


def test_a_mole_that_was_painted_away_is_seen(nose):
    """What the warp shows belongs to the patient, as what it does not show does not."""
    with_mole = replace(nose, start=spotted(nose, 45, 3.0, "brown"))
    reading = with_mole.read(nose.start)
    assert reading.verdict == "altered"
    assert reading.altered_levels > 34.0


def test_a_spot_widens_no_limit(nose):
    """What can be seen of a shift is the start's to say, whatever was painted over it."""
    plain = register_structure(nose.start, nose.start, nose.mask, nose.face)
    painted = spotted(nose, 4, 5.0, "black")
    marked = register_structure(nose.start, painted, nose.mask, nose.face)
    assert marked.correlation < plain.correlation
    np.testing.assert_array_equal(marked.covariance_mm2, plain.covariance_mm2)


def test_a_shift_moves_what_is_there_and_alters_nothing(nose):
    shift = np.float32([[1, 0, nose.px_per_mm], [0, 1, 0]])
    size = nose.start.shape[1::-1]
    painted = cv2.warpAffine(nose.start, shift, size, borderMode=cv2.BORDER_REPLICATE)
    reading = nose.read(painted)
    assert reading.verdict == "moved"
    assert reading.altered_levels < 15.0


def test_light_and_pores_are_no_alteration(nose):
    rows, columns = np.indices(nose.start.shape[:2], dtype=np.float32)
    light = 20.0 * np.sin((rows + columns) / (25.0 * nose.px_per_mm))
    noise = np.random.default_rng(3).standard_normal(nose.start.shape[:2])
    pores = blurred(noise, 0.2 * nose.px_per_mm)
    painted = clipped(nose.start + (light + 6.0 * pores / pores.std())[..., None])
    reading = nose.read(painted)
    assert reading.verdict == "kept"
    assert reading.altered_levels < 20.0


def test_the_limit_is_a_setting(nose):
    painted = spotted(nose, 4, 3.0, "darker skin")
    strict, lax = (nose.read(painted, GuardSettings(altered_levels=levels)) for levels in (5, 255))
    assert strict.verdict == "altered"
    assert lax.verdict != "altered"
    assert strict.altered_levels == lax.altered_levels


def test_the_size_and_the_place_of_a_step_are_known(nose):
    """A flat picture with a spot: its contrast is what is found, at its middle."""
    x, y = np.rint(nose.face.points[4, :2]).astype(int)
    start = np.full_like(nose.start, 120)
    painted = cv2.circle(start.copy(), (x, y), round(1.5 * nose.px_per_mm), (70, 120, 120), -1)
    found = register_structure(start, painted, nose.mask, nose.face)
    alteration = largest_alteration(start, painted, found)
    # What a Gaussian of 0.7 mm leaves of 3 mm, less what one of 5 mm does.
    expected = 50 * (np.exp(-(1.5**2) / (2 * 5.0**2)) - np.exp(-(1.5**2) / (2 * 0.7**2)))
    assert alteration.levels == pytest.approx(expected, rel=0.1)
    assert np.hypot(*(alteration.place - (x, y))) / nose.px_per_mm < 0.5
    outside = start.copy()
    outside[cv2.dilate(nose.mask.full(), np.ones((3, 3), np.uint8)) == 0] = 255
    found = register_structure(start, outside, nose.mask, nose.face)
    assert largest_alteration(start, outside, found).levels < 5.0
