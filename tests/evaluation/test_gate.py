"""The gate: what fell by more than is allowed, and in which direction each metric falls."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_scores import partial_of, sixty

from landmarkdiff.errors import EvaluationError, ParameterError
from landmarkdiff.evaluation.gate import Gate, MaxDrop, compare_with
from landmarkdiff.evaluation.pictures import EQUAL_PICTURES
from landmarkdiff.evaluation.summarize import summarize
from landmarkdiff.evaluation.value import METRICS, Score


def report(**means: float | None) -> dict[str, Any]:
    """A report of which all pairs have these figures."""
    pairs = []
    for item in sixty():
        scores = {name: Score.missing("not here") for name in item.scores.scores}
        scores |= {name: Score(value) for name, value in means.items() if value is not None}
        pairs.append(replace(item, scores=replace(item.scores, scores=scores)))
    return summarize(partial_of(pairs), resamples=100).to_dict()


@pytest.mark.parametrize(
    ("name", "before", "after", "allowed", "fell"),
    [
        ("ssim", 0.80, 0.79, ["0.02"], False),
        ("ssim", 0.80, 0.77, ["0.02"], True),
        ("ssim", 0.80, 0.99, [], False),
        ("lpips", 0.10, 0.13, ["0.2"], True),  # less is better
        ("lpips", 0.10, 0.05, [], False),
        ("magnitude", 1.10, 0.95, [], False),  # 1 is right
        ("magnitude", 1.02, 0.90, ["0.05"], True),
        ("magnitude", 1.02, 0.95, ["0.05"], False),
        ("psnr", 30.0, 29.6, ["psnr=0.5"], False),
        ("psnr", 30.0, 29.4, ["0.5", "psnr=0.5"], True),
        ("nme", 0.0, 0.001, ["0.5"], True),  # a share of nothing is nothing
        ("identity", 0.9, 0.9, [], False),
    ],
)
def test_a_metric_that_fell(
    name: str, before: float, after: float, allowed: list[str], fell: bool
) -> None:
    gate = Gate(report(**{name: before}), MaxDrop.parse(allowed))
    found = compare_with(gate, report(**{name: after}))
    assert found.compared == 1
    assert bool(found.fell) == fell
    if fell:
        assert found.fell[0].startswith(f"{name} went from ")
        assert "is allowed." in found.fell[0]


def test_a_metric_that_is_gone_fell_and_a_new_one_did_not() -> None:
    found = compare_with(Gate(report(ssim=0.8), MaxDrop(0.5)), report(identity=0.9))
    assert found.fell == ("ssim was 0.8 and is not there.",)
    assert found.compared == 0


def test_facts_do_not_fall() -> None:
    facts = [name for name, metric in METRICS.items() if metric.better == "none"]
    for name in facts:
        gate = Gate(report(**{name: 1.0, "ssim": 0.8}), MaxDrop())
        assert compare_with(gate, report(**{name: 9.0, "ssim": 0.8})).fell == ()


def test_lost_cases_do_not_pass_and_neither_does_nothing() -> None:
    before, after = report(ssim=0.8), report(ssim=0.8)
    after["cases"] |= {"failed": 3, "undetected": 1}
    fell = compare_with(Gate(before, MaxDrop()), after).fell
    assert fell == ("failed cases went from 0 to 3.", "undetected cases went from 0 to 1.")
    nothing = compare_with(Gate(report(), MaxDrop()), report(ssim=0.8))
    assert nothing.fell == ("The baseline has no metric that this report has.",)


def test_pictures_that_became_equal_are_no_loss() -> None:
    after = report(ssim=0.8)
    (entry,) = (each for each in after["metrics"] if each["name"] == "psnr_outside")
    entry["unavailable"] = [{"why": EQUAL_PICTURES, "pairs": 60}]
    gate = Gate(report(ssim=0.8, psnr_outside=45.0), MaxDrop())
    assert compare_with(gate, after).fell == ()


def test_other_cases_are_told(tmp_path: Path) -> None:
    fewer = summarize(partial_of(sixty()[:40]), resamples=100).to_dict()
    (tmp_path / "report.json").write_text(json.dumps(fewer), "utf-8")
    gate = Gate.read(tmp_path / "report.json", MaxDrop(0.5))
    found = compare_with(gate, summarize(partial_of(sixty()), resamples=100).to_dict())
    assert found.notes == ("The baseline was measured on other cases.",)


@pytest.mark.parametrize(
    "word", ["-0.1", "nan", "inf", "x", "ssim=", "ssin=0.1", "=0.1", "ssim=-1"]
)
def test_a_drop_that_is_none(word: str) -> None:
    with pytest.raises(ParameterError, match="not a largest drop"):
        MaxDrop.parse([word])


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": 1}', '{"format": 9, "cases": {"digest": ""}, "metrics": []}'],
)
def test_a_baseline_that_is_no_report(text: str, tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(text, "utf-8")
    with pytest.raises(EvaluationError, match=r"no report of an evaluation \(got b\.json\)"):
        Gate.read(tmp_path / "b.json", MaxDrop())
    with pytest.raises(EvaluationError, match="no report of an evaluation"):
        Gate.read(tmp_path / "gone.json", MaxDrop())
