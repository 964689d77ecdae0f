"""Folds in a plan: softened as planned, measured again, and nothing else touched."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from drawn_folds import distance, with_fold

from landmarkdiff.arrays import ImageArray
from landmarkdiff.creases import folds_of_plan, measured_folds
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import FOLD_LINES
from landmarkdiff.manipulation.prepared import PreparedFace

DEPTH = 0.25


@pytest.fixture(scope="module")
def folded(smooth_head: ImageArray, smooth_face: FaceLandmarks) -> PreparedFace:
    """The head with a nasolabial fold on its right side."""
    return PreparedFace(with_fold(smooth_head, smooth_face, DEPTH), smooth_face)


def simulated(
    pipeline: LandmarkDiffPipeline, face: PreparedFace, intensity: float, **effects: Any
) -> Prediction:
    return pipeline.generate(face, "rhytidectomy", intensity, effects=effects)


def beside_fold(face: PreparedFace, mm: float) -> np.ndarray:
    """Pixels so near to the right nasolabial fold, away from its ends: (H, W) bool."""
    points = face.landmarks.points[list(FOLD_LINES["nasolabial_fold"][1:4]), :2]
    away = distance(face.image.shape, points) * face.landmarks.scale.mm_per_px
    return np.asarray(away < mm)


@pytest.mark.parametrize("percent", [20.0, 40.0, 60.0])
def test_a_fold_softens_as_planned(
    percent: float,
    pipeline: LandmarkDiffPipeline,
    folded: PreparedFace,
    smooth_head: ImageArray,
) -> None:
    result = simulated(pipeline, folded, 0, nasolabial_fold=-percent)
    check = result.effect("nasolabial_fold")
    assert (check.unit, check.planned, check.reason) == ("percent", -percent, None)
    assert check.applied == pytest.approx(-percent, abs=0.5)
    assert check.achieved == pytest.approx(-percent, abs=5.0)
    assert result.outside_mask_changed_pixels == 0
    # As if the fold had been drawn with what is left of its depth.
    truth = with_fold(smooth_head, folded.landmarks, DEPTH * (1.0 - percent / 100.0))
    near = beside_fold(folded, 4.0)

    def off(picture: ImageArray) -> float:
        difference = picture.astype(np.float32) - truth.astype(np.float32)
        return float(np.abs(cv2.GaussianBlur(difference, (0, 0), 1.5))[near].mean())

    assert off(result.image) < 0.35 * off(folded.image)
    records = {
        record["side"]: record
        for record in result.to_dict()["folds"]
        if record["name"] == "nasolabial_fold"
    }
    assert records["left"]["reason"] == "fold_not_visible"
    assert records["right"]["effects"] == ["rhytidectomy.nasolabial_fold"]
    said = [notice.to_dict() for notice in result.notices]
    assert {"left"} == {each["side"] for each in said if each["code"] == "effect_fold_not_visible"}


def test_texture_and_shoulders_stay(pipeline: LandmarkDiffPipeline, folded: PreparedFace) -> None:
    # Pores as strong as in photos, beside which the rounding of codes is nothing.
    pores = np.random.default_rng(1).normal(0.0, 3.0, folded.image.shape[:2])
    rough = np.clip(folded.image + pores[..., None], 0.0, 255.0).astype(np.uint8)
    textured = PreparedFace(rough, folded.landmarks)
    result = simulated(pipeline, textured, 0, nasolabial_fold=-60.0)
    assert (result.effect("nasolabial_fold").achieved or 0.0) < -50.0
    before, after = (picture.astype(np.float32).mean(axis=2) for picture in (rough, result.image))
    near = beside_fold(folded, 5.0)

    def power(picture: np.ndarray) -> float:
        # Above half of the Nyquist frequency both ways: of a fold nothing lies there.
        second = np.array([1.0, -2.0, 1.0], np.float32)
        fine = cv2.sepFilter2D(picture, -1, second, second)
        return float((fine[near] ** 2).mean())

    assert power(after) == pytest.approx(power(before), rel=0.05)
    # Nothing gets darker, and nothing brighter than the skin beside the fold was.
    smooth = [cv2.GaussianBlur(picture, (0, 0), 3.0) for picture in (before, after)]
    assert (after - before).min() >= 0.0
    assert smooth[1][near].max() <= smooth[0][beside_fold(folded, 9.0)].max() + 1.0


def test_the_verdict_can_fail(pipeline: LandmarkDiffPipeline, folded: PreparedFace) -> None:
    result = simulated(pipeline, folded, 0, nasolabial_fold=-40.0)
    warp = result.warp
    folds = folds_of_plan(folded, warp.plan, warp.flags, warp.mask)
    assert folds is not None
    # A picture in which the fold was left as it was.
    records = measured_folds(result.check.folds, folds, folded, folded.image, warp.fitted.field)
    (own,) = [each for each in records if each.effects and each.reason is None]
    assert own.applied == pytest.approx(-40.0, abs=0.5)
    assert own.achieved == pytest.approx(0.0, abs=1.0)


def test_a_plan_of_zero_is_the_photo(pipeline: LandmarkDiffPipeline, folded: PreparedFace) -> None:
    result = simulated(pipeline, folded, 0, nasolabial_fold=0.0)
    np.testing.assert_array_equal(result.image, folded.image)


def test_where_no_fold_is_nothing_is_done(
    pipeline: LandmarkDiffPipeline, smooth_head: ImageArray, smooth_face: FaceLandmarks
) -> None:
    face = PreparedFace(smooth_head, smooth_face)
    result = simulated(pipeline, face, 0, nasolabial_fold=-40.0)
    np.testing.assert_array_equal(result.image, smooth_head)
    check = result.effect("nasolabial_fold")
    assert (check.applied, check.achieved, check.reason) == (0.0, None, "fold_not_visible")


def test_only_the_chosen_side_softens(
    pipeline: LandmarkDiffPipeline, smooth_head: ImageArray, smooth_face: FaceLandmarks
) -> None:
    both = with_fold(smooth_head, smooth_face, DEPTH)
    both = with_fold(both, smooth_face, DEPTH, side="left")
    result = pipeline.generate(
        PreparedFace(both, smooth_face),
        "rhytidectomy",
        0,
        effects={"nasolabial_fold": -40.0},
        side="left",
    )
    middle = round(float(smooth_face.points[1, 0]))
    changed = (result.image != both).any(axis=2)
    assert not changed[:, :middle].any()
    assert changed[:, middle:].any()


def test_stretched_skin_softens_its_folds(
    pipeline: LandmarkDiffPipeline, folded: PreparedFace
) -> None:
    def of(prediction: Prediction) -> Any:
        (own,) = [
            each
            for each in prediction.check.folds
            if (each.name, each.side) == ("nasolabial_fold", "right")
        ]
        return own

    half, whole = (of(simulated(pipeline, folded, level)) for level in (30.0, 100.0))
    assert half.effects == whole.effects == ()
    assert -50.01 < whole.applied < half.applied < 0.0
    assert whole.achieved == pytest.approx(whole.applied, abs=7.0)
    # An effect that is named holds instead.
    named = of(simulated(pipeline, folded, 100.0, nasolabial_fold=-10.0))
    assert named.applied == pytest.approx(-10.0, abs=0.5)
