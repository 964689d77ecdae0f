"""From intensity and settings to millimetres for one patient."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendering import canonical_face, enlarged_face, mirrored_face

from landmarkdiff.errors import (
    EffectError,
    OutOfBandError,
    ParameterError,
    ProcedureError,
    UnknownProcedureError,
)
from landmarkdiff.inference.notices import ceiling_notices
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.measurements import measure
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan, parse_effects
from landmarkdiff.procedures.procedure import procedure, procedure_names


@pytest.fixture(scope="module")
def face() -> FaceLandmarks:
    return canonical_face()


def values(plan: SurgicalPlan) -> dict[str, float]:
    return {plan.label(item): item.value for item in plan.effects}


@pytest.mark.parametrize("name", procedure_names())
@pytest.mark.parametrize("intensity", [0, 30, 60, 80, 100])
def test_the_intensity_sets_every_effect_that_follows_it(
    name: str, intensity: float, face: FaceLandmarks
) -> None:
    plan = make_plan(name, face, intensity=intensity)
    preset = procedure(name)
    expected = [effect.name for effect in preset.effects if effect.by_intensity]
    assert [item.name for item in plan.effects] == expected
    assert (plan.name, plan.intensity, plan.side) == (name, intensity, "both")
    for item in plan.effects:
        original = preset.effect(item.name)
        assert item.in_band
        if item.origin == "intensity":
            unit = 1.0
            if original.percent_of is not None:
                unit = measure(face, original.percent_of, any_view=True).value / 100.0
            usual = original.band.at(intensity) * unit
            assert item.effect.band.at(intensity) == pytest.approx(usual)
            assert item.value == pytest.approx(item.effect.at(intensity))
        assert item.effect.unit in ("mm", "deg")


def nose_of(face: FaceLandmarks, ids: list[int], by: list[float]) -> FaceLandmarks:
    """The same face with some landmarks moved, mm."""
    points = face.points_mm.copy()
    points[ids] += by
    return face.with_points(face.to_image_frame(points))


def test_an_intensity_stops_at_the_ceilings_of_a_nose(face: FaceLandmarks) -> None:
    tip, bridge = [1, 2, 4, 19, 94, 44, 274, 45, 275], [197, 195]
    upturned, far_up = (nose_of(face, tip, [0.0, mm, 0.0]) for mm in (1.5, 6.0))
    humped = nose_of(face, bridge, [0.0, 0.0, 3.0])

    def proposed(name: str, nose: FaceLandmarks) -> list[float]:
        levels = [30, 60, 100]
        return [values(make_plan("rhinoplasty", nose, intensity=each))[name] for each in levels]

    assert proposed("dorsal_hump", humped) == [-1.0, -2.0, -4.0]  # there is something to take
    assert proposed("dorsal_hump", face) == pytest.approx([-1.0, -2.0, -2.93], abs=0.01)
    assert proposed("tip_rotation", face) == [2.47, 4.94, 8.5]
    assert proposed("tip_rotation", upturned) == pytest.approx([2.47, 4.94, 5.65], abs=0.01)
    assert proposed("tip_rotation", far_up) == [0.0, 0.0, 0.0]
    by_hand = make_plan("rhinoplasty", far_up, effects={"tip_rotation": 8.5, "dorsal_hump": -4.0})
    assert (values(by_hand)["tip_rotation"], values(by_hand)["dorsal_hump"]) == (8.5, -4.0)
    assert SurgicalPlan.from_json(by_hand.to_json()) == by_hand
    held = list(ceiling_notices(make_plan("rhinoplasty", upturned, intensity=100)))
    said = {notice.params["effect"]: notice.params["percent"] for notice in held}
    assert said == {"tip_rotation": 66, "dorsal_hump": 64}
    assert not list(ceiling_notices(by_hand))


def test_percent_becomes_millimetres_of_this_patient(face: FaceLandmarks) -> None:
    plan = make_plan("lip_lift", face, intensity=60)
    (lift,) = [item for item in plan.effects if item.name == "lip_length"]
    length = measure(face, "upper_lip_length", any_view=True).value
    width = measure(face, "alar_width", any_view=True).value
    assert lift.effect.band.typical == pytest.approx(-0.215 * length)
    held = lift.value / lift.effect.band.typical  # by the growth of this lip's red
    assert 0.5 < held < 1.0
    assert values(plan)["alar_width"] == pytest.approx(0.022 * width * held)
    larger = enlarged_face(face, 2.0)  # twice the pixels, the same patient
    assert values(make_plan("lip_lift", larger, intensity=60)) == pytest.approx(values(plan))
    mirrored = make_plan("lip_lift", mirrored_face(face), intensity=60)
    assert values(mirrored) == pytest.approx(values(plan), abs=1e-9)


def test_a_setting_replaces_one_effect_and_keeps_the_others(face: FaceLandmarks) -> None:
    plain = make_plan("rhinoplasty", face, intensity=60)
    plan = make_plan("rhinoplasty", face, intensity=60, effects={"tip_rotation": 3.5})
    assert values(plan) == {**values(plain), "tip_rotation": 3.5}
    assert {item.name: item.origin for item in plan.effects}["tip_rotation"] == "explicit"
    assert plan.hash != plain.hash


def test_effects_are_switched_off_and_on(face: FaceLandmarks) -> None:
    settings_ = {"dorsal_hump": "off", "tip_projection": "on", "rhinoplasty.tip_width": "off"}
    plan = make_plan("rhinoplasty", face, intensity=100, effects=settings_)
    assert list(values(plan)) == ["tip_rotation", "alar_base_width", "tip_projection"]
    assert values(plan)["tip_projection"] == 3.0
    assert set(plan.switched_off) == {"rhinoplasty.dorsal_hump", "rhinoplasty.tip_width"}


def test_beyond_the_band_needs_unlock(face: FaceLandmarks) -> None:
    with pytest.raises(OutOfBandError) as caught:
        make_plan("rhinoplasty", face, effects={"tip_rotation": 12.0})
    high = procedure("rhinoplasty").effect("tip_rotation").band.high
    for word in ("tip_rotation", "12 deg", f"-5 to {high:g} deg", "unlock"):
        assert word in str(caught.value)
    plan = make_plan("rhinoplasty", face, effects={"tip_rotation": 12.0}, unlock=True)
    assert plan.unlocked
    assert {item.name: item.in_band for item in plan.effects} == {
        "tip_rotation": False,
        "alar_base_width": True,
        "dorsal_hump": True,
        "tip_width": True,
    }
    with pytest.raises(OutOfBandError, match="lateral_brow"):
        make_plan("brow_lift", face, effects={"lateral_brow": -0.1})


def test_an_effect_may_go_its_other_way_within_the_band(face: FaceLandmarks) -> None:
    plan = make_plan("mentoplasty", face, effects={"pogonion": -5.0})
    assert plan.effects[0].value == -5.0
    assert plan.effects[0].in_band


@pytest.mark.parametrize("value", [1e38, -1e38, 60.0])
def test_an_unlocked_value_has_an_end_too(face: FaceLandmarks, value: float) -> None:
    with pytest.raises(OutOfBandError, match="further than any plan may"):
        make_plan("rhinoplasty", face, effects={"tip_rotation": value}, unlock=True)
    plan = make_plan("rhinoplasty", face, effects={"tip_rotation": 12.0}, unlock=True)
    record = plan.model_dump(mode="json")
    named = [item for item in record["effects"] if item["effect"]["name"] == "tip_rotation"]
    named[0]["value"] = value
    with pytest.raises(ValueError, match="beyond what an unlocked plan may hold"):
        type(plan).model_validate(record)


def test_what_follows_an_unlocked_effect_stays_within_its_own_end(face: FaceLandmarks) -> None:
    for name in procedure_names():
        for effect in procedure(name).effects:
            if effect.coupled_to is None and effect.percent_of is None:
                far = {effect.name: effect.band.farthest}
                plan = make_plan(name, face, effects=far, unlock=True)
                assert all(abs(item.value) <= item.effect.band.farthest for item in plan.effects)


def test_unlocked_intensities_go_on_along_the_line(face: FaceLandmarks) -> None:
    with pytest.raises(ParameterError, match="0 to 100"):
        make_plan("mentoplasty", face, intensity=120)
    plan = make_plan("mentoplasty", face, intensity=120, unlock=True)
    assert plan.effects[0].value == pytest.approx(5.9 + 0.5 * (5.9 - 3.8))
    assert not plan.effects[0].in_band
    with pytest.raises(ParameterError, match="0 to 200"):
        make_plan("mentoplasty", face, intensity=201, unlock=True)


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (-1, r"-1.*0 to 100"),
        (101, r"101.*0 to 100"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
        (True, "no number"),
        ("60", "no number"),
        (None, "no number"),
    ],
)
def test_a_wrong_intensity(level: Any, said: str, face: FaceLandmarks) -> None:
    with pytest.raises(ParameterError, match=f"intensity.*{said}"):
        make_plan("mentoplasty", face, intensity=level)


def test_coupled_effects_follow_their_driver(face: FaceLandmarks) -> None:
    plan = make_plan("orthognathic", face, effects={"mandible": -3.35})
    assert values(plan) == pytest.approx({"mandible": -3.35, "upper_lip": -0.5})
    assert [item.origin for item in plan.effects] == ["explicit", "coupled"]
    forward = make_plan("orthognathic", face, effects={"mandible": 6.7})
    assert values(forward)["upper_lip"] == pytest.approx(1.0)
    own = make_plan("orthognathic", face, effects={"upper_lip": -0.2})
    assert values(own) == pytest.approx({"mandible": -6.7, "upper_lip": -0.2})
    off = make_plan("orthognathic", face, effects={"mandible": "off"})
    assert values(off) == {}
    only = make_plan("orthognathic", face, effects={"upper_lip": "off"})
    assert values(only) == pytest.approx({"mandible": -6.7})
    # A coupled effect that acts only on request follows once it is switched on.
    lid = make_plan(
        "blepharoplasty", face, intensity=60, effects={"mrd1": 0.35, "brow_descent": "on"}
    )
    assert values(lid)["brow_descent"] == pytest.approx(-0.55)


def test_an_intensity_raises_no_lid_that_stands_high_already() -> None:
    face = canonical_face(size=512, px_per_mm=2.0)
    lids = [158, 159, 160, 385, 386, 387]

    def planned(height: float, **asked: float) -> dict[str, float]:
        """Values of a plan for upper lids so high above the pupils, mm."""
        points = face.points.copy()
        pupils = np.repeat(points[[468, 473], 1], 3)
        points[lids, 1] = pupils - height / face.scale.mm_per_px
        return values(make_plan("blepharoplasty", face.with_points(points), effects=asked))

    usual = planned(2.8)
    assert usual["mrd1"] == 0.7
    assert planned(4.0) == pytest.approx({**usual, "mrd1": 0.5}, abs=1e-3)
    assert planned(4.6)["mrd1"] == 0.0
    assert planned(4.6, mrd1=0.7) == usual  # what is asked for by value is planned


def test_a_coupled_effect_stays_in_its_band_while_its_driver_does(face: FaceLandmarks) -> None:
    plan = make_plan("orthognathic", face, effects={"mandible": -10.0})
    assert values(plan)["upper_lip"] == pytest.approx(-10.0 / 6.7)
    length = measure(face, "upper_lip_length", any_view=True).value
    lifted = make_plan("lip_lift", face, effects={"lip_length": -0.3 * length})
    assert all(item.in_band for item in lifted.effects)


def test_two_procedures_never_add_up(face: FaceLandmarks) -> None:
    plan = make_plan(["rhinoplasty", "lip_lift"], face, intensity=60)
    assert plan.name == "rhinoplasty+lip_lift"
    owners: dict[int, set[str]] = {}
    for item in plan.effects:
        for landmark in item.effect.landmarks:
            owners.setdefault(landmark, set()).add(item.procedure)
    assert all(len(names) == 1 for names in owners.values())
    shared = set(make_plan("rhinoplasty", face, intensity=60).effects[1].effect.landmarks) & set(
        procedure("lip_lift").effect("alar_width").landmarks
    )
    conflicts = {c.landmark for c in plan.conflicts}
    assert shared
    assert shared <= conflicts
    assert {c.kept for c in plan.conflicts} == {"rhinoplasty.alar_base_width"}
    assert {c.dropped for c in plan.conflicts} == {"lip_lift.alar_width"}
    assert plan.label(plan.effects[0]) == "rhinoplasty.tip_rotation"
    assert SurgicalPlan.from_json(plan.to_json()) == plan
    other = make_plan(["lip_lift", "rhinoplasty"], face, intensity=60)
    assert {c.dropped for c in other.conflicts} == {"rhinoplasty.alar_base_width"}


def test_each_procedure_may_have_its_own_intensity(face: FaceLandmarks) -> None:
    plan = make_plan(
        ["mentoplasty", "rhinoplasty"], face, intensity={"mentoplasty": 100, "rhinoplasty": 30}
    )
    assert values(plan)["mentoplasty.pogonion"] == 5.9
    assert values(plan)["rhinoplasty.tip_rotation"] == pytest.approx(2.47)
    assert [item.intensity for item in plan.procedures] == [100.0, 30.0]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"procedures": []}, ProcedureError, "at least one"),
        ({"procedures": ["rhinoplasty", "rhinoplasty"]}, ProcedureError, "named twice"),
        ({"procedures": "nose"}, UnknownProcedureError, "rhinoplasty"),
        ({"effects": {"tip": 1.0}}, EffectError, "tip_rotation"),
        ({"effects": {"tip_rotation": float("nan")}}, EffectError, "not finite"),
        ({"side": "Left"}, ParameterError, "both, left, right"),
        (
            {"procedures": ["rhinoplasty", "mentoplasty"], "effects": {"mentoplasty.tip": 1}},
            EffectError,
            "mentoplasty.tip",
        ),
    ],
)
def test_wrong_arguments(
    arguments: dict[str, Any], error: type[Exception], words: str, face: FaceLandmarks
) -> None:
    with pytest.raises(error) as caught:
        make_plan(**{"procedures": "rhinoplasty", "face": face, **arguments})
    assert words in str(caught.value)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z][a-z_]{0,12}", fullmatch=True),
        st.one_of(st.floats(-100, 100), st.sampled_from(["on", "off"])),
        max_size=5,
    )
)
def test_written_settings_are_read_back(chosen: dict[str, Any]) -> None:
    assert parse_effects([f"{name}={value}" for name, value in chosen.items()]) == chosen


@pytest.mark.parametrize("pair", ["tip", "=3", "tip=", "tip=much", "tip=3mm", ""])
def test_an_unreadable_setting(pair: str) -> None:
    with pytest.raises(EffectError):
        parse_effects([pair])


def test_a_setting_given_twice() -> None:
    with pytest.raises(EffectError, match="given twice"):
        parse_effects(["tip=3", " tip = off"])
