"""Sums of model files: computed once per file and machine, and recorded where none is pinned.

Hashing gigabytes takes a while, so the sum of a file is noted in ``verified.json`` in the store
with the file's size, times and inode, and computed afresh when any of them differs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from landmarkdiff.errors import WeightsError

__all__ = [
    "RECORD",
    "SumRecord",
    "note_sum",
    "read_record",
    "sha256_of",
    "sum_of",
    "write_record",
]

#: Beside a model: the sums of files for which the catalogue pins none.
RECORD = "sums.json"
_VERIFIED = "verified.json"

_Stamp = tuple[int, int, int, int]
_known: dict[str, tuple[_Stamp, str]] = {}


@dataclass(frozen=True)
class SumRecord:
    """The sum of one file that the catalogue does not pin.

    Attributes
    ----------
    sha256 : str
    size : int
        Bytes.
    revision : str
        Commit of the repository that the file belongs to.
    origin : {"hub", "adopted"}
        Stated by the hub when the file was fetched, or recorded on a person's word.
    """

    sha256: str
    size: int
    revision: str
    origin: Literal["hub", "adopted"]


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sum_of(path: Path, store: Path | None, *, fresh: bool = False, remember: bool = True) -> str:
    """Return the SHA-256 of a file, computed only when the file is new or has changed.

    Parameters
    ----------
    path : Path
    store : Path or None
        Folder whose ``verified.json`` keeps the sum for other processes; None keeps it for
        this one only.
    fresh : bool
        Compute it in any case.
    remember : bool
        Whether to write ``verified.json``.

    Notes
    -----
    The time of the last change of the inode is part of the comparison, because a program can
    set the other time at will.
    """
    stamp, key = _stamp(path), str(path)
    if not fresh:
        for known in (_known, {} if store is None else _read_verified(store)):
            noted = known.get(key)
            if noted is not None and noted[0] == stamp:
                _known[key] = noted
                return noted[1]
    digest = sha256_of(path)
    note_sum(path, store if remember else None, digest)
    return digest


def note_sum(path: Path, store: Path | None, digest: str) -> None:
    """Keep the SHA-256 of a file that was just computed, for :func:`sum_of`.

    Parameters
    ----------
    path : Path
    store : Path or None
        As of :func:`sum_of`.
    digest : str
        64 hexadecimal digits.
    """
    key, stamp = str(path), _stamp(path)
    _known[key] = (stamp, digest)
    if store is None:
        return
    table = {**_read_verified(store), key: (stamp, digest)}
    kept = {place: noted for place, noted in table.items() if Path(place).exists()}
    with contextlib.suppress(OSError):  # a store that may only be read: hashed in each process
        _write_json(store / _VERIFIED, {place: [*n[0], n[1]] for place, n in kept.items()})


def _stamp(path: Path) -> _Stamp:
    stat = path.stat()
    return (stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def _read_verified(store: Path) -> dict[str, tuple[_Stamp, str]]:
    """Return what the note says; a note that cannot be read says nothing."""
    try:
        data = json.loads((store / _VERIFIED).read_text(encoding="utf-8"))
        return {
            str(place): ((int(row[0]), int(row[1]), int(row[2]), int(row[3])), str(row[4]))
            for place, row in data.items()
        }
    except (OSError, ValueError, AttributeError, TypeError, IndexError, KeyError):
        return {}


def read_record(folder: Path) -> dict[str, SumRecord]:
    """Return the recorded sums of a model's folder by path; none where nothing is recorded.

    Raises
    ------
    WeightsError
        The record is there and cannot be understood.
    """
    try:
        data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(folder) from error
    try:
        record = {str(path): SumRecord(**row) for path, row in data["files"].items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise _unreadable(folder) from error
    for row in record.values():
        if (type(row.sha256), type(row.size), type(row.revision)) != (str, int, str) or (
            row.origin not in ("hub", "adopted")
        ):
            raise _unreadable(folder)
    return record


def write_record(folder: Path, record: dict[str, SumRecord]) -> None:
    """Write the recorded sums of a model's folder."""
    rows = {path: asdict(row) for path, row in sorted(record.items())}
    _write_json(folder / RECORD, {"files": rows})


def _unreadable(folder: Path) -> WeightsError:
    return WeightsError("sums_unreadable", name=folder.name, path=str(folder / RECORD))


def _write_json(path: Path, data: object) -> None:
    """Write JSON to a temporary file, then move it into place."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(data, stream, indent=1)
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
