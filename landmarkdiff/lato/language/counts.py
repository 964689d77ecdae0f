"""What "by one" is of: "raise the tail by one and the arch by two millimetres"."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.piece import Amount, Piece

__all__ = ["count_ones"]

#: "By one or two millimetres" has no unit to lend: which of the two is meant is open.
_LINKED = ("AND", "COMMA", "BUT")


def count_ones(found: Sequence[Piece]) -> None:
    """Give a "by one" the unit of its neighbour; without one it is doubtful.

    Parameters
    ----------
    found : sequence of Piece
        In their order; their amounts are completed, and their doubts.
    """
    for at, piece in enumerate(found):
        if not piece.one:
            continue
        beside = [found[at - 1]] if at and piece.before in _LINKED else []
        beside += [one for one in found[at + 1 : at + 2] if one.before in _LINKED]
        units = {amount.unit for one in beside for amount in one.amounts if amount.unit}
        if len(units) == 1 and not piece.amounts:
            piece.amounts.append(Amount(1.0, units.pop(), signed=False))
        else:
            piece.doubt.append(piece.one)
