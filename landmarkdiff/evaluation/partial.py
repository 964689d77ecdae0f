"""Scores of some or all cases: made by shards anywhere, kept in files, put together exactly."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from landmarkdiff.arrays import Float32Array
from landmarkdiff.data_files import JsonError, parse_foreign_json
from landmarkdiff.errors import EvaluationError, ParameterError
from landmarkdiff.evaluation.manifest import Case
from landmarkdiff.evaluation.value import EffectScore, PairScores, Score
from landmarkdiff.photo import encode_json
from landmarkdiff.version import __version__

__all__ = ["FEATURES_FILE", "PARTIAL_FILE", "Partial", "ScoredCase", "Shard", "merge", "strata_of"]

PARTIAL_FILE, FEATURES_FILE = "partial.json", "features.npz"
_FORMAT = 1
#: What the shards of one evaluation have in common.
_COMMON = ("digest", "total", "model")
_FEATURES = ("features", "reference")


@dataclass(frozen=True)
class Shard:
    """Every ``of``-th case, beginning with number ``number`` (from 1)."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``I/N``.

        Raises
        ------
        ParameterError

        Examples
        --------
        >>> Shard.parse("2/4")
        Shard(number=2, of=4)
        """
        first, slash, last = text.partition("/")
        if slash and first.isdecimal() and last.isdecimal() and 1 <= int(first) <= int(last):
            return cls(int(first), int(last))
        raise ParameterError("evaluation_shard", value=text)

    def indices(self, total: int) -> range:
        """Return the positions of its cases among all."""
        return range(self.number - 1, total, self.of)


@dataclass(frozen=True, eq=False)
class ScoredCase:
    """A case, its place among all cases, and its scores.

    Attributes
    ----------
    index : int
    case : Case
    scores : PairScores
    features, reference : (d,) float32 array or None
        What FID and KID need of the prediction, and of the picture that its set is compared with.
    baselines : mapping of str to PairScores
        The same case as each baseline predicts it.
    """

    index: int
    case: Case
    scores: PairScores
    features: Float32Array | None = None
    reference: Float32Array | None = None
    baselines: Mapping[str, PairScores] = field(default_factory=dict)

    def value(self, metric: str) -> float | None:
        """Return the value of a metric, where it was computed and has one."""
        score = self.scores.scores.get(metric)
        return None if score is None else score.value


@dataclass(frozen=True, eq=False)
class Partial:
    """Scores of the cases of a shard.

    Attributes
    ----------
    total : int
        How many cases there are in all shards together.
    digest : str
        Of all cases, so that shards of different evaluations are not put together.
    scored : tuple of ScoredCase
        In the order of ``index``.
    model : mapping
        What made the predictions, as far as it is known; JSON-ready.
    notes : tuple of str
        What the report has to say of the cases.
    no_features : str
        Why FID and KID are not there; empty where they are.
    """

    total: int
    digest: str
    scored: tuple[ScoredCase, ...]
    model: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    no_features: str = ""

    def to_files(self, base: Path) -> dict[str, bytes]:
        """Return the files that the scores are kept in, by name.

        Parameters
        ----------
        base : Path
            The folder they are kept in, from which they find the pictures again.
        """
        record = {
            "format": _FORMAT,
            "version": __version__,
            "digest": self.digest,
            "total": self.total,
            "model": dict(self.model),
            "notes": list(self.notes),
            "no_features": self.no_features,
            "scored": [
                {
                    "index": item.index,
                    "case": item.case.to_dict(base),
                    "scores": scores_record(item.scores),
                    "baselines": {
                        name: scores_record(scores) for name, scores in item.baselines.items()
                    },
                }
                for item in self.scored
            ],
        }
        features = io.BytesIO()
        arrays = {
            f"{name}_{item.index}": value
            for item in self.scored
            for name in _FEATURES
            if (value := getattr(item, name)) is not None
        }
        np.savez(features, allow_pickle=False, **arrays)
        return {PARTIAL_FILE: encode_json(record), FEATURES_FILE: features.getvalue()}

    @classmethod
    def from_files(cls, files: Mapping[str, bytes], base: Path) -> Self:
        """Read what :meth:`to_files` gave.

        Raises
        ------
        EvaluationError
            It is damaged, or another version wrote it.
        """
        try:
            record = parse_foreign_json(files[PARTIAL_FILE])
            version = record["version"]
            if record["format"] == _FORMAT and version == __version__:
                with np.load(io.BytesIO(files[FEATURES_FILE]), allow_pickle=False) as arrays:
                    features = dict(arrays)
                return cls(
                    total=int(record["total"]),
                    digest=str(record["digest"]),
                    scored=tuple(_scored(item, features, base) for item in record["scored"]),
                    model=record["model"],
                    notes=tuple(record["notes"]),
                    no_features=str(record["no_features"]),
                )
        except (
            OSError,
            EOFError,
            ValueError,
            *JsonError,
            BadZipFile,
            KeyError,
            TypeError,
            AttributeError,
        ) as failure:
            raise EvaluationError("evaluation_part_unreadable", name=base.name) from failure
        raise EvaluationError(
            "evaluation_part_version", name=base.name, value=version, version=__version__
        )

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what a shard left in a folder.

        Raises
        ------
        EvaluationError
            It is not there, it is damaged, or another version wrote it.
        """
        try:
            files = {name: (folder / name).read_bytes() for name in (PARTIAL_FILE, FEATURES_FILE)}
        except OSError as failure:
            raise EvaluationError("evaluation_part_unreadable", name=folder.name) from failure
        return cls.from_files(files, folder)


def merge(parts: Sequence[Partial]) -> Partial:
    """Put the scores of all shards together: the same as one pass over all cases.

    Parameters
    ----------
    parts : sequence of Partial
        In any order.

    Raises
    ------
    EvaluationError
        They are not of one evaluation, a case is there twice or not at all.
    """
    first = parts[0]
    for part in parts[1:]:
        if any(getattr(part, name) != getattr(first, name) for name in _COMMON):
            raise EvaluationError("evaluation_parts_differ")
    if len({tuple(item.baselines) for part in parts for item in part.scored}) > 1:
        raise EvaluationError("evaluation_parts_differ")
    scored = sorted((item for part in parts for item in part.scored), key=lambda item: item.index)
    present = [item.index for item in scored]
    if len(set(present)) < len(present):
        doubled = next(a for a, b in pairwise(present) if a == b)
        raise EvaluationError(
            "evaluation_parts_overlap", name=scored[present.index(doubled)].case.name
        )
    if len(present) < first.total:
        raise EvaluationError(
            "evaluation_parts_missing", count=first.total - len(present), total=first.total
        )
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    # Shards of machines that keep their weights elsewhere word this differently.
    reasons = sorted(part.no_features for part in parts)
    return replace(first, scored=tuple(scored), notes=notes, no_features=reasons[-1])


def strata_of(scored: Sequence[ScoredCase], fact: str) -> dict[str, list[ScoredCase]]:
    """Return the cases of each value of a fact, in their order; those without it are in none."""
    found: dict[str, list[ScoredCase]] = {}
    for item in scored:
        value = item.scores.facts.get(fact)
        if value:
            found.setdefault(value, []).append(item)
    return found


def _scored(
    record: Mapping[str, Any], features: Mapping[str, Float32Array], base: Path
) -> ScoredCase:
    index = int(record["index"])
    rows = {name: features.get(f"{name}_{index}") for name in _FEATURES}
    case = Case.from_dict(record["case"], base)
    baselines = {name: _scores(scores) for name, scores in record["baselines"].items()}
    return ScoredCase(index, case, _scores(record["scores"]), **rows, baselines=baselines)


def scores_record(scores: PairScores) -> dict[str, Any]:
    """Return all scores of a pair as JSON-ready data, which :func:`_scores` reads to the bit."""
    error = scores.displacement_error_mm
    return {
        "pair": scores.pair,
        "person": scores.person,
        "facts": dict(scores.facts),
        "scores": {name: score.to_dict() for name, score in scores.scores.items()},
        "undetected": scores.undetected,
        "failures": list(scores.failures),
        "effects": [asdict(effect) for effect in scores.effects],
        "displacement_error_mm": None if error is None else numbers_or_none(error),
    }


def numbers_or_none(values: Iterable[float]) -> list[float | None]:
    """Return numbers for JSON, which has no NaN."""
    return [None if math.isnan(value) else float(value) for value in values]


def _scores(record: Mapping[str, Any]) -> PairScores:
    error = record["displacement_error_mm"]
    read = None
    if error is not None:
        read = np.array([math.nan if value is None else value for value in error], np.float64)
    return PairScores(
        pair=record["pair"],
        person=record["person"],
        facts=record["facts"],
        scores={name: Score(**score) for name, score in record["scores"].items()},
        undetected=record["undetected"],
        failures=tuple(record["failures"]),
        effects=tuple(
            EffectScore(**{**effect, "achieved": Score(**effect["achieved"])})
            for effect in record["effects"]
        ),
        displacement_error_mm=read,
    )
