"""What an amount, a degree or a side that stands alone is of."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.complaints import place
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.context import Clause, doubt_of
from landmarkdiff.lato.language.elisions import whole_of, wholes_of
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason

__all__ = ["copy_action", "head_of_brow", "name_brow_head", "of_brow", "rotate_part",
           "soften_by_filling", "take_amount", "take_target", "widen"]  # fmt: skip


def take_amount(clause: Clause, before: Clause | None, made: Sequence[Clause]) -> None:
    """Let an amount, a degree or a side that stands alone complete what was said before it."""
    piece = clause.piece
    if before is not None and piece.remedial and before.piece.remedial:
        clause.refers = True  # "a receding chin, please correct it"
    elif (
        before is not None
        and not before.piece.amounts
        and (not before.piece.grades or piece.amounts)
        and not (before.piece.grades and _of_another(piece, before.piece))
    ):  # also "a bit more, like 3 degrees"
        before.piece.amounts, before.piece.grades = list(piece.amounts), list(piece.grades)
        before.piece.sides += piece.sides
        before.piece.end = max(before.piece.end, piece.end)
        before.piece.zones, piece.zones = dict(piece.zones), {}
        place(before.piece)
        before.refused = before.refused or doubt_of(before.piece, None)
        clause.refers = True
    elif before is not None and piece.grades and before.piece.grades == piece.grades:
        clause.refers = True  # "a lot further forward, really a lot"
    elif before is not None and before.piece.head:
        piece.head, piece.turns = True, list(before.piece.turns)
    elif piece.resets:
        clause.refers = True  # "make it 3 mm"
    elif before is not None and (other := _other(piece, made)) is not None:
        piece.parts, piece.names = list(other.parts), list(other.names)
        copy_action(other, piece)
        if piece.zones:
            piece.parts = wholes_of(piece.parts)
    else:
        clause.refused = Reason.of("words_without_part")
        if (
            before is not None
            and before.piece.amounts
            and piece.amounts
            and (piece.before == "AND")
        ):  # "treinta y cinco por ciento"
            before.refused = clause.refused = Reason.of("words_two_numbers")


def soften_by_filling(clause: Clause, made: Sequence[Clause]) -> None:
    """Let "fill the folds, 20 % softer" be one filling, and how far it goes."""
    filled = next((one for one in reversed(made) if one.piece.targets), None)
    if filled is None or filled.refused or clause.refused or filled.piece.keep:
        return
    first, piece = filled.piece, clause.piece
    if (first.parts, first.names) != (piece.parts, piece.names):
        return
    table = concepts()
    if first.ways == ["fill"]:
        soft = {*piece.ways, *(table.opposites.get(way, way) for way in piece.opposites)}
    elif piece.ways == ["fill"]:
        soft = set(first.ways)
    else:
        return
    plain, told = (first, piece) if first.ways == ["fill"] else (piece, first)
    if not soft or not soft <= {"soft", "reduce"} or plain.amounts or plain.grades:
        return
    told.ways, told.opposites, plain.ways = ["fill"], [], []
    told.sides = told.sides or list(plain.sides)
    (filled if plain is first else clause).refers = True


def name_brow_head(piece: Piece, made: Sequence[Clause]) -> None:
    """Let the head be that of the brow of which was spoken: "the tail 3 mm, the head stays"."""
    last = next((one.piece for one in reversed(made) if one.piece.targets), None)
    plain = piece.head and not (piece.targets or piece.turns or piece.sides or piece.face)
    if (
        last is None
        or not plain
        or not all(part == "brow" or of_brow(part) for part in last.parts or [""])
    ):
        return
    lengths = all(amount.unit == "mm" for amount in piece.amounts)
    headed = made[-1].piece.bare or made[-1].refers  # "left brow: head a little higher"
    if "LOOK" in piece.marks or not lengths or (piece.ways and not (piece.amounts or headed)):
        return
    ends = [concepts().zones[zone]["brow"] for zone in piece.zones]
    piece.head, piece.zones, piece.parts = False, {}, ["brow_head", *ends]


def _of_another(piece: Piece, before: Piece) -> bool:
    """Whether it is of the other side or another end: "the right ear a bit, the left 9 mm"."""
    return bool(piece.zones) or {"left", "right"} == {*piece.sides, *before.sides}


def head_of_brow(piece: Piece, coming: Piece) -> None:
    """Let what comes be of the head of the brow that stands alone: "left brow, head higher"."""
    plain = coming.head and not (coming.face or coming.turns or "LOOK" in coming.marks)
    if plain and coming.parts == ["brow"] and not piece.zones:
        lengths = all(amount.unit == "mm" for amount in coming.amounts)
        if lengths:
            coming.head, coming.parts = False, ["brow_head"]


def rotate_part(piece: Piece, before: Clause | None) -> None:
    """Let a rotation after the tip be of it, and no turn: "tip back 3 mm, 2° of rotation up"."""
    turned = before.piece if before is not None and before.refused is None else None
    if turned is None or piece.head or piece.face or piece.targets or piece.sides:
        return
    parts = concepts().hinged | {"tip"}
    if piece.turns == ["yaw"] and piece.ways and turned.parts and parts.issuperset(turned.parts):
        piece.turns, piece.dimensions = [], ["rotation"]


def take_target(piece: Piece, source: Piece) -> None:
    """Let a piece be of what another one is: "narrow the chin, take 4 mm off" is one narrowing."""
    piece.parts, piece.names = list(source.parts), list(source.names)
    less = {"narrow", "short", "back"}
    if piece.ways == ["reduce"] and piece.amounts and source.ways and set(source.ways) <= less:
        piece.ways = piece.ways if source.amounts else list(source.ways)


def widen(piece: Piece) -> None:
    """Let what an effect that was named cannot do be of its part: "chin implant, 2 mm wider"."""
    table = concepts()
    if len(piece.names) != 1 or piece.parts or not piece.ways or {"up", "down"} & {*piece.ways}:
        return  # "lower the projection" is less of it
    wide = ["wide"] if piece.dimensions == ["width"] and "DIMENSION" in piece.order else []
    cells = [*map(table.named, piece.names[0].split(" | "))]
    if any(way in cell for cell in cells for way in wide or piece.ways):
        return
    parts = table.parts_of(piece.names[0], wide or piece.ways)
    if len(parts) == 1:
        piece.parts, piece.names = parts, []


def _other(piece: Piece, made: Sequence[Clause]) -> Piece | None:
    """Return what was said of the other side or the other end, if an amount is of this one."""
    named = [one.piece for one in made if one.piece.targets and one.refused is None]
    other = named[-1] if named else None
    if other is None or not (_other_side(piece, other) or _other_end(piece, other)):
        return None
    return other


def _other_side(piece: Piece, before: Piece) -> bool:
    """Whether an amount is of the other side: "the right ear back 4 mm, the left one 5 mm"."""
    sided = {"left", "right"} == {*piece.sides, *before.sides}
    measured = piece.amounts or piece.grades
    return sided and len(piece.sides) == 1 and bool(measured and before.ways)


def _other_end(piece: Piece, before: Piece) -> bool:
    """Whether an amount is of the other end: "brow lift 3 mm lateral, 1.5 mm medial"."""
    said = piece.zones and piece.amounts and before.ways and before.parts
    return bool(said) and all(whole_of(part) != part for part in before.parts)


def of_brow(part: str) -> bool:
    """Whether a part is an end or the middle of the brow."""
    return concepts().inside.get(part) == "brow"


def copy_action(source: Piece, piece: Piece) -> None:
    """Let a piece do what another one says."""
    piece.ways, piece.opposites = list(source.ways), list(source.opposites)
    piece.dimensions = piece.dimensions or list(source.dimensions)
    piece.relatives, piece.fraction = list(source.relatives), source.fraction
    piece.keep, piece.not_, piece.undo = source.keep, source.not_, source.undo
