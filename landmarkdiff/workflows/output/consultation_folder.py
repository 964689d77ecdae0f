"""A folder of the surgeon's in which consultations are kept, each in a file of its own."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import write_bytes
from landmarkdiff.workflows.output.archive import SUFFIX
from landmarkdiff.workflows.output.encryption import is_encrypted

__all__ = ["KeptConsultation", "keep_consultation", "kept_consultations", "kept_file"]

#: Characters of a file's name beside letters, digits and spaces.
_FIT = "-_."
_LONGEST_NAME = 80


@dataclass(frozen=True)
class KeptConsultation:
    """One file, as the folder says; nothing of it is opened.

    Attributes
    ----------
    name : str
        Without its end.
    size : int
        Bytes.
    modified : float
        Seconds since 1970, UTC.
    encrypted : bool
    """

    name: str
    size: int
    modified: float
    encrypted: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the facts, ready for JSON."""
        return asdict(self)


def kept_consultations(folder: Path) -> tuple[KeptConsultation, ...]:
    """Return the consultations of a folder, the newest first; those below it are not looked for.

    Raises
    ------
    ParameterError
        The folder cannot be read.
    """
    try:
        paths = [path for path in folder.iterdir() if path.suffix == SUFFIX and path.is_file()]
    except OSError as failure:
        problem = failure.strerror or "not readable"
        raise ParameterError(
            "consultation_folder_unreadable", name=folder.name, problem=problem
        ) from None
    found = filter(None, (_facts(path) for path in paths if not path.is_symlink()))
    return tuple(sorted(found, key=lambda one: (-one.modified, one.name)))


def _facts(path: Path) -> KeptConsultation | None:
    """Facts of one file; None where it cannot be opened anyway, or is gone by now."""
    try:
        facts = path.stat()
        with path.open("rb") as file:
            encrypted = is_encrypted(file.read(16))
    except OSError:
        return None
    return KeptConsultation(path.stem, facts.st_size, facts.st_mtime, encrypted)


def kept_file(folder: Path, name: str) -> Path:
    """Return the path of a consultation by a name that a person has typed.

    Raises
    ------
    ParameterError
        The name is empty, or would lie elsewhere.
    """
    name = name.strip()
    fits = all(char.isalnum() or char in _FIT or char == " " for char in name)
    if not fits or not name.strip(".") or name.startswith(".") or len(name) > _LONGEST_NAME:
        raise ParameterError("consultation_name", most=_LONGEST_NAME)
    return folder / f"{name}{SUFFIX}"


def keep_consultation(folder: Path, name: str, data: bytes) -> Path:
    """Write a file that :func:`~landmarkdiff.workflows.output.encryption.encrypt` has made.

    Returns
    -------
    Path
        Readable by its owner alone.

    Raises
    ------
    ParameterError
        There is such a file already, which is kept, or the name is unfit.
    OutputError
        The file cannot be written.
    """
    path = kept_file(folder, name)
    with suppress(OSError):  # what hinders this hinders the writing, which says so
        try:
            # The name is taken and asked for in one step: of two that ask at once one is refused.
            path.open("xb").close()
        except FileExistsError:
            raise ParameterError("consultation_name_taken") from None
    try:
        write_bytes(path, data)
    except BaseException:
        _give_back(path)
        raise
    return path


def _give_back(path: Path) -> None:
    """Take away the empty file that has held a name."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            path.unlink()
