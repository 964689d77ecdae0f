"""What a request reads, refuses and is known by."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from landmarkdiff import workflows
from landmarkdiff.errors import (
    OutOfBandError,
    ParameterError,
    PlanError,
    ProcedureError,
)
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.workflows import read_request


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], 60.0),
        (["35"], 35.0),
        (["rhinoplasty=40", "lip_lift=80"], {"rhinoplasty": 40.0, "lip_lift": 80.0}),
    ],
)
def test_intensities_are_read(words: list[str], expected: object) -> None:
    assert workflows.parse_intensity(words) == expected


@pytest.mark.parametrize(
    "words", [["much"], ["nan"], ["inf"], ["a=1", "a=2"], ["50", "a=2"], ["50", "60"], ["a="]]
)
def test_intensities_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(ParameterError):
        workflows.parse_intensity(words)


def test_options_beside_a_plan_file_may_not_contradict_it(
    previewed: workflows.PreviewFiles,
) -> None:
    path = previewed.folder / "plan.json"
    request = read_request(
        plan_file=path, procedures=["rhinoplasty"], intensity=["80"], side="both"
    )
    assert request.plan == SurgicalPlan.from_file(path)
    contradictions: list[dict[str, Any]] = [
        {"procedures": ["mentoplasty"]},
        {"intensity": ["60"]},
        {"intensity": ["mentoplasty=80"]},
        {"side": "left"},
        {"effects": ["tip_width=-1"]},
        {"preset_files": [path]},
    ]
    for options in contradictions:
        with pytest.raises(PlanError, match="contradicts the plan file"):
            read_request(plan_file=path, **options)


def test_glasses_are_worn_or_not_or_looked_for() -> None:
    assert read_request(procedures=["rhinoplasty"], glasses="yes").glasses == "yes"
    with pytest.raises(ParameterError, match=r"got maybe.*auto, yes, no"):
        read_request(procedures=["rhinoplasty"], glasses="maybe")


def test_a_plan_edited_by_hand_has_to_tell_the_truth(
    previewed: workflows.PreviewFiles, tmp_path: Path
) -> None:
    data = json.loads((previewed.folder / "plan.json").read_text("utf-8"))
    data["effects"][0]["value"] = 15.0
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(data))
    told = r"the plan is not valid: effects\.0: in_band does not agree with the value and its band"
    with pytest.raises(PlanError, match=told):
        read_request(plan_file=path)
    data["effects"][0]["in_band"] = False
    path.write_text(json.dumps(data))
    with pytest.raises(OutOfBandError):
        read_request(plan_file=path)
    assert read_request(plan_file=path, unlock=True).plan is not None


def test_a_preset_file_is_a_procedure(tmp_path: Path) -> None:
    from importlib.resources import files

    text = (files("landmarkdiff.procedures") / "presets" / "mentoplasty.yaml").read_text("utf-8")
    path = tmp_path / "chin.yaml"
    path.write_text(text.replace("name: mentoplasty", "name: my_chin", 1))
    assert [item.name for item in read_request(preset_files=[path]).procedures] == ["my_chin"]
    both = read_request(procedures=["rhinoplasty", "my_chin"], preset_files=[path])
    assert [item.name for item in both.procedures] == ["rhinoplasty", "my_chin"]
    with pytest.raises(ProcedureError, match="not asked for"):
        read_request(procedures=["rhinoplasty"], preset_files=[path])


def test_the_fingerprint_knows_every_option(rhinoplasty: workflows.SimulationRequest) -> None:
    others = [
        rhinoplasty,
        replace(rhinoplasty, intensity=79.0),
        replace(rhinoplasty, effects={"tip_width": -1.0}),
        replace(rhinoplasty, side="left"),
        replace(rhinoplasty, passes=2),
        replace(rhinoplasty, ipd_mm=60.0),
        replace(rhinoplasty, mm_per_px=0.2),
        replace(rhinoplasty, glasses="no"),
        replace(rhinoplasty, label_corner="top-left"),
        replace(rhinoplasty, seed=1),
        replace(rhinoplasty, flags=read_request(flags=["vitiligo"]).flags),
    ]
    assert len({request.fingerprint() for request in others}) == len(others)
    same = read_request(procedures=["rhinoplasty"], intensity=["80"])
    assert same.fingerprint() == rhinoplasty.fingerprint()
