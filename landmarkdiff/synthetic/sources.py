"""Which photos a set is made of, who is on them, and under which licence."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.data_files import read_foreign_text
from landmarkdiff.errors import ParameterError, PhotoError

__all__ = ["LIST_COLUMNS", "SourcePhoto", "read_photo_list", "unlisted_photos"]

#: Columns that a list of photos has to have; ``tone`` may be there, others are not looked at.
LIST_COLUMNS = ("file", "person", "licence")
MOST_LIST_BYTES = 1 << 28


@dataclass(frozen=True)
class SourcePhoto:
    """A photo that may come into a set.

    Attributes
    ----------
    path : Path
    source : str
        Its name in the set.
    person, licence : str
    tone : str or None
        Fitzpatrick type that somebody has set, I to VI; None leaves it to the photo.
    """

    path: Path
    source: str
    person: str
    licence: str
    tone: str | None = None


def read_photo_list(path: Path) -> list[SourcePhoto]:
    """Read a CSV of photos: ``file`` (relative to the list), ``person``, ``licence``, ``tone``.

    Raises
    ------
    PhotoError
        The list cannot be read, lacks a column, or a row lacks its file, person or licence: what
        nobody knows the licence of is nobody's to train on.
    """
    try:
        text = read_foreign_text(path, MOST_LIST_BYTES)
    except (OSError, UnicodeDecodeError) as failure:
        raise PhotoError("photo_list_unreadable", name=path.name) from failure
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as failure:  # a cell without end
        raise PhotoError("photo_list_unreadable", name=path.name) from failure
    for column in LIST_COLUMNS:
        if column not in (reader.fieldnames or ()):
            raise PhotoError(
                "photo_list_column_missing", name=path.name, column=column, columns=LIST_COLUMNS
            )
    photos = []
    for line, row in rows:
        for column in LIST_COLUMNS:
            if not (row[column] or "").strip():
                raise PhotoError("photo_list_cell_empty", name=path.name, line=line, column=column)
        tone = (row.get("tone") or "").strip() or None
        if tone is not None and tone not in FITZPATRICK_TYPES:
            raise PhotoError(
                "photo_list_tone",
                name=path.name,
                line=line,
                value=tone,
                tones=FITZPATRICK_TYPES,
            )
        name, person, licence = (row[column].strip() for column in LIST_COLUMNS)
        photos.append(SourcePhoto(path.parent / name, name, person, licence, tone))
    if not photos:
        raise PhotoError("photo_folder_empty", name=path.name)
    return photos


def unlisted_photos(paths: Sequence[Path], folder: Path, licence: str | None) -> list[SourcePhoto]:
    """Return photos that no list speaks of: each is its own person, all under one licence.

    Parameters
    ----------
    paths : sequence of Path
    folder : Path
        To which their names in the set are relative.
    licence : str or None

    Raises
    ------
    ParameterError
        No licence is given.
    """
    if not (licence or "").strip():
        raise ParameterError("photo_licence_missing", columns=LIST_COLUMNS)
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [
        SourcePhoto(path, name, person=name, licence=str(licence).strip())
        for path, name in zip(paths, names, strict=True)
    ]
