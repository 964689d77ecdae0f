"""Points of a profile put right in a consultation."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from profile_photos import photo

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError, ProfileError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.profile_facts import points_of
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import Photo
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.output.archive import load_consultation, save_consultation
from landmarkdiff.workflows.preparing import prepare_one_of_several
from landmarkdiff.workflows.settings import ConsultationSettings

FIVE = ("glabella", "pronasale", "labrale_superius", "pogonion", "cervical_point")


@pytest.fixture(scope="module")
def pipeline() -> LandmarkDiffPipeline:
    return LandmarkDiffPipeline().load()


@pytest.fixture(scope="module")
def consultation(pipeline: LandmarkDiffPipeline) -> Consultation:
    return Consultation(pipeline, Photo(photo(), "profile", "PNG"))


@pytest.fixture(scope="module")
def known(consultation: Consultation) -> dict[str, tuple[float, float]]:
    found = consultation.prepared(ConsultationSettings())
    assert isinstance(found, PreparedProfile)
    return {name: point.place for name, point in points_of(found).items()}


@pytest.fixture(scope="module")
def covered(known: dict[str, tuple[float, float]]) -> ImageArray:
    image = photo().copy()
    mouth = known["stomion"]
    cv2.ellipse(
        image, (round(mouth[0]), round(mouth[1])), (70, 45), 20, 0, 360, (190, 150, 125), -1
    )
    return image


def test_a_placed_point_moves_the_live_model_s_contour_and_goes_back(
    consultation: Consultation, known: dict[str, tuple[float, float]]
) -> None:
    x, y = known["pronasale"]
    moved = ConsultationSettings(profile_points={"pronasale": (x - 6.0, y)})
    found = consultation.prepared(moved)
    assert isinstance(found, PreparedProfile)
    assert points_of(found)["pronasale"].place == (x - 6.0, y)
    assert consultation.prepared(moved) is found  # fitted once
    live, _ = consultation.live_model(moved)
    assert live.effects
    back = consultation.prepared(ConsultationSettings())
    assert isinstance(back, PreparedProfile)
    assert points_of(back)["pronasale"].place == (x, y)


def test_bad_points_are_refused(consultation: Consultation, pipeline: LandmarkDiffPipeline,
                                astronaut: ImageArray) -> None:  # fmt: skip
    with pytest.raises(ParameterError, match="outside the photo"):
        consultation.prepared(ConsultationSettings(profile_points={"nasion": (-5.0, 3.0)}))
    with pytest.raises(ParameterError, match="no such point"):
        ConsultationSettings(profile_points={"nose": (5.0, 3.0)}).request()
    frontal = Consultation(pipeline, Photo(astronaut, "front", "PNG"))
    with pytest.raises(ParameterError, match="from the front"):
        frontal.prepared(ConsultationSettings(profile_points={"nasion": (5.0, 3.0)}))


def test_a_covered_profile_is_opened_through_its_points_and_kept_in_the_file(
    pipeline: LandmarkDiffPipeline, covered: ImageArray, known: dict[str, tuple[float, float]]
) -> None:
    shown = Photo(covered, "covered", "PNG")
    with pytest.raises(ProfileError):
        Consultation(pipeline, shown)
    settings = ConsultationSettings(profile_points={name: known[name] for name in FIVE})
    first = Consultation(pipeline, shown, settings)
    opened, kept = load_consultation(save_consultation(first.photo, settings))
    again = Consultation(pipeline, opened, kept)
    for each in (first, again):
        found = each.prepared(settings)
        assert isinstance(found, PreparedProfile)
        assert points_of(found)["pronasale"].place == known["pronasale"]


def test_points_of_one_profile_are_not_another_photo_s(
    pipeline: LandmarkDiffPipeline,
    covered: ImageArray,
    known: dict[str, tuple[float, float]],
    astronaut: ImageArray,
) -> None:
    own = [f"left:{name}={known[name][0]},{known[name][1]}" for name in FIVE]
    other = [word.replace("left:", "right:") for word in own]
    for words, image, placed in (
        (own, covered, set(FIVE)),
        (own, photo(), set(FIVE)),
        (other, photo(), set()),
    ):
        request = read_request(profile_points=words)
        found = prepare_one_of_several(pipeline, image, request)
        assert isinstance(found, PreparedProfile)
        assert set(found.contour.placed) == placed
    front = prepare_one_of_several(pipeline, astronaut, read_request(profile_points=own))
    assert not isinstance(front, PreparedProfile)
    assert np.array_equal(front.image, astronaut)
