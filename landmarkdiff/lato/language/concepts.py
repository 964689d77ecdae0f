"""Which way of which part is which effect: the table behind all languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.ends import EndWord
from landmarkdiff.procedures.procedure import procedure, procedures

__all__ = ["Cell", "Concepts", "Move", "can_go", "concepts", "effect_of", "other_sizes"]

#: The way that each end of a slider is.
_WAY_OF_END: Mapping[EndWord, str] = {
    "back": "back", "deeper": "deep", "farther": "farther", "forward": "forward", "higher": "up",
    "longer": "long", "looser": "loose", "lower": "down", "narrower": "narrow",
    "nearer": "nearer", "shorter": "short", "softer": "soft", "tighter": "tight",
    "turned_down": "down", "turned_up": "up", "wider": "wide",
}  # fmt: skip


@dataclass(frozen=True)
class Move:
    """An effect with the sign of its value.

    Attributes
    ----------
    key : str
        ``procedure.effect``.
    sign : {1, -1}
    """

    key: str
    sign: int


@dataclass(frozen=True)
class Cell:
    """What a way of a part stands for.

    Attributes
    ----------
    moves : tuple of Move
    together : bool
        Whether all of them are meant; otherwise one of them is.
    """

    moves: tuple[Move, ...]
    together: bool = False


class Concepts:
    """The table of parts and ways, and what goes with it.

    Attributes
    ----------
    ways : sequence of str
        All that a part can go; each has an opposite or a remedy.
    parts : mapping of part to mapping of way to Cell
    opposites : mapping of way to way
        Both ways round.
    inside : mapping of part to part
        The part that contains it.
    faults : frozenset of str
        Parts of which one wants less.
    skin_folds : mapping of part to part
        What the skin of a part is: that of the eye hangs over the lid.
    drooping : mapping of part to part
        What hangs where a part is said to: a droopy eye has a droopy upper lid.
    levels : mapping of part to part
        What an upper and a lower one are of: "the upper lid 1 mm up, the lower one 1 mm down".
    zones : mapping of zone to mapping of part to part
        What one end of a part is: the brow at its outer end is its tail.
    of_part : mapping of effect to part
        What is meant by an effect's name where the effect itself cannot go that way.
    homes : mapping of effect to part
        The part that an effect is known for where it is of two.
    postures : frozenset of str
        Parts that go up and down with the head.
    hinged : frozenset of str
        Parts that turn about a hinge: up is forward, and down is back.
    bare : mapping of effect to sign
        Which way an effect goes that is called by its name alone.
    signed : mapping of part to pair of str
        The ways that minus and plus are of a part: "hump -2 mm".
    relative, expression, turn_degrees : mapping of grade to float
    """

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.parts = {
            part: {way: _cell(text) for way, text in cells.items()}
            for part, cells in data["parts"].items()
        }
        self.opposites = {**data["opposites"], **{b: a for a, b in data["opposites"].items()}}
        self.ways: Sequence[str] = data["ways"]
        self._remedies: Mapping[str, str] = data["remedies"]
        self.inside: Mapping[str, str] = data["inside"]
        self.faults = frozenset(data["faults"])
        self.skin_folds: Mapping[str, str] = data["skin_folds"]
        self.drooping: Mapping[str, str] = data["drooping"]
        self.levels: Mapping[str, str] = data["levels"]
        self.zones: Mapping[str, Mapping[str, str]] = data["zones"]
        self.of_part: Mapping[str, str] = data["of_part"]
        self.homes: Mapping[str, str] = data["homes"]
        self.postures = frozenset(data["postures"])
        self.hinged = frozenset(data["hinged"])
        self.bare: Mapping[str, int] = data["bare"]
        self.signed: Mapping[str, tuple[str, str]] = data["signed"]
        self.relative: Mapping[str, float] = data["relative"]
        self.expression: Mapping[str, float] = data["expression"]
        self.turn_degrees: Mapping[str, float] = data["turn_degrees"]
        self._dimensions: Mapping[str, tuple[str, str]] = data["dimensions"]
        self._heights: Mapping[str, tuple[str, str]] = data["heights"]
        self._more_is_negative = frozenset(data["more_is_negative"])

    def remedy(self, way: str) -> str:
        """Return what is to be done about too much of a way; "a/b" as in a lexicon."""
        return "/".join(self._remedies.get(one) or self.opposites[one] for one in way.split("/"))

    def cells(self, part: str) -> Mapping[str, Cell]:
        """Return the ways of a part."""
        return self.parts.get(part, {})

    def around(self, part: str) -> set[str]:
        """Return all parts that contain a part: the eye and its lid contain the hood."""
        outer = {one for one in (self.inside.get(part), self.levels.get(part)) if one is not None}
        return outer.union(*(self.around(one) for one in outer))

    def parts_of(self, key: str, ways: Sequence[str]) -> list[str]:
        """Return the parts that an effect is of, and that can go these ways."""
        return [
            part
            for part, cells in self.parts.items()
            if any(move.key == key for cell in cells.values() for move in cell.moves)
            and all(any(one in cells for one in way.split("/")) for way in ways)
        ]

    def moves_within(self, area: str, ways: Sequence[str]) -> list[Move]:
        """Return how the parts of a procedure's region go these ways, by whichever operation.

        They are the parts that the procedure itself can make less: a lip lift widens the base of
        the nose, which is the nose's nevertheless.
        """
        wanted = {one for way in ways for one in way.split("/")}
        own = [
            cells
            for cells in self.parts.values()
            if "reduce" in cells
            and any(move.key.startswith(f"{area}.") for move in cells["reduce"].moves)
        ]
        moves = [
            move for cells in own for way in wanted & cells.keys() for move in cells[way].moves
        ]
        return list(dict.fromkeys(moves))

    def ends_of(self, part: str, dimension: str) -> tuple[str, str]:
        """Return the ways that are less and more of a dimension of a part."""
        if dimension == "height" and part in self._heights:
            return self._heights[part]
        return self._dimensions[dimension]

    def named(self, key: str) -> Mapping[str, Cell]:
        """Return the ways of an effect that is called by its name."""
        found = {
            way: Cell(tuple(move for move in cell.moves if move.key == key))
            for cells in self.parts.values()
            for way, cell in cells.items()
            if any(move.key == key for move in cell.moves)
        }
        name, _, effect = key.partition(".")
        ends = procedure(name).ends.get(effect)
        if ends is not None:
            for sign, end in zip((-1, 1), ends, strict=True):
                found[_WAY_OF_END[end]] = Cell((Move(key, sign),))
        more = -1 if key in self._more_is_negative else 1
        for way in ("enlarge", "augment"):
            found[way] = Cell((Move(key, more),))
        found["reduce"] = Cell((Move(key, -more),))
        if effect_of(key).unit == "deg" and key in self.bare:
            found["rotate"] = Cell((Move(key, self.bare[key]),))
        return found


def _cell(text: str) -> Cell:
    together = "&" in text
    moves = text.replace("&", "|").split("|")
    return Cell(
        tuple(Move(move.strip()[:-1], 1 if move.strip()[-1] == "+" else -1) for move in moves),
        together,
    )


def effect_of(key: str) -> Effect:
    """Return the effect of a key ``procedure.effect``."""
    name, _, effect = key.partition(".")
    return procedure(name).effect(effect)


def other_sizes(keys: Iterable[str], dimensions: Iterable[str]) -> list[str]:
    """Return the effects of the same parts that are called by other dimensions.

    >>> other_sizes(["rhinoplasty.tip_rotation"], ["projection"])
    ['rhinoplasty.tip_projection']
    """
    sizes = list(dimensions)
    parts = dict.fromkeys(key.rpartition("_")[0] for key in keys)
    wanted = [f"{part}_{size}" for part in parts for size in sizes]
    every = {f"{name}.{one.name}" for name in procedures() for one in procedure(name).effects}
    return [key for key in wanted if key in every]


def can_go(move: Move) -> bool:
    """Tell whether the band of an effect has room in a direction."""
    band = effect_of(move.key).band
    return (band.high > 0) == (move.sign > 0) or bool(band.reverse)


@cache
def concepts() -> Concepts:
    """Return the table, once every effect in it was found among the presets."""
    file = resources.files("landmarkdiff.lato.language") / "concepts.yaml"
    table = Concepts(parse_yaml(file.read_text(encoding="utf-8")))
    for cells in table.parts.values():
        for cell in cells.values():
            for move in cell.moves:
                effect_of(move.key)
    return table
