"""What is found wrong, and what is done about it next: "a wide tip; narrow it by 2 mm"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.context import LINKED, Clause, within
from landmarkdiff.lato.language.piece import Piece

__all__ = ["find", "observe", "share_finding"]


def find(clause: Clause, after: Sequence[Piece]) -> None:
    """Let what is asked for say that an adjective was a finding: "a wide tip; narrow it"."""
    _like(clause, after)
    piece = clause.piece
    following = after[0] if after and after[0].before in (*LINKED, "STOP") else None
    if _too_much(clause, following) or _more_of_it(clause, following):
        return
    open_ = piece.described or len(piece.doubt) == 1
    if not (piece.found and open_) or piece.amounts or piece.unknown or following is None:
        return
    own = following.parts == piece.parts or within(following, piece)
    if (
        (following.targets and (following.names or not own))
        or following.not_
        or following.unknown
        or following.doubt
    ):
        return
    table = concepts()
    cells = [table.cells(part) for part in piece.parts]
    wanted = {way for one in piece.found for way in table.remedy(one).split("/")}
    asked = {way for one in following.ways for way in one.split("/")}
    put_right = {
        move for cell in cells for way in wanted if way in cell for move in cell[way].moves
    }
    cells = [table.cells(part) for part in following.parts or piece.parts]
    done = {move for cell in cells for way in asked if way in cell for move in cell[way].moves}
    if put_right & done:
        following.parts = following.parts or list(piece.parts)
        following.sides = following.sides or list(piece.sides)
        following.start = piece.start
        clause.refers = True
        piece.doubt, piece.parts, piece.sides, piece.grades = [], [], [], []
        piece.positives, piece.found, piece.ways, piece.wrong = [], [], [], []
        piece.described = False


def _like(clause: Clause, after: Sequence[Piece]) -> None:
    """Let "flat cheekbones, I like them that way" keep them: they are no fault."""
    piece = clause.piece
    following = after[0] if after and after[0].before in (*LINKED, "STOP") else None
    if following is None or not (following.keep and set(following.order) <= {"KEEP", "THAT"}):
        return
    marks = piece.marks
    wrong = piece.felt or {"TOO", "EXCESS", "MAKE"} & marks.keys()
    found = piece.described or piece.found or piece.remedies or "HAVE" in marks
    said = piece.amounts or piece.relatives or piece.not_ or piece.unknown or piece.areas
    if wrong or said or not found or not piece.targets or following.areas:
        return
    piece.keep, following.keep, following.that = True, False, False
    piece.ways, piece.wrong, piece.remedies, piece.found = [], [], [], []
    piece.positives, piece.grades, piece.doubt, piece.marks = [], [], [], {}
    piece.described, following.order, following.marks = False, [], {}


def observe(clause: Clause, after: Sequence[Piece]) -> None:
    """Let "my face looks so square" be why the jaw is narrowed, which is said next."""
    piece = clause.piece
    following = after[0] if after and after[0].before in (*LINKED, "STOP") else None
    found = piece.remedies or piece.wrong or "COMPLAINT" in piece.marks
    other = (
        piece.targets or piece.amounts or piece.not_ or piece.keep or piece.undo or piece.unknown
        or piece.relatives or piece.grades or piece.expressions or piece.opposites
    )  # fmt: skip
    whole = piece.face or piece.all_ or "LOOK" in piece.marks
    if piece.areas and (found or piece.found) and following is not None and not other:
        whole, found = _answers(piece, following), True
    if other or not (found and whole) or following is None:
        return
    if following.targets and not (following.remedial or following.not_ or following.unknown):
        piece.doubt, piece.ways, piece.head = [], [], False
        clause.refers = True


def _answers(piece: Piece, following: Piece) -> bool:
    """Whether what follows puts right what is wrong with a region: "a big nose, narrow the tip"."""
    table = concepts()
    wanted = {table.remedy(way) for way in (*piece.found, *piece.wrong)} | set(piece.remedies)
    wanted = {way for one in wanted for way in one.split("/")}
    done = {one for way in following.ways for one in way.split("/")}
    smaller = "reduce" in wanted and done & {"narrow", "back", "short", "down", "nearer"}
    moves = (move for part in following.parts for cell in table.cells(part).values()
             for move in cell.moves)  # fmt: skip
    within = any(move.key.partition(".")[0] in piece.areas for move in moves)
    return within and bool(smaller or done & wanted)


def share_finding(piece: Piece, before: Clause | None) -> None:
    """Let "ptosis of the right lid, raise the lid margin 2 mm" be of the same side."""
    found = before.piece if before is not None and before.refused is None else None
    if found is None or not found.targets:
        return
    drooping = concepts().drooping
    parts = [drooping.get(part, part) for part in found.parts]
    if piece.parts == ["lid"] and parts in (["upper_lid"], ["lower_lid"], ["lid_hood"]):
        piece.parts = parts if parts != ["lid_hood"] else ["upper_lid"]
        parts = piece.parts  # "ptosis on the left, raise that lid"
    begun = found.ways and not (found.amounts or found.grades) and "way" in found.order
    done = piece.ways or any(amount.signed for amount in piece.amounts)
    if not ((found.remedial or begun) and done) or piece.sides:
        return
    if len(set(found.sides)) != 1:
        return
    if piece.parts and set(piece.parts) <= set(parts) and piece.names == found.names:
        piece.sides = list(found.sides)


def _too_much(clause: Clause, following: Piece | None) -> bool:
    """Let "that is too much" go with "only half of it", which says how far to go back."""
    piece = clause.piece
    plain = "TOO" in piece.marks and not (
        piece.targets or piece.ways or piece.amounts or piece.relatives or piece.unknown
        or piece.doubt or piece.head or piece.expressions or piece.sides or piece.not_
    )  # fmt: skip
    if not plain or following is None or following.targets:
        return False
    less = set(following.relatives) and set(following.relatives) <= {"less", "half"}
    if following.ways == ["reduce"] and following.amounts:
        less = True
    if not (less or following.fraction) or set(following.ways) - {"reduce"}:
        return False
    clause.refers = True
    piece.that, piece.marks = False, {}
    return True


def _more_of_it(clause: Clause, following: Piece | None) -> bool:
    """Let "the hump is still too big" only be why another millimetre comes off it."""
    piece = clause.piece
    found = piece.remedial and piece.targets and piece.ways and "way" not in piece.order
    said = (
        piece.amounts or piece.grades or piece.relatives or piece.doubt or piece.unknown
        or piece.not_ or piece.keep or piece.plaint
    )  # fmt: skip
    if not found or said or following is None or following.targets:
        return False
    if following.relatives != ["more"] or not (following.amounts and following.ways):
        return False
    following.parts, following.names = list(piece.parts), list(piece.names)
    following.sides = following.sides or list(piece.sides)
    piece.parts, piece.names, piece.ways, piece.sides = [], [], [], []
    piece.wrong, piece.remedies, piece.marks = [], [], {}
    clause.refers = True
    return True
