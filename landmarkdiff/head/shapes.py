"""The shapes ("targets") of the compact head, and the directions of shape that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.head.atlas import TextureAtlas

__all__ = ["Shapes"]

#: Share of the young and the old shape in the average: the patients of facial surgery are of
#: middle age, and the old shape is that of a very old person.
_YOUNG, _OLD = 0.7, 0.3
#: Standard deviation of the share of each direction, by the folder of its shape; ``asym`` and
#: differences of left and right move one half of the face only.
_SPREAD: Mapping[str, float] = {
    "macrodetails": 0.15,
    "head": 0.12,
    "forehead": 0.18,
    "eyebrows": 0.15,
    "eyes": 0.15,
    "nose": 0.18,
    "cheek": 0.18,
    "mouth": 0.16,
    "chin": 0.18,
    "neck": 0.2,
    "ears": 0.18,
    "asym": 0.06,
}
#: Of what left and right differ in, as a share of the spread that they have in common.
_UNLIKE = 0.25
#: A shape whose two sides differ by less than this, mm, is alike on both.
_SAME_MM = 0.15
#: Opposite ends of one direction in the names of the shapes.
_OPPOSITES = (
    ("incr", "decr"),
    ("up", "down"),
    ("in", "out"),
    ("forward", "backward"),
    ("convex", "concave"),
    ("compress", "uncompress"),
    ("maxweight", "minweight"),
    ("1", "2"),
)


class Shapes:
    """The shapes ("targets") of the file, in millimetres."""

    def __init__(self, held: Mapping[str, NDArray[Any]]) -> None:
        self._count = len(held["vertices"])
        self._names = [name.decode() for name in held["target_names"].tolist()]
        starts = held["target_starts"].astype(np.intp)
        self._rows = {
            name: slice(int(starts[place]), int(starts[place + 1]))
            for place, name in enumerate(self._names)
        }
        self._vertices = held["target_vertices"].astype(np.intp)
        self._offsets = held["target_offsets"] * np.float32(0.1)
        self._mirror = held["mirror"].astype(np.intp)

    def dense(self, name: str) -> NDArray[np.float32]:
        """Displacement of every vertex by a shape, (n, 3) mm."""
        moved = np.zeros((self._count, 3), np.float32)
        moved[self._vertices[self._rows[name]]] = self._offsets[self._rows[name]]
        return moved

    def moved_by(self, name: str, share: float) -> BoolArray:
        """Vertices that a shape moves by at least a share of its largest displacement."""
        moved = np.linalg.norm(self.dense(name), axis=1)
        return np.asarray(moved >= share * moved.max())

    def _people(self) -> list[str]:
        return [n for n in self._names if n.startswith("macrodetails/") and "universal" not in n]

    def average_macro(self) -> FloatArray:
        """Mean of the shapes of all peoples and both sexes, young and old."""
        people = self._people()
        share = {"young": _YOUNG, "old": _OLD}
        total = np.zeros((self._count, 3))
        for name in people:
            total += self.dense(name) * share[name.rsplit("-", 1)[1]]
        return np.asarray(total / (len(people) / 2))

    def directions(self) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Names and displacements by one standard deviation, (K, n, 3) mm."""
        names: list[str] = []
        found = np.empty((len(self._names), self._count, 3), np.float32)
        for name, moved in self._directions():
            found[len(names)] = moved
            names.append(name)
        return tuple(names), found[: len(names)]

    def _mean(self, names: list[str]) -> NDArray[np.float32]:
        """Mean displacement by some shapes, (n, 3) mm."""
        return np.asarray(np.mean([self.dense(name) for name in names], axis=0), np.float32)

    def _directions(self) -> Iterator[tuple[str, NDArray[np.float32]]]:
        people = self._people()
        flip = np.array([-1.0, 1.0, 1.0], np.float32)
        mean = {age: self._mean([n for n in people if n.endswith(age)]) for age in ("young", "old")}
        for name in people:
            age = name.rsplit("-", 1)[1]
            yield name, np.float32(_SPREAD["macrodetails"]) * (self.dense(name) - mean[age])
        yield (
            "macrodetails/age",
            np.float32(_SPREAD["macrodetails"]) * (mean["old"] - mean["young"]),
        )
        for name, whole in self._pairs(people):
            folder = name.split("/")[0]
            moved = np.float32(_SPREAD[folder]) * whole
            mirrored = moved[self._mirror] * flip
            if folder == "asym":
                yield name, moved
            elif np.abs(moved - mirrored).max() < _SAME_MM:
                yield name, np.float32(0.5) * (moved + mirrored)
            elif "/l-" in name:  # of both sides: alike, and differing
                both = name.replace("/l-", "/")
                yield both, moved + mirrored
                yield both + "-unlike", np.float32(_UNLIKE) * (moved - mirrored)
            else:
                yield name, moved

    def _pairs(self, people: list[str]) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Every direction once: half the way between its two ends, or the one that there is."""
        taken = {name for name in self._names if name in people}
        taken |= {n for n in self._names if n.startswith("expression/") or "/r-" in n}
        for name in self._names:
            if name in taken:
                continue
            taken.add(name)
            other = self._opposite(name)
            moved = self.dense(name)
            if other is not None and other not in taken:
                taken.add(other)
                moved -= self.dense(other)
                moved /= 2
            yield name, moved

    def _opposite(self, name: str) -> str | None:
        for pair in _OPPOSITES:
            for one, other in (pair, pair[::-1]):
                for cut in ("-" + one, "_" + one):
                    if name.endswith(cut):
                        found = name.removesuffix(one) + other
                        if found in self._rows:
                            return found
        return None

    def expressions(self) -> tuple[tuple[str, ...], NDArray[np.float32]]:
        """Names and displacements of the units of expression, (E, n, 3) mm."""
        names = [name for name in self._names if name.startswith("expression/")]
        units = tuple(name.removeprefix("expression/") for name in names)
        return units, np.stack([self.dense(name) for name in names])

    def regions(self, skin: BoolArray, atlas: TextureAtlas) -> dict[str, IndexArray]:
        """Regions of the skin, by what the shapes of that region move."""
        left = self.moved_by("ears/l-ear-wing-incr", 0.1)
        return {
            "left_ear": np.flatnonzero(left),
            "right_ear": np.flatnonzero(left[self._mirror]),
            "upper_lip": np.flatnonzero(
                self.moved_by("mouth/mouth-upperlip-volume-incr", 0.3) & skin
            ),
            "lower_lip": np.flatnonzero(
                self.moved_by("mouth/mouth-lowerlip-volume-incr", 0.3) & skin
            ),
            "nose": np.flatnonzero(self.moved_by("nose/nose-volume-incr", 0.1) & skin),
            "inside": np.flatnonzero(atlas.inside & skin),
        }
