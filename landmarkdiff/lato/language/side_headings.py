"""The side that was put before what follows: "on the left: ...", "right eye: upper lid 1 mm up"."""

from __future__ import annotations

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.lexicon import Lexicon
from landmarkdiff.lato.language.piece import Piece

__all__ = ["SideHeadings"]

#: What a finding is told with that heads what is done about it.
_FOUND = {"fault", "PART", "SIDE", "PROCEDURE", "AREA"}


class SideHeadings:
    """Notes for each piece of a text which side was put before it.

    Parameters
    ----------
    text : str
    lexicon : Lexicon
    """

    def __init__(self, text: str, lexicon: Lexicon) -> None:
        self._text = text
        self._lexicon = lexicon
        self._side = self._around = ""
        self._announced = False

    def lead(self, piece: Piece) -> None:
        """Give a piece the side before it, and note the one that it puts before what follows.

        A side alone holds for all that follows; that of a part for what is within the part.
        """
        self._side = "" if piece.before == "STOP" else self._side
        within = not self._around or all(_inside(part, self._around) for part in piece.parts)
        piece.side_before = "" if piece.sides or not within else self._side
        piece.announced = self._announced and bool(piece.side_before)
        if piece.order[:1] == ["SIDE"] and "EXCEPT" not in piece.marks:
            self._side, self._around = piece.sides[0], ""
            self._announced = self._announces(piece) or self._heads(piece)
        elif self._heads(piece):
            self._side, self._around, self._announced = piece.sides[0], "", True
        elif piece.order[:2] == ["PART", "SIDE"] and (piece.bare or self._announces(piece)):
            self._side, self._around, self._announced = piece.sides[0], piece.parts[0], True

    def _heads(self, piece: Piece) -> bool:
        """Whether a colon follows a finding of one side: "ptosis on the left: lid +1, brow -1"."""
        found = "fault" in piece.order and set(piece.order) <= _FOUND
        onward = self._text[piece.end :].lstrip()
        return found and len(piece.sides) == 1 and onward.startswith((":", "："))

    def _announces(self, piece: Piece) -> bool:
        """Whether a colon follows the side: "left: ...", "on the left please: ..."."""
        between, colon, _ = self._text[piece.side_end :].replace("：", ":").partition(":")
        return bool(colon) and not self._lexicon.signs(between)


def _inside(part: str, around: str) -> bool:
    """Whether a part is another one or within it: the lids of the left eye are left."""
    inner: str | None = part
    while inner is not None and inner != around:
        inner = concepts().inside.get(inner)
    return inner == around
