"""Eyes: open, closed, or not to be seen."""

from __future__ import annotations

from dataclasses import replace

import cv2
import drawn_covers as drawn
import numpy as np
import pytest

from landmarkdiff.covers import detect_covers
from landmarkdiff.covers.eyes import eye_states
from landmarkdiff.landmarks import extract_landmarks


@pytest.fixture(scope="module")
def large(astronaut):
    """The portrait at four times its size, as lids are drawn more finely there."""
    return cv2.resize(astronaut[:330, 100:430], None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)


@pytest.fixture(scope="module")
def face(astronaut):
    return extract_landmarks(astronaut)


@pytest.fixture(scope="module")
def large_face(large):
    return extract_landmarks(large)


def test_open_eyes_are_open(portraits, prepared_portraits, large, large_face):
    for name, image in portraits.items():
        assert eye_states(image, prepared_portraits[name].landmarks) == ("open", "open")
    assert eye_states(large, large_face) == ("open", "open")


@pytest.mark.parametrize("square_mm", [4.5, 7.0])
def test_a_mosaic_hides_both_eyes(astronaut, face, square_mm):
    photo = drawn.mosaic(astronaut, face, square_mm)
    assert eye_states(photo, face) == ("hidden", "hidden")


@pytest.mark.parametrize("quality", [60, 85])
def test_a_mosaic_is_found_in_a_compressed_photo(large, large_face, quality):
    photo = drawn.mosaic(large, large_face)
    photo = cv2.imdecode(cv2.imencode(".jpg", photo, [1, quality])[1], 1)
    assert eye_states(photo, large_face) == ("hidden", "hidden")


@pytest.mark.parametrize("quality", [20, 40])
def test_the_squares_of_a_compressed_photo_are_no_mosaic(large, large_face, quality):
    photo = cv2.imdecode(cv2.imencode(".jpg", large, [1, quality])[1], 1)
    assert eye_states(photo, large_face) == ("open", "open")


@pytest.mark.parametrize("hide", [drawn.blurred_eyes, drawn.black_bar])
def test_blurred_and_barred_eyes_are_hidden(astronaut, face, hide):
    assert eye_states(hide(astronaut, face), face) == ("hidden", "hidden")


def test_a_blurred_photo_hides_no_eyes(astronaut, face):
    photo = cv2.GaussianBlur(astronaut, (0, 0), 1.5)
    assert eye_states(photo, face) == ("open", "open")


def test_a_pad_hides_the_eye_that_it_lies_on(astronaut, face):
    assert eye_states(drawn.eye_pad(astronaut, face), face) == ("open", "hidden")


def test_the_far_eye_of_a_turned_head_is_not_judged(astronaut, face):
    photo = drawn.black_bar(astronaut, face)
    for yaw, states in ((40.0, ("hidden", "open")), (-40.0, ("open", "hidden"))):
        turned = replace(face, pose=replace(face.pose, yaw=yaw))
        assert eye_states(photo, turned) == states


@pytest.mark.parametrize(
    ("sides", "states"),
    [
        (("right", "left"), ("closed", "closed")),
        (("right",), ("closed", "open")),
        (("left",), ("open", "closed")),
    ],
)
def test_drawn_lids_are_closed(large, large_face, sides, states):
    photo = drawn.closed_lids(large, large_face, sides)
    assert eye_states(photo, extract_landmarks(photo)) == states


def test_the_lids_of_an_eye_are_named_by_its_state(large, large_face):
    photo = drawn.closed_lids(large, large_face, ("right",))
    found = detect_covers(photo, extract_landmarks(photo))
    closed, hidden = found.lids("closed"), found.lids("hidden")
    assert closed[[159, 145, 33, 133]].all()
    assert not closed[[386, 374, 263, 362]].any()
    assert not hidden.any()
    # The closed lids stay where they are; the other eye is free.
    places = found.face.points[[159, 145, 386, 374], :2]
    assert (found.still.at(places) > 0.5).tolist() == [True, True, False, False]
    assert np.asarray(found.still.at(found.face.points[[4, 152], :2])).max() == 0.0
