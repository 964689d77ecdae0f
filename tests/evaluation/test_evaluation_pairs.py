"""What a pair is given: geometry that cannot flatter, and a reason wherever there is no value."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import profile_photos
import pytest

from landmarkdiff.evaluation import METRICS, Pair, Score, score_pair
from landmarkdiff.evaluation.geometry import planned_geometry, target_geometry
from landmarkdiff.procedures.planning import make_plan


@pytest.fixture(scope="module")
def scored(networks, brow_lifts, astronaut):
    """A prediction that is the warp of its plan, against the warp at half the values."""
    right, half = brow_lifts["right"], brow_lifts["half"]
    pair = Pair(
        name="case 1",
        person="collins",
        prediction=right.image,
        target=half.image,
        source=astronaut,
        mask=right.mask,
        plan=right.plan,
        facts={"monk": "3"},
        raw=right.image,
    )
    return score_pair(pair, networks)


@pytest.mark.parametrize(
    ("plan", "picture", "magnitude", "tolerance"),
    [
        ("right", "right", 1.0, 0.15),
        ("half", "right", 2.0, 0.3),
        ("right", "half", 0.5, 0.15),
        ("right", "opposite", -1.0, 0.15),
        ("opposite", "right", -1.0, 0.15),
    ],
)
def test_direction_and_magnitude_against_a_plan(brow_lifts, plan, picture, magnitude, tolerance):
    found = planned_geometry(brow_lifts[plan], brow_lifts[picture].image).scores
    assert found["magnitude"].value == pytest.approx(magnitude, abs=tolerance)
    assert found["direction"].value * np.sign(magnitude) > 0.9


@pytest.mark.parametrize(
    ("portrait", "name"),
    [
        ("astronaut", "mentoplasty"),  # a fifth of a millimetre, on plain skin
        ("grace_hopper", "blepharoplasty"),  # behind glasses
    ],
)
def test_a_small_move_and_one_behind_glasses_are_read_whole(
    pipeline, prepared_portraits, portrait, name
):
    prepared = prepared_portraits[portrait]
    plan = make_plan(name, prepared.landmarks, intensity=50)
    made = {}
    for times in (1.0, 2.0, -1.0):
        effects = {item.name: times * item.value for item in plan.effects}
        changed = make_plan(name, prepared.landmarks, effects=effects, unlock=True)
        made[times] = pipeline.generate(prepared, plan=changed, verify=False)
    for times, tolerance in ((1.0, 0.15), (2.0, 0.3), (-1.0, 0.3)):
        found = planned_geometry(made[1.0], made[times].image).scores["magnitude"].value
        assert found == pytest.approx(times, abs=tolerance)


def test_every_effect_is_read_apart_from_the_others(pipeline, prepared_portraits):
    """One effect twice, one the other way, one left out, one as planned; the flow errs by more."""
    prepared = prepared_portraits["grace_hopper"]
    plan = make_plan("rhytidectomy", prepared.landmarks, intensity=50)
    planned = pipeline.generate(prepared, plan=plan, verify=False)
    times = {"jowl_lift": 1.0, "cheek_lift": 2.0, "jawline_narrowing": 0.0, "temple_lift": -1.0}
    values = {item.name: times.get(item.name, 0.0) * item.value for item in plan.effects}
    changed = make_plan("rhytidectomy", prepared.landmarks, effects=values, unlock=True)
    made = pipeline.generate(prepared, plan=changed, verify=False)
    found = {effect.name: effect for effect in planned_geometry(planned, made.image).effects}
    for name, share in times.items():
        effect = found[name]
        assert effect.achieved.value / effect.shown == pytest.approx(share, abs=0.2), name
        assert effect.noise < 0.5


def test_another_plan_is_not_this_one(pipeline, brow_lifts):
    right = brow_lifts["right"]
    other = pipeline.generate(right.prepared, "rhinoplasty", 100, verify=False)
    found = planned_geometry(right, other.image)
    assert found.scores["magnitude"].value == pytest.approx(0.0, abs=0.1)
    for effect in found.effects:
        assert effect.achieved.value / effect.shown == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize(("picture", "magnitude"), [("right", 1.0), ("half", 0.5)])
def test_direction_and_magnitude_against_a_target(brow_lifts, astronaut, picture, magnitude):
    right = brow_lifts["right"]
    found = target_geometry(
        right.source, astronaut, right.image, brow_lifts[picture].image, right.mask
    ).scores
    assert found["magnitude"].value == pytest.approx(magnitude, abs=0.15)
    assert found["direction"].value > 0.95


def test_light_that_does_not_follow_the_surface_is_no_moved_skin(pipeline, brow_lifts):
    right = brow_lifts["right"]
    assert right.warp.shading is not None
    dull = pipeline.generate(right.prepared, plan=right.plan, light=False, verify=False)
    assert not np.array_equal(dull.image, right.image)
    found = planned_geometry(right, dull.image).scores
    assert found["magnitude"].value == pytest.approx(1.0, abs=0.15)


def test_the_photo_itself_shows_nothing_of_the_plan(brow_lifts, astronaut):
    found = planned_geometry(brow_lifts["right"], astronaut)
    assert found.scores["magnitude"].value == pytest.approx(0.0, abs=0.05)
    assert found.scores["direction"].value is None
    assert found.scores["geometry_error"].value > 1.0
    assert all(abs(effect.achieved.value) < 0.2 for effect in found.effects)


def test_every_metric_of_a_pair_has_a_value_or_a_reason(scored):
    assert set(scored.scores) == {name for name, each in METRICS.items() if each.per == "pair"}
    for name, score in scored.scores.items():
        assert (score.value is None) == (score.unavailable is not None), name
        assert score.value is None or np.isfinite(score.value), name
    missing = {name for name, score in scored.scores.items() if score.value is None}
    assert missing == {
        *("lpips", "lpips_inside", "lpips_outside"),
        *(f"surgical_score{end}" for end in ("", "_a", "_b", "_c", "_d", "_e")),
        "psnr_outside",  # a prediction that changes nothing there
    }
    assert scored.scores["lpips"].unavailable == "no AlexNet"


def test_numbers_of_a_pair_are_those_of_the_case(scored):
    values = {name: score.value for name, score in scored.scores.items()}
    assert values["ssim_outside"] == pytest.approx(1.0)
    assert values["flip_outside"] == 0.0
    assert values["ssim_inside"] < values["ssim"] < 1.0
    assert 0.0 < values["nme_outside"] < values["nme"] < values["nme_inside"] < 0.1
    assert values["identity"] == values["identity_raw"] > 0.8
    assert 0.3 < values["landmark_gain"] < 1.1
    assert values["magnitude"] == pytest.approx(1.0, abs=0.15)
    assert scored.failures == ()
    assert not scored.undetected


def test_facts_that_can_be_seen_are_added_and_given_ones_stand(scored):
    assert scored.facts["monk"] == "3"
    assert (scored.facts["view"], scored.facts["procedure"]) == ("frontal", "brow_lift")
    assert scored.facts["tone"] in {"I", "II", "III", "IV", "V", "VI"}


def test_effects_are_read_in_millimetres(scored):
    assert {effect.name for effect in scored.effects} == {
        "medial_brow",
        "central_brow",
        "lateral_brow",
    }
    for effect in scored.effects:
        assert effect.unit == "mm"
        assert effect.achieved.value == pytest.approx(effect.shown, abs=0.4)
        assert 0.0 < effect.noise < 0.3


def test_the_heat_map_is_of_landmarks_that_can_be_read(scored):
    error = scored.displacement_error_mm
    assert error.shape == (478,)
    assert 20 < np.isfinite(error).sum() < 400
    assert np.nanmedian(error) < 0.5


def test_an_undetected_face_is_counted_and_not_scored(networks, brow_lifts, astronaut):
    right = brow_lifts["right"]
    nobody = np.full_like(astronaut, 128)
    found = score_pair(
        Pair("nobody", "collins", nobody, target=right.image, source=astronaut), networks
    )
    assert found.undetected
    assert "no face was found in the prediction" in found.failures
    for name in ("nme", "nme_inside", "identity", "identity_raw"):
        assert found.scores[name].value is None
        assert "no face" in found.scores[name].unavailable
    assert found.scores["ssim"].value < 0.6  # a picture is a picture


def test_pictures_of_different_sizes_are_not_compared(networks, astronaut):
    found = score_pair(
        Pair("cut", "collins", astronaut[:-1], target=astronaut, source=astronaut), networks
    )
    assert {score.value for score in found.scores.values()} == {None}
    assert found.failures == (
        "pictures of different sizes are not compared: the prediction is 512 x 511 pixels, "
        "the target is 512 x 512 pixels, the photo is 512 x 512 pixels",
    )
    assert not found.undetected


def test_a_profile_is_read_by_its_contour_and_not_by_the_mesh(networks, pipeline):
    photo = profile_photos.photo()
    made = pipeline.generate(photo, "mentoplasty", 60, verify=False)
    found = score_pair(
        Pair("side", "head", made.image, target=made.image, source=photo, plan=made.plan), networks
    )
    assert found.facts["view"] == "left_profile"
    assert not found.undetected
    (pogonion,) = found.effects
    assert pogonion.achieved.value == pytest.approx(pogonion.shown, abs=0.4)
    assert found.scores["magnitude"].value == pytest.approx(1.0, abs=0.15)
    for name in ("nme", "landmark_gain"):
        assert found.scores[name].unavailable == "the face mesh does not read a profile"
    assert "profiles" in found.scores["identity"].unavailable


def test_another_person_is_a_failure(networks, astronaut, grace_hopper):
    other = np.zeros_like(grace_hopper)
    other[:512] = astronaut
    found = score_pair(Pair("swapped", "hopper", other, source=grace_hopper), networks)
    assert found.scores["identity"].value < 0.3
    assert any(failure.startswith("another person to sface") for failure in found.failures)
    assert found.scores["ssim"].unavailable == "there is no target picture"


def test_a_score_without_value_has_a_reason_and_writes_it():
    with pytest.raises(ValueError, match="a value, or a reason"):
        Score(None)
    with pytest.raises(ValueError, match="a value, or a reason"):
        Score(0.0, unavailable="no network")
    written = json.loads(json.dumps(Score.missing("no network").to_dict()))
    assert written == {"value": None, "n": 0, "unavailable": "no network"}
    assert dataclasses.is_dataclass(METRICS["fid"])


def test_targets_are_those_that_the_project_set_itself():
    targets = {name: each.target for name, each in METRICS.items() if each.target is not None}
    assert targets == {"fid": 50, "lpips": 0.15, "ssim": 0.80, "nme": 0.05, "identity": 0.85}
