"""A list of edits: a table with a line for each, and the pictures that it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import EvaluationError
from landmarkdiff.evaluation.edits.scores import Edit
from landmarkdiff.evaluation.manifest import manifest_rows
from landmarkdiff.photo import read_photo

__all__ = ["COLUMNS", "read_edits"]

#: Columns of the list; the first two are needed.
COLUMNS = ("pred", "source", "target", "instruction")


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
        The list cannot be read, a file that it names is not there, or a picture has not the size of
        its source.
    LandmarkDiffError
        A picture cannot be read.
    """
    rows = list(manifest_rows(path, COLUMNS))
    if not rows:
        raise EvaluationError("evaluation_manifest_empty", name=path.name)
    for line, row in rows:
        files = {column: _file(path, line, column, row.get(column, "")) for column in COLUMNS[:3]}
        source, picture = files["source"], files["pred"]
        if source is None or picture is None:
            column = "source" if source is None else "pred"
            raise EvaluationError("evaluation_file_missing", column=column, line=line, name="")
        target = files["target"]
        before = read_photo(source).pixels
        yield Edit(
            name=picture.name,
            source=before,
            picture=_pixels(picture, line, "pred", before),
            target=None if target is None else _pixels(target, line, "target", before),
            points=None,
            seen=None,
            instruction=row.get("instruction", ""),
        )


def _pixels(file: Path, line: int, column: str, source: ImageArray) -> ImageArray:
    """Read a picture, which is compared with its source pixel by pixel."""
    found = read_photo(file).pixels
    if found.shape != source.shape:
        raise EvaluationError(
            "evaluation_edit_size",
            column=column,
            line=line,
            width=found.shape[1],
            height=found.shape[0],
            width2=source.shape[1],
            height2=source.shape[0],
        )
    return found


def _file(path: Path, line: int, column: str, cell: str) -> Path | None:
    if not cell:
        return None
    found = path.parent / cell
    if not found.is_file():
        raise EvaluationError("evaluation_file_missing", column=column, line=line, name=cell)
    return found
