"""Procedures planned together: each is carried out as it would be alone."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import photo_procedure_names

#: A tip turned beyond its band presses the skin between nostrils and lip.
BEYOND = {"rhinoplasty.tip_rotation": 17.0}


@pytest.fixture(scope="module")
def face(prepared_portraits: dict[str, PreparedFace]) -> PreparedFace:
    return prepared_portraits["astronaut"]


@pytest.fixture(scope="module")
def alone(pipeline: LandmarkDiffPipeline, face: PreparedFace) -> dict[str, Prediction]:
    names = photo_procedure_names()
    return {name: pipeline.generate(face, name, 100, verify=False) for name in names}


def at_nodes(result: Prediction, of: Prediction) -> FloatArray:
    """Displacement of a result at the nodes of another one, in mm: (rows, columns, 2)."""
    grid = of.surgical_mask.grid
    found = result.displacement_field.at(grid.nodes.astype(np.float64))
    return found.reshape(*grid.shape, 2) * of.source.scale.mm_per_px


def covered_by(result: Prediction, of: Prediction) -> FloatArray:
    grid = of.surgical_mask.grid
    return result.surgical_mask.carried_at(grid.nodes.astype(np.float64)).reshape(grid.shape)


@pytest.mark.parametrize("names", list(combinations(photo_procedure_names(), 2)), ids="-".join)
def test_procedures_do_not_make_each_other_fold(
    names: tuple[str, str], pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    result = pipeline.generate(face, names, 100, verify=False, light=False)
    assert result.min_jacobian >= 0.25
    assert result.fold_factor == 1.0
    assert all("fold" not in check.limited_by for check in result.effects)


@pytest.mark.parametrize(
    ("portrait", "names"),
    [
        ("grace_hopper", ("brow_lift", "rhytidectomy")),  # they meet beside her glasses
        ("astronaut", ("orthognathic", "lip_lift")),  # the first keeps the border of the lip
    ],
)
def test_nothing_gives_way_where_procedures_meet(
    portrait: str,
    names: tuple[str, str],
    pipeline: LandmarkDiffPipeline,
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    result = pipeline.generate(prepared_portraits[portrait], names, 100, verify=False, light=False)
    assert result.min_jacobian >= 0.25
    assert result.fold_factor == 1.0


@pytest.mark.parametrize(
    "names",
    [
        ("brow_lift", "lip_lift"),
        ("brow_lift", "mentoplasty"),
        ("blepharoplasty", "lip_lift"),
        ("malar_augmentation", "mentoplasty"),
        ("brow_lift", "orthognathic"),
    ],
    ids="-".join,
)
def test_procedures_that_do_not_meet_are_those_alone(
    names: tuple[str, str],
    pipeline: LandmarkDiffPipeline,
    face: PreparedFace,
    alone: dict[str, Prediction],
) -> None:
    result = pipeline.generate(face, names, 100, verify=False)
    together = at_nodes(result, result)
    assert not np.logical_and(*(covered_by(alone[name], result) > 0 for name in names)).any()
    picture = result.before.copy()
    for name in names:
        own = covered_by(alone[name], result) > 0
        away = np.hypot(*np.moveaxis(together - at_nodes(alone[name], result), -1, 0))[own]
        assert np.hypot(*np.moveaxis(together, -1, 0))[own].max() > 0.5
        assert away.max() < 0.005
        inside = alone[name].mask > 0
        picture[inside] = alone[name].warp.warped[inside]
        for check in alone[name].effects:
            both = result.effect(f"{name}.{check.name}")
            assert both.applied == pytest.approx(check.applied, abs=0.01)
            assert both.limited_by == check.limited_by
    apart = np.abs(picture.astype(int) - result.warp.warped)
    assert np.count_nonzero(apart.max(axis=2) > 1) == 0


def test_procedures_that_meet_keep_to_their_own_where_one_acts_alone(
    pipeline: LandmarkDiffPipeline, face: PreparedFace, alone: dict[str, Prediction]
) -> None:
    result = pipeline.generate(face, ("rhinoplasty", "brow_lift"), 100, verify=False)
    nose, brow = (covered_by(alone[name], result) > 0 for name in ("rhinoplasty", "brow_lift"))
    assert (nose & brow).any()
    together = at_nodes(result, result)
    for name, own in (("rhinoplasty", nose & ~brow), ("brow_lift", brow & ~nose)):
        away = np.hypot(*np.moveaxis(together - at_nodes(alone[name], result), -1, 0))[own]
        assert np.median(away) < 0.15  # both spline pieces reach over the root of the nose
        assert np.percentile(away, 95) < 1.0
    for check in result.effects:
        assert check.factor == pytest.approx(1.0, abs=0.01)


def test_only_what_presses_a_place_gives_way_there(
    pipeline: LandmarkDiffPipeline, face: PreparedFace, alone: dict[str, Prediction]
) -> None:
    names = ("rhinoplasty", "brow_lift")
    plan = make_plan(names, face.landmarks, intensity=100, effects=BEYOND, unlock=True)
    result = pipeline.generate(face, plan=plan, verify=False)
    turned = result.effect("rhinoplasty.tip_rotation")
    assert turned.factor < 0.95
    (limit,) = turned.limits
    assert (limit.cause, limit.zone) == ("fold", "nose")
    assert limit.left == pytest.approx(turned.factor, abs=0.02)
    for check in result.effects:
        if check.procedure == "brow_lift":
            assert check.limits == ()
            assert check.factor == pytest.approx(1.0, abs=0.01)
    said = [notice for notice in result.notices if notice.code == "effect_gives_way"]
    assert {notice.params["effect"] for notice in said} == {
        check.name for check in result.effects if "fold" in check.limited_by
    }
    assert all(notice.params["zone"] == "nose" for notice in said)


def test_giving_way_is_continuous_and_the_same_on_both_sides(
    pipeline: LandmarkDiffPipeline, face: PreparedFace
) -> None:
    def at(value: float) -> Prediction:
        chosen = {"tip_rotation": value}
        plan = make_plan("rhinoplasty", face.landmarks, intensity=100, effects=chosen, unlock=True)
        return pipeline.generate(face, plan=plan, verify=False)

    before = None
    factors = []
    for value in np.arange(8.0, 17.0, 0.5):
        result = at(float(value))
        field = result.displacement_field.displacement * result.source.scale.mm_per_px
        factors.append(result.fold_factor)
        if before is not None:
            assert np.abs(field - before).max() < 0.6  # half a degree; a jump would be more
        before = field
    assert factors[0] == 1.0 > factors[-1]
    assert np.diff(factors).max() <= 0.02  # it gives way more and more
    assert at(16.5).displacement_field.displacement.tobytes() == (
        at(16.5).displacement_field.displacement.tobytes()
    )
