"""Models in the store: where they are, whether they are whole, and what vouches for each file.

A model lies in ``<weights folder>/models/<name>/`` as in its repository, so that
``from_pretrained`` reads it from there without the hub. The sum of every file is pinned in the
catalogue, or stands in ``sums.json`` beside the model: as the hub stated it when the file was
fetched, or as a person recorded it (:func:`adopt_model`). A file with neither is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from landmarkdiff.errors import WeightsCorruptError, WeightsError, WeightsMissingError
from landmarkdiff.weights.checkpoints import check_safetensors
from landmarkdiff.weights.model_catalogue import PICKLE_SUFFIXES, ModelEntry, models
from landmarkdiff.weights.model_catalogue import model as model_entry
from landmarkdiff.weights.policy import LicencePolicy, permit
from landmarkdiff.weights.store import folders
from landmarkdiff.weights.sums import RECORD, SumRecord, read_record, sum_of, write_record

__all__ = [
    "StoredModel",
    "adopt_model",
    "inspect_model",
    "list_models",
    "locate_model",
    "model_origins",
    "model_sums",
    "models_folder",
    "require_model",
]

#: Other files of these kinds beside listed ones could be read in their place.
_READ_BY_LOADERS = (*PICKLE_SUFFIXES, ".safetensors", ".json", ".txt", ".model", ".py", ".onnx")

Origin = Literal["catalogue", "hub", "adopted"]
State = Literal["not here", "incomplete", "damaged", "unpinned", "unlisted", "whole"]


@dataclass(frozen=True)
class StoredModel:
    """A model with what was found of it.

    Attributes
    ----------
    entry : ModelEntry
    root : Path or None
        The model's folder in the store; None where nothing of it is there.
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

    entry: ModelEntry
    root: Path | None
    missing: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    unpinned: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()
    sums: dict[str, str] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)

    @property
    def state(
        self,
    ) -> Literal["not here", "incomplete", "damaged", "unpinned", "unlisted", "whole"]:
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
    def folder(self) -> Path | None:
        """The folder to hand to ``from_pretrained``; None unless every file is there."""
        if self.root is None or self.missing:
            return None
        return self.root / self.entry.subfolder if self.entry.subfolder else self.root


def models_folder(store: Path) -> Path:
    """Return the folder of all models in a weights folder."""
    return store / "models"


def list_models() -> list[StoredModel]:
    """Return every model of the catalogue with what is there; sums are not computed."""
    return [inspect_model(item.name) for item in models()]


def locate_model(name: str) -> Path | None:
    """Return the folder of a complete model, without checking its sums.

    Returns
    -------
    Path or None
        What to hand to ``from_pretrained(folder, local_files_only=True)``: the subfolder of
        the repository is already part of it. For an adapter or a LoRA, the folder that holds
        ``model(name).checkpoint``. None when a file is missing or has another size.
    """
    found = inspect_model(name)
    return None if found.damaged else found.folder


def inspect_model(
    name: str, sums: Literal["none", "noted", "fresh"] = "none", *, remember: bool = True
) -> StoredModel:
    """Look at what is there of a model.

    Parameters
    ----------
    name : str
    sums : {"none", "noted", "fresh"}
        Compare sizes only; compare sums, computed where the store has no note of them; compute
        every sum.
    remember : bool
        Whether sums that were computed are noted in the store.

    Raises
    ------
    WeightsError
        No such model.
    """
    entry = model_entry(name)
    root = _root_of(entry)
    if root is None:
        return StoredModel(entry, None, missing=tuple(item.path for item in entry.files))
    try:
        record = read_record(root)
    except WeightsError:  # vouches for nothing; what would use it says that it cannot be read
        record = {}
    missing, damaged, unpinned = [], [], []
    known: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for item in entry.files:
        path, size, wanted = root / item.path, item.size, item.sha256
        origin: Origin = "catalogue"
        noted = record.get(item.path)
        if wanted is None and noted is not None and noted.revision == entry.revision:
            size, wanted, origin = noted.size, noted.sha256, noted.origin
        if wanted is not None:
            known[item.path], origins[item.path] = wanted, origin
        if not path.is_file():
            missing.append(item.path)
        elif size is not None and path.stat().st_size != size:
            damaged.append(item.path)
        elif wanted is None:
            unpinned.append(item.path)
        elif sums != "none" and wanted != sum_of(
            path, root.parent, fresh=sums == "fresh", remember=remember
        ):
            damaged.append(item.path)
    return StoredModel(
        entry=entry,
        root=root,
        missing=tuple(missing),
        damaged=tuple(damaged),
        unpinned=tuple(unpinned),
        unlisted=_unlisted(entry, root),
        sums=known,
        origins=origins,
    )


def require_model(name: str, policy: LicencePolicy | str) -> Path:
    """Return the folder of a model that is permitted, complete and intact.

    Parameters
    ----------
    name : str
    policy : {"commercial", "research"}

    Returns
    -------
    Path
        As of :func:`locate_model`.

    Raises
    ------
    LicenceError
        The policy forbids the model.
    WeightsMissingError
        A file of it is in none of the weights folders.
    WeightsCorruptError
        A file has another size or sum than its own.
    WeightsError
        Nothing vouches for a file, the record of sums cannot be read, or files that are not
        part of the model lie among its own.
    """
    permit(name, policy)
    found = inspect_model(name, "noted")
    pull = f"run 'landmarkdiff weights pull {name}'"
    if found.folder is None or found.root is None:
        raise WeightsMissingError(
            f"the model {name} is missing ({_some(found.missing)})",
            allowed="a copy in "
            + " or ".join(str(models_folder(store) / name) for store in folders()),
            fix=pull,
        )
    if found.damaged:
        raise WeightsCorruptError(
            f"the model {name} is damaged ({_some(found.damaged)})", value=str(found.root), fix=pull
        )
    if found.unpinned:
        read_record(found.root)
        raise WeightsError(
            f"nothing vouches for files of the model {name} ({_some(found.unpinned)})",
            value=str(found.root),
            fix=f"run 'landmarkdiff weights pull {name}', or check the files and record their "
            f"sums with 'landmarkdiff weights adopt {name}'",
        )
    if found.unlisted:
        raise WeightsError(
            f"files that are not part of the model {name} lie among its own "
            f"({_some(found.unlisted)})",
            value=str(found.root),
            fix="move them elsewhere",
        )
    return found.folder


def model_sums(name: str) -> dict[str, str]:
    """Return path -> SHA-256 of every file of a model, as pinned or recorded.

    Raises
    ------
    WeightsError
        The sum of a file is neither pinned nor recorded.
    """
    found = inspect_model(name)
    open_ones = [item.path for item in found.entry.files if item.path not in found.sums]
    if open_ones:
        raise WeightsError(
            f"nothing vouches for files of the model {name} ({_some(open_ones)})",
            fix=f"run 'landmarkdiff weights pull {name}'",
        )
    return dict(found.sums)


def model_origins(name: str) -> dict[str, Origin]:
    """Return path -> who vouches for its sum: the catalogue, the hub, or a person."""
    return dict(inspect_model(name).origins)


def adopt_model(name: str) -> dict[str, str]:
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
    found = inspect_model(name, "noted")
    if found.folder is None or found.root is None:
        raise WeightsMissingError(
            f"the model {name} is missing ({_some(found.missing)})",
            allowed=f"its files in {models_folder(folders()[0]) / name}",
        )
    if found.damaged:
        raise WeightsCorruptError(
            f"the model {name} is damaged ({_some(found.damaged)})", value=str(found.root)
        )
    record = read_record(found.root)
    adopted = {}
    for path in found.unpinned:
        place = found.root / path
        if path.endswith(".safetensors"):
            check_safetensors(place)
        digest = sum_of(place, found.root.parent)
        record[path] = SumRecord(digest, place.stat().st_size, found.entry.revision, "adopted")
        adopted[path] = digest
    if adopted:
        write_record(found.root, record)
    return adopted


def _root_of(entry: ModelEntry) -> Path | None:
    """Return a model's folder in the weights folder that holds the most of it."""
    best, most = None, 0
    for store in folders():
        root = models_folder(store) / entry.name
        here = sum((root / item.path).is_file() for item in entry.files)
        if here > most:
            best, most = root, here
    return best


def _unlisted(entry: ModelEntry, root: Path) -> tuple[str, ...]:
    """Paths of files that are not the model's, in folders that hold files of the model."""
    listed = {item.path for item in entry.files} | {RECORD}
    places = {PurePosixPath(item.path).parent.as_posix() for item in entry.files}
    found = []
    for place in sorted(places):
        folder = root / place
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            name = path.relative_to(root).as_posix()
            if name not in listed and path.is_file() and path.name.endswith(_READ_BY_LOADERS):
                found.append(name)
    return tuple(found)


def _some(paths: tuple[str, ...] | list[str]) -> str:
    more = len(paths) - 3
    return ", ".join(paths[:3]) + (f" and {more} more" if more > 0 else "")
