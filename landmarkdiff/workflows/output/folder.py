"""Where results go: one folder each, put in place whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

from landmarkdiff.errors import OutputError

__all__ = ["check_output", "folder_name", "staged_folder"]


def check_output(out: Path) -> None:
    """Refuse an output folder that cannot be made or written, before any work is done.

    Raises
    ------
    OutputError
    """
    place = Path(os.path.abspath(out))  # noqa: PTH100  # resolve() would follow links
    try:
        while not place.exists() and not place.is_symlink() and place != place.parent:
            place = place.parent
        folder = place.is_dir()
    except OSError as failure:
        raise _failed(out, failure) from failure
    if not folder:
        raise OutputError("output_folder_is_file", name=place.name)
    if not os.access(place, os.W_OK | os.X_OK):
        raise OutputError("output_folder_forbidden", name=place.name)


@contextmanager
def staged_folder(
    target: Path, known: Sequence[str], *, sources: Iterable[Path] = ()
) -> Iterator[Path]:
    """Give an empty folder beside ``target``; it takes its place when the block ends well.

    When the block fails or is interrupted, nothing of it remains and an earlier result stays.

    Parameters
    ----------
    target : Path
        Folder of the result. Its parents are made as needed.
    known : sequence of str
        Patterns of the files that a result of this kind consists of. A folder that holds
        anything else is not an earlier result, and is never replaced.
    sources : iterable of Path
        Photos that the result is made from; they must not lie inside ``target``.

    Raises
    ------
    OutputError
    """
    _check_replaceable(target, known, sources)
    staging = target.with_name(f".{secrets.token_hex(8)}.part")
    made: list[Path] = []
    try:
        try:
            for folder in reversed((target.parent, *target.parent.parents)):
                if not folder.exists():
                    folder.mkdir()
                    made.append(folder)
            staging.mkdir()
        except OSError as failure:
            raise _failed(target.parent, failure) from failure
        yield staging
        try:
            _put_in_place(staging, target)
        except OSError as failure:
            raise _failed(target, failure) from failure
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for folder in reversed(made):
            if any(folder.iterdir()):
                break
            folder.rmdir()
        raise


def folder_name(text: str) -> str:
    """Return ``text`` as a name that every system accepts for a folder."""
    kept = "".join(ch if ch.isalnum() or ch in "-_. ()" else "_" for ch in text)
    return kept.strip(". ").lstrip("-")[:60] or "photos"


def _check_replaceable(target: Path, known: Sequence[str], sources: Iterable[Path]) -> None:
    try:
        if not target.exists() and not target.is_symlink():
            return
        if target.is_symlink() or not target.is_dir():
            raise OutputError("output_name_taken", name=target.name)
        place = target.resolve()
        strange = [
            entry.name
            for entry in target.iterdir()
            if entry.is_dir() or not any(fnmatch(entry.name, pattern) for pattern in known)
        ]
        inside = [photo for photo in sources if place in photo.resolve().parents]
    except OSError as failure:
        raise _failed(target, failure) from failure
    if strange or inside:
        raise OutputError("output_folder_foreign", name=target.name)


def _put_in_place(staging: Path, target: Path) -> None:
    if not target.exists():
        staging.rename(target)
        return
    earlier = target.with_name(f".{secrets.token_hex(8)}.old")
    try:
        target.rename(earlier)
        staging.rename(target)
    except BaseException:
        if earlier.exists() and not target.exists():
            earlier.rename(target)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _failed(place: Path, failure: OSError) -> OutputError:
    reason = (failure.strerror or type(failure).__name__).lower()
    return OutputError("output_folder_not_written", problem=reason, name=place.name or str(place))
