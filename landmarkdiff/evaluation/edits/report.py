"""Means over edits beside the paper's numbers, as JSON and as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.evaluation.edits.scores import NAMES, EditScores

__all__ = ["EditReport", "published", "report_edits", "report_page"]

#: Which of our scores stands beside which of the paper's; it says IP by structural similarity.
_BESIDE = {
    "sc": "sc",
    "vq": "vq",
    "na": "na",
    "ip": "ip_ssim",
    "landmark_error": "landmark_error",
}
#: Row of the paper that is the target, by table.
_TARGETS = {"hfl_150k": "LaTo", "conditions": "LaTo", "guidance": "4"}
_TITLES = {
    "sc": "SC",
    "vq": "VQ",
    "na": "NA",
    "ip": "IP",
    "landmark_error": "landmark error, px of 512",
}


@dataclass(frozen=True)
class EditReport:
    """Means over edits.

    Attributes
    ----------
    edits : int
    means : dict of str to float or None
        By the names of the scores; None where no edit has one.
    counts : dict of str to int
        Edits that have a value.
    unavailable : dict of str to list of (str, int)
        Why edits have none, and how many.
    """

    edits: int
    means: dict[str, float | None]
    counts: dict[str, int]
    unavailable: dict[str, list[tuple[str, int]]]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data, with the paper's tables."""
        return {
            "edits": self.edits,
            "scores": {
                name: {
                    "mean": self.means[name],
                    "n": self.counts[name],
                    "unavailable": [
                        {"why": why, "edits": count} for why, count in self.unavailable[name]
                    ],
                }
                for name in NAMES
            },
            "published": published(),
        }


@cache
def published() -> dict[str, Any]:
    """Return the tables of the paper."""
    text = resources.files(__package__).joinpath("published.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = parse_yaml(text)
    return found


def report_edits(scored: Sequence[EditScores]) -> EditReport:
    """Return the means of scored edits."""
    means: dict[str, float | None] = {}
    counts: dict[str, int] = {}
    lacking: dict[str, list[tuple[str, int]]] = {}
    for name in NAMES:
        scores = [each.scores[name] for each in scored]
        values = [score.value for score in scores if score.value is not None]
        means[name] = float(np.mean(values)) if values else None
        counts[name] = len(values)
        why = Counter(score.unavailable for score in scores if score.unavailable is not None)
        lacking[name] = why.most_common()
    return EditReport(len(scored), means, counts, lacking)


def report_page(report: EditReport) -> str:
    """Return the report as Markdown: our means, then each table of the paper with ours below."""
    lines = [f"# Edits: {report.edits}", "", "| score | mean | edits |", "| --- | ---: | ---: |"]
    lines += [
        f"| {name} | {_shown(report.means[name])} | {report.counts[name]} |" for name in NAMES
    ]
    for name in NAMES:
        lines += [f"\n{name}: {why} ({n})." for why, n in report.unavailable[name]]
    lines += [
        "",
        "Numbers of the paper are from its own pictures, judge (72 billion weights) and ArcFace:",
        "they are what is aimed at, not what these pictures could be compared with.",
    ]
    for key, table in published().items():
        columns = [name for name in _TITLES if any(name in row for row in table["rows"])]
        lines += ["", f"## {table['title']}", ""]
        lines.append("| | " + " | ".join(_TITLES[name] for name in columns) + " |")
        lines.append("| --- |" + " ---: |" * len(columns))
        for row in table["rows"]:
            mark = " (target)" if _TARGETS.get(key) == row["name"] else ""
            cells = [_shown(row.get(name)) for name in columns]
            lines.append(f"| {row['name']}{mark} | " + " | ".join(cells) + " |")
        cells = [_shown(report.means[_BESIDE[name]]) for name in columns]
        lines.append("| **these edits** | " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if value >= 10 else f"{value:.3f}"
