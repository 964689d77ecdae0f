"""Arrays derived from a model file, kept in the store for the processes that follow.

They lie in ``derived/`` beside the model files, under a name that holds the sum of all that they
were made from. A file begins with the SHA-256 of the rest, so that a damaged one is made anew; a
store that may only be read is no obstacle, only slower.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.numerics import pack_arrays, unpack_arrays
from landmarkdiff.weights.store import folders

__all__ = ["DERIVED_FOLDER", "DerivedFacts", "derived"]

#: Below a weights folder.
DERIVED_FOLDER = "derived"
_KIND, _VERSION = b"LDDA", 1
_SUM_BYTES = 32
#: Several versions of the program may share a store; of each kind so many files are kept.
_KEPT = 3


@dataclass(frozen=True, eq=False)
class DerivedFacts:
    """What was derived from a model file.

    Attributes
    ----------
    facts : mapping
        JSON-ready.
    arrays : mapping of str to (n, ...) arrays
        Numbers; read-only where they come from the store.
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, NDArray[Any]]


def derived(what: str, source: str, make: Callable[[], DerivedFacts], beside: Path) -> DerivedFacts:
    """Return what is derived from a model file: kept from before, or made and kept.

    Parameters
    ----------
    what : str
        Names the kind, a word that is part of a file's name.
    source : str
        SHA-256 of all that it is made from, the code included: hexadecimal digits.
    make : callable
        Makes it where it was not kept.
    beside : Path
        The folder of the model file; where it may not be written, the user's own cache is taken.

    Returns
    -------
    DerivedFacts
    """
    name = f"{what}-{source[:32]}.bin"
    places = dict.fromkeys([beside / DERIVED_FOLDER, folders()[-1] / DERIVED_FOLDER])
    for place in places:
        found = _kept(place / name)
        if found is not None:
            return found
    made = make()
    for place in places:
        if _keep(place / name, made):
            _forget_others(place, what)
            break
    return made


def _kept(path: Path) -> DerivedFacts | None:
    """What a file holds; None where there is none, or one that is not whole."""
    try:
        held = np.memmap(path, np.uint8, "r")
        digest = held[:_SUM_BYTES].tobytes()
        body = held[_SUM_BYTES:]
        if hashlib.sha256(body.data).digest() != digest:
            return None
        facts, arrays = unpack_arrays(_KIND, _VERSION, body)
    except (OSError, ValueError):  # an empty file cannot be mapped
        return None
    return DerivedFacts(facts, arrays)


def _keep(path: Path, made: DerivedFacts) -> bool:
    """Write a file whole or not at all; return whether it could be written."""
    body = pack_arrays(_KIND, _VERSION, made.facts, made.arrays)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError:
        return False
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(hashlib.sha256(body).digest())
            stream.write(body)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError:  # the disk is full, or another process has the file open
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def _forget_others(folder: Path, what: str) -> None:
    """Take away the oldest files of a kind."""
    with contextlib.suppress(OSError):  # another process was faster
        files = sorted(folder.glob(f"{what}-*.bin"), key=lambda path: path.stat().st_mtime)
        for path in files[:-_KEPT]:
            path.unlink()
