"""What its neighbours decide about a clause: topics, denials and doubts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason

__all__ = ["LINKED", "Clause", "count_first", "deny", "doubt_of", "explain", "give_reason",
           "name_topic", "say_why", "turn_jaw", "wish", "within"]  # fmt: skip

#: Separators across which words are completed.
LINKED = ("AND", "OR", "COMMA", "BUT")


@dataclass
class Clause:
    """A piece together with what it takes from its neighbours.

    Attributes
    ----------
    piece : Piece
        Its words, completed.
    refused : Reason or None
        Why it says nothing that can be planned.
    refers : bool
        Whether it names nothing and refers to the clause before.
    aside : bool
        Whether what follows goes on with the clause before it: "the left, not the right, 2 mm".
    answers : Clause or None
        The clause from which it took what it is about.
    """

    piece: Piece
    refused: Reason | None = None
    refers: bool = False
    aside: bool = False
    answers: Clause | None = None

    def words(self, text: str) -> str:
        """Return what was said."""
        return text[self.piece.start : self.piece.end].strip()


def wish(piece: Piece, before: Clause | None) -> None:
    """Let "I want a straight nose without the hump" take the hump away."""
    if before is None or not (piece.not_ and concepts().faults.intersection(piece.parts)):
        return
    wished = before.piece
    absent = not (piece.keep or piece.ways or piece.amounts or "TOUCH" in piece.marks)
    of_bridge = wished.parts == ["bridge"] and wished.ways == ["straighten"]
    of_nothing = of_bridge or not (wished.targets or wished.head or wished.not_ or wished.amounts)
    if absent and of_nothing and set(wished.ways) <= {"straighten"}:
        if "MAKE" not in wished.marks and not wished.ways:
            return
        piece.not_, piece.ways, wished.ways = False, ["reduce"], []
        piece.start = wished.start if wished.start >= 0 else piece.start
        before.refers, before.refused = True, None


def name_topic(clause: Clause, after: Sequence[Piece]) -> None:
    """Let a part and its way be only what the next words are of: "the chin advancement, less"."""
    piece = clause.piece
    following = after[0] if after and after[0].before == "COMMA" else None
    if following is not None and "PLANNED" in piece.marks and piece.ways and piece.targets:
        plain = not (following.targets or following.amounts or following.grades)
        if plain and (following.undo or "REMOVE" in following.marks):
            piece.undo, following.ways, following.undo = True, [], False
            following.order, following.marks = [], {}  # "lo de estrechar el mentón, quítalo"
            return
    sized = piece.dimensions and not piece.ways
    if following is None or not ((piece.targets and piece.ways) or sized) or piece.remedial:
        return
    said = piece.amounts or piece.grades or piece.relatives or piece.fraction or piece.opposites
    if (
        said
        or piece.plaint
        or piece.not_
        or piece.keep
        or piece.undo
        or piece.doubt
        or piece.unknown
    ):
        return
    onward = following.targets or following.ways or following.doubt or following.unknown
    if onward or not (following.relatives or following.fraction):
        return
    following.parts, following.names = list(piece.parts), list(piece.names)
    following.ways, following.dimensions = list(piece.ways), list(piece.dimensions)
    following.sides = following.sides or list(piece.sides)
    following.start = piece.start
    piece.parts, piece.names, piece.ways, piece.dimensions, piece.sides = [], [], [], [], []
    clause.refers = True


def count_first(clause: Clause, after: Sequence[Piece]) -> None:
    """Give an amount that was said first to what follows: "2 mm, that is what the hump loses"."""
    piece = clause.piece
    following = after[0] if after else None
    if piece.order != ["amount"] or piece.before != "START" or following is None:
        return
    open_ = (
        following.amounts or following.grades or following.relatives or following.fraction
        or following.not_ or following.keep or following.undo or following.doubt
        or following.unknown or following.head
    )  # fmt: skip
    counted = len(piece.amounts) == 1 and piece.amounts[0].unit and not piece.amounts[0].signed
    if open_ or not counted or following.before != "COMMA":
        return
    if following.targets and following.ways:
        following.amounts, piece.amounts = list(piece.amounts), []
        following.start = piece.start
        clause.refers = True


def turn_jaw(clause: Clause, after: Sequence[Piece]) -> None:
    """Let the chin say which way the jaw turns: "rotate the mandible 3 degrees, chin up"."""
    piece = clause.piece
    following = after[0] if after and after[0].before in ("COMMA", "AND") else None
    turns = "rotate" in piece.ways or "rotation" in piece.dimensions
    named = piece.names == ["orthognathic.jaw_rotation"]
    turns |= named and not piece.ways
    if following is None or not turns or not set(piece.parts) <= {"lower_jaw", "jaw"}:
        return
    plain = not (following.amounts or following.grades or following.not_ or following.keep)
    way = _hinge_way(following.ways)
    about = plain and following.parts == ["chin"] and {"up", "down"} & set(following.ways)
    first = [one for one in piece.ways if one != "rotate"]
    # "up and forward 2°"; "rotation of the mandible, closing"
    further = _only_a_way(following) and (
        _hinge_way(first) == way or not (first or {"forward", "back"} & set(following.ways))
    )
    if not ((piece.parts or named) and way):
        return
    if about:
        piece.ways, piece.dimensions = ["rotate", way], []
        following.parts, following.ways, following.order, following.marks = [], [], [], {}
    elif further:  # what comes after it is of the whole
        following.parts, following.names = list(piece.parts), list(piece.names)
        following.ways, following.amounts = ["rotate", way], following.amounts or piece.amounts
        following.start = piece.start
        piece.parts, piece.names, piece.ways, piece.dimensions = [], [], [], []
        piece.amounts, piece.order, piece.marks = [], [], {}
        clause.refers = True


def _hinge_way(ways: Sequence[str]) -> str:
    """Return which way a jaw turns that goes these ways: up is forward and closes it."""
    turned = {"up": "up", "forward": "up", "close": "up"}
    turned |= {"down": "down", "back": "down", "open": "down"}
    found = {turned.get(way, "") for way in ways}
    return found.pop() if len(found) == 1 else ""


def _only_a_way(piece: Piece) -> bool:
    """Whether it says a way and at most how many degrees."""
    degrees = all(amount.unit in ("", "deg") for amount in piece.amounts)
    return degrees and set(piece.order) <= {"way", "amount"} and not piece.targets


def deny(clause: Clause, before: Clause | None) -> None:
    """Let "not the left" beside the right say nothing more, and "it is too high" why it stays."""
    piece = clause.piece
    if before is None or piece.amounts or piece.doubt or piece.unknown:
        return
    if piece.targets:
        still = piece.not_ and before.piece.not_ and "TOUCH" in before.piece.marks
        if still and not piece.ways:  # "don't change the chin, nor the hump"
            piece.marks["TOUCH"] = before.piece.marks["TOUCH"]
        return
    if sorted(piece.order) == ["NOT", "more"] and before.piece.amounts:  # "2 mm, no more"
        piece.relatives, piece.not_ = [], False
        clause.refers = clause.aside = True
        return
    reason = before.piece.not_ and piece.remedial and not (piece.grades or piece.sides)
    reason = reason and before.piece.targets and "MAKE" not in piece.marks
    other = piece.not_ and {*piece.sides, *before.piece.sides} == {"left", "right"}
    other = other and len(piece.sides) == 1 and not (piece.ways or piece.keep or before.piece.not_)
    if reason or other:
        piece.ways, piece.sides, piece.not_ = [], [], False
        clause.refers = clause.aside = True


def doubt_of(piece: Piece, before: Clause | None) -> Reason | None:
    """Return why a piece cannot be planned as it stands; the clause before may be refused too."""
    if piece.unknown:
        return Reason.of("words_unknown", words=", ".join(dict.fromkeys(piece.unknown)))
    open_amount = piece.doubt and piece.amounts and not (piece.targets or piece.ways)
    if open_amount and before is not None and before.piece.ways and not before.piece.amounts:
        before.refused = Reason.of("words_doubtful", words=", ".join(dict.fromkeys(piece.doubt)))
        return before.refused  # "take the hump down, by one to three millimetres"
    if piece.doubt:
        return Reason.of("words_doubtful", words=", ".join(dict.fromkeys(piece.doubt)))
    onward = piece.targets or piece.head or piece.expressions
    if before is not None and before.piece.hedged and before.refused and not onward:
        return before.refused  # "if you lift the tip, it is too high"
    if before is not None and before.piece.hedged and before.piece.bare_but_doubtful:
        return before.refused  # "on the left of the photo, lift the brow"
    if before is not None and piece.before == "AND" and _turns_both_ways(piece, before.piece):
        before.refused = Reason.of("words_contradict")
        return before.refused
    if piece.before == "AND" and before is not None and before.piece.doubt:
        ranges = before.piece.amounts and piece.amounts and not piece.targets
        if ranges or not before.piece.targets:  # "between two and three"
            return before.refused
    if piece.before == "OR" and before and not (before.piece.keep or before.piece.not_):
        before.refused = before.refused or Reason.of("words_alternative")
        return Reason.of("words_alternative")
    negated = before is not None and before.piece.not_ and not before.piece.keep
    if negated and piece.before == "AND" and piece.ways and not (piece.not_ or piece.keep):
        return Reason.of("words_negation_open")
    return None


def give_reason(clause: Clause, made: Sequence[Clause]) -> None:
    """Let a complaint of what was just said be only why: "take the tip down, it bothers me"."""
    piece = clause.piece
    last = made[-1] if made else None
    why = {"COMPLAINT", "THAN"} & piece.marks.keys() and "OVER" not in piece.marks
    if last is None or not why:
        return
    done = last.refused is None and (last.piece.ways or last.piece.opposites)
    same = not piece.targets or _targets(last.piece) == _targets(piece)
    if done and same and piece.sides in ([], last.piece.sides):
        clause.refused, clause.refers = None, True
        piece.parts, piece.names, piece.sides, piece.grades = [], [], [], []


def say_why(clause: Clause, before: Clause | None) -> None:
    """Let "that bothers me" after what is to be done be only why."""
    piece = clause.piece
    plain = piece.order in (["THAT"], []) and "COMPLAINT" in piece.marks and not piece.doubt
    done = before is not None and before.refused is None and before.piece.ways
    if plain and done and before is not None and before.piece.targets and not piece.not_:
        clause.refers, piece.that = True, False


def explain(clause: Clause, after: Sequence[Piece]) -> None:
    """Let what follows a complaint say what is wrong: "the tip bothers me, it is too wide"."""
    piece = clause.piece
    following = after[0] if after and after[0].before in (*LINKED, "STOP") else None
    same = following is not None and (
        _targets(following) == _targets(piece) or within(following, piece)
    )
    if "OVER" in piece.marks and following is not None and not _goes_back(following):
        if same or not following.targets:  # "you overdid the hump, 1 mm more off"
            following.doubt.append(piece.plaint)
        following = None
    excess = piece.plaint == piece.marks.get("TOO")
    wrong = excess and following is not None and not _takes_off(following)
    if wrong and following is not None and not following.targets:
        following.doubt.append(piece.plaint)  # "too much chin, bring it forward"
    if (
        following is None
        or wrong
        or not (following.ways or following.wrong or _takes_off(following) or "OVER" in piece.marks)
        or following.not_
        or (following.targets and not same)
    ):
        clause.refused = Reason.of("words_doubtful", words=piece.plaint)
        return
    plain = following.amounts or following.relatives == ["less"]
    if excess and following.ways in ([], ["reduce"], ["move"]) and plain:
        following.ways, following.relatives = [], ["less"]
    if not within(following, piece):
        following.parts, following.names = list(piece.parts), list(piece.names)
        following.dimensions = following.dimensions or list(piece.dimensions)
    following.sides = following.sides or list(piece.sides)
    if excess and following.ways:
        following.marks["TOO"] = piece.plaint  # of the face, not beyond what is planned
    if "OVER" in piece.marks:
        following.marks["UPON"] = piece.marks["OVER"]  # of what is done to the hump
    clause.refers = True
    piece.parts, piece.names, piece.sides = [], [], []


def within(following: Piece, piece: Piece) -> bool:
    """Whether it is of a part of what is found: "the left eye is lower, raise the upper lid"."""
    inside = concepts().inside
    around = {inside.get(part) for part in following.parts}
    return bool(following.parts) and not following.names and around == set(piece.parts)


def _goes_back(piece: Piece) -> bool:
    """Whether less is asked of what was overdone: "you overdid the hump, take a bit less off"."""
    return bool(piece.fraction) or bool(
        piece.relatives and set(piece.relatives) <= {"less", "half"}
    )


def _takes_off(piece: Piece) -> bool:
    """Whether less is asked of what is too much: "that is too much chin, a millimetre less"."""
    less = piece.relatives == ["less"] and set(piece.ways) <= {"move"}
    off = bool(piece.ways) and set(piece.ways) <= {"back", "narrow", "reduce", "short"}
    return less or (off and not piece.relatives)


def _turns_both_ways(piece: Piece, before: Piece) -> bool:
    """Whether a head is turned to both sides: "the head to the left and to the right"."""
    other = piece.bare and not piece.targets and piece.sides != before.sides
    return bool(other and before.head and before.sides)


def _targets(piece: Piece) -> tuple[set[str], set[str]]:
    return set(piece.parts), set(piece.names)
