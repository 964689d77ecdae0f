"""Which photos a set is made of, who is on them, and under which licence."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landmarkdiff.analysis.tone import FITZPATRICK_TYPES
from landmarkdiff.data_files import read_foreign_text
from landmarkdiff.errors import ParameterError, PhotoError
from landmarkdiff.lato.data.face_state import FaceState
from landmarkdiff.lato.kinematics.expressions import expression_units
from landmarkdiff.lato.language.instruction import Expression, HeadTurn
from landmarkdiff.synthetic.frames import VIDEO_ENDINGS, extract_frames

__all__ = [
    "GESTURE_COLUMNS",
    "LIST_COLUMNS",
    "SourcePhoto",
    "persons_of_folder",
    "read_photo_list",
    "unlisted_photos",
    "videos_of",
]

#: Columns that a list of photos has to have; ``tone`` may be there, others are not looked at.
LIST_COLUMNS = ("file", "person", "licence")
#: What a list may state of the face: all of these, or none.
GESTURE_COLUMNS = ("expression", "strength", "yaw", "pitch", "roll")
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
    scene : str or None
        Photos of one scene were taken by one camera that stood still, one after the other.
    stated : FaceState or None
        Expression and pose that somebody has stated.
    """

    path: Path
    source: str
    person: str
    licence: str
    tone: str | None = None
    scene: str | None = None
    stated: FaceState | None = None


def read_photo_list(path: Path) -> list[SourcePhoto]:
    """Read a CSV of photos: ``file`` (relative to the list), ``person``, ``licence``, ``tone``.

    ``scene`` says which photos one camera has taken from one place; ``expression``, ``strength``,
    ``yaw``, ``pitch`` and ``roll`` state what the face does.

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
        scene = (row.get("scene") or "").strip() or None
        stated = _stated(row, path.name, line)
        photos.append(SourcePhoto(path.parent / name, name, person, licence, tone, scene, stated))
    if not photos:
        raise PhotoError("photo_folder_empty", name=path.name)
    return photos


def persons_of_folder(
    paths: Sequence[Path],
    folder: Path,
    licence: str | None,
    *,
    frames: Path,
    skipped: Callable[[PhotoError], None] | None = None,
) -> list[SourcePhoto]:
    """Return the photos and the frames of the videos of a folder, with who is on them.

    Each folder in it is a person's, and so is a video beside them; photos that lie beside them are
    of one person, whom the folder is called after. What is one person's is compared later on.

    Parameters
    ----------
    paths : sequence of Path
        Photos and videos of the folder.
    folder : Path
    licence : str or None
    frames : Path
        Folder for the frames of videos.
    skipped : callable, optional
        Told of each video that cannot be read, which is left out.

    Raises
    ------
    PhotoError
        A video cannot be read, and ``skipped`` is not given.
    ParameterError
        No licence is given.
    """
    if not (licence or "").strip():
        raise ParameterError("photo_licence_missing", columns=LIST_COLUMNS)
    found = []
    for path in paths:
        name = f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"
        video = path.suffix.lower() in VIDEO_ENDINGS
        inner = path.relative_to(folder).parts
        person = folder.resolve().name
        if len(inner) > 1:
            person += f"/{inner[0]}"
        elif video:
            person += f"/{path.name}"
        terms = str(licence).strip()
        if not video:
            found.append(SourcePhoto(path, name, person, terms))
            continue
        try:
            pictures = extract_frames(path, frames / name)
        except PhotoError as failure:
            if skipped is None:
                raise
            skipped(failure)
            continue
        found += [
            SourcePhoto(frame, f"{name}/{frame.name}", person, terms, scene=name)
            for frame in pictures
        ]
    return found


def videos_of(folder: Path) -> list[Path]:
    """Return the videos below a folder, in the order of their names."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in VIDEO_ENDINGS and path.is_file()
    )


def _stated(row: Mapping[str, str | None], name: str, line: int) -> FaceState | None:
    """Return what a row states of the face; None where it states nothing."""
    cells = {column: (row.get(column) or "").strip() for column in GESTURE_COLUMNS}
    if not any(cells.values()):
        return None
    try:
        angles = [float(cells[angle]) for angle in ("yaw", "pitch", "roll")]
        shown = Expression(cells["expression"], float(cells["strength"]))  # type: ignore[arg-type]
        expression_units(shown)
        if not np.isfinite(angles).all():
            raise ValueError("an angle is no number")
    except ValueError as failure:  # a ParameterError is one
        raise PhotoError(
            "photo_list_gesture", name=name, line=line, columns=GESTURE_COLUMNS
        ) from failure
    return FaceState(shown, HeadTurn(*angles))


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
