"""Shards are kept in files and put together as one pass would have left them."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from made_scores import partial_of, sixty

from landmarkdiff.errors import EvaluationError, ParameterError
from landmarkdiff.evaluation.distributed import ShardScorer
from landmarkdiff.evaluation.markdown import report_markdown
from landmarkdiff.evaluation.partial import FEATURES_FILE, PARTIAL_FILE, Partial, Shard, merge
from landmarkdiff.evaluation.run import set_scores, stratum_set_scores
from landmarkdiff.evaluation.sets import SetFeatures, fid, kid
from landmarkdiff.evaluation.summarize import summarize


def with_features(scores: Partial) -> Partial:
    """Thirty-two features of each picture and of what it is compared with."""
    random = np.random.default_rng(2)
    rows = random.normal(size=(2, len(scores.scored), 32)).astype(np.float32)
    scored = tuple(
        replace(item, features=rows[0, k], reference=rows[1, k] + np.float32(0.3))
        for k, item in enumerate(scores.scored)
    )
    return replace(scores, scored=scored)


@pytest.fixture(scope="module")
def whole() -> Partial:
    return with_features(partial_of(sixty()))


def parts_of(whole: Partial, of: int) -> list[Partial]:
    return [
        replace(
            whole,
            scored=tuple(whole.scored[k] for k in Shard(number, of).indices(whole.total)),
        )
        for number in range(1, of + 1)
    ]


def kept(part: Partial, folder: Path) -> Path:
    folder.mkdir()
    for name, data in part.to_files(folder).items():
        (folder / name).write_bytes(data)
    return folder


def test_shards_take_each_case_once() -> None:
    taken = sorted(k for number in (1, 2, 3) for k in Shard(number, 3).indices(10))
    assert taken == list(range(10))
    assert Shard.parse("2/3") == Shard(2, 3)
    for text in ("0/3", "4/3", "2", "a/b", "-1/2", "1/", "2/3/4"):
        with pytest.raises(ParameterError, match="not a shard"):
            Shard.parse(text)


def test_merged_shards_give_the_report_of_one_pass(whole: Partial, tmp_path: Path) -> None:
    folders = [kept(part, tmp_path / f"{k}") for k, part in enumerate(parts_of(whole, 4))]
    merged = merge([Partial.read(folder) for folder in reversed(folders)])
    sets = [set_scores(each) for each in (whole, merged)]
    assert sets[0]["fid"].value is not None
    assert sets[0]["kid"].value is not None
    reports = [
        summarize(each, scores, stratum_set_scores(each, scores), resamples=200).to_dict()
        for each, scores in zip((whole, merged), sets, strict=True)
    ]
    # To the bit: the rows stand in the cases' order before anything is summed.
    assert json.dumps(reports[0]) == json.dumps(reports[1])


def test_distances_of_sets_within_strata(whole: Partial) -> None:
    # Tone V: ten of thirty persons, so that I has twenty.
    scored = tuple(
        replace(item, scores=replace(item.scores, facts=dict(item.scores.facts, tone=tone)))
        for item in whole.scored
        for tone in ["I" if int(item.scores.person[1:]) % 3 else "V"]
    )
    part = replace(whole, scored=scored)
    sets = set_scores(part, seed=5)
    found = stratum_set_scores(part, sets, seed=5)
    own = [item for item in scored if item.scores.facts["tone"] == "I"]
    first, second = (
        SetFeatures.of(np.array([getattr(item, name) for item in own]))
        for name in ("features", "reference")
    )
    assert found["tone", "I"] == {"fid": fid(first, second), "kid": kid(first, second, seed=5)}
    assert found["tone", "I"]["fid"].n == 40
    assert found["tone", "V"]["fid"].unavailable == (
        "nothing is claimed of 10 persons; 20 or more are needed"
    )
    assert found["procedure", "rhinoplasty"] == sets  # that is all of them
    report = summarize(part, sets, found, resamples=50).to_dict()
    (tone,) = (factor for factor in report["strata"] if factor["factor"] == "tone")
    values = [{m["name"]: m for m in stratum["metrics"]}["fid"] for stratum in tone["strata"]]
    assert values[0]["mean"] == found["tone", "I"]["fid"].value
    assert (values[0]["persons"], values[1]["mean"]) == (20, None)
    assert "fid" not in {gap["metric"] for gap in tone["gaps"]}
    text = report_markdown({**report, "gate": None})
    assert "No fid and kid of V: nothing is claimed of 10 persons" in text
    nothing = replace(whole, no_features="no network")
    assert stratum_set_scores(nothing, set_scores(nothing)) == {}


def shard_of(whole: Partial, shard: Shard) -> Partial:
    """The part that a machine would score."""
    return parts_of(whole, shard.of)[shard.number - 1]


def test_what_machines_of_a_cluster_send_back_is_merged_to_the_bit(
    whole: Partial, tmp_path: Path
) -> None:
    scorer = ShardScorer(partial(shard_of, whole), 3, tmp_path)
    there = pickle.loads(pickle.dumps(scorer))  # noqa: S301  # as it travels
    rows = [there({"number": number}) for number in (3, 1, 2)]
    merged = merge([Partial.from_files(row["files"], tmp_path) for row in rows])
    reports = [
        summarize(each, set_scores(each), resamples=100).to_dict() for each in (whole, merged)
    ]
    assert json.dumps(reports[0]) == json.dumps(reports[1])


def test_a_case_twice_or_nowhere_is_refused(whole: Partial) -> None:
    first, second, third = parts_of(whole, 3)
    with pytest.raises(EvaluationError, match="20 of 60 cases are in none of the shards"):
        merge([first, third])
    with pytest.raises(EvaluationError, match=r"in two of the shards \(got case000\)"):
        merge([first, second, third, first])
    for change in ({"digest": "0"}, {"model": {"name": "other"}}):
        with pytest.raises(EvaluationError, match="of different evaluations"):
            merge([first, second, replace(third, **change)])


def test_what_is_damaged_is_refused(whole: Partial, tmp_path: Path) -> None:
    folder = kept(whole, tmp_path / "part")
    assert Partial.read(folder).digest == whole.digest
    text = (folder / PARTIAL_FILE).read_text("utf-8")
    for damaged in (text[:-9], "[]", "{}", text.replace('"index"', '"place"')):
        (folder / PARTIAL_FILE).write_text(damaged, "utf-8")
        with pytest.raises(EvaluationError, match=r"does not hold the results .*\(got part\)"):
            Partial.read(folder)
    (folder / PARTIAL_FILE).write_text(text.replace('"version": "', '"version": "9.'), "utf-8")
    with pytest.raises(EvaluationError, match="another version made the results"):
        Partial.read(folder)
    (folder / PARTIAL_FILE).write_text(text, "utf-8")
    (folder / FEATURES_FILE).write_bytes(b"PK\x03\x04")
    with pytest.raises(EvaluationError, match="does not hold the results"):
        Partial.read(folder)
    (folder / FEATURES_FILE).unlink()
    with pytest.raises(EvaluationError, match="does not hold the results"):
        Partial.read(folder)
