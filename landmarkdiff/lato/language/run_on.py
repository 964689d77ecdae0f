"""Where a sentence without commas, as it is dictated, goes on to the next part."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token, Tree

from landmarkdiff.lato.language.items import AMOUNTS, NAMES, WAYS, Item, kind_of, tokens_of
from landmarkdiff.lato.language.second_effects import second_effect

__all__ = ["split"]


def split(items: Sequence[Item]) -> list[Sequence[Item]]:
    """Cut the items of a piece where a second part with its own amount begins.

    "Rotate the tip 5 degrees lower the hump 2 mm" begins anew with the verb, "spitze 5 grad hoch
    höcker 2 mm runter" with the part. It is cut only where each half has parts, one amount and a
    way of its own, and where nothing between them could belong to either.

    Parameters
    ----------
    items : sequence of Token or Tree
        Of a piece, in their order.

    Returns
    -------
    list of sequence of Token or Tree
        At least one.
    """
    kinds = _kinds(items)
    kept = _kept(kinds)
    if kept is not None:
        return [*split(items[:kept]), items[kept:]]
    spared = _spared(kinds)
    if spared is not None:
        return [items[:spared], *split(items[spared:])]
    apart = second_effect(items, kinds)
    if apart is not None:
        return [items[:apart], *split(items[apart:])]
    amounts = [place for place, kind in enumerate(kinds) if kind in AMOUNTS]
    names = [place for place, kind in enumerate(kinds) if kind in NAMES]
    if len(amounts) < 2 or len(names) < 2:
        return [items]
    cut = _cut(kinds, amounts, names)
    if cut is None or not _whole(kinds[:cut]):
        return [items]
    rest = split(items[cut:])
    if not all(_whole(_kinds(half)) for half in rest):
        return [items]
    return [items[:cut], *rest]


def _kept(kinds: Sequence[str]) -> int | None:
    """Return where what is to stay begins: "left ear 6 mm back the right stays"."""
    said = [place for place, kind in enumerate(kinds) if kind in (*AMOUNTS, *WAYS)]
    if kinds.count("KEEP") != 1 or not said or not any(kind in NAMES for kind in kinds):
        return None
    keep, last, which = kinds.index("KEEP"), max(said), (*NAMES, "SIDE", "ALL")
    named = any(kind in NAMES for kind in kinds[: last + 1])
    after = [kind for kind in kinds[last + 1 :] if kind in which]
    if not named or not after or keep < last:
        return None
    begun = next(at for at in range(last + 1, len(kinds)) if kinds[at] in (*which, "KEEP"))
    return begun if set(kinds[begun:]) <= {*which, "KEEP", "THAT"} else None


def _spared(kinds: Sequence[str]) -> int | None:
    """Return where goes on what is done without something else: "ohne X anzufassen Y heben"."""
    if kinds[:1] != ["NOT"] or kinds.count("NOT") > 1 or "TOUCH" not in kinds:
        return None
    first = next((at for at, kind in enumerate(kinds) if kind in NAMES), len(kinds))
    begun = max(first, kinds.index("TOUCH")) + 1
    rest = kinds[begun:]
    named, done = (any(kind in group for kind in rest) for group in (NAMES, WAYS))
    return begun if named and done and set(kinds[1:begun]) <= {*NAMES, "SIDE", "TOUCH"} else None


def _cut(kinds: Sequence[str], amounts: Sequence[int], names: Sequence[int]) -> int | None:
    """Return where the second half begins; None where it is not clear."""
    first, amount = names[0], amounts[0]
    if kinds.count("signed") and first < amounts[0] < names[1] < amounts[1]:
        return _before_side(kinds, first, names[1])  # "hump minus 2 mm tip plus 5 degrees"
    if kinds[0] in AMOUNTS and amounts[1] > first:  # "2 mm hump reduction with 4° of rotation"
        return amounts[1]
    ways = [place for place, kind in enumerate(kinds) if kind in WAYS]
    second = next((place for place in names if place > max(amount, first)), None)
    if second is None or not ways:
        return None
    between = [place for place in ways if max(amount, first) < place < second]
    if amounts[1] == amount + 1 and amounts[1] < second:  # "lip lift 1.5 mm with 1 mm tooth show"
        return amounts[1]
    if ways[0] < first and ways[0] < amount:  # "lower the hump 2 mm rotate the tip 5 degrees"
        if between:
            return between[0] if len(between) == 1 else None
        return _before_side(kinds, first, second) if any(way > second for way in ways) else None
    had_way = any(place < max(amount, first) for place in ways)
    if had_way and len(between) == 1 and not any(way > second for way in ways):
        return between[0]  # "advance the maxilla 5 mm mandibular setback 4 mm"
    if kinds[first] == "NAME" and kinds[second] != "NAME" and not (had_way or between):
        return _before_side(kinds, first, second)  # "tip rotation 4 degrees hump minus 2 mm"
    if had_way == bool(between) or len(between) > 1:  # of which of the two is it?
        return None
    return _before_side(kinds, first, second)


def _before_side(kinds: Sequence[str], first: int, second: int) -> int | None:
    """Take a dimension before a part along, and a side if the first part has one before it."""
    if kinds[second - 1] == "DIMENSION":  # "alar base minus 1 mm width of the tip minus 1 mm"
        return second - 1
    if kinds[second - 1] != "SIDE":
        return second
    return second - 1 if "SIDE" in kinds[:first] else None


def _whole(kinds: Sequence[str]) -> bool:
    """Tell whether a half says what, which way and how far."""
    named = any(kind in NAMES for kind in kinds)
    which = any(kind in (*WAYS, "DIMENSION", "NAME", "TURN", "signed") for kind in kinds)
    return named and which and sum(kind in AMOUNTS for kind in kinds) == 1


def _kinds(items: Sequence[Item]) -> list[str]:
    """Return the kinds of items; "less" and "more" between a part and an amount say which way."""
    kinds = [_kind(item) for item in items]
    for place in range(1, len(kinds) - 1):
        of_part = (*NAMES, "DIMENSION", "SIDE")
        beside = kinds[place - 1] in of_part and kinds[place + 1] == "amount"
        behind = kinds[place - 1] == "amount" and kinds[place - 2] in of_part
        behind = behind and kinds[place + 1] in of_part  # "bosse 2 mm en moins base alaire 1 mm"
        if kinds[place] in ("less", "more") and (beside or behind):  # "bosse moins 2 mm"
            kinds[place] = "way"
    return kinds


def _kind(item: Item) -> str:
    if isinstance(item, Token):
        return item.type
    if item.data == "amount":
        return "signed" if tokens_of(item)[0][0] in "+-" else "amount"
    lesser = item.data == "less" and isinstance(item.children[0], Tree)
    return "opposite" if lesser else kind_of(item)
