"""What is kept from what is said of the rest: "raise the brows 2 mm except for the tail"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.complaints import place
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.context import LINKED, Clause
from landmarkdiff.lato.language.elisions import wholes_of
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason

__all__ = ["exempt"]


def exempt(clause: Clause, before: Clause | None, after: Sequence[Piece]) -> None:
    """Let an exception stay as it is, or be what the next words are of where all the rest stays.

    Parameters
    ----------
    clause : Clause
        Of which the piece may name an exception.
    before : Clause, optional
        What is said before it. Of an exception that is not understood neither this nor what
        follows is done: it may hold for either.
    after : sequence of Piece
        What is said after it.
    """
    piece = clause.piece
    _name_exception(piece, before)
    if "EXCEPT" not in piece.marks:
        return
    linked = bool(after) and after[0].before in (*LINKED, "STOP")
    following = after[0] if linked else None
    named = set(piece.order) <= {"way", "PART", "SIDE"} and not piece.remedial
    if named and piece.ways == ["reduce"]:
        piece.ways = []  # Chinese "除...外" has the word for taking away
    said = _acts(piece)
    if _spares(piece):
        piece.keep = piece.not_ = piece.all_ = False
        onward = following
    elif following is not None and _spares(following) and not following.targets:
        following.areas, following.all_ = [], True  # of "the nose stays" all but this
        # "except for the chin, leave everything: chin 3 mm forward"
        onward = after[1] if len(after) > 1 else None
        if not (said or onward is None or onward.targets):
            onward.parts, onward.names = list(piece.parts), list(piece.names)
    else:
        if said:  # "raise the brows except the tail" is nothing of the tail
            piece.doubt.append(piece.marks["EXCEPT"])
        else:
            _keep(piece, before, following)
        return
    if piece.targets and said:
        return
    if not piece.targets or onward is None or not _of_it(piece, onward):
        piece.doubt.append(piece.marks["EXCEPT"])
        return
    onward.parts, onward.names = list(piece.parts), list(piece.names)
    onward.sides = onward.sides or list(piece.sides)
    clause.refers = True


def _name_exception(piece: Piece, before: Clause | None) -> None:
    """Let "brows up 2 mm, not the tail" and Spanish "menos la cola" be exceptions."""
    if before is None or before.refused or not _acts(before.piece):
        return
    plain = set(piece.order) <= {"NOT", "KEEP", "less", "PART", "NAME", "ZONE", "SIDE"}
    spared = piece.not_ or piece.keep
    spared |= piece.relatives == ["less"] and "UPON" not in piece.marks and not before.piece.all_
    if not (plain and spared) or piece.opposites or "HEDGE" in piece.marks:
        return
    if before.piece.all_ and not before.piece.targets:
        within = piece.targets
    elif not (before.piece.targets and before.piece.ways):
        return
    elif piece.targets:
        inside = {concepts().inside.get(part) for part in piece.parts}
        within = bool(inside) and inside <= set(before.piece.parts)
    else:
        other = len(set(piece.sides)) == 1 and set(before.piece.sides) <= {"both"}
        within = bool(piece.zones) or other
    if within:
        piece.marks["EXCEPT"] = piece.marks.get("NOT", "")
        piece.not_, piece.relatives = False, []


def _keep(piece: Piece, before: Clause | None, following: Piece | None) -> None:
    """Let the exception stay as it is; where it is not understood, all that it may hold for."""
    acting = before is not None and before.refused is None and _acts(before.piece)
    held = before.piece if before is not None and acting else following
    if held is not None and held.targets and _acts(held) and not piece.targets:
        piece.parts, piece.names = list(held.parts), list(held.names)
        if piece.zones:  # "the upper lid 1 mm up, not the lower one"
            piece.parts = wholes_of(held.parts)
        place(piece)
    known = piece.targets and not (piece.doubt or piece.unknown)
    if held is not None and (held.targets or held.all_) and known:
        piece.keep = True
        return
    piece.doubt.append(piece.marks["EXCEPT"])
    if before is not None and acting:
        before.refused = Reason.of("words_doubtful", words=piece.marks["EXCEPT"])
    if following is not None and _acts(following):
        following.doubt.append(piece.marks["EXCEPT"])


def _acts(piece: Piece) -> bool:
    """Whether a piece says what is done to the part."""
    return bool(piece.ways or piece.opposites or piece.relatives or piece.amounts or piece.undo)


def _spares(piece: Piece) -> bool:
    """Whether it leaves all the rest as it is."""
    return bool(piece.all_ or piece.areas) and bool(
        piece.keep or piece.let or (piece.not_ and "TOUCH" in piece.marks)
    )


def _of_it(piece: Piece, onward: Piece) -> bool:
    """Whether what is said next is of the part, or names none."""
    same = (onward.parts, onward.names) == (piece.parts, piece.names)
    return bool(_acts(onward)) and (same or not onward.targets)
