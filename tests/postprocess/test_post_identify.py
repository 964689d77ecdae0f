from __future__ import annotations

from dataclasses import replace

import numpy as np
import painted
import pytest

from landmarkdiff import weights
from landmarkdiff.postprocess.identify import identify


@pytest.fixture(autouse=True)
def network() -> None:
    weights.obtain("sface")


def test_it_compares_raw_picture_and_composite_and_changes_nothing(nose: tuple) -> None:
    canvas, photo_face = nose
    raw = painted.repainted(canvas.warped, blur=4.0)
    canvas = replace(painted.with_painting(canvas, canvas.warped), raw=raw)
    outcome = identify(canvas, painted.context_of(photo_face))
    assert outcome.picture is canvas.picture
    assert (outcome.report.name, outcome.report.applied) == ("identity", True)
    assert outcome.report.model == "sface"
    assert outcome.identity.similarity_composite > outcome.identity.similarity_raw
    assert outcome.weights == weights.sums("sface")


def test_without_a_raw_picture_the_composite_is_compared_alone(nose: tuple) -> None:
    outcome = identify(nose[0], painted.context_of(nose[1]))
    assert outcome.identity.similarity_raw is None
    assert outcome.identity.similarity_composite > 0.8


def test_another_picture_is_flagged(nose: tuple, grace_hopper: np.ndarray) -> None:
    canvas, photo_face = nose
    other = np.ascontiguousarray(grace_hopper[:512])
    outcome = identify(painted.with_painting(canvas, other), painted.context_of(photo_face))
    assert outcome.identity.verdict == "flagged"
    assert outcome.report.applied


def test_a_face_too_small_is_no_verdict(nose: tuple) -> None:
    small = painted.resampled(nose[0], 60, 60)
    photo_face = replace(nose[1], points=nose[1].points * 60 / 512)
    outcome = identify(small, painted.context_of(photo_face))
    assert (outcome.report.applied, outcome.identity.verdict) == (False, None)
    assert "too small" in outcome.report.reason


def test_switched_off(nose: tuple) -> None:
    outcome = identify(nose[0], painted.context_of(nose[1], identity={"enabled": False}))
    assert (outcome.report.applied, outcome.report.reason) == (False, "switched_off")
    assert outcome.identity is None
