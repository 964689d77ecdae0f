"""The store: where model files and example portraits lie, and how they get there.

A file is looked for in the folder named by ``LANDMARKDIFF_WEIGHTS``, then in the user's cache.
Only :func:`pull` and :func:`obtain` ever touch the network, and :func:`obtain` does so only
when the file is absent and ``LANDMARKDIFF_OFFLINE`` is not set to 1.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.errors import WeightsCorruptError, WeightsMissingError
from landmarkdiff.weights.catalogue import CatalogueEntry, catalogue, entry
from landmarkdiff.weights.policy import LicencePolicy, permit
from landmarkdiff.weights.sums import sha256_of

__all__ = [
    "OFFLINE_VARIABLE",
    "WEIGHTS_VARIABLE",
    "StoredFile",
    "first_run",
    "folders",
    "list_files",
    "locate",
    "obtain",
    "pull",
    "require",
    "sha256_of",
    "verify",
]

#: Names a folder that is searched first and that receives what is pulled.
WEIGHTS_VARIABLE = "LANDMARKDIFF_WEIGHTS"
#: Set to 1, nothing is fetched unless :func:`pull` is called.
OFFLINE_VARIABLE = "LANDMARKDIFF_OFFLINE"

#: ``progress(done_bytes, total_bytes)``.
Progress = Callable[[int, int], None]

_verified: dict[tuple[str, int, int], str] = {}


@dataclass(frozen=True)
class StoredFile:
    """A catalogue entry with the place where it was found.

    Attributes
    ----------
    entry : CatalogueEntry
    path : Path or None
        None when the file is absent.
    intact : bool or None
        Whether size and sum agree with the catalogue; None when absent.
    """

    entry: CatalogueEntry
    path: Path | None
    intact: bool | None


def folders() -> list[Path]:
    """Return the folders that are searched, first to last."""
    found = []
    chosen = os.environ.get(WEIGHTS_VARIABLE)
    if chosen:
        found.append(Path(chosen).expanduser())
    from platformdirs import user_cache_path

    found.append(user_cache_path("landmarkdiff", appauthor=False) / "weights")
    return found


def first_run() -> tuple[str, ...]:
    """Return the names of the files that are fetched where none is named."""
    return tuple(item.name for item in catalogue() if not item.on_demand)


def locate(name: str) -> Path | None:
    """Return the path of the file ``name`` if it is in the store, without checking its sum."""
    item = entry(name)
    for folder in folders():
        path = folder / item.file
        if path.is_file():
            return path
    return None


def require(name: str, policy: LicencePolicy | str | None = None) -> Path:
    """Return the path of a file that is present and intact.

    The sum is computed once per process and file.

    Parameters
    ----------
    name : str
    policy : {"commercial", "research"}, optional
        With it, the licence policy must permit the file.

    Raises
    ------
    LicenceError
        If the policy forbids the file.
    WeightsMissingError
        If the file is in none of the folders.
    WeightsCorruptError
        If its size or sum differs from the catalogue's.
    """
    if policy is not None:
        permit(name, policy)
    item = entry(name)
    path = locate(name)
    if path is None:
        raise WeightsMissingError(
            f"the file {item.file} is missing",
            allowed="a copy in " + " or ".join(str(folder) for folder in folders()),
            fix=f"run 'landmarkdiff weights pull {name}'",
        )
    _check(path, item)
    return path


def obtain(name: str, progress: Progress | None = None) -> Path:
    """Return the path of an intact file, pulling it first where that is allowed.

    Nothing is fetched when the file is present or ``LANDMARKDIFF_OFFLINE`` is 1.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError
    """
    if locate(name) is None and os.environ.get(OFFLINE_VARIABLE) != "1":
        return pull(name, progress)
    return require(name)


def verify(name: str) -> StoredFile:
    """Compute the sum of a stored file afresh and compare it with the catalogue."""
    item = entry(name)
    path = locate(name)
    if path is None:
        return StoredFile(item, None, None)
    intact = path.stat().st_size == item.size and sha256_of(path) == item.sha256
    return StoredFile(item, path, intact)


def list_files(kind: str | None = None) -> list[StoredFile]:
    """Return every catalogue entry (of one kind) with its place; sums are not computed.

    ``intact`` here compares the size only; :func:`verify` compares the sum.
    """
    found = []
    for item in catalogue():
        if kind is None or item.kind == kind:
            path = locate(item.name)
            intact = None if path is None else path.stat().st_size == item.size
            found.append(StoredFile(item, path, intact))
    return found


def pull(name: str, progress: Progress | None = None) -> Path:
    """Fetch a file from its sources in order and return its path.

    An intact file that is already there is left alone. The bytes go to a temporary file beside
    the goal, are checked, and are moved into place, so an interrupted download leaves nothing.

    Parameters
    ----------
    name : str
        Name in the catalogue.
    progress : callable, optional
        Called with the bytes done and the bytes in all.

    Raises
    ------
    WeightsMissingError
        If no source delivers the pinned bytes; the message lists what each one said.
    """
    from landmarkdiff.weights.sources import SourceError, fetch

    item = entry(name)
    present = verify(name)
    if present.intact and present.path is not None:
        return present.path
    folder = folders()[0]
    failures = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsMissingError(
            f"the folder for {item.file} cannot be made ({error.strerror})",
            value=str(folder),
            fix=f"set {WEIGHTS_VARIABLE} to a folder that can be written",
        ) from error
    for source in item.sources:
        handle, temporary_name = tempfile.mkstemp(prefix=f".{item.file}.", dir=folder)
        os.close(handle)
        temporary = Path(temporary_name)
        try:
            fetch(source, temporary, item.size, progress)
            _check(temporary, item, remember=False)
            temporary.chmod(0o644)
            path = folder / item.file
            temporary.replace(path)
            return path
        except (SourceError, WeightsCorruptError) as error:
            failures.append(str(error).rstrip("."))
        finally:
            temporary.unlink(missing_ok=True)
    raise WeightsMissingError(
        f"the file {item.file} could not be fetched ({'; '.join(failures)})",
        allowed=f"a copy with sha256 {item.sha256} in "
        + " or ".join(str(place) for place in folders()),
        fix=f"check the network or the package mirror and run 'landmarkdiff weights pull {name}'",
    )


def _check(path: Path, item: CatalogueEntry, *, remember: bool = True) -> None:
    stat = path.stat()
    key = (str(path), stat.st_size, stat.st_mtime_ns)
    if _verified.get(key) == item.sha256:
        return
    found = sha256_of(path) if stat.st_size == item.size else f"{stat.st_size} bytes"
    if found != item.sha256:
        raise WeightsCorruptError(
            f"{item.file} is not the file the catalogue pins",
            value=found,
            allowed=f"{item.size} bytes with sha256 {item.sha256}",
            fix=f"run 'landmarkdiff weights pull {item.name}'",
        )
    if remember:
        _verified[key] = item.sha256
