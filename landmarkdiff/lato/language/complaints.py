"""What is said to be wrong, and what puts it right: "the tip is too wide", "a droopy tip"."""

from __future__ import annotations

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.piece import Piece

__all__ = ["settle"]


def settle(piece: Piece) -> None:
    """Decide what the adjectives of a piece ask for, once all of it was heard.

    An adjective asks for what it says where something is to be made so; it asks for the contrary
    where it is too much or complained of. What is only described ("the tip is wide") is put right
    if that is what the operation usually does; what is negated as well is left open.

    Parameters
    ----------
    piece : Piece
        Its ways are completed, and its doubts.
    """
    marks = piece.marks
    if "NE" in marks and not {"ONLY", "HEDGE"} & marks.keys():  # "ne pas trop" is a little
        piece.not_ = True
    table = concepts()
    if "SKIN" in marks and set(piece.parts) & table.skin_folds.keys():
        # "too much skin over my eyes" is of the fold, not of the lid's edge
        piece.parts = [table.skin_folds.get(part, part) for part in piece.parts]
    if "AWAY" in marks and piece.let:  # "lassen wir weg"
        piece.undo, piece.keep, piece.let = True, False, False
    elif "AWAY" in marks:
        piece.ways.append("reduce")
    held = piece.remedial or {"MAKE", "COMPARATIVE"} & marks.keys()
    if "HAVE" in marks and piece.ways and not held:  # "I have the chin set back" is no order
        piece.doubt.append(marks["HAVE"])
    _soften(piece)
    _sort_adjectives(piece)
    _read_share(piece)
    if "RETRACT" in marks:  # "zurücknehmen" is to set back, or to undo
        if piece.amounts and piece.targets:
            piece.ways.append("back")
        else:
            piece.doubt.append(marks["RETRACT"])
    if "up" in piece.remedies:
        piece.parts = [table.drooping.get(part, part) for part in piece.parts]
    severe = piece.described or (piece.remedies and not piece.ways)
    if severe:  # "very droopy" says how it is, not how much is to be done
        piece.grades = [grade for grade in piece.grades if grade != "strong"]
    only_found = not ({"TOO", "COMPLAINT"} & marks.keys() or piece.ways)
    if piece.remedies and only_found and ("MAKE" in marks or piece.amounts):
        # "the brow should be dropped", "chin recessed 2 mm": found, or asked for?
        piece.doubt.append(marks["FAULT"])
    piece.ways += [table.remedy(way) for way in piece.wrong]
    piece.ways += piece.remedies
    if piece.remedial and not piece.ways and piece.targets:
        if table.faults.intersection(piece.parts):
            piece.ways.append("reduce")
        elif "TOO" in marks:
            piece.doubt.append(marks["TOO"])
        else:
            piece.plaint = marks["COMPLAINT"]
    if piece.remedial and (piece.not_ or piece.keep or "more" in piece.relatives):
        kinds = ("EXCESS", "FAULT", "TOO", "COMPLAINT")
        piece.doubt += [marks[kind] for kind in kinds if kind in marks]


def _soften(piece: Piece) -> None:
    """Let "a soft brow lift" be a little of it, where the part itself cannot be soft."""
    table = concepts()
    softens = any("soft" in table.cells(part) for part in piece.parts)
    if piece.ways and piece.targets and set(piece.positives) == {"soft"} and not softens:
        piece.positives = []
        piece.grades.append("slight")


def _read_share(piece: Piece) -> None:
    """Let "reduce it by half" and "cut that in half" be half of what is planned."""
    if (
        piece.targets
        or piece.ways != ["reduce"]
        or not ("half" in piece.relatives or piece.fraction)
    ):
        return
    piece.ways = []
    if piece.fraction:
        piece.relatives.append("less")


def _sort_adjectives(piece: Piece) -> None:
    """Tell adjectives that are asked for from those that are complained of."""
    marks = piece.marks
    if "LOOK" in marks and piece.targets:  # "the bridge looks wide"
        marks.setdefault("COPULA", marks["LOOK"])
    last = piece.order[-1:] == ["way"] and piece.ways
    if last and piece.last_mark == ("TOO", len(piece.order)):  # French "avance trop"
        piece.wrong.append(piece.ways.pop())
    if "COMPLAINT" in marks and "COMPARATIVE" in marks:
        piece.doubt.append(marks["COMPARATIVE"])
    if "HEDGE" in marks and piece.positives:  # "make it not too wide", "it is not too wide"
        piece.doubt.append(marks["HEDGE"])
    if piece.remedial:
        piece.wrong += piece.positives
    elif "MAKE" in marks or piece.ways or not piece.positives:
        piece.ways += piece.positives
    elif "COPULA" in marks:
        piece.found = list(piece.positives)
        piece.wrong += piece.positives
        piece.described = True
        piece.doubt += [marks["COPULA"]] if piece.amounts else []  # "the tip is 2 mm wide"
    else:  # "a wide tip" is found, or asked for
        piece.found = list(piece.positives)
        piece.doubt.append(marks["ADJECTIVE"])
    settled = piece.remedial or piece.expressions or piece.described or "MAKE" in marks
    if "COPULA" in marks and not settled:
        piece.doubt.append(marks["COPULA"])
