"""Using what is in the store: required, obtained or adopted, or told why it cannot be used."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from landmarkdiff.errors import (
    LicenceError,
    WeightsCorruptError,
    WeightsError,
    WeightsMissingError,
)
from landmarkdiff.notices import Reason
from landmarkdiff.weights.catalogue import entry
from landmarkdiff.weights.checkpoints import check_safetensors
from landmarkdiff.weights.checksums import SumRecord, read_record, sum_of, write_record
from landmarkdiff.weights.policy import LicencePolicy, permit
from landmarkdiff.weights.store import StoredEntry, Sums, corrupt_file, folders, inspect, locate

if TYPE_CHECKING:
    from landmarkdiff.weights.download import Progress

__all__ = ["OFFLINE_VARIABLE", "adopt", "obtain", "problems", "read", "require", "sums"]

#: Set to 1, nothing is fetched unless :func:`~landmarkdiff.weights.pull` is called.
OFFLINE_VARIABLE = "LANDMARKDIFF_OFFLINE"


def require(name: str, policy: LicencePolicy | str | None = None) -> Path:
    """Return where an entry lies that is complete and intact.

    Sums are computed once: of a single file for each process, of a model for each machine.

    Parameters
    ----------
    name : str
    policy : {"commercial", "research"}, optional
        With it, the licence policy must permit the entry.

    Returns
    -------
    Path
        As of :func:`locate`.

    Raises
    ------
    LicenceError
        The policy forbids it.
    WeightsMissingError
        A file of it is in none of the weights folders.
    WeightsCorruptError
        A file has another size or sum than its own.
    WeightsError
        Nothing vouches for a file, the record of sums cannot be read, or files that are not
        part of the model lie among its own.
    """
    if policy is not None:
        permit(name, policy)
    found = inspect(name, "noted")
    if found.path is None or found.root is None:
        places = [str(folder / found.entry.folder) for folder in folders()]
        raise _missing(found, Reason.of("copy_in", folders=places), name)
    if found.damaged:
        raise _corrupt(found, name)
    if found.unpinned:
        read_record(found.root)
        raise WeightsError(
            "model_files_unpinned", name=name, files=_some(found.unpinned), folder=str(found.root)
        )
    if found.unlisted:
        raise WeightsError(
            "model_files_foreign", name=name, files=_some(found.unlisted), folder=str(found.root)
        )
    return found.path


def obtain(name: str, progress: Progress | None = None) -> Path:
    """Return where an intact entry lies, pulling it first where that is allowed.

    Nothing is fetched when it is present or ``LANDMARKDIFF_OFFLINE`` is 1.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
        As of :func:`require` and :func:`~landmarkdiff.weights.pull`.
    """
    if locate(name) is None and os.environ.get(OFFLINE_VARIABLE) != "1":
        from landmarkdiff.weights.fetch import pull

        return pull(name, progress)
    return require(name)


def read(name: str) -> bytes:
    """Return the content of an intact single file, pulling it first where that is allowed.

    What is returned is what was summed: a file that is exchanged between its check and its use
    is not read twice.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
        As of :func:`obtain`.
    """
    path = obtain(name)
    data = path.read_bytes()
    (file,) = entry(name).files
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise corrupt_file(path, entry(name), None)
    return data


def sums(name: str) -> dict[str, str]:
    """Return what results say of an entry's files: SHA-256 as pinned or recorded.

    Returns
    -------
    dict of str to str
        The entry's name -> sum for a single file, ``name/path`` -> sum for those of a model.

    Raises
    ------
    WeightsError
        The sum of a file is neither pinned nor recorded.
    """
    item = entry(name)
    known = {file.path: file.sha256 for file in item.files}
    if not item.pinned:
        known |= inspect(name).sums
    vouched = {path: digest for path, digest in known.items() if digest is not None}
    if len(vouched) < len(known):
        some = _some([path for path in known if path not in vouched])
        raise WeightsError("model_sums_unknown", name=name, files=some)
    return {name if item.single else f"{name}/{path}": digest for path, digest in vouched.items()}


def adopt(name: str) -> dict[str, str]:
    """Record the sums of files that nothing vouches for, on the word of the person who calls.

    For files that were carried to a machine without a network. Every file must be there, the
    pinned ones intact, and the others sound safetensors or configuration files.

    Returns
    -------
    dict of str to str
        Path -> SHA-256 of what was recorded; empty where nothing needed it.

    Raises
    ------
    WeightsMissingError, WeightsCorruptError, WeightsError
    """
    found = inspect(name, "noted")
    if found.path is None or found.root is None:
        wanted = Reason.of("files_in", path=str(folders()[0] / found.entry.folder))
        raise _missing(found, wanted)
    if found.damaged:
        raise _corrupt(found)
    if not found.unpinned:
        return {}
    record = read_record(found.root)
    adopted = {}
    for path in found.unpinned:
        place = found.root / path
        if path.endswith(".safetensors"):
            check_safetensors(place)
        adopted[path] = sum_of(place, found.root.parent)
        revision = str(found.entry.revision)
        record[path] = SumRecord(adopted[path], place.stat().st_size, revision, "adopted")
    write_record(found.root, record)
    return adopted


def problems(
    names: Iterable[str],
    policy: LicencePolicy | str,
    *,
    sums: Sums = "none",
    remember: bool = True,
) -> list[WeightsError]:
    """Say what keeps entries from being used: forbidden, missing, damaged, unpinned.

    Parameters
    ----------
    names : iterable of str
        Names of the catalogue.
    policy : {"commercial", "research"}
    sums : {"none", "noted", "fresh"}
        Compare sizes only, which answers at once; or sums too, as :func:`inspect` does.
    remember : bool
        Whether sums that were computed are noted in the store.

    Returns
    -------
    list of WeightsError
        One for each name that lacks something, in their order; empty when all is well.

    Raises
    ------
    WeightsError
        No such name.
    ParameterError
        No such policy.
    """
    found: list[WeightsError] = []
    for name in dict.fromkeys(names):
        try:
            permit(name, policy)
        except LicenceError as error:
            found.append(error)
            continue
        problem = _problem(inspect(name, sums, remember=remember))
        if problem is not None:
            found.append(problem)
    return found


def _problem(found: StoredEntry) -> WeightsError | None:
    name = found.entry.name
    if found.unpinned and found.root is not None:
        try:
            read_record(found.root)
        except WeightsError as error:
            return error
    if found.state == "unlisted":
        return WeightsError("model_with_foreign_files", name=name, files=list(found.unlisted))
    code = (_FILE_PROBLEMS if found.entry.single else _MODEL_PROBLEMS).get(found.state)
    return None if code is None else WeightsError(code, name=name, pull=name)


#: Code of what is wrong with an entry in this state.
_FILE_PROBLEMS = {"not here": "file_absent", "damaged": "file_damaged"}
_MODEL_PROBLEMS = {
    "not here": "model_absent",
    "incomplete": "model_incomplete",
    "damaged": "model_damaged",
    "unpinned": "model_unpinned",
}


def _corrupt(found: StoredEntry, pull: str | None = None) -> WeightsCorruptError:
    if found.entry.single and found.path is not None:
        return corrupt_file(found.path, found.entry, pull)
    return WeightsCorruptError(
        "model_sums_differ",
        name=found.entry.name,
        files=_some(found.damaged),
        folder=str(found.root),
        pull=pull,
    )


def _missing(found: StoredEntry, place: Reason, pull: str | None = None) -> WeightsMissingError:
    if found.entry.single:
        return WeightsMissingError("file_missing", file=found.entry.loaded, place=place, pull=pull)
    return WeightsMissingError(
        "model_missing", name=found.entry.name, files=_some(found.missing), place=place, pull=pull
    )


def _some(paths: Sequence[str]) -> list[str] | Reason:
    """Return the first of many paths."""
    some = list(paths[:3])
    if len(paths) == len(some):
        return some
    return Reason.of("files_and_more", files=some, count=len(paths) - len(some))
