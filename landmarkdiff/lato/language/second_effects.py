"""Where a second effect begins in a piece: "chin 4 mm forward with 2 degrees of rotation"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.items import AMOUNTS, NAMES, WAYS, Item, meaning_of, tokens_of

__all__ = ["second_effect"]

_TURNS = ("rotate", "clockwise", "counterclockwise", "open", "close")


def second_effect(items: Sequence[Item], kinds: Sequence[str]) -> int | None:
    """Return where a second effect begins that has an amount or a degree; None where none does.

    Parameters
    ----------
    items : sequence of Token or Tree
        Of a piece, in their order.
    kinds : sequence of str
        Of the items.
    """
    found = (
        _turning(items, kinds), _other_unit(items, kinds), _smiling(kinds), _a_little(kinds)
    )  # fmt: skip
    return next((begun for begun in found if begun is not None), None)


def _smiling(kinds: Sequence[str]) -> int | None:
    """Return where goes on what is seen with an expression: "a slight smile with the hump down"."""
    if kinds.count("EXPRESSION") != 1:
        return None
    begun = kinds.index("EXPRESSION") + 1
    while kinds[begun : begun + 1] == ["GRADE"]:
        begun += 1
    before, rest = kinds[:begun], kinds[begun:]
    named = any(kind in NAMES for kind in rest) and any(kind in WAYS for kind in rest)
    plain = not {*NAMES, *WAYS, "NOT", "KEEP"} & set(before)
    return begun if named and plain and any(kind in AMOUNTS for kind in rest) else None


def _turning(items: Sequence[Item], kinds: Sequence[str]) -> int | None:
    """Return where the turn begins of what moves too: "chin 4 mm forward with 2° of rotation"."""
    amounts = [place for place, kind in enumerate(kinds) if kind in AMOUNTS]
    if len(amounts) != 2 or sum(kind in NAMES for kind in kinds) != 1:
        return None
    if [_unit(items[place]) for place in amounts] != ["mm", "deg"]:
        return None
    begun = amounts[1]
    while begun - 1 > amounts[0] and _turns(items[begun - 1]):
        begun -= 1
    moved = any(kind in WAYS for kind in kinds[:begun])
    turned = any(_turns(item) for item in items[begun:])
    return begun if moved and turned else None


def _a_little(kinds: Sequence[str]) -> int | None:
    """Return where another dimension has a degree: "chin 3 mm forward with a bit more height"."""
    amounts = [place for place, kind in enumerate(kinds) if kind in AMOUNTS]
    names = [place for place, kind in enumerate(kinds) if kind in NAMES]
    if len(amounts) != 1 or kinds.count("GRADE") != 1:
        return None
    begun = kinds.index("GRADE")
    if len(names) == 2 and begun > amounts[0] and max(amounts[0], names[0]) < names[1]:
        return _second(kinds, max(amounts[0], names[0]), names[1])
    if len(names) != 1:
        return None
    rest = kinds[begun:]
    moved = any(kind in WAYS for kind in kinds[:begun])
    return begun if begun > amounts[0] and moved and "DIMENSION" in rest else None


def _second(kinds: Sequence[str], first: int, name: int) -> int | None:
    """Return where a second part with a degree begins: "lid 1 mm up with the brow a bit lower"."""
    begun = name
    while begun - 1 > first and kinds[begun - 1] in (*WAYS, "GRADE", "DIMENSION"):
        if not any(kind in WAYS for kind in kinds[: begun - 1]):
            break
        begun -= 1
    half, rest = kinds[:begun], kinds[begun:]
    whole = any(kind in WAYS for kind in half) and any(kind in WAYS for kind in rest)
    return begun if whole and "GRADE" in rest else None


def _unit(item: Item) -> str:
    units = [token for token in tokens_of(item) if token.type in ("UNIT", "ONE_UNIT")]
    return meaning_of(units[0]).value if units else ""


def _turns(item: Item) -> bool:
    """Whether an item is of a rotation."""
    value = meaning_of(tokens_of(item)[-1]).value
    return value == "rotation" or value.partition("/")[0] in _TURNS


def _other_unit(items: Sequence[Item], kinds: Sequence[str]) -> int | None:
    """Return where another effect of the one part begins: "tip back 3 mm with 2° of rotation"."""
    amounts = [place for place, kind in enumerate(kinds) if kind in AMOUNTS]
    names = [place for place, kind in enumerate(kinds) if kind in NAMES]
    if len(amounts) != 2 or len(names) != 1 or names[0] > amounts[0]:
        return None
    units = {_unit(items[place]) for place in amounts}
    begun = amounts[0] + 1
    told = all(
        any(kind in (*WAYS, "DIMENSION") for kind in half)
        for half in (kinds[:begun], kinds[begun:])
    )
    return begun if told and len(units) == 2 and "" not in units else None
