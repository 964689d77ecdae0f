"""A plan for parts that a photo's mesh does not have: ears under hair stay, and it says so."""

from __future__ import annotations

import numpy as np

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.prepared import PreparedFace


def test_ears_under_hair_stay(prepared_portraits: dict[str, PreparedFace]) -> None:
    prepared = prepared_portraits["astronaut"]
    result = LandmarkDiffPipeline().generate(prepared, "otoplasty", 60)
    np.testing.assert_array_equal(result.image, prepared.image)
    for check in result.effects:
        assert (check.planned, check.applied, check.achieved) == (-10.5, 0.0, None)
        assert check.reason == "ear_covered"
    assert [notice.code for notice in result.notices].count("effect_ear_unseen") == 2


def test_beside_another_procedure_the_ears_stay(
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    prepared = prepared_portraits["astronaut"]
    pipeline = LandmarkDiffPipeline()
    alone = pipeline.generate(prepared, "rhinoplasty", 60)
    both = pipeline.generate(prepared, ["rhinoplasty", "otoplasty"], 60)
    # One more effect in the sums may round a pixel otherwise, and no more than that.
    apart = np.abs(both.image.astype(np.int16) - alone.image)
    assert apart.max() <= 1
    assert np.count_nonzero(apart) < 10
    reasons = {check.name: check.reason for check in both.effects}
    assert reasons["rhinoplasty.tip_rotation"] is None
    assert reasons["otoplasty.left_ear_setback"] == "ear_covered"
