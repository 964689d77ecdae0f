"""An operation that only brings about what is said of another part: "lip lift: 2 mm more teeth"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.items import NAMES, Item, kind_of, meaning_of, tokens_of

__all__ = ["without_operation"]

#: Parts that are the same for this: what lifts the lip is said of the lip.
_SAME = {"upper_lip": ("lip", "lip_distance"), "upper_jaw": ("jaw",)}


def without_operation(items: Sequence[Item], text: str) -> Sequence[Item]:
    """Return the items without the part and the way that the name of an operation has.

    "The lip lift closes the nasolabial angle by 5 degrees" shortens no lip by degrees. The
    operation's name itself stays, and decides between effects of the same kind.

    Parameters
    ----------
    items : sequence of Token or Tree
        Of a piece, in their order.
    text : str
        From which they were read: a colon after the name makes a heading of it.
    """
    begun = {_start(item) for item in items if kind_of(item) == "PROCEDURE"}
    own = [item for item in items if _start(item) in begun and kind_of(item) != "PROCEDURE"]
    parts = {_value(item) for item in own if kind_of(item) == "PART"}
    if not parts:
        return items
    same = parts.union(*(_SAME.get(part, ()) for part in parts))
    rest = [item for item in items if item not in own]
    other = [item for item in rest if kind_of(item) in NAMES and _value(item) not in same]
    amounts = [at for at, item in enumerate(items) if kind_of(item) == "amount"]
    after = items.index(own[-1]) + 1
    last = max(tokens_of(item)[0].end_pos or 0 for item in own)
    heads = text[last:].lstrip().startswith((":", "："))
    if not other or not (heads or (len(amounts) < 2 and amounts != [after])):
        return items  # "a lip lift of 4 mm with ..."
    return rest


def _start(item: Item) -> int:
    return tokens_of(item)[0].start_pos or 0


def _value(item: Item) -> str:
    return meaning_of(tokens_of(item)[0]).value
