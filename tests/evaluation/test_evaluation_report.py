"""What a report says: its figures, its documented schema, and a page that asks for nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_scores import partial_of, scored, sixty

from landmarkdiff.arrays import ImageArray
from landmarkdiff.evaluation.gate import Gate, GateResult, MaxDrop, compare_with
from landmarkdiff.evaluation.markdown import model_card, report_markdown
from landmarkdiff.evaluation.page import report_page
from landmarkdiff.evaluation.partial import ScoredCase
from landmarkdiff.evaluation.summarize import summarize
from landmarkdiff.evaluation.summary import Evaluation
from landmarkdiff.evaluation.value import Score
from landmarkdiff.evaluation.wording import missing_metrics
from landmarkdiff.photo import write_png

SCHEMA = Path(__file__).parents[2] / "docs" / "reference" / "evaluation.md"


@pytest.fixture(scope="module")
def pairs(astronaut: ImageArray, tmp_path_factory: pytest.TempPathFactory) -> list[ScoredCase]:
    """Sixty pairs, three of which failed; the files of two of those are there."""
    folder = tmp_path_factory.mktemp("cases")
    found = sixty()
    for index, failures, undetected in (
        (5, ("the change goes the wrong way",), False),
        (8, (), True),
        (9, ("the target <b>is</b> 3 x 2", "no likeness"), False),
    ):
        item = found[index]
        scores = replace(item.scores, failures=failures, undetected=undetected)
        case = replace(item.case, prediction=folder / f"{index}.png", source=folder / "s.png")
        found[index] = replace(item, scores=scores, case=case)
    write_png(folder / "s.png", astronaut)
    for index in (5, 8):
        write_png(folder / f"{index}.png", astronaut)
    return found


@pytest.fixture(scope="module")
def evaluation(pairs: list[ScoredCase]) -> Evaluation:
    sets = {"fid": Score(41.5, 60), "kid": Score.missing("no network: get it")}
    return summarize(partial_of(pairs, notes=("A note.",)), sets, resamples=400)


@pytest.fixture(scope="module")
def report(evaluation: Evaluation) -> dict[str, Any]:
    found = evaluation.to_dict()
    gate = Gate(json.loads(json.dumps({**found, "gate": None})), MaxDrop())
    return {**found, "gate": compare_with(gate, found).to_dict()}


@pytest.fixture(scope="module")
def many() -> Evaluation:
    """Sixty persons, so that there are thirty of each tone."""
    random = np.random.default_rng(1)
    return summarize(
        partial_of([scored(k, random, person=f"p{k}") for k in range(60)]), resamples=300
    )


def metric(report: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (m for m in report["metrics"] if m["name"] == name)
    return found


def test_the_figures_are_those_of_the_pairs(
    report: dict[str, Any], pairs: list[ScoredCase]
) -> None:
    values = [item.scores.scores["identity"].value for item in pairs]
    found = metric(report, "identity")
    assert found["mean"] == pytest.approx(np.mean(np.array(values, float)))
    assert found["median"] == pytest.approx(np.median(np.array(values, float)))
    assert (found["n"], found["persons"]) == (60, 30)
    assert found["interval"]["low"] < found["mean"] < found["interval"]["high"]
    assert report["cases"] | {"digest": ""} == {
        "digest": "",
        "pairs": 60,
        "persons": 30,
        "undetected": 1,
        "failed": 3,
        "notes": ["A note."],
    }


def test_targets_are_judged_by_the_whole_interval(report: dict[str, Any]) -> None:
    assert metric(report, "ssim")["verdict"] == "reached"  # .85 ± .005 against .80
    assert metric(report, "identity")["verdict"] == "reached"
    assert metric(report, "lpips")["verdict"] == "unavailable"
    assert metric(report, "fid")["verdict"] == "reached"
    assert metric(report, "fid")["interval"] is None
    assert metric(report, "kid")["unavailable"] == [{"why": "no network: get it", "pairs": 60}]
    assert metric(report, "psnr")["verdict"] is None
    few = summarize(partial_of(sixty()[:10]), resamples=100).to_dict()
    assert metric(few, "ssim")["verdict"] == "not judged"
    assert metric(few, "ssim")["mean"] is not None


def test_an_open_and_a_missed_target() -> None:
    random = np.random.default_rng(0)
    for centre, verdict in ((0.85, "open"), (0.80, "missed"), (0.90, "reached")):
        found = []
        for index in range(30):
            scores = {"identity": Score(centre + 0.05 * float(random.standard_normal()))}
            found.append(scored(index, random, scores=scores))
        figures = {f.metric.name: f for f in summarize(partial_of(found), resamples=200).figures}
        assert figures["identity"].verdict == verdict
        assert figures["lpips"].estimate.mean is None


def test_strata_and_the_gap_between_them(report: dict[str, Any], many: Evaluation) -> None:
    factors = {factor["factor"]: factor for factor in report["strata"]}
    assert list(factors) == ["procedure", "view", "tone"]
    assert [s["name"] for s in factors["tone"]["strata"]] == ["I", "V"]
    assert [s["persons"] for s in factors["tone"]["strata"]] == [15, 15]
    (gap,) = (g for g in factors["tone"]["gaps"] if g["metric"] == "identity")
    assert (gap["difference"], gap["no_claim"]) == (None, "no stratum has 20 persons")
    (tone,) = (factor for factor in many.factors if factor.name == "tone")
    found = tone.gaps["identity"]
    assert (found.higher, found.lower) == ("I", "V")
    assert found.difference == pytest.approx(0.05, abs=0.01)
    assert found.interval is not None
    assert found.interval.low > 0.03
    text = report_markdown({**many.to_dict(), "gate": None})
    assert "identity I above V by 0.0" in text
    assert "ssim I above V" not in text  # within its noise
    assert "Those of other metrics are not larger than noise." in text


def test_effects_seeds_and_landmarks(report: dict[str, Any]) -> None:
    (effect,) = report["effects"]
    assert (effect["name"], effect["unit"]) == ("tip_width", "mm")
    assert (effect["planned"], effect["shown"]) == (-2.0, pytest.approx(-1.6))
    assert effect["achieved"]["mean"] == pytest.approx(-1.2875, abs=0.01)
    assert effect["share"]["mean"] == pytest.approx(1.2875 / 1.6, abs=0.01)
    assert metric(report, "ssim")["seeds"]["seeds"] == 2
    assert report["heat_map_mm"][0] == pytest.approx(0.1 * np.mean(range(60)))
    assert report["heat_map_mm"][10] is None


def test_a_baseline_is_compared_pair_by_pair(report: dict[str, Any]) -> None:
    (found,) = report["baselines"]
    assert found["name"] == "morph"
    beside = {m["name"]: m for m in found["metrics"]}
    difference = beside["identity"]["difference"]
    assert difference["mean"] == pytest.approx(0.02)
    assert difference["interval"]["low"] == pytest.approx(0.02)
    assert beside["identity"]["baseline"]["n"] == 60
    assert beside["psnr"]["difference"]["n"] == 0  # it has none of it
    assert "## Beside the baseline morph" in report_markdown(report)


def test_failures_come_with_the_worst_first(report: dict[str, Any]) -> None:
    assert [failure["pair"] for failure in report["failures"]] == ["case008", "case009", "case005"]
    text = report_markdown(report)
    assert text.index("## Failures") < text.index("## Targets")
    assert "case008 (p8): no face was found in the prediction" in text


#: Keys of these are names of the reader's own.
OPEN = re.compile(r"^(pairs\[\]\.facts|pairs\[\]\.scores)\.[^.]+")
#: Objects that stand in several places, by their keys.
SHAPES = {
    frozenset({"n", "persons", "mean", "median", "interval", "no_claim"}): "figure",
    frozenset({"low", "high", "level"}): "interval",
    frozenset({"value", "n", "unavailable"}): "score",
}
KINDS = {dict: "object", list: "list", str: "text", bool: "yes or no", type(None): "null"}


def kinds_of(value: Any, path: str, found: dict[str, set[str]]) -> None:
    """Collect the kinds of what is at each path of a report."""
    path = OPEN.sub(lambda match: f"{match[1]}.*", path)
    shape = SHAPES.get(frozenset(value) - {"name"}) if isinstance(value, dict) else None
    found.setdefault(path, set()).add(shape or KINDS.get(type(value), "number"))
    if shape is None and path != "model":
        for key, item in value.items() if isinstance(value, dict) else ():
            kinds_of(item, f"{path}.{key}", found)
    for item in value if isinstance(value, list) else ():
        kinds_of(item, f"{path}[]", found)


def test_the_schema_in_the_documentation_is_that_of_the_report(
    report: dict[str, Any], many: Evaluation
) -> None:
    found: dict[str, set[str]] = {}
    fell = GateResult(("It fell.",), ("A note.",), 1).to_dict()
    for whole in (report, {**many.to_dict(), "gate": fell}):
        for key, value in whole.items():
            kinds_of(value, key, found)
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", SCHEMA.read_text("utf-8"), re.MULTILINE)
    told = {path: set(kind.strip().split(" / ")) for path, kind in rows}
    assert sorted(found) == sorted(path for path in told if re.split(r"[.[]", path)[0] in report)
    for path, kinds in found.items():
        assert kinds <= told[path], path
    for keys, name in SHAPES.items():
        (line,) = re.findall(
            rf"^- \*\*{name}\*\*: (.*?)\.$", SCHEMA.read_text("utf-8"), re.MULTILINE
        )
        assert set(re.findall(r"`(\w+)`", line)) == keys


class _Page(HTMLParser):
    """What a page asks for, runs and shows."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "action") and value:
                self.addresses.append(value)
            assert not name.startswith("on"), name

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_the_page_asks_for_nothing_and_shows_failures_first(
    evaluation: Evaluation, report: dict[str, Any]
) -> None:
    page = report_page(evaluation, report)
    read = _Page()
    read.feed(page)
    assert "script" not in read.tags
    assert "link" not in read.tags
    assert all(address.startswith(("data:image/", "#")) for address in read.addresses)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    text = "".join(read.text)
    assert text.index("Failures") < text.index("Targets") < text.index("Figures")
    assert "the target <b>is</b> 3 x 2" in text  # shown, not obeyed
    assert "Its pictures cannot be shown" in text  # of the one whose files are gone
    failures = page[page.index('id="failures"') : page.index("<h2>Targets")]
    assert failures.count("data:image/jpeg") == 4  # photo and simulation of two pairs
    assert "not measured" not in text
    assert page == report_page(evaluation, report)  # the same report, the same bytes


def test_what_is_not_there_is_told_once_with_its_metrics(report: dict[str, Any]) -> None:
    missing = dict(missing_metrics(report))
    assert missing["no network: get it"] == "kid"
    assert "lpips" in missing["there is no target"]
    assert "| no network: get it | kid |" in report_markdown(report)


def test_the_card_says_on_whom_and_what_for(report: dict[str, Any]) -> None:
    card = model_card(report)
    assert card.startswith("# Model card: made up\n")
    for words in ("tone: I: 15 persons, V: 15 persons", "## Limits", "Not for a diagnosis"):
        assert words in card
    unnamed = model_card({**report, "model": {}})
    assert "What made the predictions was not told." in unnamed
