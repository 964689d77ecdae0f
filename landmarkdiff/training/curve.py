"""The loss curve: one line of JSON for each update, cut back where a run is resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from landmarkdiff.data_files import JsonError, parse_foreign_json
from landmarkdiff.photo import write_text

__all__ = ["LossCurve", "read_curve"]

CURVE = "losses.jsonl"


class LossCurve:
    """Figures of every update, appended.

    Parameters
    ----------
    out : Path
        Folder of the run.
    done : int
        Updates of the checkpoint that the run goes on from; later lines are dropped.
    """

    def __init__(self, out: Path, done: int) -> None:
        self._path = out / CURVE
        out.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_curve(out) if row["update"] <= done]
        write_text(self._path, "".join(json.dumps(row) + "\n" for row in kept))

    def add(self, update: int, figures: dict[str, Any]) -> None:
        """Append the figures of an update."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"update": update, **figures}) + "\n")


def read_curve(out: Path) -> list[dict[str, Any]]:
    """Return the figures of every update; a last line that was not finished is left out."""
    try:
        lines = (out / CURVE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    rows = []
    for line in lines:
        try:
            row = parse_foreign_json(line)
        except JsonError:
            break
        if not isinstance(row, dict) or not isinstance(row.get("update"), int):
            break
        rows.append(row)
    return rows
