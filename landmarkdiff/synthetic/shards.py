"""Shards: tar files of photo records in WebDataset's format, read by index.

A shard is an ordinary tar whose files of one record stand one after the other under one key, so
any reader of that format streams it. Beside it lies its index, with the place of every file: a
record is then one read, whichever it is. ``shards.json`` lists the shards of a folder.

Bytes depend on the photos and the settings alone: no time, no user, no order of work.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import PhotoError
from landmarkdiff.photo import write_bytes, write_json
from landmarkdiff.synthetic.record import MEMBERS, PhotoRecord, Split, split_of

__all__ = ["SHARDS_FILE", "Place", "Shard", "ShardSet", "index_of", "pack", "write_shard"]

#: The list of the shards of a folder.
SHARDS_FILE = "shards.json"
FORMAT = 1
#: A list or an index larger than this is not one.
MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class Place:
    """Where a record lies, and what is asked of it before it is read.

    Attributes
    ----------
    key : str
        Its name in the shard.
    person, licence, source : str
    tone : str or None
    members : mapping of str to (int, int)
        By ending: first byte in the shard, and number of bytes.
    """

    key: str
    person: str
    licence: str
    source: str
    tone: str | None
    members: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class Shard:
    """One tar file as ``shards.json`` lists it: its name, records, bytes and SHA-256."""

    url: str
    nsamples: int
    split: Split
    size: int
    sha256: str


def pack(records: Iterable[tuple[str, Mapping[str, bytes]]]) -> tuple[bytes, list[Place]]:
    """Put records into a tar.

    Parameters
    ----------
    records : iterable of (key, files by their endings)

    Returns
    -------
    bytes
        The tar.
    list of Place
    """
    buffer, places = io.BytesIO(), []
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for key, files in records:
            members = {}
            for ending in MEMBERS:
                data = files[ending]
                header = tarfile.TarInfo(f"{key}.{ending}")
                header.size, header.mode, header.mtime = len(data), 0o644, 0
                tar.addfile(header, io.BytesIO(data))
                blocks = -(-len(data) // tarfile.BLOCKSIZE)
                members[ending] = (tar.offset - blocks * tarfile.BLOCKSIZE, len(data))
            facts = parse_foreign_json(files["json"])
            stated = {name: facts[name] for name in ("person", "licence", "source", "tone")}
            places.append(Place(key, **stated, members=members))
    return buffer.getvalue(), places


def write_shard(path: Path, records: Iterable[tuple[str, Mapping[str, bytes]]]) -> Shard:
    """Write a shard and its index, each whole or not at all; the shard comes last."""
    data, places = pack(records)
    write_json(index_of(path), {"format": FORMAT, "records": [asdict(place) for place in places]})
    write_bytes(path, data)
    split = path.name.split("-")[0]
    digest = hashlib.sha256(data).hexdigest()
    return Shard(path.name, len(places), split, len(data), digest)  # type: ignore[arg-type]


def index_of(shard: Path) -> Path:
    """Return where the index of a shard lies."""
    return shard.with_name(shard.name + ".index.json")


class ShardSet:
    """A folder of shards, read by index.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    facts : mapping
        What ``shards.json`` says: size, settings, what was left out and why.
    shards : tuple of Shard

    Raises
    ------
    PhotoError
        The folder holds no shards, or their list is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._open: dict[str, int] = {}
        try:
            text = read_foreign_text(folder / SHARDS_FILE, MOST_BYTES)
            self.facts: Mapping[str, Any] = parse_foreign_json(text)
            self.shards = tuple(Shard(**shard) for shard in self.facts["shardlist"])
            # A list from elsewhere names nothing outside of its folder.
            whole = all(Path(shard.url).name == shard.url for shard in self.shards)
        except (OSError, KeyError, TypeError, *JsonError) as failure:
            raise PhotoError("shards_missing", name=folder.name, file=SHARDS_FILE) from failure
        if not whole:
            raise PhotoError("shards_missing", name=folder.name, file=SHARDS_FILE)

    def places(self, shard: Shard) -> list[Place]:
        """Return the records of a shard, as its index has them."""
        path = index_of(self.folder / shard.url)
        try:
            listed = parse_foreign_json(read_foreign_text(path, MOST_BYTES))["records"]
            return [
                Place(**{**record, "members": {k: tuple(v) for k, v in record["members"].items()}})
                for record in listed
            ]
        except (OSError, KeyError, TypeError, AttributeError, *JsonError) as failure:
            raise PhotoError("shard_index_damaged", name=path.name) from failure

    def of_split(self, split: Split) -> list[tuple[Shard, Place]]:
        """Return where every record of one side of the split lies, in its order."""
        found = []
        for shard in self.shards:
            if shard.split == split:
                found += [(shard, place) for place in self.places(shard)]
        return found

    def read(self, shard: Shard, place: Place) -> PhotoRecord:
        """Read one record; PhotoError where it is not what the index says."""
        name = f"{shard.url}/{place.key}"
        try:
            members = {ending: self._bytes(shard, *place.members[ending]) for ending in MEMBERS}
        except (OSError, KeyError) as failure:
            raise PhotoError("shard_record_damaged", name=name) from failure
        record = PhotoRecord.from_members(members, name)
        if record.person != place.person or split_of(record.person) != shard.split:
            raise PhotoError("shard_record_damaged", name=name)
        return record

    def _bytes(self, shard: Shard, first: int, count: int) -> bytes:
        if shard.url not in self._open:
            flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
            self._open[shard.url] = os.open(self.folder / shard.url, flags)
        descriptor = self._open[shard.url]
        if hasattr(os, "pread"):  # several threads may read
            return os.pread(descriptor, count, first)
        os.lseek(descriptor, first, os.SEEK_SET)
        return os.read(descriptor, count)

    def close(self) -> None:
        """Close the shards that were read."""
        while self._open:
            os.close(self._open.popitem()[1])

    def __del__(self) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """What another process gets: it opens the files for itself."""
        return {**self.__dict__, "_open": {}}
