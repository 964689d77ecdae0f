"""What is said of a model: figures, strata, effects, baselines, failures, and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from landmarkdiff.evaluation.partial import Partial, ScoredCase, scores_record
from landmarkdiff.evaluation.statistics import LEAST_PERSONS, LEVEL, Estimate, Gap, SeedSpread
from landmarkdiff.evaluation.value import Metric
from landmarkdiff.version import __version__

__all__ = [
    "REPORT_FORMAT",
    "Beside",
    "EffectSummary",
    "Evaluation",
    "Factor",
    "Figure",
    "Stratum",
    "Verdict",
]

REPORT_FORMAT = 1
Verdict = Literal["reached", "missed", "open", "not judged", "unavailable"]


@dataclass(frozen=True)
class Figure:
    """One metric over some pairs.

    Attributes
    ----------
    metric : Metric
    estimate : Estimate
    verdict : str or None
        Whether the metric's target is reached: by the whole interval, ``missed`` by all of it,
        or ``open``; None without a target.
    unavailable : tuple of (str, int)
        Why pairs have no value, and how many.
    seeds : SeedSpread or None
        None where the pairs do not name two seeds.
    """

    metric: Metric
    estimate: Estimate
    verdict: Verdict | None
    unavailable: tuple[tuple[str, int], ...] = ()
    seeds: SeedSpread | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figure, ready for JSON."""
        return {
            "name": self.metric.name,
            "unit": self.metric.unit,
            "better": self.metric.better,
            "target": self.metric.target,
            "verdict": self.verdict,
            **self.estimate.to_dict(),
            "unavailable": [{"why": why, "pairs": pairs} for why, pairs in self.unavailable],
            "seeds": None if self.seeds is None else self.seeds.to_dict(),
        }


@dataclass(frozen=True)
class Stratum:
    """The pairs of which a fact has one value."""

    name: str
    pairs: int
    persons: int
    undetected: int
    failed: int
    figures: tuple[Figure, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the stratum, ready for JSON."""
        return {
            "name": self.name,
            "pairs": self.pairs,
            "persons": self.persons,
            "undetected": self.undetected,
            "failed": self.failed,
            "metrics": [
                {"name": figure.metric.name, **figure.estimate.to_dict()} for figure in self.figures
            ],
        }


@dataclass(frozen=True)
class Factor:
    """A fact that pairs are sorted by, its strata, and the largest gap of each metric."""

    name: str
    strata: tuple[Stratum, ...]
    gaps: Mapping[str, Gap]

    def to_dict(self) -> dict[str, Any]:
        """Return the factor, ready for JSON."""
        return {
            "factor": self.name,
            "strata": [stratum.to_dict() for stratum in self.strata],
            "gaps": [{"metric": name, **gap.to_dict()} for name, gap in self.gaps.items()],
        }


@dataclass(frozen=True)
class EffectSummary:
    """One effect over all pairs that planned it, in its unit.

    Attributes
    ----------
    name, procedure, unit : str
    planned, shown : float
        Mean of what was planned, and of what a picture can show of it.
    achieved : Estimate
    share : Estimate
        Achieved over shown, of pairs where something is to be seen.
    """

    name: str
    procedure: str
    unit: str
    planned: float
    shown: float
    achieved: Estimate
    share: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return the summary, ready for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Beside:
    """One metric of the model and of a baseline, over the pairs that have both.

    Attributes
    ----------
    metric : Metric
    baseline : Estimate
        Of the baseline's figures.
    difference : Estimate
        The model's figures less the baseline's, pair by pair; of a metric that ought to be 1,
        distances from 1.
    """

    metric: Metric
    baseline: Estimate
    difference: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison, ready for JSON."""
        return {
            "name": self.metric.name,
            "baseline": self.baseline.to_dict(),
            "difference": self.difference.to_dict(),
        }


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Everything that a report says.

    Attributes
    ----------
    partial : Partial
        All cases, scored.
    figures : tuple of Figure
        In the order of :data:`~landmarkdiff.evaluation.value.METRICS`.
    factors : tuple of Factor
    effects : tuple of EffectSummary
    baselines : mapping of str to tuple of Beside
        By the baseline's name.
    heat_map_mm : list of float or None
        Mean error of each landmark's displacement, mm; empty where nothing was read.
    failures : tuple of ScoredCase
        The pairs that failed, the worst first.
    seed, resamples : int
        Of the bootstrap.
    """

    partial: Partial
    figures: tuple[Figure, ...]
    factors: tuple[Factor, ...]
    effects: tuple[EffectSummary, ...]
    baselines: Mapping[str, tuple[Beside, ...]]
    heat_map_mm: list[float | None]
    failures: tuple[ScoredCase, ...]
    seed: int
    resamples: int

    def to_dict(self) -> dict[str, Any]:
        """Return ``report.json`` without the comparison with a baseline."""
        scored = self.partial.scored
        return {
            "format": REPORT_FORMAT,
            "version": __version__,
            "simulation": True,
            "model": dict(self.partial.model),
            "statistics": {
                "level": LEVEL,
                "least_persons": LEAST_PERSONS,
                "resamples": self.resamples,
                "seed": self.seed,
                "drawn": "persons, within their apparent tone",
            },
            "cases": {
                "digest": self.partial.digest,
                "pairs": len(scored),
                "persons": len({item.scores.person for item in scored}),
                "undetected": sum(item.scores.undetected for item in scored),
                "failed": len(self.failures),
                "notes": list(self.partial.notes),
            },
            "metrics": [figure.to_dict() for figure in self.figures],
            "strata": [factor.to_dict() for factor in self.factors],
            "effects": [effect.to_dict() for effect in self.effects],
            "baselines": [
                {"name": name, "metrics": [item.to_dict() for item in found]}
                for name, found in self.baselines.items()
            ],
            "heat_map_mm": self.heat_map_mm,
            "failures": [
                {
                    "pair": item.scores.pair,
                    "person": item.scores.person,
                    "undetected": item.scores.undetected,
                    "reasons": list(item.scores.failures),
                }
                for item in self.failures
            ],
            "pairs": [
                {"seed": item.case.seed, **_short(scores_record(item.scores))} for item in scored
            ],
        }


def _short(record: dict[str, Any]) -> dict[str, Any]:
    """A pair in the report: without the heat map, which is there once."""
    record.pop("displacement_error_mm")
    return record
