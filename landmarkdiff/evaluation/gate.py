"""Whether an evaluation is worse than an earlier one: the gate of a release."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import EvaluationError, ParameterError
from landmarkdiff.evaluation.pictures import EQUAL_PICTURES
from landmarkdiff.evaluation.summary import REPORT_FORMAT
from landmarkdiff.evaluation.value import METRICS, Metric

__all__ = ["Gate", "GateResult", "MaxDrop", "compare_with"]

_MOST_BYTES = 1 << 31


@dataclass(frozen=True)
class MaxDrop:
    """How much worse a metric may become.

    Attributes
    ----------
    share : float
        Of the baseline's figure; of metrics that ought to be 1, a number by itself.
    own : mapping of str to float
        In the metric's unit, of single metrics by name.
    """

    share: float = 0.0
    own: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        """Read ``X`` and ``NAME=X``, as ``0.02`` and ``psnr=0.5``.

        Raises
        ------
        ParameterError
        """
        share, own = 0.0, {}
        for word in words:
            name, equals, number = word.rpartition("=")
            try:
                value = float(number)
            except ValueError:
                value = math.nan
            if not 0.0 <= value < math.inf or (bool(equals) and name not in METRICS):
                raise ParameterError("evaluation_max_drop", value=word, names=list(METRICS))
            if equals:
                own[name] = value
            else:
                share = value
        return cls(share, MappingProxyType(own))

    def of(self, metric: Metric, before: float) -> float:
        """Return how much worse a metric may be than the baseline's ``before``."""
        if metric.name in self.own:
            return self.own[metric.name]
        return self.share if metric.better == "one" else self.share * abs(before)


@dataclass(frozen=True)
class GateResult:
    """What the comparison with a baseline found.

    Attributes
    ----------
    fell : tuple of str
        A sentence for each metric that is worse by more than is allowed, or no longer there.
    notes : tuple of str
        What limits the comparison.
    compared : int
        How many metrics both reports have.
    """

    fell: tuple[str, ...]
    notes: tuple[str, ...]
    compared: int

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, ready for JSON."""
        return {"fell": list(self.fell), "notes": list(self.notes), "compared": self.compared}


@dataclass(frozen=True)
class Gate:
    """An earlier report, read and checked before any work begins, and what is allowed."""

    baseline: Mapping[str, Any]
    max_drop: MaxDrop

    @classmethod
    def read(cls, path: Path, max_drop: MaxDrop) -> Self:
        """Read a ``report.json``.

        Raises
        ------
        EvaluationError
            The file cannot be read or is no report.
        """
        try:
            record = parse_foreign_json(read_foreign_text(path, _MOST_BYTES))
            usable = record["format"] == REPORT_FORMAT and isinstance(
                record["cases"]["digest"], str
            )
            for entry in record["metrics"]:
                usable &= isinstance(entry["name"], str)
                usable &= entry["mean"] is None or isinstance(entry["mean"], int | float)
        except (OSError, *JsonError, KeyError, TypeError, AttributeError) as failure:
            raise EvaluationError("evaluation_baseline", name=path.name) from failure
        if not usable:
            raise EvaluationError("evaluation_baseline", name=path.name)
        return cls(record, max_drop)


def compare_with(gate: Gate, report: Mapping[str, Any]) -> GateResult:
    """Compare a report with its baseline, metric by metric, by their means.

    Parameters
    ----------
    gate : Gate
    report : mapping
        As :meth:`~landmarkdiff.evaluation.summary.Evaluation.to_dict` gives it.
    """
    now = {entry["name"]: entry for entry in report["metrics"]}
    fell, notes, compared = [], [], 0
    for entry in gate.baseline["metrics"]:
        name, before = entry["name"], entry["mean"]
        metric = METRICS.get(name)
        if before is None or metric is None or metric.better == "none":
            continue
        after = now[name]["mean"] if name in now else None
        if after is None:
            if _all_equal(now.get(name)):
                continue  # nothing is better than that
            fell.append(
                f"{name} was {_number(before)} {metric.unit}".rstrip() + " and is not there."
            )
            continue
        compared += 1
        allowed = gate.max_drop.of(metric, before)
        worse = _worse(metric, before, after)
        # A report rounds nothing, so only the last bits are forgiven.
        if worse > allowed + 1e-9 * max(1.0, abs(before)):
            fell.append(
                f"{name} went from {_number(before)} to {_number(after)} {metric.unit}".rstrip()
                + f", worse by {_number(worse)}; {_number(allowed)} is allowed."
            )
    if gate.baseline["cases"]["digest"] != report["cases"]["digest"]:
        notes.append("The baseline was measured on other cases.")
    else:
        # Means of the cases that are left say nothing of those that are lost.
        for what in ("failed", "undetected"):
            was, are = gate.baseline["cases"].get(what, 0), report["cases"][what]
            if are > was:
                fell.append(f"{what} cases went from {was} to {are}.")
    if not compared and not fell:
        fell.append("The baseline has no metric that this report has.")
    return GateResult(tuple(fell), tuple(notes), compared)


def _all_equal(entry: Mapping[str, Any] | None) -> bool:
    """Whether a metric has no value because no pixel differed in any pair."""
    why = [] if entry is None else [each["why"] for each in entry["unavailable"]]
    return bool(why) and all(each == EQUAL_PICTURES for each in why)


def _worse(metric: Metric, before: float, after: float) -> float:
    """Return by how much ``after`` is worse, 0 or less where it is not."""
    if metric.better == "one":
        return abs(after - 1.0) - abs(before - 1.0)
    return after - before if metric.better == "lower" else before - after


def _number(value: float) -> str:
    return f"{value:.4g}"
