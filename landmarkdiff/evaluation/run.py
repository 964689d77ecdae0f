"""Score cases one after another; a case that cannot be read is counted, never left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import EvaluationError, LandmarkDiffError
from landmarkdiff.evaluation.baselines import BASELINES, baseline, morph
from landmarkdiff.evaluation.manifest import FACTS, Case, digest
from landmarkdiff.evaluation.networks import Networks
from landmarkdiff.evaluation.pairs import score_pair
from landmarkdiff.evaluation.partial import Partial, ScoredCase, Shard, strata_of
from landmarkdiff.evaluation.sets import SetFeatures, fid, kid
from landmarkdiff.evaluation.statistics import LEAST_PERSONS, too_few
from landmarkdiff.evaluation.value import METRICS, Pair, PairScores, Score
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.photo import read_photo
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["BESIDE", "load_pair", "score_shard", "set_scores", "stratum_set_scores"]

#: What a model can be compared with, case by case.
BESIDE = (*BASELINES, "morph")
#: Told how many cases are done, of how many, and the name of the next.
OnCase = Callable[[int, int, str], None]


def score_shard(
    cases: Sequence[Case],
    shard: Shard,
    networks: Networks,
    *,
    baselines: Sequence[str] = (),
    model: Mapping[str, Any] | None = None,
    notes: Sequence[str] = (),
    on_case: OnCase | None = None,
) -> Partial:
    """Score the cases of a shard.

    One process, several machines and Ray call this same function; its results are put together
    by :func:`~landmarkdiff.evaluation.partial.merge`.

    Parameters
    ----------
    cases : sequence of Case
        All of the evaluation.
    shard : Shard
    networks : Networks
    baselines : sequence of str
        Of :data:`BESIDE`: what else predicts each case, to be compared with.
    model : mapping, optional
        What made the predictions, JSON-ready.
    notes : sequence of str
        What the report has to say of the cases.
    on_case : callable, optional
        Told of each case before it is scored.
    """
    indices = shard.indices(len(cases))
    scored = []
    for done, index in enumerate(indices):
        if on_case is not None:
            on_case(done, len(indices), cases[index].name)
        scored.append(_score(index, cases[index], networks, baselines))
    if on_case is not None:
        on_case(len(indices), len(indices), "")
    return Partial(
        total=len(cases),
        digest=digest(cases),
        scored=tuple(scored),
        model=model or {},
        notes=tuple(notes),
        no_features="" if networks.inception is not None else networks.no_inception,
    )


def load_pair(case: Case) -> Pair:
    """Read the files of a case.

    Raises
    ------
    LandmarkDiffError
        A file is no picture or no plan.
    """
    mask = _pixels(case.mask)
    return Pair(
        name=case.name,
        person=case.person,
        prediction=read_photo(case.prediction).pixels,
        target=_pixels(case.target),
        source=_pixels(case.source),
        mask=None if mask is None else mask[..., 0].astype(np.float32) / np.float32(255.0),
        plan=None if case.plan is None else SurgicalPlan.from_file(case.plan),
        facts=case.facts,
        raw=_pixels(case.raw),
        flags=ClinicalFlags.from_dict(case.flags) if case.flags else None,
    )


def _pixels(path: Path | None) -> Any:
    return None if path is None else read_photo(path).pixels


def _score(index: int, case: Case, networks: Networks, baselines: Sequence[str]) -> ScoredCase:
    why, pair = case.refusal, None
    if not why:
        try:
            pair = load_pair(case)
        except LandmarkDiffError as failure:
            why = str(failure)
    if pair is None:
        unread = _unread(case, why)
        return ScoredCase(index, case, unread, baselines=dict.fromkeys(baselines, unread))
    extractor, features, reference = networks.inception, None, None
    if extractor is not None:
        features = extractor.features(pair.prediction)
        # Without pictures that would have been right, real photos are what is like them.
        real = pair.source if pair.target is None else pair.target
        reference = None if real is None else extractor.features(real)
    beside = {name: _baseline(name, pair, case, networks) for name in baselines}
    return ScoredCase(index, case, score_pair(pair, networks), features, reference, beside)


def _baseline(name: str, pair: Pair, case: Case, networks: Networks) -> PairScores:
    """Score what a baseline predicts for the same case."""
    try:
        predicted, raw = _predicted(name, pair, case, networks)
    except LandmarkDiffError as failure:
        return _unread(case, str(failure))
    return score_pair(replace(pair, prediction=predicted, raw=raw), networks)


def _predicted(
    name: str, pair: Pair, case: Case, networks: Networks
) -> tuple[ImageArray, ImageArray | None]:
    """Return the picture of a baseline, and what was painted before it was composed."""
    if name == "morph":
        if pair.source is None or pair.target is None:
            raise EvaluationError("evaluation_baseline_needs", name=name, needed="photo and target")
        own = extract_landmarks(pair.source, passes=networks.passes)
        wanted = extract_landmarks(pair.target, passes=networks.passes)
        return morph(pair.source, pair.target, own, wanted), None
    if pair.source is None or pair.plan is None:
        raise EvaluationError("evaluation_baseline_needs", name=name, needed="photo and plan")
    seed = int(case.seed) if case.seed.isdecimal() else 0
    made = baseline(name, networks.pipeline, pair.source, pair.plan, seed=seed, flags=pair.flags)
    return made.image, made.raw if made.paints else None


def set_scores(partial: Partial, *, seed: int = 0) -> dict[str, Score]:
    """Return the metrics of whole sets, by name.

    Their rows are put in the cases' order first, so that it does not matter where each was made.

    Parameters
    ----------
    partial : Partial
        Of all cases.
    seed : int
        Of the subsets that KID draws.
    """
    if partial.no_features:
        return _no_sets(partial.no_features)
    return _of_sets(partial.scored, seed)


def stratum_set_scores(
    partial: Partial, whole: Mapping[str, Score], *, seed: int = 0
) -> dict[tuple[str, str], dict[str, Score]]:
    """Return the metrics of whole sets within each stratum, by fact and its value.

    A distance of small sets is mostly its own bias: a stratum of fewer persons than anything is
    claimed of has none.

    Parameters
    ----------
    partial : Partial
        Of all cases.
    whole : mapping of str to Score
        What :func:`set_scores` gave of them; empty is returned where that has no value.
    seed : int
        Of the subsets that KID draws.
    """
    found: dict[tuple[str, str], dict[str, Score]] = {}
    if not any(score.n for score in whole.values()):
        return found
    for fact in FACTS:
        for value, items in strata_of(partial.scored, fact).items():
            persons = len({item.scores.person for item in items if item.features is not None})
            if persons < LEAST_PERSONS:
                found[fact, value] = _no_sets(too_few(persons))
            elif len(items) == len(partial.scored):
                found[fact, value] = dict(whole)
            else:
                found[fact, value] = _of_sets(items, seed)
    return found


def _no_sets(why: str) -> dict[str, Score]:
    return {name: Score.missing(why) for name, metric in METRICS.items() if metric.per == "set"}


def _of_sets(scored: Sequence[ScoredCase], seed: int) -> dict[str, Score]:
    rows = [
        [row for item in scored if (row := getattr(item, of)) is not None]
        for of in ("features", "reference")
    ]
    if not all(rows):
        return _no_sets("there is no picture to compare with")
    first, second = (SetFeatures.of(np.array(found, np.float32)) for found in rows)
    return {"fid": fid(first, second), "kid": kid(first, second, seed=seed)}


def _unread(case: Case, why: str) -> PairScores:
    """A case that cannot be scored: every metric says so."""
    scores = {
        name: Score.missing("the case cannot be read")
        for name, metric in METRICS.items()
        if metric.per == "pair"
    }
    return PairScores(case.name, case.person, case.facts, scores, False, (why,))
