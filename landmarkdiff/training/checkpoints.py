"""Checkpoints: a folder each, complete or absent, without a pickle.

``trained.safetensors`` and ``average.safetensors`` are the weights that are trained and their
moving average, ``optimizer.safetensors`` the optimiser's moments, ``state.json`` the update, the
samples of an update, the configuration, the figures, and the SHA-256 of the other files. What is
random is a function of the seed, the update and the sample, so these are also the state of the
random numbers and the place in the data.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from landmarkdiff.data_files import JsonError, parse_foreign_json
from landmarkdiff.errors import OutputError, ParameterError, WeightsCorruptError
from landmarkdiff.photo import write_json
from landmarkdiff.version import __version__

__all__ = [
    "Checkpoint",
    "RunState",
    "damage",
    "find_checkpoint",
    "list_checkpoints",
    "read_checkpoint",
    "read_state",
    "retain",
    "write_checkpoint",
]

_STATE = "state.json"
TENSOR_FILES = ("trained", "average", "optimizer")
_PREFIX = "update-"
#: Version of the format.
FORMAT = 1


@dataclass(frozen=True)
class RunState:
    """What a run knows besides its tensors.

    Attributes
    ----------
    update : int
        Updates done.
    of_update : int
        Samples of an update.
    at_once : int
        Pairs of a pass on one device.
    error : float or None
        The last error of validation inside the mask.
    settings : dict
        The configuration.
    data : dict
        What the pairs are: where they are from, how many, their sum.
    """

    update: int
    of_update: int
    at_once: int
    error: float | None
    settings: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint, read.

    Attributes
    ----------
    path : Path
    state : RunState
    trained, average, optimizer : dict
        Tensors by name; of the optimiser ``NAME/KEY``.
    """

    path: Path
    state: RunState
    trained: dict[str, Any]
    average: dict[str, Any]
    optimizer: dict[str, Any]


def write_checkpoint(out: Path, state: RunState, tensors: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write a checkpoint and return its folder; it is there whole, or not at all.

    Parameters
    ----------
    out : Path
        Folder of the run.
    state : RunState
    tensors : mapping
        Tensors of each of ``trained``, ``average`` and ``optimizer``.

    Raises
    ------
    OutputError
    """
    from safetensors.torch import save_file

    target = out / f"{_PREFIX}{state.update:08d}"
    staging = out / f".{target.name}.{os.getpid()}.part"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for left in out.glob(f".{_PREFIX}*.part"):
            shutil.rmtree(left, ignore_errors=True)
        staging.mkdir()
        sums = {}
        for name in TENSOR_FILES:
            path = staging / f"{name}.safetensors"
            values = {key: value.contiguous() for key, value in tensors[name].items()}
            save_file(values, path, metadata={"format": "pt"})
            sums[path.name] = _sum(path)
            _settle(path)
        record = {"format": FORMAT, "version": __version__, **asdict(state), "sums": sums}
        write_json(staging / _STATE, record)
        _settle(staging / _STATE)
        if target.exists():  # of the same update, from before the run was resumed
            shutil.rmtree(target)
        staging.rename(target)
        _settle(out)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise OutputError(
            "checkpoint_not_written", problem=error.strerror or type(error).__name__, path=str(out)
        ) from error
    return target


def list_checkpoints(out: Path) -> list[Path]:
    """Return the checkpoints of a run, oldest first."""
    return sorted(path for path in out.glob(f"{_PREFIX}*") if (path / _STATE).is_file())


def find_checkpoint(out: Path, wanted: str) -> Path:
    """Return the checkpoint ``latest`` of a run, or that at a path.

    Raises
    ------
    ParameterError
    """
    if wanted != "latest":
        path = Path(wanted).expanduser()
        if (path / _STATE).is_file():
            return path
        found = list_checkpoints(path) if path.is_dir() else []
    else:
        path, found = out, list_checkpoints(out)
    if not found:
        raise ParameterError("checkpoint_missing", path=str(path))
    return found[-1]


def read_state(path: Path) -> RunState:
    """Return what a checkpoint says without its tensors.

    Raises
    ------
    WeightsCorruptError
    """
    try:
        record = parse_foreign_json((path / _STATE).read_bytes())
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']}")
        return RunState(**{name: record[name] for name in RunState.__dataclass_fields__})
    except (OSError, *JsonError, KeyError, TypeError) as error:
        raise _unreadable(path, str(error)) from error


def damage(path: Path) -> list[str]:
    """Return what is wrong with the files of a checkpoint, nothing if it is whole."""
    try:
        sums = parse_foreign_json((path / _STATE).read_bytes())["sums"]
    except (OSError, *JsonError, KeyError, TypeError):
        return [f"{_STATE} cannot be read"]
    found = []
    for name in TENSOR_FILES:
        file = path / f"{name}.safetensors"
        if not file.is_file():
            found.append(f"{file.name} is missing")
        elif _sum(file) != sums.get(file.name):
            found.append(f"{file.name} has another sum than was written")
    return found


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint whose sums are right.

    Raises
    ------
    WeightsCorruptError
    """
    from safetensors.torch import load_file

    state = read_state(path)
    wrong = damage(path)
    if wrong:
        raise _unreadable(path, wrong[0])
    tensors = {name: load_file(path / f"{name}.safetensors") for name in TENSOR_FILES}
    return Checkpoint(path, state, **tensors)


def retain(out: Path, best: int, latest: int) -> list[Path]:
    """Delete all but the latest checkpoints and those of the least error; return what is kept."""
    found = list_checkpoints(out)
    judged = [(read_state(path).error, path) for path in found]
    by_error = sorted((error, path) for error, path in judged if error is not None)
    kept = set(found[-latest:]) | {path for _, path in by_error[:best]}
    for path in found:
        if path not in kept:
            # Out of sight first, so that no half of it is taken for a checkpoint.
            away = out / f".{path.name}.{os.getpid()}.part"
            path.rename(away)
            shutil.rmtree(away, ignore_errors=True)
    return sorted(kept)


def _settle(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreadable(path: Path, problem: str) -> WeightsCorruptError:
    return WeightsCorruptError("checkpoint_unreadable", path=str(path), problem=problem)
