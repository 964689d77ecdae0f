"""What a speaker takes back in the same breath: "3 mm, no, 2 mm", "the left, sorry, the right"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from landmarkdiff.lato.language.complaints import place
from landmarkdiff.lato.language.piece import Piece

__all__ = ["amended"]


def amended(found: Sequence[Piece]) -> list[Piece]:
    """Return the pieces with each correction in the place of what it corrects.

    A correction says again what was wrong, the amount, the way or the side, and the rest stays.
    One that names another part leaves open what of the first is meant: both are doubtful.

    Parameters
    ----------
    found : sequence of Piece

    Returns
    -------
    list of Piece
    """
    made: list[Piece] = []
    for piece in _contrasted(_with_zones(found)):
        if piece.before != "AMEND":
            made.append(piece)
        elif made and _corrects(piece, made[-1]):
            made[-1] = _corrected(made[-1], piece)
        else:
            piece.doubt.append(piece.amends)
            if made:
                made[-1].doubt.append(piece.amends)
            made.append(piece)
    return made


def _contrasted(found: Sequence[Piece]) -> list[Piece]:
    """Let "not 5 but 4 mm" be 4 mm."""
    made: list[Piece] = []
    for piece in found:
        denied = made[-1] if made and piece.before in ("BUT", "COMMA") else None
        only = piece.order == ["NOT", "amount"] and not piece.sides
        if denied is not None and only and denied.amounts and not (denied.not_ or denied.keep):
            continue  # "2 mm, not 1"
        if denied is not None and denied.not_ and denied.amounts and not denied.keep:
            plain = replace(
                denied, not_=False, order=[kind for kind in denied.order if kind != "NOT"]
            )
            if piece.amounts and "TOUCH" not in denied.marks and _corrects(piece, plain):
                made[-1] = _corrected(plain, piece)
                continue
        made.append(piece)
    return made


def _with_zones(found: Sequence[Piece]) -> list[Piece]:
    """Give an end of a part that stands alone to its neighbour: "brow up 2 mm, laterally"."""
    made: list[Piece] = []
    waiting: dict[str, str] = {}
    for piece in found:
        if piece.zones and not piece.order and "EXCEPT" not in piece.marks:
            if not made or piece.before == "STOP":
                waiting.update(piece.zones)
                continue
            made[-1].zones = dict(piece.zones)
            place(made[-1])
            continue
        if waiting:
            piece.zones.update(waiting)
            place(piece)
            waiting = {}
        made.append(piece)
    if waiting and made:
        made[-1].doubt += waiting.values()
    return made


def _corrects(piece: Piece, wrong: Piece) -> bool:
    """Whether a piece says anew what another one said, and nothing that it did not."""
    plain = not any(
        each.keep or each.not_ or each.undo or each.fraction or each.opposites
        or each.doubt or each.unknown or each.head or each.expressions or each.remedial
        for each in (piece, wrong)
    )  # fmt: skip
    same = all(
        not mine or mine == theirs
        for mine, theirs in (
            (piece.parts, wrong.parts), (piece.names, wrong.names),
            (piece.dimensions, wrong.dimensions),
        )
    )  # fmt: skip
    same &= piece.relatives in ([], wrong.relatives)  # "2 mm less, no, 3 mm less"
    aside = not piece.sides or bool(wrong.sides)
    said = piece.amounts or piece.grades or piece.sides or piece.ways
    return plain and same and aside and bool(said) and bool(wrong.targets or wrong.amounts)


def _corrected(wrong: Piece, piece: Piece) -> Piece:
    """Return the first piece with what the second says instead."""
    how_far = piece if piece.amounts or piece.grades else wrong
    return replace(
        wrong,
        end=max(wrong.end, piece.end),
        order=[*wrong.order, *(kind for kind in piece.order if kind not in wrong.order)],
        ways=piece.ways or wrong.ways,
        sides=piece.sides or wrong.sides,
        amounts=[replace(amount, to="") for amount in how_far.amounts],
        grades=how_far.grades,
        marks={**wrong.marks, **piece.marks},
    )
