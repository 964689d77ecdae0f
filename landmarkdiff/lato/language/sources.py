"""Of which part a clause speaks that names none: the one before it, or the one after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.context import Clause
from landmarkdiff.lato.language.piece import Piece

__all__ = ["fitting", "has_object", "sized"]


def has_object(piece: Piece, following: Piece, last: Clause | None) -> bool:
    """Whether what follows names the part of this: "turn up 2° and set back 1 mm the tip"."""
    if not following.targets or piece.that:
        return False
    first = last is None and following.before == "AND" and "way" in following.order
    sized = following.before == "AND" and piece.dimensions and following.dimensions
    return not piece.amounts or bool(first or sized)


def _of_nose(backward: Piece, dimensions: Sequence[str]) -> bool:
    """Whether a projection or rotation, said after the bridge or the base, is the tip's."""
    nose = {"hump", "bridge", "bony_bridge", "alar_base"}
    return set(dimensions) <= {"projection", "rotation"} and nose.issuperset(backward.parts or [""])


def sized(piece: Piece, backward: Piece) -> Piece:
    """Return what was said last with its parts of a dimension: "bridge: hump less, width less"."""
    if _of_nose(backward, piece.dimensions):
        return replace(backward, parts=["tip"], names=[], sides=[])
    if len(backward.parts) < 2:
        return backward
    ways = {"width": ("narrow", "wide"), "length": ("short", "long")}
    wanted = ways.get(piece.dimensions[0], ()) if len(piece.dimensions) == 1 else ()
    table = concepts()
    parts = [part for part in backward.parts if any(way in table.cells(part) for way in wanted)]
    return replace(backward, parts=parts) if parts else backward


def fitting(piece: Piece, backward: Piece, following: Piece) -> tuple[Piece | None, Piece | None]:
    """Keep of two pieces those whose parts can move this way."""
    table = concepts()

    def fits(other: Piece) -> bool:
        return bool(other.names) or any(
            one in table.cells(part)
            for part in other.parts
            for way in piece.ways
            for one in way.split("/")
        )

    return (backward if fits(backward) else None, following if fits(following) else None)
