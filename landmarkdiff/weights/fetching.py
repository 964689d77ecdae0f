"""Fetching a model from the hub into the store.

Imported only when something is pulled. A file is received into ``models/.partial``, where no
loader looks, is checked, and is moved to its place; what an interruption leaves there is where
the next pull goes on.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.weights import hub
from landmarkdiff.weights.checkpoints import check_safetensors
from landmarkdiff.weights.download import DiskFullError, DownloadError, download
from landmarkdiff.weights.model_catalogue import ModelEntry, ModelFile, model
from landmarkdiff.weights.model_store import inspect_model, models_folder
from landmarkdiff.weights.store import WEIGHTS_VARIABLE, folders
from landmarkdiff.weights.sums import (
    SumRecord,
    note_sum,
    read_record,
    sha256_of,
    sum_of,
    write_record,
)

__all__ = ["fetch_model"]

#: Bytes that must stay free on the disk.
_RESERVE = 64_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class _Wanted:
    """A file that is not here yet, and how it is recognised."""

    file: ModelFile
    expected: hub.StatedFile
    part: Path

    @property
    def size(self) -> int:
        return self.expected.size or 0

    @property
    def received(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0


def fetch_model(name: str, progress: Progress | None = None) -> Path:
    """Fetch what is missing or damaged of a model; see :func:`landmarkdiff.weights.pull_model`."""
    entry = model(name)
    present = inspect_model(name, "noted")
    if present.state == "whole" and present.folder is not None:
        return present.folder
    root = models_folder(folders()[0]) / name
    partial = root.parent / ".partial" / name
    try:
        root.mkdir(parents=True, exist_ok=True)
        partial.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsMissingError(
            f"the folder for {name} cannot be made ({error.strerror})",
            value=str(root),
            fix=f"set {WEIGHTS_VARIABLE} to a folder that can be written",
        ) from error
    try:
        wanted, total = _look(entry, root, partial)
        _check_room(name, root, sum(max(0, item.size - item.received) for item in wanted))
        done = total - sum(item.size for item in wanted)
        for item in wanted:
            _fetch(entry, item, root, _shifted(progress, done, total))
            done += item.size
    finally:
        for folder in (partial, partial.parent, root):
            with contextlib.suppress(OSError):  # not empty: a first part, another pull, a file
                folder.rmdir()
    return root / entry.subfolder if entry.subfolder else root


def _look(entry: ModelEntry, root: Path, partial: Path) -> tuple[list[_Wanted], int]:
    """Return the files to fetch, and the bytes of the whole model."""
    record = read_record(root)
    wanted, total = [], 0
    for file in entry.files:
        path, noted = root / file.path, record.get(file.path)
        if file.sha256 is not None:
            expected = hub.StatedFile(file.size, file.sha256, None)
        elif noted is not None and noted.revision == entry.revision and noted.origin == "hub":
            expected = hub.StatedFile(noted.size, noted.sha256, None)
        else:
            try:
                expected = hub.stated(entry, file.path)
            except DownloadError as error:
                raise _unfetched(entry, file, error) from error
        total += expected.size or 0
        if path.is_file() and _fits(path, expected, root.parent):
            if file.sha256 is None:
                _record(entry, file, root, sum_of(path, root.parent))
            continue
        part = partial / f"{file.path.replace('/', '__')}.{expected.key}"
        wanted.append(_Wanted(file, expected, part))
    return wanted, total


def _fits(path: Path, expected: hub.StatedFile, store: Path) -> bool:
    if expected.sha256 is None:
        return expected.fits(path)
    same_size = expected.size is None or path.stat().st_size == expected.size
    return same_size and sum_of(path, store) == expected.sha256


def _check_room(name: str, root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if needed and free < needed + _RESERVE:
        raise WeightsMissingError(
            f"the disk has too little room for the model {name}",
            value=f"{free / 1e6:.0f} MB free",
            allowed=f"{(needed + _RESERVE) / 1e6:.0f} MB",
            fix=f"make room, or set {WEIGHTS_VARIABLE} to a folder on another disk",
        )


def _fetch(entry: ModelEntry, item: _Wanted, root: Path, progress: Progress | None) -> None:
    """Receive one file, check it, and move it to its place."""
    goal, part = root / item.file.path, item.part
    url = hub.address(entry, item.file.path)
    while True:
        continued = item.received > 0
        try:
            download(url, part, item.expected.size, progress)
        except DiskFullError as error:
            part.unlink(missing_ok=True)  # gives the room back
            raise _unfetched(entry, item.file, error) from error
        except DownloadError as error:
            raise _unfetched(entry, item.file, error) from error
        if item.expected.fits(part):
            break
        digest = sha256_of(part)
        part.unlink()
        if not continued:  # else the first part may be of another time: once more, from the start
            raise WeightsCorruptError(
                f"{item.file.path} of the model {entry.name} came with another sum than its own",
                value=digest,
                allowed=item.expected.sha256 or f"git object {item.expected.git_object}",
                fix="check the network or the mirror of the model hub",
            )
    if item.file.path.endswith(".safetensors"):
        try:
            check_safetensors(part)
        except WeightsCorruptError:
            part.unlink()
            raise
    digest = item.expected.sha256 or sha256_of(part)
    goal.parent.mkdir(parents=True, exist_ok=True)
    part.chmod(0o644)
    part.replace(goal)
    note_sum(goal, root.parent, digest)
    if item.file.sha256 is None:
        _record(entry, item.file, root, digest)


def _record(entry: ModelEntry, file: ModelFile, root: Path, digest: str) -> None:
    """Keep the sum of a file that the hub vouches for, at once: the next file may fail."""
    size = (root / file.path).stat().st_size
    row = SumRecord(digest, size, entry.revision, "hub")
    write_record(root, {**read_record(root), file.path: row})


def _unfetched(entry: ModelEntry, file: ModelFile, why: DownloadError) -> WeightsMissingError:
    return WeightsMissingError(
        f"the model {entry.name} could not be fetched ({file.path}: {why})",
        fix=f"check the network, or name a mirror of the hub in {hub.ENDPOINT_VARIABLE}, and run "
        f"'landmarkdiff weights pull {entry.name}' again, it goes on where it stopped",
    )


def _shifted(progress: Progress | None, done: int, total: int) -> Progress | None:
    """Return a progress of one file that counts within the whole model."""
    if progress is None:
        return None
    return lambda part, _: progress(done + part, max(total, done + part))
