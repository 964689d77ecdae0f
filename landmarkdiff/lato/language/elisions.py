"""What a shortened clause leaves out: "the upper lid 1 mm up, the lower one 0.5 mm down"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.context import LINKED, Clause
from landmarkdiff.lato.language.piece import Piece

__all__ = ["follow_suit", "lead_amount", "limit_to", "name_after",
           "name_topic_of_sizes", "share_size", "spare_area", "tell_in_detail",
           "topic_of", "whole_of", "wholes_of"]  # fmt: skip

#: Ways that only say more or less of a dimension.
_SIZES = {"reduce", "enlarge", "augment"}
#: Dimensions of which there is more or less; a projection or a rotation goes a way of its own.
_EXTENTS = {"width", "height", "length"}


def whole_of(part: str) -> str:
    """Return the part that has this one as an end, or at another level: the lid of a lower lid."""
    table = concepts()
    return "brow" if table.inside.get(part) == "brow" else table.levels.get(part, part)


def wholes_of(parts: Sequence[str]) -> list[str]:
    """Return of what these parts are ends; the parts themselves where they are of nothing."""
    return [whole_of(part) for part in parts if whole_of(part) != part] or list(parts)


def topic_of(piece: Piece, after: Sequence[Piece]) -> None:
    """Let an operation that stands alone be what all that follows belongs to: "lip lift: ..."."""
    for following in after:
        following.topics += piece.procedures


def lead_amount(clause: Clause, after: Sequence[Piece]) -> None:
    """Give an amount that is put before its part to it: "and, by 4 mm, the tail"."""
    piece = clause.piece
    following = after[0] if after else None
    if following is None or following.before != "COMMA" or piece.before != "AND":
        return
    plain = piece.order in (["amount"], ["GRADE"]) and not (piece.zones or piece.doubt)
    named = following.targets or following.zones
    said = {*following.order} - {"PART", "NAME", "SIDE"} or following.doubt or following.unknown
    if plain and named and not said:
        following.amounts, following.grades = list(piece.amounts), list(piece.grades)
        following.order += piece.order
        following.before, following.start = "AND", piece.start
        piece.amounts, piece.grades, clause.refers = [], [], True


def name_after(clause: Clause, before: Clause | None) -> bool:
    """Let a part be named after what is done to it: "I'd like it 1 mm wider, my chin"."""
    piece = clause.piece
    if before is None or piece.before != "COMMA" or not (before.refers and piece.targets):
        return False
    said = before.piece
    whole = said.ways and (said.amounts or said.grades) and not said.relatives
    if not whole or said.targets or said.not_ or said.keep or before.refused is not None:
        return False
    piece.ways, piece.opposites = said.ways, said.opposites
    piece.amounts, piece.grades = said.amounts, said.grades
    piece.marks, piece.sides = {**said.marks, **piece.marks}, piece.sides or said.sides
    piece.start = said.start
    said.ways, said.opposites, said.amounts, said.grades = [], [], [], []
    return True


def share_size(clause: Clause, before: Clause | None, after: Sequence[Piece]) -> None:
    """Let a second dimension be made more or less as the first: "2 mm of height and 1 of width"."""
    piece = clause.piece
    dimensions = {*piece.dimensions, *(name.rpartition("_")[2] for name in piece.names)}
    if not (piece.amounts or piece.grades) or piece.ways or piece.relatives or piece.remedial:
        return
    if not (dimensions and dimensions <= _EXTENTS) or any(one.signed for one in piece.amounts):
        return
    own = {"PART", "NAME"} & set(piece.order)
    onward = after[0] if after and after[0].before == "AND" else None
    for other in (None if before is None or before.refused else before.piece, onward):
        if other is None or not (other.amounts or other.grades):
            continue
        sizes = {*other.ways} <= _SIZES and not _EXTENTS.isdisjoint(other.dimensions)
        sized = sizes and not own
        ends = [concepts().ends_of("", one) for one in dimensions - {"height"}]
        alike = len(other.ways) == 1 and any(other.ways[0] in pair for pair in ends)
        spared = other.not_ or other.keep or other.undo or other.doubt or other.unknown
        if not (sized or alike) or spared:
            continue
        if other.ways:
            piece.ways = list(other.ways)
        elif other.relatives in (["more"], ["less"]):
            piece.ways = ["enlarge" if other.relatives == ["more"] else "reduce"]
        return


def tell_in_detail(clause: Clause, after: Sequence[Piece]) -> None:
    """Let "arch the brows: the middle 4 mm higher" be the middle alone."""
    piece = clause.piece
    following = after[0] if after else None
    told = piece.ways or piece.found  # "bigger eyes: upper lid 0.4 mm up"
    if following is None or not following.detailed or not (told and piece.parts):
        return
    doubtful = len(piece.doubt) > bool(piece.found)
    raised = any(one.signed and one.value > 0.0 for one in following.amounts)
    same = {*piece.ways} & {*following.ways} or ("up" in piece.ways and raised)
    other = piece.remedial and not same  # "too high: ... higher"
    said = piece.amounts or piece.grades or other or piece.not_ or doubtful
    inside = concepts().inside
    inner = [part for part in following.parts if inside.get(part) in piece.parts]
    within = bool(following.parts) and len(inner) == len(following.parts)
    if not following.targets:
        within = bool(following.zones)
    if within and not (said or piece.unknown) and (following.amounts or following.grades):
        clause.refers = True
        following.parts = following.parts or list(piece.parts)
        following.sides = following.sides or list(piece.sides)
        piece.ways, piece.relatives, piece.doubt, piece.found = [], [], [], []


def limit_to(clause: Clause, before: Clause | None) -> None:
    """Let "a brow lift, the tails only" be of the tails alone."""
    piece = clause.piece
    if before is None or piece.before != "COMMA" or "JUST" not in piece.marks:
        return
    said, inside = before.piece, concepts().inside
    if piece.not_ and said.ways and set(piece.order) <= {"NOT", "PART", "SIDE"}:
        piece.not_, piece.parts, piece.sides = False, [], []
        clause.refers = clause.aside = True  # "a brow lift, not only the tails"
        return
    again = {*piece.order} <= {"PART", "way"} and piece.ways == said.ways  # "raise only the tails"
    if not (piece.bare or again):
        return
    within = piece.parts and all(inside.get(part) in said.parts for part in piece.parts)
    if within and said.ways and not (said.names or said.not_ or said.keep or said.remedial):
        said.parts, said.sides = list(piece.parts), said.sides or list(piece.sides)
        piece.ways = []
        clause.refers = clause.aside = True  # "only the tails, 2.5 mm"


def name_topic_of_sizes(clause: Clause, after: Sequence[Piece]) -> None:
    """Let a part alone be what the sizes after it are of: "on the bridge, 2 mm less height"."""
    piece = clause.piece
    following = after[0] if after and after[0].before == "COMMA" else None
    if following is None or not (piece.bare and piece.parts):
        return
    sizes = following.dimensions and following.amounts and not following.targets
    clause.refers |= bool(sizes)


def spare_area(piece: Piece, after: Sequence[Piece]) -> None:
    """Let "the nose, leave it as it is" keep the nose."""
    following = after[0] if after and after[0].before in LINKED else None
    if following is None or not piece.areas or piece.not_:
        return
    kept = following.keep or following.let or (following.not_ and "TOUCH" in following.marks)
    if kept and not (following.targets or following.areas or following.amounts or following.ways):
        following.areas = list(piece.areas)


def follow_suit(piece: Piece, made: Sequence[Clause], after: Sequence[Piece]) -> None:
    """Let a part be treated as the one before it: "right ear back 10 mm; the left one, 7 mm"."""
    last = made[-1] if made else None
    measured = bool(piece.amounts or piece.grades)
    following = after[0] if after and after[0].before == "COMMA" else None
    measured |= following is not None and following.order in (["amount"], ["GRADE"])
    if last is None or piece.before != "STOP" or last.refused is not None or not measured:
        return
    said = last.piece
    plain = (piece.targets or piece.sides) and {*piece.order} <= {"PART", "SIDE", "amount", "GRADE"}
    whole = said.ways and (said.amounts or said.grades) and said.parts and not said.relatives
    if not (plain and whole) or said.not_ or said.keep or any(one.signed for one in piece.amounts):
        return
    parts = piece.parts or said.parts
    if _owners(parts, said.ways) == _owners(said.parts, said.ways):
        piece.parts, piece.ways = list(parts), list(said.ways)


def _owners(parts: Sequence[str], ways: Sequence[str]) -> set[str]:
    """Return the procedures by which parts go a way."""
    table = concepts()
    cells = [table.cells(part) for part in parts]
    found = [cell[one] for cell in cells for way in ways for one in way.split("/") if one in cell]
    return {move.key.partition(".")[0] for cell in found for move in cell.moves}
