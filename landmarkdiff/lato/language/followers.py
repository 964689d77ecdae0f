"""What follows an operation on another part: folds over implants, a lip over a jaw."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from landmarkdiff.lato.language.concepts import Move
from landmarkdiff.lato.language.context import Clause
from landmarkdiff.lato.language.moves import Refusal
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.lato.language.present import Present
from landmarkdiff.notices import Reason

__all__ = ["follow", "goes_along", "share_agent"]

_MALAR = "malar_augmentation.malar_projection"
_FILLED = {"nasolabial_fold", "tear_trough"}
_FILLINGS = {"malar_augmentation.nasolabial_filling", "malar_augmentation.tear_trough_filling"}
_JAWS = ("orthognathic.mandible", "orthognathic.maxilla")


def follow(piece: Piece, present: Present) -> None:
    """Let folds be filled by what is put on the cheekbones, and a lip go the way of the jaws.

    Parameters
    ----------
    piece : Piece
        Completed; its ways are settled.
    present : Present
        What is planned so far: it decides what filled a fold, and where a lip goes.

    Raises
    ------
    Refusal
        A lip is to follow, and no jaw goes forward or back.
    """
    if piece.parts and set(piece.parts) <= _FILLED:
        _fill(piece, present)
    if "follow" in piece.ways:
        _go_along(piece, present)


def goes_along(move: Move, piece: Piece, present: Present) -> bool:
    """Tell whether it is said of an effect that it happens, which it does by itself already.

    "Lip lift 3 mm, the nostrils get wider" tells what the lift brings about, and asks for no
    more. "Wider" of nostrils that were planned before is more than they are planned.
    """
    effect, item = present.effect(move.key), present.planned.get(move.key)
    if effect.coupled_to is None or not effect.by_intensity or piece.amounts or piece.grades:
        return False
    own = item is not None and ("COMPARATIVE" in piece.marks or item.origin != "coupled")
    if own and item is not None and item.value:
        return False
    driver = f"{move.key.partition('.')[0]}.{effect.coupled_to.driver}"
    along = effect.band.typical * present.effect(driver).band.typical
    return along * present.values.get(driver, 0.0) * move.sign > 0.0


def share_agent(clauses: Sequence[Clause]) -> None:
    """Let what fills the first fold of a list fill the others: "with it the folds and troughs".

    Parameters
    ----------
    clauses : sequence of Clause
        Of which the pieces are marked.
    """
    for earlier, clause in pairwise(clauses):
        first, piece = earlier.piece, clause.piece
        folds = set(first.parts) <= _FILLED and set(piece.parts) <= _FILLED
        listed = piece.before in ("AND", "COMMA") and first.parts and piece.parts
        if folds and listed and (first.names == [_MALAR] or "AGENT" in first.marks):
            piece.marks.setdefault("AGENT", "")
        elif folds and listed and "AGENT" in piece.marks and "way" not in first.order:
            first.marks["AGENT"] = piece.marks["AGENT"]


def _fill(piece: Piece, present: Present) -> None:
    """Let "the implants soften the folds" fill them, and "they are softer with it" too."""
    by_name = piece.names == [_MALAR]
    of_it = {_MALAR, *_FILLINGS} & {*(present.said or present.values)}
    by_word = "AGENT" in piece.marks and bool(of_it)
    by_implant = "augment" in piece.ways and len(piece.ways) > 1 and _MALAR in present.values
    if not (by_name or by_word or by_implant):
        return
    if set(piece.ways) <= {"soft", "reduce", "down", "fill", "augment"} and not piece.opposites:
        piece.names, piece.ways = [], ["fill"]


def _go_along(piece: Piece, present: Present) -> None:
    told = [way for way in piece.ways if way in ("forward", "back")]
    gone = [present.values[key] > 0.0 for key in _JAWS if present.values.get(key)]
    if not told and len(set(gone)) != 1:
        raise Refusal(Reason.of("words_without_way"))
    piece.ways = told or ["forward" if gone[0] else "back"]
    if not (piece.amounts or piece.grades):
        piece.grades = ["normal"]  # as far as it usually does, and no farther than that
