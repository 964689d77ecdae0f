"""The embedded head as it is kept between processes: to derive it takes a quarter of a second."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.head.topology import HeadTopology
from landmarkdiff.weights import DerivedFacts

__all__ = ["derived_from", "packed_head", "unpacked_head"]

_TOPOLOGY = ("triangles", "uv", "twin", "mirror", "midline")
_PART = "part_"
#: What a head is derived with, beside its file: code, points, and the pose that turns it upright.
_CODE = {"landmarkdiff.head": (".py", ".csv"), "landmarkdiff.head.fit": (".py",)}
_POSE = "landmarkdiff.landmarks"


def derived_from(sha256: str) -> str:
    """Return the sum of a head's file and of the code that derives arrays from it."""
    return hashlib.sha256(f"{sha256} {_sum_of_code()} numpy {np.__version__}".encode()).hexdigest()


@cache
def _sum_of_code() -> str:
    found = hashlib.sha256()
    for package, endings in _CODE.items():
        files = [file for file in resources.files(package).iterdir() if file.is_file()]
        for file in sorted(files, key=lambda file: file.name):
            if file.name.endswith(endings):
                found.update(file.read_bytes())
    found.update(resources.files(_POSE).joinpath("pose.py").read_bytes())
    return found.hexdigest()


def packed_head(
    topology: HeadTopology, arrays: Mapping[str, NDArray[Any]], names: Mapping[str, tuple[str, ...]]
) -> DerivedFacts:
    """Return what is kept of a head: its topology, other arrays, and names of directions."""
    kept = {name: getattr(topology, name) for name in _TOPOLOGY}
    kept |= {_PART + name: members for name, members in topology.parts.items()}
    return DerivedFacts({key: list(own) for key, own in names.items()}, kept | dict(arrays))


def unpacked_head(
    kept: DerivedFacts,
) -> tuple[HeadTopology, dict[str, NDArray[Any]], dict[str, tuple[str, ...]]]:
    """Return what :func:`packed_head` was given."""
    arrays = dict(kept.arrays)
    own = {name: arrays.pop(name) for name in _TOPOLOGY}
    parts = [name for name in arrays if name.startswith(_PART)]
    members = {name.removeprefix(_PART): arrays.pop(name) for name in parts}
    names = {key: tuple(found) for key, found in kept.facts.items()}
    return HeadTopology(**own, parts=members), arrays, names
