"""Errors and reasons that the app can show are sentences in every language."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff import errors
from landmarkdiff.analysis import analyze
from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.generators import create_generator
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.measurements import measure, measure_all
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.procedures import SurgicalPlan, procedure
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.texts import Texts, languages

TRANSLATED = [code for code in languages() if code != "en"]


def caught(action: object, *arguments: object, **named: object) -> LandmarkDiffError:
    with pytest.raises(LandmarkDiffError) as caught_error:
        action(*arguments, **named)  # type: ignore[operator]
    return caught_error.value


@pytest.fixture(scope="module")
def astronaut_face(astronaut: ImageArray) -> FaceLandmarks:
    return extract_landmarks(astronaut, passes=1)


@pytest.fixture(scope="module")
def real_errors(astronaut_face: FaceLandmarks) -> list[LandmarkDiffError]:
    """Errors as the real code raises them."""
    rhinoplasty = procedure("rhinoplasty")
    blank = np.full((64, 64, 3), 128, np.uint8)
    pipeline = LandmarkDiffPipeline()
    return [
        caught(read_photo, b""),
        caught(read_photo, b"%PDF-1.7 and so on"),
        caught(read_photo, b"\x89PNG\r\n\x1a\n" + bytes(60)),
        caught(read_photo, bytes(400), limits=PhotoLimits(max_file_bytes=300)),
        caught(extract_landmarks, blank),
        caught(extract_landmarks, blank[:8, :8]),
        caught(procedure, "nose_job"),
        caught(rhinoplasty.effect, "chin_height"),
        caught(make_plan, [rhinoplasty], astronaut_face, intensity=150.0),
        caught(make_plan, [rhinoplasty], astronaut_face, effects={"tip_rotation": 30.0}),
        caught(make_plan, [rhinoplasty], astronaut_face, side="middle"),
        caught(make_plan, [], astronaut_face),
        caught(SurgicalPlan.from_json, "{"),
        caught(SurgicalPlan.from_json, "{}"),
        caught(ClinicalFlags, keloid_prone=True),
        caught(ClinicalFlags, bells_palsy=True),
        caught(ClinicalFlags, keloid_prone=True, keloid_regions=["ear"]),
        caught(ClinicalFlags.from_dict, {"asthma": True}),
        caught(create_generator, "img2img"),
        caught(create_generator, "magic"),
        caught(analyze, np.full((512, 512, 3), 128, np.uint8), astronaut_face, fitzpatrick="VII"),
        caught(measure, astronaut_face, "ear_height"),
        caught(pipeline.generate, blank),
        errors.WorkCancelled(),
    ]


@pytest.mark.parametrize("language", TRANSLATED)
def test_no_english_is_left_in_a_real_error(
    real_errors: list[LandmarkDiffError], language: str
) -> None:
    texts = Texts.load(language)
    for error in real_errors:
        said = texts.error(error)
        assert said[-1] in ".。", said
        assert error.what.lower() not in said.lower()


def test_english_says_it_without_the_words_of_the_command_line(
    real_errors: list[LandmarkDiffError],
) -> None:
    said = [Texts.load("en").error(error) for error in real_errors]
    assert not [sentence for sentence in said if "--" in sentence or "=" in sentence]
    assert any("the photo is empty" in sentence.lower() for sentence in said)


@pytest.mark.parametrize("language", TRANSLATED)
def test_reasons_of_measurements_are_translated(
    astronaut_face: FaceLandmarks, language: str
) -> None:
    texts = Texts.load(language)
    reasons = [m.reason for m in measure_all(astronaut_face) if m.reason is not None]
    assert reasons
    for reason in reasons:
        assert "degrees" not in texts.reason(reason)
