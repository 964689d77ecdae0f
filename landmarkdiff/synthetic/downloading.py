"""Fetching a public set of photos, once its licence is accepted, with the list that it needs."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any

from landmarkdiff.data_files import JsonError, parse_foreign_json, parse_yaml, read_foreign_text
from landmarkdiff.errors import ParameterError, PhotoError
from landmarkdiff.photo import write_text
from landmarkdiff.weights.download import DownloadError, download

__all__ = ["DataSet", "data_set", "download_set"]

LIST_FILE = "photos.csv"
MOST_LIST_BYTES = 1 << 30
#: Connections at once.
CONNECTIONS = 8
#: Where an address names the account, and a path inside the set: no way out of its folder.
_ACCOUNT = re.compile(r"/photos/([^/]+)/")
_PATH = re.compile(r"[\w-]+(/[\w-]+)*\.png")


@dataclass(frozen=True)
class DataSet:
    """What is known of a set before it is fetched.

    Attributes
    ----------
    name, title, licence, short : str
        The licence in full and in a few words.
    list_file, list_url, list_md5 : str
    list_bytes : int
        The set's own list of its photos, which has their addresses, sums and licences.
    """

    name: str
    title: str
    licence: str
    short: str
    list_file: str
    list_url: str
    list_bytes: int
    list_md5: str


@cache
def _known() -> Mapping[str, DataSet]:
    text = resources.files(__package__).joinpath("data_sets.yaml").read_text(encoding="utf-8")
    return {name: DataSet(name=name, **facts) for name, facts in parse_yaml(text).items()}


def data_set(name: str) -> DataSet:
    """Return a set by its name; ParameterError lists the known ones."""
    if name not in _known():
        raise ParameterError("unknown_data_set", name=name, names=sorted(_known()))
    return _known()[name]


@dataclass(frozen=True)
class _Photo:
    """One photo of a set's list."""

    path: str
    url: str
    size: int
    md5: str
    person: str
    licence: str
    author: str


def download_set(
    wanted: DataSet,
    out: Path,
    *,
    first: int | None = None,
    mirror: str | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Path:
    """Fetch the photos of a set and list them; what is here and whole is not fetched again.

    Persons are not named in the set: all photos of one account count as one person, so that
    nobody comes on both sides of a split.

    Parameters
    ----------
    wanted : DataSet
    out : Path
    first : int, optional
        Only so many photos.
    mirror : str, optional
        Address of a folder that has the set, instead of its own place.
    progress : callable, optional
        Told how many photos are here, of how many, and the name of the last.

    Returns
    -------
    Path
        The list, for ``landmarkdiff data make``.

    Raises
    ------
    PhotoError
        A file did not come, or came with another sum; what is here stays.
    """
    out.mkdir(mode=0o700, parents=True, exist_ok=True)
    base = None if mirror is None else mirror.rstrip("/") + "/"
    whole = _Photo(
        wanted.list_file, wanted.list_url, wanted.list_bytes, wanted.list_md5, "", "", ""
    )
    if base is None:
        _fetch(whole, out, None)
    else:  # a mirror may have a part of the set, and then its own list
        _fetch_unpinned(wanted.list_file, base, out)
    photos = list(islice(_photos(out / wanted.list_file), first))
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        try:
            done = pool.map(lambda photo: _fetch(photo, out, base), photos)
            for number, name in enumerate(done, start=1):
                if progress is not None:
                    progress(number, len(photos), name)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("file", "person", "licence", "author"))
    # The set as a whole has a licence of its own, whatever that of a photo is.
    rows.writerows(
        (each.path, each.person, f"{each.licence}; {wanted.short}", each.author) for each in photos
    )
    write_text(out / LIST_FILE, text.getvalue())
    return out / LIST_FILE


def _photos(path: Path) -> Iterator[_Photo]:
    """The photos of a set's own list."""
    try:
        listed: Mapping[str, Any] = parse_foreign_json(read_foreign_text(path, MOST_LIST_BYTES))
        for entry in listed.values():
            image, facts = entry["image"], entry["metadata"]
            name = str(image["file_path"])
            if not _PATH.fullmatch(name):
                raise ValueError(name)
            yield _Photo(
                name,
                str(image["file_url"]),
                int(image["file_size"]),
                str(image["file_md5"]),
                _account(str(facts["photo_url"])),
                str(facts["license"]),
                str(facts["author"]),
            )
    except (OSError, KeyError, TypeError, AttributeError, *JsonError) as failure:
        raise PhotoError("photo_list_unreadable", name=path.name) from failure


def _account(photo_url: str) -> str:
    """Whose account a photo is from: what follows ``photos`` in its address."""
    found = _ACCOUNT.search(photo_url)
    return f"account {found[1]}" if found else photo_url


def _fetch(photo: _Photo, out: Path, base: str | None) -> str:
    """Fetch one file, whole or not at all; return its name."""
    goal = out / photo.path
    if goal.exists() and goal.stat().st_size == photo.size:
        return photo.path
    goal.parent.mkdir(parents=True, exist_ok=True)
    part = goal.with_name(f".{goal.name}.part")
    url = photo.url if base is None else base + photo.path
    try:
        download(url, part, photo.size)
    except DownloadError as failure:
        raise PhotoError("data_not_fetched", name=photo.path, problem=str(failure)) from failure
    with part.open("rb") as file:
        found = hashlib.file_digest(file, _md5).hexdigest()
    if found != photo.md5:
        part.unlink()
        problem = f"its sum is {found} and not {photo.md5}"
        raise PhotoError("data_not_fetched", name=photo.path, problem=problem)
    part.replace(goal)
    return photo.path


def _md5() -> Any:
    """The sum that the set's own list has."""
    return hashlib.md5(usedforsecurity=False)


def _fetch_unpinned(name: str, base: str, out: Path) -> None:
    """Fetch the list of a mirror, of which no sum is known."""
    part = out / f".{name}.part"
    part.unlink(missing_ok=True)
    try:
        download(base + name, part, None)
    except DownloadError as failure:
        raise PhotoError("data_not_fetched", name=name, problem=str(failure)) from failure
    part.replace(out / name)
