"""From the scores of pairs to what is said of a model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from landmarkdiff.evaluation.manifest import FACTS
from landmarkdiff.evaluation.partial import Partial, ScoredCase, numbers_or_none, strata_of
from landmarkdiff.evaluation.statistics import (
    LEAST_PERSONS,
    RESAMPLES,
    Estimate,
    estimate,
    largest_gap,
    over_seeds,
    too_few,
)
from landmarkdiff.evaluation.summary import (
    Beside,
    EffectSummary,
    Evaluation,
    Factor,
    Figure,
    Stratum,
    Verdict,
)
from landmarkdiff.evaluation.value import METRICS, Metric, Score

__all__ = ["summarize"]

#: What persons are drawn within: the fact that the figures must not hide.
_DRAWN_WITHIN = "tone"


def summarize(
    partial: Partial,
    sets: Mapping[str, Score] | None = None,
    stratum_sets: Mapping[tuple[str, str], Mapping[str, Score]] | None = None,
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Evaluation:
    """Summarize the scores of all cases.

    Parameters
    ----------
    partial : Partial
        Of one pass, or merged.
    sets : mapping of str to Score, optional
        The metrics of whole sets, by name.
    stratum_sets : mapping of (str, str) to mapping of str to Score, optional
        The same within strata, by fact and its value.
    seed, resamples : int
        Of the bootstrap.
    """
    scored = partial.scored
    figures = [
        _set_figure(metric, (sets or {})[metric.name], scored)
        if metric.per == "set"
        else _pair_figure(metric, scored, seed, resamples)
        for metric in METRICS.values()
        if metric.per == "pair" or metric.name in (sets or {})
    ]
    measured = [f.metric for f in figures if f.metric.per == "pair" and f.estimate.n]
    factors = [
        _factor(name, scored, measured, stratum_sets or {}, seed, resamples) for name in FACTS
    ]
    failures = sorted(
        (item for item in scored if item.scores.undetected or item.scores.failures), key=_severity
    )
    return Evaluation(
        partial=partial,
        figures=tuple(figures),
        factors=tuple(factor for factor in factors if factor.strata),
        effects=tuple(_effects(scored, seed, resamples)),
        baselines={
            name: tuple(_beside(name, scored, measured, seed, resamples))
            for name in (scored[0].baselines if scored else ())
        },
        heat_map_mm=_heat_map(scored),
        failures=tuple(failures),
        seed=seed,
        resamples=resamples,
    )


def _pair_figure(metric: Metric, scored: Sequence[ScoredCase], seed: int, resamples: int) -> Figure:
    there = [(item, value) for item in scored if (value := item.value(metric.name)) is not None]
    why: Counter[str] = Counter()
    for item in scored:
        score = item.scores.scores.get(metric.name)
        if score is not None and score.unavailable is not None:
            why[score.unavailable] += 1
    found = _estimate(there, seed, resamples)
    there_often = _with_every_seed(there)
    seeds = [item.case.seed for item, _ in there_often]
    return Figure(
        metric,
        found,
        _verdict(metric, found),
        tuple(why.most_common()),
        over_seeds([value for _, value in there_often], seeds) if len({*seeds}) > 1 else None,
    )


def _with_every_seed(there: Sequence[tuple[ScoredCase, float]]) -> list[tuple[ScoredCase, float]]:
    """Keep the persons who were made with every seed: others would count as the seed's doing."""
    of_person: dict[str, set[str]] = {}
    for item, _ in there:
        of_person.setdefault(item.scores.person, set()).add(item.case.seed)
    every = {item.case.seed for item, _ in there} - {""}
    return [pair for pair in there if of_person[pair[0].scores.person] >= every]


def _estimate(there: Sequence[tuple[ScoredCase, float]], seed: int, resamples: int) -> Estimate:
    return estimate(
        [value for _, value in there],
        [item.scores.person for item, _ in there],
        [item.scores.facts.get(_DRAWN_WITHIN, "") for item, _ in there],
        seed=seed,
        resamples=resamples,
    )


def _set_figure(metric: Metric, score: Score, scored: Sequence[ScoredCase]) -> Figure:
    """A distance of sets is one number; it has no pairs to draw persons from."""
    if score.value is None or score.unavailable is not None:
        why = ((score.unavailable or "", len(scored)),)
        empty = Estimate(0, 0, None, None, None, score.unavailable)
        return Figure(metric, empty, None if metric.target is None else "unavailable", why)
    persons = len({item.scores.person for item in scored if item.features is not None})
    no_claim = "a distance between two sets has no interval over persons"
    if persons < LEAST_PERSONS:
        no_claim = too_few(persons)
    found = Estimate(score.n, persons, score.value, None, None, no_claim)
    verdict: Verdict | None = None
    if metric.target is not None:
        verdict = "not judged"
        if persons >= LEAST_PERSONS:
            verdict = "reached" if score.value < metric.target else "missed"
    return Figure(metric, found, verdict)


def _verdict(metric: Metric, found: Estimate) -> Verdict | None:
    if metric.target is None:
        return None
    if found.mean is None:
        return "unavailable"
    if found.interval is None:
        return "not judged"
    low, high, target = found.interval.low, found.interval.high, metric.target
    if metric.better == "lower":
        low, high, target = -high, -low, -target
    if low > target:
        return "reached"
    return "missed" if high <= target else "open"


def _factor(
    name: str,
    scored: Sequence[ScoredCase],
    metrics: Sequence[Metric],
    sets: Mapping[tuple[str, str], Mapping[str, Score]],
    seed: int,
    resamples: int,
) -> Factor:
    groups = strata_of(scored, name)
    strata = []
    for value, items in sorted(groups.items(), key=lambda group: _order(group[0])):
        strata.append(
            Stratum(
                value,
                len(items),
                len({item.scores.person for item in items}),
                sum(item.scores.undetected for item in items),
                sum(bool(item.scores.undetected or item.scores.failures) for item in items),
                (
                    *(_pair_figure(metric, items, seed, resamples) for metric in metrics),
                    *(
                        _set_figure(METRICS[metric], score, items)
                        for metric, score in sets.get((name, value), {}).items()
                    ),
                ),
            )
        )
    gaps = {}
    for metric in metrics if len(strata) > 1 else ():
        there = [
            (item, found, group)
            for group, items in groups.items()
            for item in items
            if (found := item.value(metric.name)) is not None
        ]
        gaps[metric.name] = largest_gap(
            [value for _, value, _ in there],
            [item.scores.person for item, _, _ in there],
            [group for _, _, group in there],
            seed=seed,
            resamples=resamples,
        )
    return Factor(name, tuple(strata), gaps)


def _beside(
    name: str, scored: Sequence[ScoredCase], metrics: Sequence[Metric], seed: int, resamples: int
) -> Iterable[Beside]:
    for metric in metrics:
        both = [
            (item, own, score.value)
            for item in scored
            if (own := item.value(metric.name)) is not None
            and (score := item.baselines[name].scores[metric.name]).value is not None
        ]
        apart = [
            (item, abs(own - 1.0) - abs(other - 1.0) if metric.better == "one" else own - other)
            for item, own, other in both
        ]
        yield Beside(
            metric,
            _estimate([(item, other) for item, _, other in both], seed, resamples),
            _estimate(apart, seed, resamples),
        )


def _effects(scored: Sequence[ScoredCase], seed: int, resamples: int) -> Iterable[EffectSummary]:
    found: dict[tuple[str, str, str], list[tuple[ScoredCase, Any]]] = {}
    for item in scored:
        for effect in item.scores.effects:
            key = (effect.procedure, effect.name, effect.unit)
            found.setdefault(key, []).append((item, effect))
    for (procedure, name, unit), pairs in found.items():
        achieved = [
            (item, effect.achieved.value)
            for item, effect in pairs
            if effect.achieved.value is not None
        ]
        share = [
            (item, effect.achieved.value / effect.shown)
            for item, effect in pairs
            if effect.achieved.value is not None and effect.shown
        ]
        yield EffectSummary(
            name=name,
            procedure=procedure,
            unit=unit,
            planned=float(np.mean([effect.planned for _, effect in pairs])),
            shown=float(np.mean([effect.shown for _, effect in pairs])),
            achieved=_estimate(achieved, seed, resamples),
            share=_estimate(share, seed, resamples),
        )


def _heat_map(scored: Sequence[ScoredCase]) -> list[float | None]:
    errors = [
        item.scores.displacement_error_mm
        for item in scored
        if item.scores.displacement_error_mm is not None
    ]
    if not errors:
        return []
    stacked = np.array(errors)
    seen = np.isfinite(stacked)
    counts = seen.sum(axis=0)
    sums = np.where(seen, stacked, 0.0).sum(axis=0)
    return numbers_or_none(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))


def _severity(item: ScoredCase) -> tuple[bool, int, float]:
    """Sort by what matters: no face first, then what failed most, then the least likeness."""
    likeness = item.value("identity")
    return (
        not item.scores.undetected,
        -len(item.scores.failures),
        -1.0 if likeness is None else likeness,
    )


def _order(name: str) -> tuple[int, str]:
    """Sort numbers by their size, tone bands by their number, ages by their begin."""
    bands = ("I", "II", "III", "IV", "V", "VI")
    if name in bands:
        return bands.index(name), name
    if name.startswith("below "):
        return 0, name
    first = name.split(" ", maxsplit=1)[0]
    return (int(first), name) if first.isdecimal() else (0, name)
