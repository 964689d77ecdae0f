"""A list of edits: a table with a line for each, and the pictures that it names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from landmarkdiff.data_files import read_foreign_text
from landmarkdiff.errors import EvaluationError
from landmarkdiff.evaluation.edits.scores import Edit
from landmarkdiff.photo import read_photo

__all__ = ["COLUMNS", "read_edits"]

#: Columns of the list; the first two are needed.
COLUMNS = ("pred", "source", "target", "instruction")
_MOST_BYTES = 1 << 26


def read_edits(path: Path) -> Iterator[Edit]:
    """Go through the edits of a list, one read at a time; its paths are relative to it.

    Parameters
    ----------
    path : Path
        CSV with the columns ``pred`` and ``source``, and ``target`` and ``instruction`` as far as
        they are known.

    Raises
    ------
    EvaluationError
        The list cannot be read, or a file that it names is not there.
    LandmarkDiffError
        A picture cannot be read.
    """
    try:
        rows = list(csv.DictReader(io.StringIO(read_foreign_text(path, _MOST_BYTES))))
    except (OSError, csv.Error) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise EvaluationError(
            "evaluation_manifest_unreadable", problem=problem, name=path.name
        ) from error
    if not rows:
        raise EvaluationError("evaluation_manifest_empty", name=path.name)
    for column in rows[0]:
        if column not in COLUMNS:
            raise EvaluationError(
                "evaluation_column_unknown", name=str(column), near=None, columns=list(COLUMNS)
            )
    for line, row in enumerate(rows, 2):
        files = {column: _file(path, line, column, row.get(column) or "") for column in COLUMNS[:3]}
        source, picture = files["source"], files["pred"]
        if source is None or picture is None:
            column = "source" if source is None else "pred"
            raise EvaluationError("evaluation_file_missing", column=column, line=line, name="")
        target = files["target"]
        yield Edit(
            name=picture.name,
            source=read_photo(source).pixels,
            picture=read_photo(picture).pixels,
            target=None if target is None else read_photo(target).pixels,
            points=None,
            seen=None,
            instruction=row.get("instruction") or "",
        )


def _file(path: Path, line: int, column: str, cell: str) -> Path | None:
    if not cell:
        return None
    found = path.parent / cell
    if not found.is_file():
        raise EvaluationError("evaluation_file_missing", column=column, line=line, name=cell)
    return found
