"""What all the rest is kept from: "leave everything except the chin, which goes 3 mm forward"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.context import LINKED, Clause
from landmarkdiff.lato.language.piece import Piece

__all__ = ["exempt"]


def exempt(clause: Clause, after: Sequence[Piece]) -> None:
    """Let a part that is not kept with all the rest be what the next words are of.

    Parameters
    ----------
    clause : Clause
        Of which the piece may name an exception; one to something else leaves its words doubtful.
    after : sequence of Piece
        What is said after it.
    """
    piece = clause.piece
    if "EXCEPT" not in piece.marks:
        return
    linked = bool(after) and after[0].before in (*LINKED, "STOP")
    following = after[0] if linked else None
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
        onward = None
        if said:  # "raise the brows except the tail" is nothing of the tail
            piece.doubt.append(piece.marks["EXCEPT"])
            return
    if piece.targets and said:
        return
    if not piece.targets or onward is None or not _of_it(piece, onward):
        piece.doubt.append(piece.marks["EXCEPT"])
        return
    onward.parts, onward.names = list(piece.parts), list(piece.names)
    onward.sides = onward.sides or list(piece.sides)
    clause.refers = True


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
