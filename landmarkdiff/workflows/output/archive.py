"""A consultation as one file: the photo and the settings in a ZIP, saved only when asked for."""

from __future__ import annotations

import io
import json
import zipfile

from landmarkdiff.data_files import JsonError, parse_foreign_json
from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.photo import Photo, PhotoLimits, encode_png, read_photo
from landmarkdiff.version import __version__
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["SUFFIX", "ArchiveError", "load_consultation", "save_consultation"]

SUFFIX = ".landmarkdiff"
_FORMAT = 1
_PHOTO = "photo.png"
_SETTINGS = "consultation.json"
#: Settings are a few kilobytes; the photo has limits of its own.
_MOST_SETTINGS_BYTES = 1 << 20


class ArchiveError(LandmarkDiffError):
    """A file is not a saved consultation."""

    def __init__(self) -> None:
        super().__init__("not_a_consultation")


def save_consultation(photo: Photo, settings: ConsultationSettings) -> bytes:
    """Return the file of a consultation: upright photo without private metadata, and settings."""
    facts = {
        "format": _FORMAT,
        "product": "landmarkdiff",
        "version": __version__,
        "focal_length_35mm": photo.focal_length_35mm,
        "stem": photo.stem,
        "settings": settings.to_dict(),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_SETTINGS, json.dumps(facts, indent=1))
        archive.writestr(_PHOTO, encode_png(photo.pixels))
    return buffer.getvalue()


def load_consultation(
    data: bytes | bytearray, limits: PhotoLimits | None = None
) -> tuple[Photo, ConsultationSettings]:
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
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            facts = parse_foreign_json(_entry(archive, _SETTINGS, _MOST_SETTINGS_BYTES))
            picture = _entry(archive, _PHOTO, limits.max_file_bytes)
        if facts["format"] != _FORMAT:
            raise ArchiveError
        stem, focal = facts["stem"], facts["focal_length_35mm"]
        settings = facts["settings"]
    except (zipfile.BadZipFile, KeyError, TypeError, *JsonError, RuntimeError, OSError, EOFError):
        raise ArchiveError from None
    read = read_photo(picture, limits=limits)
    if not isinstance(stem, str) or not _is_focal_length(focal):
        raise ArchiveError
    safe = "".join(ch for ch in stem if ch.isalnum() or ch in "-_. ")[:100].strip(". ") or "photo"
    photo = Photo(
        pixels=read.pixels,
        stem=safe,
        format=read.format,
        focal_length_35mm=focal,
        notices=read.notices,
    )
    return photo, ConsultationSettings.from_dict(settings)


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
