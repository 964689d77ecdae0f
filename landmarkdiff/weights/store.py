"""The store: where files and models lie, whether they are whole, and what vouches for them.

An entry of the catalogue is looked for in the folder named by ``LANDMARKDIFF_WEIGHTS``, then in
the user's cache. A single file lies in the weights folder itself; a model lies in
``models/<name>/`` as in its repository, so that ``from_pretrained`` reads it from there without
the hub. The sum of every file is pinned in the catalogue, or stands in ``sums.json`` beside the
model: as the hub stated it when the file was fetched, or as a person recorded it
(:func:`~landmarkdiff.weights.adopt`). A file with neither is refused.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from landmarkdiff.errors import WeightsCorruptError, WeightsError
from landmarkdiff.notices import Reason
from landmarkdiff.weights.catalogue import PICKLE_SUFFIXES, CatalogueEntry, entries, entry
from landmarkdiff.weights.checksums import RECORD, read_record, sha256_of, sum_of

__all__ = [
    "WEIGHTS_VARIABLE",
    "StoredEntry",
    "Sums",
    "corrupt_file",
    "folders",
    "inspect",
    "inventory",
    "locate",
]

#: Names a folder that is searched first and that receives what is pulled.
WEIGHTS_VARIABLE = "LANDMARKDIFF_WEIGHTS"
#: Other files of these kinds beside listed ones could be read in their place.
_READ_BY_LOADERS = (*PICKLE_SUFFIXES, ".safetensors", ".json", ".txt", ".model", ".py", ".onnx")

Origin = Literal["catalogue", "hub", "adopted"]
State = Literal["not here", "incomplete", "damaged", "unpinned", "unlisted", "whole"]
#: Compare sizes only; compare sums, computed where there is no note of them; compute every sum.
Sums = Literal["none", "noted", "fresh"]


@dataclass(frozen=True)
class StoredEntry:
    """An entry of the catalogue with what was found of it.

    Attributes
    ----------
    entry : CatalogueEntry
    root : Path or None
        The folder that its files lie in; None where there are none.
    missing : tuple of str
        Paths of files that are not there.
    damaged : tuple of str
        Paths of files with another size or sum than theirs.
    unpinned : tuple of str
        Paths of files whose sum is neither pinned nor recorded.
    unlisted : tuple of str
        Paths of files that are not part of the model and that a loader might read.
    sums : dict of str to str
        Path -> SHA-256 as the catalogue or the record has it.
    origins : dict of str to {"catalogue", "hub", "adopted"}
        Path -> who vouches for the sum.
    """

    entry: CatalogueEntry
    root: Path | None
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    sums: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """In one word, the worst first."""
        if self.root is None:
            return "not here"
        if self.missing:
            return "incomplete"
        if self.damaged:
            return "damaged"
        if self.unpinned:
            return "unpinned"
        return "unlisted" if self.unlisted else "whole"

    @property
    def path(self) -> Path | None:
        """What a loader reads, the file or the folder; None unless every file is there."""
        return None if self.root is None or self.missing else self.root / self.entry.loaded


def folders() -> list[Path]:
    """Return the folders that are searched, first to last."""
    from platformdirs import user_cache_path

    chosen = os.environ.get(WEIGHTS_VARIABLE)
    own = [Path(chosen).expanduser()] if chosen else []
    return [*own, user_cache_path("landmarkdiff", appauthor=False) / "weights"]


def inventory() -> list[StoredEntry]:
    """Return every entry of the catalogue with what is there; sums are not computed."""
    return [inspect(item.name) for item in entries()]


def locate(name: str) -> Path | None:
    """Return where an entry lies, without checking sizes and sums.

    Returns
    -------
    Path or None
        The file; of a model, what to hand to ``from_pretrained(folder, local_files_only=True)``:
        the subfolder of the repository is already part of it. For an adapter or a LoRA, the
        folder that holds ``entry(name).checkpoint``. None when a file is missing.
    """
    return inspect(name).path


def inspect(name: str, sums: Sums = "none", *, remember: bool = True) -> StoredEntry:
    """Look at what is there of an entry.

    Parameters
    ----------
    name : str
    sums : {"none", "noted", "fresh"}
        Compare sizes only; compare sums, computed where there is no note of them; compute
        every sum.
    remember : bool
        Whether sums of a model that were computed are noted in the store.

    Raises
    ------
    WeightsError
        The catalogue has no such entry.
    """
    item = entry(name)
    root = _root_of(item)
    if root is None:
        return StoredEntry(item, None, missing=tuple(file.path for file in item.files))
    try:
        record = {} if item.single else read_record(root)
    except WeightsError:  # vouches for nothing; what would use it says that it cannot be read
        record = {}
    notes = None if item.single else root.parent  # one file's sum is kept for this process only
    missing, damaged, unpinned = [], [], []
    known: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for file in item.files:
        path, size, wanted = root / file.path, file.size, file.sha256
        origin: Origin = "catalogue"
        noted = record.get(file.path)
        if wanted is None and noted is not None and noted.revision == item.revision:
            size, wanted, origin = noted.size, noted.sha256, noted.origin
        if wanted is not None:
            known[file.path], origins[file.path] = wanted, origin
        if not path.is_file():
            missing.append(file.path)
        elif size is not None and path.stat().st_size != size:
            damaged.append(file.path)
        elif wanted is None:
            unpinned.append(file.path)
        elif sums != "none" and wanted != sum_of(
            path, notes, fresh=sums == "fresh", remember=remember
        ):
            damaged.append(file.path)
    return StoredEntry(
        entry=item,
        root=root,
        missing=tuple(missing),
        damaged=tuple(damaged),
        unpinned=tuple(unpinned),
        unlisted=() if item.single else _unlisted(item, root),
        sums=known,
        origins=origins,
    )


def _root_of(item: CatalogueEntry) -> Path | None:
    """Return an entry's folder in the weights folder that holds the most of it."""
    best, most = None, 0
    for folder in folders():
        root = folder / item.folder
        here = sum((root / file.path).is_file() for file in item.files)
        if here > most:
            best, most = root, here
    return best


def _unlisted(item: CatalogueEntry, root: Path) -> tuple[str, ...]:
    """Paths of files that are not the model's, in folders that hold files of the model."""
    listed = {file.path for file in item.files} | {RECORD}
    places = {PurePosixPath(file.path).parent.as_posix() for file in item.files}
    found = []
    for place in sorted(places):
        folder = root / place
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            name = path.relative_to(root).as_posix()
            if name not in listed and path.is_file() and path.name.endswith(_READ_BY_LOADERS):
                found.append(name)
    return tuple(found)


def corrupt_file(path: Path, item: CatalogueEntry, pull: str | None) -> WeightsCorruptError:
    """Return what is wrong with a single file that is not the one of the catalogue."""
    (file,) = item.files
    size = path.stat().st_size
    return WeightsCorruptError(
        "file_not_pinned_one",
        file=file.path,
        found=sha256_of(path) if size == file.size else Reason.of("size_in_bytes", bytes=size),
        size=file.size,
        sum=file.sha256,
        pull=pull,
    )
