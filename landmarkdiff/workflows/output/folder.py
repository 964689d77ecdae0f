"""Where results go: one folder each, put in place whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import OutputError
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo
from landmarkdiff.runtime.locks import try_lock

__all__ = [
    "RECORDS",
    "check_output",
    "folder_name",
    "only_writer",
    "own_folder",
    "place_for",
    "staged_folder",
    "sweep",
]

#: What a program that was killed leaves: pictures that were being written, and an earlier result
#: on its way out, whose name stands before the digits.
_REMAINS = re.compile(r"\.(?:(?P<name>.+)\.)?[0-9a-f]{16}\.(?P<kind>part|old)")
#: Between making a folder and locking it lies less than this, seconds.
_UNLOCKED_S = 2.0
#: Where locks are unknown, what nobody touched for so long is nobody's, seconds.
_FORGOTTEN_S = 86_400.0
#: Files that say of which photo a result is.
_MOST_RECORD_BYTES = 1 << 26
RECORDS = ("result.json", "analysis.json", "head.json")


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
    sweep(target.parent)
    staging = target.with_name(f".{secrets.token_hex(8)}.part")
    with _made(target.parent):
        try:
            _make(staging)
            with _held(staging):
                yield staging
                try:
                    for file in staging.iterdir():
                        file.chmod(0o600)  # whoever wrote it, under whatever mask
                    _put_in_place(staging, target)
                except OSError as failure:
                    raise _failed(target, failure) from failure
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise


def own_folder(out: Path, name: str, sums: Collection[str], taken: Collection[str] = ()) -> Path:
    """Return the folder for a result: ``name``, or ``name-2`` where another photo's result is.

    Two patients' photos often have one name, since cameras count; the first one's result is not
    replaced by the second's.

    Parameters
    ----------
    out : Path
    name : str
    sums : collection of str
        SHA-256 of the photos' content.
    taken : collection of str
        Names, in small letters, that are not to be used whatever they hold.

    Returns
    -------
    Path
        The first of ``name``, ``name-2``, ... that does not exist, holds a result of these
        photos, or is no result at all.
    """
    number, folder = 1, out / name
    while folder.name.casefold() in taken or _is_of_others(folder, set(sums)):
        number += 1
        folder = out / f"{name}-{number}"
    return folder


def place_for(out: Path, name: str, photo: Photo) -> tuple[Path, Photo]:
    """Return :func:`own_folder` of a photo, and the photo with a notice where that is another."""
    folder = own_folder(out, name, [photo.sha256])
    if folder.name == name:
        return folder, photo
    notice = Notice.of("folder_of_another_photo", name=name, folder=folder.name)
    return folder, replace(photo, notices=(*photo.notices, notice))


def _is_of_others(folder: Path, sums: set[str]) -> bool:
    earlier = _photos_of(folder)
    return earlier is not None and earlier != sums


def _photos_of(folder: Path) -> set[str] | None:
    """Return the sums of the photos of an earlier result; None where there is no result."""
    for name in RECORDS:
        try:
            record = parse_foreign_json(read_foreign_text(folder / name, _MOST_RECORD_BYTES))
            of_one = "photo" in record
            photos = [record["photo"]] if of_one else [view["photo"] for view in record["views"]]
            return {photo.get("sha256", "") for photo in photos}
        except (OSError, *JsonError, KeyError, TypeError, AttributeError):
            continue
    return None


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Keep other batches out of a folder, which is made as needed.

    Raises
    ------
    OutputError
        Another process is writing a batch into it.
    """
    with _made(folder), _held(folder) as free:
        if free is False:
            raise OutputError("output_folder_in_use", name=folder.name)
        yield


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder and its parents as needed; those that stay empty go when the block fails."""
    made: list[Path] = []
    try:
        for place in reversed((folder, *folder.parents)):
            if not place.exists():
                _make(place)
                made.append(place)
        yield
    except BaseException:
        for place in reversed(made):
            if any(place.iterdir()):
                break
            place.rmdir()
        raise


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)  # pictures of a patient
    except OSError as failure:
        raise _failed(folder.parent, failure) from failure


@contextmanager
def _held(folder: Path) -> Iterator[bool | None]:
    """Lock a folder for the block; what the lock answers, None where folders are not opened."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        yield None
        return
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path) -> None:
    """Remove what a killed program left in a folder: a patient's pictures, half written.

    An earlier result that was being replaced gets its name back. What a running program holds
    stays, and so does what this user may not remove.
    """
    try:
        entries = [(entry, _REMAINS.fullmatch(entry.name)) for entry in folder.iterdir()]
    except OSError:
        return
    for entry, remains in entries:
        if remains is None or entry.is_symlink() or not _is_left(entry):
            continue
        name = remains["name"]
        try:
            if name and remains["kind"] == "old" and not (folder / name).exists():
                entry.rename(folder / name)
            elif entry.is_dir():
                shutil.rmtree(entry, ignore_errors=True)
            else:
                entry.unlink(missing_ok=True)
        except OSError:
            continue


def _is_left(entry: Path) -> bool:
    """Tell whether no running program is at work on it."""
    try:
        untouched = time.time() - entry.stat().st_mtime
        if untouched < _UNLOCKED_S:
            return False
        descriptor = os.open(entry, os.O_RDONLY)
    except OSError:
        return False
    try:
        free = try_lock(descriptor)
    finally:
        os.close(descriptor)
    return untouched > _FORGOTTEN_S if free is None else free


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
    earlier = target.with_name(f".{target.name}.{secrets.token_hex(8)}.old")
    with _held(target):  # on its way out it is in use, however old it is
        try:
            target.rename(earlier)
            staging.rename(target)
            shutil.rmtree(earlier, ignore_errors=True)
        except BaseException:
            if earlier.exists() and not target.exists():
                earlier.rename(target)
            raise


def _failed(place: Path, failure: OSError) -> OutputError:
    reason = (failure.strerror or type(failure).__name__).lower()
    return OutputError("output_folder_not_written", problem=reason, name=place.name or str(place))
