"""The plan as data: its hash, its JSON, its file."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landmarkdiff.errors import PlanError
from landmarkdiff.procedures.band import Band
from landmarkdiff.procedures.effect import Effect, Evidence
from landmarkdiff.procedures.plan import PlannedEffect, PlannedProcedure, SurgicalPlan
from landmarkdiff.procedures.procedure import MaskPart

PINNED_HASH = "422275a5ff4220fdf58bed7f94514e24ab7a91898d02efb1c2d3f20b78044ebf"
#: Five times the end of the band below, mm.
FARTHEST = 5 * 5.9


def fixed_plan(value: float = 2.5) -> SurgicalPlan:
    """A plan of fixed numbers, independent of presets and faces."""
    effect = Effect(
        name="pogonion",
        title="Chin",
        sign="positive is forward",
        unit="mm",
        band=Band(typical=3.8, low=1.7, high=5.9, reverse=-5.0, kind="range"),
        evidence=Evidence(status="general", source="textbook"),
        direction=(0.0, 0.0, 1.0),
        landmarks={199: 1.0, 208: 0.9},
        anatomy=("chin_pad",),
        falloff_mm=27.0,
    )
    return SurgicalPlan(
        procedures=(
            PlannedProcedure(
                name="mentoplasty",
                title="Chin",
                intensity=40.0,
                mask=(MaskPart(groups=("chin_pad",), span="whole"),),
            ),
        ),
        effects=(
            PlannedEffect(
                procedure="mentoplasty",
                value=value,
                in_band=effect.band.contains(value),
                origin="explicit",
                effect=effect,
            ),
        ),
    )


def test_the_hash_of_a_plan_is_pinned() -> None:
    assert fixed_plan().hash == PINNED_HASH
    assert fixed_plan(2.5000001).hash != PINNED_HASH


@given(st.floats(-FARTHEST, FARTHEST, allow_subnormal=True))
def test_a_plan_survives_json(value: float) -> None:
    plan = fixed_plan(value)
    again = SurgicalPlan.from_json(plan.to_json())
    assert again == plan
    assert again.hash == plan.hash
    assert SurgicalPlan.from_dict(json.loads(json.dumps(plan.to_dict()))) == plan
    assert again.effects[0].value == value


@pytest.mark.parametrize(("value", "told"), [(2.5, False), (20.0, True)])
def test_an_effect_has_to_tell_whether_it_lies_in_its_band(value: float, told: bool) -> None:
    data = fixed_plan().to_dict()
    data["effects"][0] |= {"value": value, "in_band": told}
    message = r"effects\.0: in_band does not agree with the value and its band"
    with pytest.raises(PlanError, match=message):
        SurgicalPlan.from_dict(data)
    data["effects"][0]["in_band"] = not told
    assert SurgicalPlan.from_dict(data).effects[0].value == value


@pytest.mark.parametrize("value", [1.001 * FARTHEST, -1e6, 1e38])
def test_no_plan_holds_more_than_five_bands(value: float) -> None:
    data = fixed_plan().to_dict()
    data["effects"][0] |= {"value": value, "in_band": False}
    with pytest.raises(PlanError, match="beyond what an unlocked plan may hold"):
        SurgicalPlan.from_dict(data)


def _twice(data: Any, key: str) -> None:
    data[key] = [data[key][0], data[key][0]]


FOREIGN: Mapping[str, tuple[Callable[[Any], Any], str]] = {
    "an effect twice": (lambda d: _twice(d, "effects"), r"mentoplasty\.pogonion is there twice"),
    "a procedure twice": (lambda d: _twice(d, "procedures"), "mentoplasty is there twice"),
    "an effect of no procedure": (
        lambda d: d["effects"][0].update(procedure="lip_lift"),
        "effects are of lip_lift, which is not in the plan",
    ),
    "a name that is a path": (
        lambda d: d["procedures"][0].update(name="../../rhinoplasty"),
        r"procedures\.0\.name",
    ),
    "fixed landmarks beyond the mesh": (
        lambda d: d["procedures"][0].update(fixed=[99999]),
        r"procedures\.0\.fixed: landmarks \[99999\] are not between 0 and 477",
    ),
    "fixed landmarks before it": (
        lambda d: d["procedures"][0].update(fixed=[-1]),
        r"procedures\.0\.fixed: landmarks \[-1\] are not between 0 and 477",
    ),
    "a title that steers a terminal": (
        lambda d: d["procedures"][0].update(title="\x1b[2J"),
        r"procedures\.0\.title: the text has control characters",
    ),
    "a conflict about no landmark": (
        lambda d: d.update(conflicts=[{"landmark": 478, "kept": "aa.bb", "dropped": "cc.dd"}]),
        r"conflicts\.0\.landmark: landmarks \[478\]",
    ),
    "a conflict of what is no effect": (
        lambda d: d.update(conflicts=[{"landmark": 4, "kept": "\x1b", "dropped": "cc.dd"}]),
        r"conflicts\.0\.kept",
    ),
    "switched off what is no effect": (
        lambda d: d.update(switched_off=["rhinoplasty"]),
        r"switched_off\.0",
    ),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_plan_edited_by_hand_is_refused_with_the_key(case: str) -> None:
    edit, message = FOREIGN[case]
    data = fixed_plan().to_dict()
    edit(data)
    with pytest.raises(PlanError, match=message):
        SurgicalPlan.from_dict(data)


def test_the_order_of_keys_does_not_matter() -> None:
    plan = fixed_plan()
    shuffled = json.dumps(dict(reversed(plan.to_dict().items())), indent=4)
    assert SurgicalPlan.from_json(shuffled).hash == plan.hash


def test_a_plan_file(tmp_path: Any) -> None:
    path = tmp_path / "plan.json"
    path.write_text(fixed_plan().to_json(), encoding="utf-8")
    assert SurgicalPlan.from_file(path) == fixed_plan()
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(PlanError, match=r"plan.json.*not UTF-8"):
        SurgicalPlan.from_file(path)
    path.write_bytes(b" " * (5 << 20))
    with pytest.raises(PlanError, match="too large"):
        SurgicalPlan.from_file(path)
    with pytest.raises(PlanError, match="No such file"):
        SurgicalPlan.from_file(tmp_path / "absent.json")


def without(data: Any, *path: Any) -> Any:
    place = data
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return data


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", ["not valid JSON"]),
        ("[" * 100_000, ["not valid JSON"]),
        ("[]", ["not valid"]),
        ("{}", ["procedures"]),
        ('{"format": 3}', ["format"]),
        (json.dumps({**fixed_plan().to_dict(), "patient": "x"}), ["patient"]),
        (json.dumps({**fixed_plan().to_dict(), "side": "up"}), ["side"]),
        (json.dumps({**fixed_plan().to_dict(), "procedures": []}), ["procedures"]),
        (json.dumps(without(fixed_plan().to_dict(), "effects", 0, "value")), ["effects.0.value"]),
        (fixed_plan().to_json().replace("2.5", "NaN"), ["effects.0.value", "finite"]),
        (fixed_plan().to_json().replace("2.5", "1e999"), ["effects.0.value", "finite"]),
        (fixed_plan().to_json().replace('"199"', '"999"'), ["landmarks", "999"]),
    ],
)
def test_a_broken_plan_is_refused_with_its_key(text: str, words: list[str]) -> None:
    with pytest.raises(PlanError) as caught:
        SurgicalPlan.from_json(text)
    for word in words:
        assert word in str(caught.value)
