"""Light that follows the surface, from the pipeline to its record."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.planning import make_plan

HUMP = {"dorsal_hump": -3.0}


@pytest.fixture(scope="module")
def astronaut_face(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    return prepared_portraits["astronaut"]


@pytest.fixture(scope="module")
def plain(pipeline: LandmarkDiffPipeline, astronaut_face: PreparedFace) -> Prediction:
    plan = make_plan("rhinoplasty", astronaut_face.landmarks, intensity=0, effects=HUMP)
    return pipeline.generate(astronaut_face, plan=plan, light=False)


@pytest.fixture(scope="module")
def lit(pipeline: LandmarkDiffPipeline, plain: Prediction) -> Prediction:
    return pipeline.generate(plain.prepared, plan=plain.plan)


def test_a_hump_shows_by_its_light(plain: Prediction, lit: Prediction) -> None:
    moved = np.abs(plain.image.astype(int) - plain.before).max(axis=2)
    seen = np.abs(lit.image.astype(int) - lit.before).max(axis=2)
    assert (seen > 8).sum() > 2 * (moved > 8).sum()
    assert lit.shading is not None
    assert lit.shading.predicted_change > 0.1
    hump = lit.effect("dorsal_hump")
    assert hump.visible < 0.3
    assert hump.achieved is None  # of millimetres nothing shows
    assert hump.shading == pytest.approx(lit.shading.predicted_change, rel=0.01)
    said = {notice.code: notice for notice in lit.notices}
    assert "effect_not_visible" not in said
    assert said["effect_seen_by_light"].params["percent"] == round(100 * hump.shading)


def test_without_light_the_skin_only_moves(plain: Prediction) -> None:
    assert plain.shading is None
    assert plain.to_dict()["shading"] is None
    assert plain.effect("dorsal_hump").shading is None
    assert "makehuman_head" not in plain.weights
    assert "effect_not_visible" in {notice.code for notice in plain.notices}


def test_the_record_names_the_head(lit: Prediction) -> None:
    record = lit.to_dict()["shading"]
    assert record["source"] == "head"
    assert 0.3 < record["light_fit"] <= 1.0
    assert 0.0 < record["residual"] < 0.4
    assert "makehuman_head" in lit.weights


def test_outside_the_mask_every_pixel_is_the_photos(lit: Prediction) -> None:
    outside = lit.surgical_mask.full() == 0
    assert np.array_equal(lit.image[outside], lit.before[outside])
    assert lit.outside_mask_changed_pixels == 0


def test_a_plan_of_zeros_changes_no_bit(
    pipeline: LandmarkDiffPipeline, astronaut_face: PreparedFace
) -> None:
    nothing = pipeline.generate(astronaut_face, "rhinoplasty", 0.0)
    assert np.array_equal(nothing.image, astronaut_face.image)
    assert nothing.shading is None


@pytest.mark.parametrize("procedure", ["rhinoplasty", "brow_lift"])
def test_the_light_does_not_move_what_is_measured(
    procedure: str, pipeline: LandmarkDiffPipeline, astronaut_face: PreparedFace
) -> None:
    before = pipeline.generate(astronaut_face, procedure, 100.0, light=False)
    after = pipeline.generate(astronaut_face, procedure, 100.0)
    for old, new in zip(before.effects, after.effects, strict=True):
        assert (old.achieved is None) == (new.achieved is None)
        if old.achieved is not None:
            assert abs(new.achieved - old.achieved) <= old.noise


def test_light_is_on_or_off(pipeline: LandmarkDiffPipeline, astronaut_face: PreparedFace) -> None:
    with pytest.raises(ParameterError, match="light"):
        pipeline.generate(astronaut_face, "rhinoplasty", 60, light="yes")  # type: ignore[arg-type]
