"""A consultation as one file: photo, plan and its steps in a ZIP, saved only when asked for."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from landmarkdiff.data_files import JsonError, parse_foreign_json
from landmarkdiff.errors import LandmarkDiffError, ParameterError
from landmarkdiff.photo import Photo, PhotoLimits, encode_png, read_photo
from landmarkdiff.version import __version__
from landmarkdiff.workflows.plan_history import PlanHistory
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = [
    "SUFFIX",
    "ArchiveError",
    "SavedConsultation",
    "load_consultation",
    "read_consultation",
    "save_consultation",
]

SUFFIX = ".landmarkdiff"
_FORMAT = 1
_PHOTO = "photo.png"
_LATER = "later.png"
_SETTINGS = "consultation.json"
#: Settings are a few kilobytes; the photo has limits of its own.
_MOST_SETTINGS_BYTES = 1 << 20
#: The last record of a ZIP, which says how large its list of entries is, and the record before it
#: that takes its place in files beyond 4 GB. Three entries take some 180 bytes; a million would be
#: read for a minute before anybody could ask how many there are.
_END, _END_64, _MOST_LIST_BYTES = struct.Struct("<4s4H2LH"), b"PK\6\7", 1 << 12


class ArchiveError(LandmarkDiffError):
    """A file is not a saved consultation."""

    def __init__(self) -> None:
        super().__init__("not_a_consultation")


@dataclass(frozen=True, eq=False)
class SavedConsultation:
    """What the file of a consultation holds.

    Attributes
    ----------
    photo : Photo
    settings : ConsultationSettings
        Of the present plan.
    history : PlanHistory
        Empty in files that were saved without one.
    later : Photo or None
        From after the operation.
    """

    photo: Photo
    settings: ConsultationSettings
    history: PlanHistory = field(default_factory=PlanHistory)
    later: Photo | None = None


def save_consultation(
    photo: Photo,
    settings: ConsultationSettings,
    history: PlanHistory | None = None,
    later: Photo | None = None,
) -> bytes:
    """Return the file of a consultation: upright photos without private metadata, and settings.

    Parameters
    ----------
    photo : Photo
    settings : ConsultationSettings
    history : PlanHistory, optional
    later : Photo, optional
        From after the operation.

    Raises
    ------
    ParameterError
        Settings and history are longer than a file may be that is opened again.
    """
    facts = {
        "format": _FORMAT,
        "product": "landmarkdiff",
        "version": __version__,
        **_facts_of(photo),
        **({} if later is None else {"later": _facts_of(later)}),
        "settings": settings.to_dict(),
        "history": (history or PlanHistory()).to_dict(),
    }
    settings_json = json.dumps(facts, indent=1).encode()
    if len(settings_json) > _MOST_SETTINGS_BYTES:
        raise ParameterError(
            "consultation_too_long",
            kilobytes=len(settings_json) >> 10,
            most=_MOST_SETTINGS_BYTES >> 10,
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_SETTINGS, settings_json)
        archive.writestr(_PHOTO, encode_png(photo.pixels))
        if later is not None:
            archive.writestr(_LATER, encode_png(later.pixels))
    return buffer.getvalue()


def _facts_of(photo: Photo) -> dict[str, Any]:
    return {"focal_length_35mm": photo.focal_length_35mm, "stem": photo.stem}


def load_consultation(
    data: bytes | bytearray, limits: PhotoLimits | None = None
) -> tuple[Photo, ConsultationSettings]:
    """Return photo and settings of a saved consultation, as :func:`read_consultation` reads it."""
    saved = read_consultation(data, limits)
    return saved.photo, saved.settings


def read_consultation(
    data: bytes | bytearray, limits: PhotoLimits | None = None
) -> SavedConsultation:
    """Read a saved consultation.

    Parameters
    ----------
    data : bytes
    limits : PhotoLimits, optional

    Raises
    ------
    ArchiveError
        The file is something else, or damaged.
    LandmarkDiffError
        Its photo or its settings are not valid.
    """
    limits = limits or PhotoLimits()
    _check_list(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            facts = parse_foreign_json(_entry(archive, _SETTINGS, _MOST_SETTINGS_BYTES))
            picture = _entry(archive, _PHOTO, limits.max_file_bytes)
            after = facts.get("later")
            later = None if after is None else _entry(archive, _LATER, limits.max_file_bytes)
        if facts["format"] != _FORMAT:
            raise ArchiveError
        settings, history = facts["settings"], facts.get("history", {})
        photo = _photo_of(picture, facts, limits)
        second = None if later is None else _photo_of(later, after, limits)
    except (zipfile.BadZipFile, KeyError, TypeError, *JsonError, RuntimeError, OSError, EOFError):
        raise ArchiveError from None
    return SavedConsultation(
        photo, ConsultationSettings.from_dict(settings), PlanHistory.from_dict(history), second
    )


def _photo_of(picture: bytes, facts: Mapping[str, Any], limits: PhotoLimits) -> Photo:
    """Read the picture of an entry with what is known of its photo."""
    stem, focal = facts["stem"], facts["focal_length_35mm"]
    read = read_photo(picture, limits=limits)
    if not isinstance(stem, str) or not _is_focal_length(focal):
        raise ArchiveError
    safe = "".join(ch for ch in stem if ch.isalnum() or ch in "-_. ")[:100].strip(". ") or "photo"
    return Photo(
        pixels=read.pixels,
        stem=safe,
        format=read.format,
        focal_length_35mm=focal,
        notices=read.notices,
    )


def _check_list(data: bytes | bytearray) -> None:
    """Refuse an archive with more in it than we ever put there, before its list is read."""
    if len(data) < _END.size:
        raise ArchiveError
    signature, *_, size, _start, comment = _END.unpack(data[-_END.size :])
    before = data[-_END.size - 20 : -_END.size][:4]
    if signature != b"PK\5\6" or comment or size > _MOST_LIST_BYTES or before == _END_64:
        raise ArchiveError


def _is_focal_length(value: object) -> bool:
    """Tell whether a value is what a photo's file could have named, or none."""
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= 5000


def _entry(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """Read one entry whose size, stored as it is, is what its header says."""
    info = archive.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > limit:
        raise ArchiveError
    return archive.read(info)
