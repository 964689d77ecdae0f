"""What a batch remembers between runs: which photo became which folder, and from what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from landmarkdiff.data_files import JsonError, parse_foreign_json, read_foreign_text
from landmarkdiff.errors import OutputError
from landmarkdiff.photo import write_json

__all__ = ["STATE_FILE", "BatchState", "Counts", "Done", "shown_path"]

STATE_FILE = "batch.json"
_FORMAT = 1
#: Some 100,000 photos.
_MOST_BYTES = 1 << 27


@dataclass(frozen=True)
class Counts:
    """Effects that were planned, effects that were limited, and notices of one photo."""

    effects: int
    limited: int
    warnings: int


@dataclass(frozen=True)
class Done:
    """A finished photo.

    Attributes
    ----------
    folder : str
        Name of the result's folder.
    key : str
        SHA-256 over the photo's content and the request.
    sizes : mapping of str to int
        Bytes of every file of the result.
    counts : Counts
    guard : str or None
        The guard's verdict; None where no network painted.
    """

    folder: str
    key: str
    sizes: Mapping[str, int]
    counts: Counts
    guard: str | None = None

    def complete(self, out: Path) -> bool:
        """Tell whether every file is still there in its full size."""
        for name, size in self.sizes.items():
            path = out / self.folder / name
            if not path.is_file() or path.stat().st_size != size:
                return False
        return True


@dataclass
class BatchState:
    """All finished photos, by a digest of the batch's folder and their path below it."""

    photos: dict[str, Done] = field(default_factory=dict)

    @classmethod
    def read(cls, out: Path) -> BatchState:
        """Read the state of an output folder; empty when there is none.

        Raises
        ------
        OutputError
            A file of that name is there and is not a batch's state.
        """
        path = out / STATE_FILE
        try:
            data = parse_foreign_json(read_foreign_text(path, _MOST_BYTES))
            if data["format"] != _FORMAT:
                raise ValueError("another format")
            return cls({name: _done(entry) for name, entry in data["photos"].items()})
        except FileNotFoundError:
            return cls()
        except (OSError, *JsonError, KeyError, TypeError, AttributeError) as failure:
            raise OutputError("batch_state_foreign", file=STATE_FILE) from failure

    def write(self, out: Path) -> None:
        """Write the state; an interrupted batch resumes from here."""
        data = {
            "format": _FORMAT,
            "photos": {name: asdict(entry) for name, entry in sorted(self.photos.items())},
        }
        write_json(out / STATE_FILE, data)

    def taken_by_others(self, photo: str) -> set[str]:
        """Return the folders that other photos of this batch own, in small letters.

        Names that differ only in case count as equal, as they are on Windows and macOS.
        """
        return {done.folder.casefold() for other, done in self.photos.items() if other != photo}


def _done(entry: dict[str, Any]) -> Done:
    """Read one photo's entry, whose folder and files lie in the output folder and nowhere else."""
    done = Done(**{**entry, "counts": Counts(**entry["counts"])})
    for name in (done.folder, *done.sizes):
        if Path(name).name != name or name in {"", ".", ".."} or "\\" in name or "\0" in name:
            raise ValueError("a name that leads elsewhere")
    if not all(type(size) is int for size in done.sizes.values()):
        raise TypeError("a size that is no number")
    return done


def shown_path(path: Path) -> str:
    """Return a relative path as text that can be printed and written as JSON."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")
