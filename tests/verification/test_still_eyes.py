"""Eyes of a finished picture: still, or moved and stretched by so much."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.verification import check_eyes


@pytest.fixture(scope="module")
def face(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    return prepared_portraits["astronaut"]


@pytest.fixture(scope="module")
def result(pipeline: LandmarkDiffPipeline, face: PreparedFace) -> Prediction:
    return pipeline.generate(face, "blepharoplasty", 100, effects={"mrd1": 1.3}, unlock=True)


@pytest.fixture(scope="module")
def nothing() -> DisplacementField:
    return DisplacementField(RegionGrid(0, 0, 512, 512, 1), np.zeros((512, 512, 2), np.float32))


def test_the_record_says_that_the_eyes_are_still(result: Prediction) -> None:
    record = result.to_dict()["eyes"]
    assert set(record) == {"right", "left"}
    for eye in record.values():
        assert eye["still"] is True
        assert eye["pupil_shift_mm"] < 0.02
        assert eye["pupil_height_ratio"] == pytest.approx(1.0, abs=0.01)


def test_eyes_that_the_warp_takes_along_are_not(result: Prediction, face: PreparedFace) -> None:
    field = result.displacement_field
    alone = field.warp(face.image, result.surgical_mask.carried)
    checks = check_eyes(face.image, alone, face.landmarks, eye_layers(face), field)
    assert [check.still for check in checks] == [False, False]
    assert min(check.pupil_shift_mm for check in checks) > 0.2


@pytest.mark.parametrize("shift_mm", [0.05, 0.3])
def test_a_known_shift_is_measured(
    shift_mm: float, face: PreparedFace, nothing: DisplacementField
) -> None:
    px = shift_mm / face.landmarks.scale.mm_per_px
    moved = cv2.warpAffine(
        face.image, np.array([[1.0, 0.0, 0.6 * px], [0.0, 1.0, 0.8 * px]]), (512, 512),
        flags=cv2.INTER_CUBIC,
    )  # fmt: skip
    checks = check_eyes(face.image, moved, face.landmarks, eye_layers(face), nothing)
    for check in checks:
        assert check.pupil_shift_mm == pytest.approx(shift_mm, abs=0.04)
        assert (check.pupil_shift_mm <= 0.1) == (shift_mm < 0.1)


def test_a_known_stretch_is_measured(face: PreparedFace, nothing: DisplacementField) -> None:
    for side, pupil in ((0, 468), (1, 473)):
        y = face.landmarks.points[pupil, 1]
        taller = cv2.warpAffine(
            face.image, np.array([[1.0, 0.0, 0.0], [0.0, 1.2, -0.2 * y]]), (512, 512),
            flags=cv2.INTER_CUBIC,
        )  # fmt: skip
        check = check_eyes(face.image, taller, face.landmarks, eye_layers(face), nothing)[side]
        assert check.pupil_height_ratio == pytest.approx(1.2, abs=0.05)
        assert not check.still


def test_a_plan_that_reaches_no_eye_has_no_record(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    plan = make_plan("mentoplasty", face.landmarks, intensity=60)
    assert "eyes" not in pipeline.generate(face, plan=plan).to_dict()
