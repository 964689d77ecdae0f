from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from rendering import canonical_face, render

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.landmarks.coarse import Glance
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.workflows import EXPECTED_VIEWS, expected_view
from landmarkdiff.workflows.guidance import GUIDE_CODES, Guidance, guide, hint_for

FRONTAL = expected_view("frontal")
RIGHT_OBLIQUE, LEFT_OBLIQUE = (expected_view(f"{side}_three_quarter") for side in ("right", "left"))
RIGHT_PROFILE, LEFT_PROFILE = (expected_view(f"{side}_profile") for side in ("right", "left"))


def held(**pose: float) -> FaceLandmarks:
    """A face that fills a camera frame of 640 x 480 well: 1.4 px per mm, in the middle."""
    face = canonical_face(px_per_mm=1.3, size=640, **pose)  # type: ignore[arg-type]
    points = face.points.copy()
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    points[:, :2] += np.array([320.0, 240.0]) - (low + high) / 2
    return replace(face, points=points, image_width=640, image_height=480)


@pytest.mark.parametrize(
    ("yaw", "expected", "code", "degrees"),
    [
        # The camera sees the right side when the head is turned to the patient's left.
        (0.0, RIGHT_OBLIQUE, "turn_left", 45),
        (0.0, LEFT_OBLIQUE, "turn_right", 45),
        (20.0, RIGHT_OBLIQUE, "further_left", 20),
        (-20.0, LEFT_OBLIQUE, "further_right", 20),
        (55.0, RIGHT_OBLIQUE, "back_right", 20),
        (-55.0, LEFT_OBLIQUE, "back_left", 20),
        (25.0, FRONTAL, "back_right", 30),
        (-25.0, FRONTAL, "back_left", 30),
        (8.5, FRONTAL, "turn_right", 10),
        (-30.0, RIGHT_OBLIQUE, "turn_left", 80),
        (0.0, RIGHT_PROFILE, "profile_left", None),
        (-40.0, LEFT_PROFILE, "profile_right", None),
    ],
)
def test_the_head_is_led_to_its_view(yaw: float, expected: object, code: str, degrees: int) -> None:
    hint = guide(held(yaw=yaw), expected)  # type: ignore[arg-type]
    assert hint.code == code
    assert hint.params == ({} if degrees is None else {"degrees": degrees})
    assert not hint.ok
    assert hint.yaw == pytest.approx(yaw, abs=1.0)


@pytest.mark.parametrize(
    ("yaw", "expected"),
    [
        (0.0, FRONTAL),
        (5.0, FRONTAL),
        (-5.0, FRONTAL),
        (40.0, RIGHT_OBLIQUE),
        (33.0, RIGHT_OBLIQUE),
        (-40.0, LEFT_OBLIQUE),
    ],
)
def test_a_view_that_is_reached_is_good(yaw: float, expected: object) -> None:
    hint = guide(held(yaw=yaw), expected)  # type: ignore[arg-type]
    assert (hint.code, hint.ok, hint.key) == ("good", True, "guide.good")


@pytest.mark.parametrize(
    ("pose", "code"),
    [
        ({"roll": 12.0}, "tilt_right"),
        ({"roll": -12.0}, "tilt_left"),
        ({"pitch": 20.0}, "chin_down"),
        ({"pitch": -20.0}, "chin_up"),
    ],
)
def test_tilt_and_chin(pose: dict[str, float], code: str) -> None:
    hint = guide(held(**pose), FRONTAL)
    assert (hint.code, hint.ok) == (code, False)
    assert hint.params == ({"degrees": 12} if "roll" in pose else {})


def test_the_face_is_whole_and_of_a_fit_size() -> None:
    face = held()

    def framed(scale: float, right: float = 0.0) -> str:
        middle = np.array([320.0, 240.0, 0.0])
        points = (face.points - middle) * scale + middle + (right, 0.0, 0.0)
        return guide(face.with_points(points), FRONTAL).code

    assert framed(1.0) == "good"
    assert framed(0.5) == "too_far"
    assert framed(1.6) == "too_close"
    assert framed(1.0, 260.0) == "cut"
    assert framed(1.0, -260.0) == "cut"
    upright = replace(face, image_width=360, image_height=640)
    moved = upright.with_points(face.points - (140.0, 0.0, 0.0))
    assert guide(moved, FRONTAL).code == "good", "a telephone held upright"


def test_without_a_face() -> None:
    assert guide(None, FRONTAL).code == "no_face"
    assert guide(None, RIGHT_OBLIQUE).code == "no_face"
    unseen = guide(None, LEFT_PROFILE)
    assert (unseen.code, unseen.ok) == ("profile_unseen", False)


def seen_at(turn: float, eyes: float) -> Glance:
    return Glance((220.0, 140.0, 200.0, 200.0), 0.8, 0.0, turn, eyes)


@pytest.mark.parametrize(
    ("turn", "eyes", "expected", "code"),
    [
        (0.6, 0.15, RIGHT_PROFILE, "good_profile"),
        (-0.6, 0.15, LEFT_PROFILE, "good_profile"),
        (-0.6, 0.15, RIGHT_PROFILE, "profile_left"),
        (0.5, 0.34, RIGHT_PROFILE, "profile_left"),
        (0.0, 0.42, LEFT_PROFILE, "profile_right"),
        (0.6, 0.15, FRONTAL, "back_right"),
        (-0.6, 0.15, LEFT_OBLIQUE, "back_left"),
        (0.0, 0.42, FRONTAL, "no_face"),
    ],
)
def test_where_the_mesh_gives_up_the_detector_still_tells(
    turn: float, eyes: float, expected: object, code: str
) -> None:
    hint = guide(None, expected, seen_at(turn, eyes), (480, 640))  # type: ignore[arg-type]
    assert hint.code == code
    assert hint.ok == (code == "good_profile")


def test_a_profile_too_is_framed() -> None:
    near = replace(seen_at(0.6, 0.15), box=(100.0, 20.0, 400.0, 400.0))
    assert guide(None, RIGHT_PROFILE, near, (480, 640)).code == "too_close"


def test_a_mesh_that_contradicts_the_detector_is_not_believed() -> None:
    hint = guide(held(yaw=-9.0), RIGHT_PROFILE, seen_at(0.6, 0.2))
    assert hint.code == "good_profile"
    assert guide(held(yaw=2.0), FRONTAL, seen_at(0.5, 0.3)).code == "back_right"


@pytest.fixture(scope="module")
def points(astronaut: ImageArray) -> NDArray[np.float64]:
    return extract_landmarks(astronaut, passes=2).points


@pytest.mark.parametrize(
    ("yaw", "place", "code"),
    [
        (0.0, "frontal", "good"),
        (45.0, "right_three_quarter", "good"),
        (-45.0, "left_three_quarter", "good"),
        (90.0, "right_profile", "good_profile"),
        (-90.0, "left_profile", "good_profile"),
        (20.0, "right_three_quarter", "further_left"),
        (75.0, "frontal", "back_right"),
        (45.0, "right_profile", "profile_left"),
    ],
)
def test_frames_of_a_camera_get_their_hint(
    astronaut: ImageArray, points: NDArray[np.float64], yaw: float, place: str, code: str
) -> None:
    frame = render(astronaut, points, yaw=yaw, size=640, px_per_mm=1.7).image[80:560]
    assert hint_for(np.ascontiguousarray(frame), expected_view(place)).code == code


def test_an_empty_room_has_no_face() -> None:
    room = np.full((480, 640, 3), 128, np.uint8)
    for view in EXPECTED_VIEWS:
        code = "profile_unseen" if view.profile else "no_face"
        assert hint_for(room, view) == Guidance(code)


def test_every_hint_is_in_the_list(astronaut: ImageArray, points: NDArray[np.float64]) -> None:
    """All poses and views: each code is known, with its numbers."""
    codes = set()
    for yaw in range(-60, 61, 12):
        for roll, pitch in ((0.0, 0.0), (15.0, 0.0), (-15.0, 0.0), (0.0, 22.0), (0.0, -22.0)):
            face = held(yaw=float(yaw), roll=roll, pitch=pitch)
            for view in EXPECTED_VIEWS:
                hint = guide(face, view)
                assert tuple(hint.params) == GUIDE_CODES[hint.code]
                codes.add(hint.code)
    unsteady = {"no_face", "too_far", "too_close", "cut", "profile_unseen", "good_profile"}
    assert codes == set(GUIDE_CODES) - unsteady
