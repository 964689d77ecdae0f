"""What is said of reasons and times, and asks for nothing: "since my youth", "because I sing"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.items import Item, kind_of, tokens_of

__all__ = ["without_circumstances"]

#: What a clause of circumstance may hold; a part, a side, a way or a length makes it an order.
_IDLE = {"UNKNOWN", "MAKE", "COPULA", "LOOK", "HAVE", "THAT", "GRADE", "EXPRESSION", "COMPLAINT",
         "JUST", "UPON", "ALL", "TAKE", "AGENT", "EVERY"}  # fmt: skip
#: What the sentence goes on with after a circumstance that was put first.
_ONWARD = ("MAKE", "HAVE")


def without_circumstances(items: Sequence[Item]) -> list[Item]:
    """Return the items of a piece without a circumstance at its end, or one that was put first.

    "The hump bothers me since my youth" is of the hump alone, and "as a singer I want" begins
    with what is wanted. A circumstance that names more than that is left as it is.

    Parameters
    ----------
    items : sequence of Token or Tree
        Of a piece, in their order.
    """
    kinds = [_kind(item) for item in items]
    if "CIRCUMSTANCE" not in kinds:
        return list(items)
    begun = kinds.index("CIRCUMSTANCE")
    after = kinds[begun + 1 :]
    kept = list(items[:begun])
    if all(kind in _IDLE or kind == "CIRCUMSTANCE" for kind in after):
        said = {*kinds[:begun]} - {"THAT", "COMPLAINT", "COPULA", "HAVE", "LOOK", "GRADE", "UPON"}
        return kept if said else []  # "it has bothered me since I was twelve"
    named = next((at for at, kind in enumerate(after) if kind != "UNKNOWN"), len(after))
    if after[named : named + 1] and after[named] in _ONWARD:
        return without_circumstances([*kept, *items[begun + 1 + named :]])
    return without_circumstances([*kept, *items[begun + 1 :]])


def _kind(item: Item) -> str:
    """Return the kind of an item; a number without a unit is one of years or of people."""
    kind = kind_of(item)
    bare = kind == "amount" and all(token.type == "NUMBER" for token in tokens_of(item))
    return "UNKNOWN" if bare else kind
