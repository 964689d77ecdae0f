"""Folds are found where they are, and nowhere else."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_folds import drawn, landmarks_of, with_fold
from rendering import enlarged_face, mirrored_face

from landmarkdiff.arrays import ImageArray
from landmarkdiff.creases import Fold, fold_of
from landmarkdiff.creases.kinds import fold_kinds
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import FOLD_LINES
from landmarkdiff.manipulation.prepared import PreparedFace

DEPTH = 0.25
NASOLABIAL = "nasolabial_fold"


def found(picture: ImageArray, face: FaceLandmarks, side: str = "right") -> Fold | str:
    return fold_of(PreparedFace(picture, face), NASOLABIAL, side)  # type: ignore[arg-type]


def fold_in(picture: ImageArray, face: FaceLandmarks, side: str = "right") -> Fold:
    fold = found(picture, face, side)
    assert isinstance(fold, Fold)
    return fold


def test_every_fold_has_a_way_to_look_for_it() -> None:
    assert fold_kinds().keys() == FOLD_LINES.keys()


@pytest.mark.parametrize("beside_mm", [0.0, 3.0])
def test_a_drawn_fold_is_found_on_its_side(
    beside_mm: float, smooth_head: ImageArray, smooth_face: FaceLandmarks
) -> None:
    picture = with_fold(smooth_head, smooth_face, DEPTH, beside_mm=beside_mm)
    fold = fold_in(picture, smooth_face)
    # The mean over 3 mm across it, a little smoothed, of a fold whose middle is this deep.
    assert 0.5 * DEPTH < fold.contrast < DEPTH
    assert fold.length_mm > 12.0
    assert fold.colour[0] < fold.colour[1] < fold.colour[2]
    # The middle of what was found lies on what was drawn.
    crop_row = fold.strip.offsets @ fold.depth.sum(axis=1) / fold.depth.sum()
    assert abs(crop_row) < 0.6
    assert found(picture, smooth_face, "left") == "fold_not_visible"


def test_smooth_skin_has_no_fold(smooth_head: ImageArray, smooth_face: FaceLandmarks) -> None:
    prepared = PreparedFace(smooth_head, smooth_face)
    seen = {(name, side) for name in FOLD_LINES for side in ("right", "left")}
    reasons = {fold_of(prepared, name, side) for name, side in seen}  # type: ignore[arg-type]
    assert reasons <= {"fold_not_visible", "fold_hidden"}


def test_the_folds_of_an_old_head_are_found(detector: LandmarkDetector) -> None:
    picture = drawn({"macrodetails/caucasian-male-old": 7.0})
    prepared = PreparedFace(picture, landmarks_of(picture, detector))
    assert isinstance(fold_of(prepared, NASOLABIAL, "right"), Fold)


def test_hair_is_no_fold(smooth_head: ImageArray, smooth_face: FaceLandmarks) -> None:
    # Grey: it takes as much of the red as no fold of the skin does.
    grey = with_fold(smooth_head, smooth_face, DEPTH, colour=(1.3, 1.0, 0.8))
    assert found(grey, smooth_face) == "fold_not_visible"
    # In stubble: what is dark there are hairs.
    picture = with_fold(smooth_head, smooth_face, DEPTH)
    stubble = np.random.default_rng(3).normal(0.0, 18.0, picture.shape[:2])
    bearded = np.clip(picture + stubble[..., None], 0, 255).astype(np.uint8)
    lower = np.arange(len(picture)) > smooth_face.points[2, 1] - 12.0
    picture[lower] = bearded[lower]
    assert found(picture, smooth_face) == "fold_not_visible"


def test_a_step_of_light_is_no_fold(smooth_head: ImageArray, smooth_face: FaceLandmarks) -> None:
    """A long shadow, as the nose throws it, has one edge and no second shoulder nearby."""
    picture = smooth_head.copy()
    column = round(float(smooth_face.points[206, 0])) - 20
    picture[:, :column] = (0.75 * picture[:, :column]).astype(np.uint8)
    assert found(picture, smooth_face) == "fold_not_visible"


def test_a_mirrored_photo_has_the_mirrored_fold(
    smooth_head: ImageArray, smooth_face: FaceLandmarks
) -> None:
    picture = with_fold(smooth_head, smooth_face, DEPTH)
    own = fold_in(picture, smooth_face)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    other = fold_in(mirrored, mirrored_face(smooth_face), "left")
    assert other.contrast == pytest.approx(own.contrast, rel=0.03)
    assert other.length_mm == pytest.approx(own.length_mm, abs=1.0)


@pytest.mark.parametrize("factor", [0.75, 2.0])
def test_size_plays_no_part(
    factor: float, smooth_head: ImageArray, smooth_face: FaceLandmarks
) -> None:
    picture = with_fold(smooth_head, smooth_face, DEPTH)
    own = fold_in(picture, smooth_face)
    size = (round(picture.shape[1] * factor), round(picture.shape[0] * factor))
    other = fold_in(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC),
        enlarged_face(smooth_face, factor),
    )
    assert other.contrast == pytest.approx(own.contrast, rel=0.08)
    assert other.length_mm == pytest.approx(own.length_mm, abs=2.0)
