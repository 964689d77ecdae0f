"""SurgicalScore as its authors define it: its terms, its anchor, its gate, its invalid cases."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.evaluation.morphometry import MORPHOMETRY
from landmarkdiff.evaluation.surgical_score import (
    SURGICAL_SCORE_VERSION,
    Edit,
    direction_and_magnitude,
    surgical_score,
)

#: A change in the numbers of the nose, among them an angle of some degrees.
WANTED = np.array([0.02, -9.0, 0.05, 0.001, 0.01])
ASIDE = np.array([9.0, 0.02, 0.0, 0.0, 0.0])
PHOTO = Edit(lpips_inside=0.2, realism=0.9)


@pytest.mark.parametrize(
    ("done", "direction", "magnitude"),
    [
        (WANTED, 1.0, 1.0),
        (2.0 * WANTED, 1.0, 2.0**-1.5),
        (0.5 * WANTED, 1.0, 0.5),
        (-WANTED, 0.0, 1.0),
        (ASIDE, 0.5, 1.0),
        (np.zeros(5), 0.0, 0.0),
    ],
    ids=["right", "twofold", "half", "opposite", "aside", "nothing"],
)
def test_direction_and_magnitude_as_published(done, direction, magnitude):
    found = direction_and_magnitude(done, WANTED)
    tolerance = 1e-6 if done is not ASIDE else 1e-4  # both changes lie almost at right angles
    assert found == pytest.approx((direction, magnitude), abs=tolerance)


def test_a_photo_taken_for_a_prediction_is_the_anchor():
    found = surgical_score(np.zeros(5), WANTED, PHOTO, PHOTO, identity=1.0, procedure="rhinoplasty")
    assert found.value == pytest.approx(0.30, abs=1e-6)
    assert found.version == SURGICAL_SCORE_VERSION == "5"


def test_the_target_itself_comes_to_the_top():
    target = Edit(lpips_inside=0.0, realism=1.0)
    found = surgical_score(WANTED, WANTED, target, PHOTO, identity=0.9, procedure="rhinoplasty")
    assert found.terms == pytest.approx((1.0, 1.0, 1.0, 1.0, 1.0), abs=1e-6)
    assert found.value == pytest.approx(1.0, abs=1e-6)


def test_a_prediction_by_hand():
    prediction = Edit(lpips_inside=0.1, realism=0.8, lpips_outside=0.03)
    found = surgical_score(
        0.5 * WANTED, WANTED, prediction, PHOTO, identity=0.7, procedure="rhinoplasty"
    )
    raw = 0.40 + 0.30 * 0.5 + 0.15 * 0.9 + 0.10 * 0.8 + 0.05 * 0.5
    of_photo = 0.15 * 0.8 + 0.10 * 0.9 + 0.05
    assert (found.raw, found.raw_of_photo) == pytest.approx((raw, of_photo), abs=1e-6)
    wanted = 0.30 + 0.70 * (raw - of_photo) / (1.0 - of_photo)
    assert found.value == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("procedure", "left"),
    [("rhinoplasty", 0.5), ("blepharoplasty", 0.4), ("rhytidectomy", 0.25), ("otoplasty", 0.5)],
)
def test_what_may_change_outside_depends_on_the_procedure(procedure, left):
    edit = Edit(lpips_inside=0.1, realism=0.8, lpips_outside=0.03)
    found = surgical_score(WANTED, WANTED, edit, PHOTO, identity=1.0, procedure=procedure)
    assert found.terms[4] == pytest.approx(left, abs=1e-6)


def test_another_person_gets_nothing():
    found = surgical_score(WANTED, WANTED, PHOTO, PHOTO, identity=0.64, procedure="rhinoplasty")
    assert found.value == 0.0


def test_the_five_numbers_of_each_procedure_do_not_change_with_size_or_place(prepared_portraits):
    points = prepared_portraits["astronaut"].landmarks.points[:, :2]
    for name, measure in MORPHOMETRY.items():
        numbers = measure(points)
        assert numbers.shape == (5,)
        assert np.isfinite(numbers).all()
        assert measure(points * 3.0 + (40.0, -7.0)) == pytest.approx(numbers, rel=1e-9), name


def test_a_wider_nose_and_more_open_eyes_are_seen(prepared_portraits):
    points = prepared_portraits["astronaut"].landmarks.points[:, :2].copy()
    nose, eyes = MORPHOMETRY["rhinoplasty"](points), MORPHOMETRY["blepharoplasty"](points)
    across = points[294] - points[64]
    points[294] += 0.1 * across
    assert MORPHOMETRY["rhinoplasty"](points)[2] == pytest.approx(1.1 * nose[2])
    points[[145, 374], 1] += 2.0
    assert MORPHOMETRY["blepharoplasty"](points)[4] > eyes[4]
