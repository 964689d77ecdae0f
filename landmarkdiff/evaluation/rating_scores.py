"""The scores that people gave to predicted landmarks, beside the published ones."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import EvaluationError

__all__ = ["PUBLISHED_ACCURACY", "RatedMethod", "read_scores"]

#: Accuracy of predictors in table 4 of arXiv 2509.25731: 50 faces, 6 instructions, 10 people.
PUBLISHED_ACCURACY: Mapping[str, float] = {
    "Qwen2.5-VL-3B": 0.477,
    "Qwen2.5-VL-72B": 0.597,
    "Gemini 2.5 Pro": 0.613,
    "LaTo": 0.730,
}
_COLUMNS = ["page", "rater", "sample", "score"]
_MOST_BYTES = 1 << 24
_DRAWS = 2000


@dataclass(frozen=True)
class RatedMethod:
    """How right a method is, as people see it.

    Attributes
    ----------
    method : str
    accuracy : float
        Share of the scores that are 1; what the method could not predict counts as 0 once for each
        person who scored.
    low, high : float
        95 % interval over photos, whose scores hang together.
    scores, raters, photos : int
        How many.
    unpredicted : int
        Points that had a fault and were not shown.
    """

    method: str
    accuracy: float
    low: float
    high: float
    scores: int
    raters: int
    photos: int
    unpredicted: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready data."""
        return asdict(self)


def read_scores(files: Sequence[Path], key: Path) -> list[RatedMethod]:
    """Read the scores of people.

    Parameters
    ----------
    files : sequence of Path
        CSV that the page has saved; of two scores of one person for one sample the later counts.
    key : Path
        Beside the page.

    Returns
    -------
    list of RatedMethod
        By name.

    Raises
    ------
    EvaluationError
        A file cannot be read, or belongs to another page; nobody scored anything.
    """
    listed = _key(key)
    given: dict[tuple[str, str], int] = {}
    for file in files:
        for rater, sample, score in _rows(file, listed):
            given[rater, sample] = score
    if not given:
        raise EvaluationError("rating_empty", count=len(files))
    raters = {rater for rater, _ in given}
    by_photo: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (_, sample), score in given.items():
        said = listed["samples"][sample]
        by_photo[said["method"]][said["photo"]].append(score)
    missing: defaultdict[str, int] = defaultdict(int)
    for said in listed["unpredicted"]:
        missing[said["method"]] += 1
        by_photo[said["method"]][said["photo"]] += [0] * len(raters)
    return [
        _rated(method, photos, len(raters), missing[method])
        for method, photos in sorted(by_photo.items())
    ]


def _rated(
    method: str, photos: Mapping[str, Sequence[int]], raters: int, missing: int
) -> RatedMethod:
    right = np.array([sum(scores) for scores in photos.values()], np.float64)
    count = np.array([len(scores) for scores in photos.values()], np.float64)
    rng = np.random.default_rng(0)
    drawn = rng.integers(len(right), size=(_DRAWS, len(right)))
    spread = right[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(spread, (0.025, 0.975))
    return RatedMethod(
        method,
        float(right.sum() / count.sum()),
        float(low),
        float(high),
        int(count.sum()) - missing * raters,
        raters,
        len(photos),
        missing,
    )


def _key(path: Path) -> Mapping[str, Any]:
    try:
        found: Mapping[str, Any] = parse_foreign_json(read_foreign_text(path, _MOST_BYTES))
        said = [*found["samples"].values(), *found["unpredicted"]]
        if not all(isinstance(item[name], str) for item in said for name in ("method", "photo")):
            raise KeyError("method")
        found["page"]
    except (OSError, KeyError, TypeError, AttributeError, *JsonError) as failure:
        raise EvaluationError("rating_key_unreadable", name=path.name) from failure
    return found


def _rows(path: Path, key: Mapping[str, Any]) -> Iterator[tuple[str, str, int]]:
    try:
        text = read_foreign_text(path, _MOST_BYTES).removeprefix("\ufeff")
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as failure:
        raise EvaluationError("rating_unreadable", name=path.name) from failure
    if not rows or rows[0] != _COLUMNS:
        raise EvaluationError("rating_unreadable", name=path.name)
    for line, row in enumerate(rows[1:], start=2):
        good = len(row) == len(_COLUMNS) and row[1].strip() and row[3] in ("0", "1")
        if not good:
            raise EvaluationError("rating_line", name=path.name, line=line)
        if row[0] != key["page"] or row[2] not in key["samples"]:
            raise EvaluationError("rating_of_other_page", name=path.name, line=line)
        yield row[1].strip(), row[2], int(row[3])
