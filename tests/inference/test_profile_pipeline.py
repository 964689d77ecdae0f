"""A photo from the side, from its preparation to a measured simulation."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from profile_photos import PX_PER_MM, photo

from landmarkdiff.errors import FaceUnusableError, NoFaceError, ParameterError, ProfileError
from landmarkdiff.head.profile_points import upright_contour
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.checking import check_prediction
from landmarkdiff.inference.profile_facts import points_of
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements.profile import PROFILE_MEASUREMENTS
from landmarkdiff.profile import find_profile
from landmarkdiff.profile.corrections import HAND_MM

HUMP = {"dorsal_hump": -3.0, "tip_rotation": "off", "alar_base_width": "off", "tip_width": "off"}
#: yaw, roll, skin, light, textured
PHOTOS = [
    (-90.0, 0.0, 1, 0, False),
    (90.0, 8.0, 5, 1, False),
    (-90.0, -8.0, 3, 2, True),
]


@pytest.fixture(scope="module")
def pipeline() -> LandmarkDiffPipeline:
    return LandmarkDiffPipeline().load()


@pytest.fixture(scope="module")
def profile(pipeline: LandmarkDiffPipeline) -> PreparedProfile:
    found = pipeline.prepare(photo(), mm_per_px=1 / PX_PER_MM)
    assert isinstance(found, PreparedProfile)
    return found


@pytest.mark.parametrize(("yaw", "roll", "skin", "light", "textured"), PHOTOS)
def test_a_hump_of_three_millimetres_goes(
    pipeline: LandmarkDiffPipeline, yaw: float, roll: float, skin: int, light: int, textured: bool
) -> None:
    before = photo(yaw, roll, skin, light, textured)
    prepared = pipeline.prepare(before, mm_per_px=1 / PX_PER_MM)
    result = pipeline.generate(prepared, "rhinoplasty", effects=HUMP)
    effect = result.effect("dorsal_hump")
    assert (effect.applied, effect.achieved) == pytest.approx((-3.0, -3.0), abs=0.15)
    assert result.outside_mask_changed_pixels == 0
    assert result.source.pose.view == ("left_profile" if yaw < 0 else "right_profile")
    # The same by a search that knows nothing of the plan: the bridge as the finished picture's
    # own contour has it, forward at the height of the rhinion.
    assert isinstance(prepared, PreparedProfile)
    known = upright_contour(prepared.contour, prepared.camera)
    made = upright_contour(find_profile(result.image), prepared.camera)
    height = prepared.head.points["rhinion"].place[1]
    assert forward_at(made.points, height) - forward_at(known.points, height) == pytest.approx(
        -3.0, abs=0.25
    )


def forward_at(points: np.ndarray, height: float) -> float:
    order = np.argsort(points[:, 1])
    return float(np.interp(height, points[order, 1], points[order, 0]))


def test_what_did_not_move_is_not_called_achieved(
    pipeline: LandmarkDiffPipeline, profile: PreparedProfile
) -> None:
    result = pipeline.generate(profile, "rhinoplasty", effects=HUMP, verify=False)
    half = pipeline.generate(profile, "rhinoplasty", effects={**HUMP, "dorsal_hump": -1.5})
    for picture, share in ((photo(), 0.0), (half.image, 0.5), (result.image, 1.0)):
        painting = replace(result.painting, image=picture)
        read = check_prediction(replace(result, painting=painting), pipeline.configuration)
        effect = read.effect("dorsal_hump")
        assert effect.achieved == pytest.approx(share * effect.applied, abs=0.2)


def test_a_plan_of_nothing_gives_the_photo_back(
    pipeline: LandmarkDiffPipeline, profile: PreparedProfile
) -> None:
    result = pipeline.generate(profile, "rhinoplasty", 0)
    assert np.array_equal(result.image, photo())


def test_the_background_goes_on_where_the_nose_was(
    pipeline: LandmarkDiffPipeline, profile: PreparedProfile
) -> None:
    result = pipeline.generate(profile, "rhinoplasty", effects=HUMP, verify=False)
    rhinion = np.array(profile.head.points["rhinion"].place)
    place = profile.camera.project(rhinion - (0.0, 0.0, 1.0))[:2].round().astype(int)
    around = result.image[place[1] - 1 : place[1] + 2, place[0] - 1 : place[0] + 2]
    assert np.abs(around.mean(axis=(0, 1)) - (120, 130, 140)).max() < 6
    assert photo()[place[1], place[0], 0] > 150  # it was skin


def test_the_record_says_what_a_profile_shows(
    pipeline: LandmarkDiffPipeline, profile: PreparedProfile
) -> None:
    record = pipeline.generate(profile, "rhinoplasty", effects=HUMP).to_dict()
    json.dumps(record)
    told = record["profile"]
    assert record["face"]["view"] == told["side"] == "left_profile"
    assert len(told["contour"]) == len(profile.contour.points)
    x, y, uncertainty = told["landmarks"]["pronasale"]
    tip = profile.camera.project(np.array(profile.head.points["pronasale"].place))[:2]
    assert np.hypot(*(tip - (x, y))) / PX_PER_MM < 2.0
    assert 0 < uncertainty < 3.5
    assert set(told["angles"]) == {"before", "planned", "after"}
    assert set(told["angles"]["before"]) == set(PROFILE_MEASUREMENTS)
    before, planned, after = (
        told["angles"][when]["nasofrontal_angle"]["value"]
        for when in ("before", "planned", "after")
    )
    assert planned - before > 2.0  # the bridge no longer bulges
    assert after == pytest.approx(planned, abs=1.5)


def test_a_dragged_point_is_the_contour_s_the_head_s_and_the_measurements_own(
    pipeline: LandmarkDiffPipeline, profile: PreparedProfile
) -> None:
    tip = points_of(profile)["pronasale"].place
    place = (tip[0] - 3.0 * PX_PER_MM, tip[1])
    prepared = pipeline.prepare(
        photo(), mm_per_px=1 / PX_PER_MM, profile_points={"pronasale": place}
    )
    assert isinstance(prepared, PreparedProfile)
    assert np.hypot(*(prepared.contour.points - place).T).min() < 1e-6
    point = points_of(prepared)["pronasale"]
    assert (point.place, point.uncertainty_mm, point.by_hand) == (place, HAND_MM, True)
    before, after = (
        each.camera.project(np.array(each.head.points["pronasale"].place))[:2]
        for each in (profile, prepared)
    )
    assert np.hypot(*(after - place)) / PX_PER_MM < 0.8 < np.hypot(*(before - place)) / PX_PER_MM
    result = pipeline.generate(prepared, "rhinoplasty", effects=HUMP, verify=False)
    record = result.to_dict()["profile"]
    plain = pipeline.generate(profile, "rhinoplasty", effects=HUMP, verify=False).to_dict()
    goode = [
        each["angles"]["before"]["goode_ratio"]["value"] for each in (plain["profile"], record)
    ]
    assert goode[1] > goode[0] + 0.02  # the tip stands out more
    assert record["landmarks_by_hand"] == ["pronasale"]
    assert record["landmarks"]["pronasale"] == [round(place[0], 2), round(place[1], 2), HAND_MM]
    told = [notice.code for notice in prepared.landmarks.notices]
    assert told == ["profile_points_placed"]


def test_points_of_a_profile_are_not_for_a_face_from_the_front(
    pipeline: LandmarkDiffPipeline, astronaut: np.ndarray
) -> None:
    with pytest.raises(ParameterError) as error:
        pipeline.prepare(astronaut, profile_points={"nasion": (10, 10)})
    assert error.value.code == "profile_points_of_no_profile"


def test_a_covered_profile_is_simulated_from_five_points(
    pipeline: LandmarkDiffPipeline, profile: PreparedProfile
) -> None:
    covered = photo().copy()
    mouth = points_of(profile)["stomion"].place
    cv2.ellipse(
        covered, (round(mouth[0]), round(mouth[1])), (70, 45), 20, 0, 360, (190, 150, 125), -1
    )
    with pytest.raises((ProfileError, NoFaceError)):
        pipeline.prepare(covered)
    names = ("glabella", "pronasale", "labrale_superius", "pogonion", "cervical_point")
    five = {name: points_of(profile)[name].place for name in names}
    with pytest.raises(ParameterError) as few:
        pipeline.prepare(covered, profile_points={"pronasale": five["pronasale"]})
    assert (few.value.code, few.value.params["least"]) == ("profile_points_too_few", 3)
    prepared = pipeline.prepare(covered, mm_per_px=1 / PX_PER_MM, profile_points=five)
    result = pipeline.generate(prepared, "rhinoplasty", effects=HUMP)
    effect = result.effect("dorsal_hump")
    assert effect.achieved == pytest.approx(-3.0, abs=0.25)
    # Nothing moves where something lies before the face.
    x, y = round(mouth[0]), round(mouth[1])
    assert np.array_equal(
        result.image[y - 15 : y + 15, x - 40 : x], covered[y - 15 : y + 15, x - 40 : x]
    )


def test_a_head_of_average_size_is_said(pipeline: LandmarkDiffPipeline) -> None:
    prepared = pipeline.prepare(photo())
    scale = prepared.landmarks.scale
    assert scale.source == "average_head"
    assert scale.relative_uncertainty >= 0.045
    assert [notice.code for notice in prepared.landmarks.notices] == ["scale_of_average_head"]


def test_what_no_profile_can_be(pipeline: LandmarkDiffPipeline, profile: PreparedProfile) -> None:
    with pytest.raises(ParameterError) as pupils:
        pipeline.prepare(photo(), ipd_mm=63.0)
    assert pupils.value.code == "profile_without_pupils"
    with pytest.raises(FaceUnusableError) as painting:
        pipeline.generate(profile, "rhinoplasty", mode="img2img")
    assert painting.value.code == "profile_not_painted"
    with pytest.raises(NoFaceError):
        pipeline.prepare(np.full((300, 300, 3), 127, np.uint8))
