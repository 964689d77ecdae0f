"""From pieces to clauses: what a piece leaves out is taken from its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from landmarkdiff.lato.language.complaints import place
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason

__all__ = ["Clause", "clauses_of"]

#: Words that say nothing of their own when they stand alone.
_FRAMES = {"MAKE", "COPULA", "SKIN", "HAVE", "LOOK", "COMPLAINT"}
#: Separators across which words are completed.
_LINKED = ("AND", "OR", "COMMA", "BUT")


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
    """

    piece: Piece
    refused: Reason | None = None
    refers: bool = False

    def words(self, text: str) -> str:
        """Return what was said."""
        return text[self.piece.start : self.piece.end].strip()


def clauses_of(found: Sequence[Piece]) -> list[Clause]:
    """Return the clauses of a sentence in their order.

    Parts that stand alone take what is done from the piece before them ("narrow the tip and the
    bridge") or, where the verb comes last, from the one after ("die Spitze und den Rücken
    verschmälern"); a way without a part takes the part.
    """
    made: list[Clause] = []
    for at, piece in enumerate(found):
        clause = Clause(piece)
        before = made[-1] if made and piece.before in _LINKED else None
        after = found[at + 1 :]
        if not piece.order and piece.marks.keys() <= _FRAMES:
            clause.refers = True  # "I would like", "I look tired" alone
            piece.head = False
        _wish(piece, before)
        _find(clause, after)
        place(piece)
        clause.refused = _doubt(piece, before)
        if clause.refused is None and not clause.refers:
            _complete(clause, before, made, after)
            place(piece)
            clause.refused = clause.refused or (_doubt(piece, None) if piece.doubt else None)
        if piece.zones and clause.refused is None and not clause.refers:
            words = ", ".join(piece.zones.values())
            clause.refused = Reason.of("words_doubtful", words=words)
        made.append(clause)
    _share_amounts(made)
    return made


def _doubt(piece: Piece, before: Clause | None) -> Reason | None:
    if piece.unknown:
        return Reason.of("words_unknown", words=", ".join(dict.fromkeys(piece.unknown)))
    if piece.doubt:
        return Reason.of("words_doubtful", words=", ".join(dict.fromkeys(piece.doubt)))
    cut = before is not None and before.piece.doubt and not before.piece.targets
    if piece.before == "AND" and cut and before is not None:  # "between two and three"
        return before.refused
    if piece.before == "OR" and before and not (before.piece.keep or before.piece.not_):
        before.refused = before.refused or Reason.of("words_alternative")
        return Reason.of("words_alternative")
    negated = before is not None and before.piece.not_ and not before.piece.keep
    if negated and piece.before == "AND" and piece.ways and not (piece.not_ or piece.keep):
        return Reason.of("words_negation_open")
    return None


def _complete(
    clause: Clause, before: Clause | None, made: Sequence[Clause], after: Sequence[Piece]
) -> None:
    piece = clause.piece
    if piece.plaint:
        _explain(clause, after)
        return
    if piece.head or piece.expressions or (piece.turns and not piece.targets):
        return
    if piece.bare:
        _take_what_is_done(clause, before, after)
    elif not piece.targets and not (
        (piece.all_ or piece.areas) and (piece.keep or piece.not_ or piece.undo)
    ):
        _take_targets(clause, before, made, after)
    elif piece.targets and not _says(piece) and not piece.names and not piece.dimensions:
        _take_way(clause, before, after)


def _explain(clause: Clause, after: Sequence[Piece]) -> None:
    """Let what follows a complaint say what is wrong: "the tip bothers me, it is too wide"."""
    piece = clause.piece
    following = after[0] if after and after[0].before in (*_LINKED, "STOP") else None
    same = following is not None and _targets(following) == _targets(piece)
    if (
        following is None
        or not (following.ways or following.wrong)
        or following.not_
        or (following.targets and not same)
    ):
        clause.refused = Reason.of("words_doubtful", words=piece.plaint)
        return
    following.parts, following.names = list(piece.parts), list(piece.names)
    following.sides = following.sides or list(piece.sides)
    clause.refers = True
    piece.parts, piece.names, piece.sides = [], [], []


def _targets(piece: Piece) -> tuple[set[str], set[str]]:
    return set(piece.parts), set(piece.names)


def _wish(piece: Piece, before: Clause | None) -> None:
    """Let "I want a straight nose without the hump" take the hump away."""
    if before is None or not (piece.not_ and concepts().faults.intersection(piece.parts)):
        return
    wished = before.piece
    absent = not (piece.keep or piece.ways or piece.amounts or "TOUCH" in piece.marks)
    of_nothing = not (wished.targets or wished.head or wished.not_ or wished.amounts)
    if absent and of_nothing and set(wished.ways) <= {"straighten"}:
        if "MAKE" not in wished.marks and not wished.ways:
            return
        piece.not_, piece.ways, wished.ways = False, ["reduce"], []
        piece.start = wished.start if wished.start >= 0 else piece.start
        before.refers, before.refused = True, None


def _find(clause: Clause, after: Sequence[Piece]) -> None:
    """Let what is asked for say that an adjective was a finding: "a wide tip; narrow it"."""
    piece = clause.piece
    following = after[0] if after and after[0].before in (*_LINKED, "STOP") else None
    if _too_much(clause, following):
        return
    open_ = piece.described or len(piece.doubt) == 1
    if not (piece.found and open_) or piece.amounts or piece.unknown or following is None:
        return
    if following.targets or following.not_ or following.unknown or following.doubt:
        return
    table = concepts()
    cells = [table.cells(part) for part in piece.parts]
    wanted = {way for one in piece.found for way in table.remedy(one).split("/")}
    asked = {way for one in following.ways for way in one.split("/")}
    put_right = {
        move for cell in cells for way in wanted if way in cell for move in cell[way].moves
    }
    done = {move for cell in cells for way in asked if way in cell for move in cell[way].moves}
    if put_right & done:
        following.parts, following.sides = list(piece.parts), following.sides or list(piece.sides)
        following.start = piece.start
        clause.refers = True
        piece.doubt, piece.parts, piece.sides, piece.grades = [], [], [], []
        piece.positives, piece.found, piece.ways, piece.wrong = [], [], [], []
        piece.described = False


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


def _says(piece: Piece) -> bool:
    """Whether a piece says what is done."""
    return bool(
        piece.ways
        or piece.opposites
        or piece.relatives
        or piece.fraction
        or piece.keep
        or piece.not_
        or piece.undo
        or (piece.turns and piece.targets)
    )


def _verb_last(piece: Piece) -> bool:
    """Whether what is done stands after the part."""
    parts = [place for place, kind in enumerate(piece.order) if kind in ("PART", "NAME")]
    done = [
        place
        for place, kind in enumerate(piece.order)
        if kind in ("way", "less", "KEEP", "NOT", "UNDO", "more", "half", "double")
    ]
    return bool(done) and (not parts or max(done) > max(parts))


def _next_that_says(after: Sequence[Piece]) -> Piece | None:
    """Return the next piece that says what is done, if only parts stand before it."""
    for piece in after:
        if piece.before not in _LINKED or piece.unknown or piece.doubt:
            return None
        if _says(piece):
            return piece
        if not piece.targets and not piece.sides:
            return None
    return None


def _take_what_is_done(clause: Clause, before: Clause | None, after: Sequence[Piece]) -> None:
    """Complete parts that stand alone."""
    piece = clause.piece
    coming = _next_that_says(after)
    if not piece.targets and coming is not None and coming is after[0]:
        # "on the left, lift the brow", "the left and the right brow"
        coming.sides += piece.sides
        coming.start = piece.start
        clause.refers = True
        return
    if not piece.targets and before is not None and not before.piece.sides:
        before.piece.sides = list(piece.sides)
        before.piece.end = max(before.piece.end, piece.end)
        clause.refers = True
        return
    if coming is not None and coming is after[0] and not coming.targets:
        # "die Spitze, schmaler": it is said of this part, once
        coming.parts, coming.names = list(piece.parts), list(piece.names)
        coming.sides = coming.sides or list(piece.sides)
        coming.start = piece.start
        clause.refers = True
        return
    source: Piece | None = None
    if coming is not None and (_verb_last(coming) or before is None):
        source = coming
        if not piece.targets:  # "the left and the right brow"
            piece.parts, piece.names = list(coming.parts), list(coming.names)
    elif before is not None and before.refused is None:
        source = before.piece
        if not piece.targets:
            piece.parts, piece.names = list(source.parts), list(source.names)
    elif before is not None:
        clause.refused = before.refused
        return
    if source is None:
        clause.refused = None if piece.names else Reason.of("words_without_way")
        return
    if source.parts == piece.parts and source.sides == piece.sides and piece.parts:
        clause.refers = True  # "the sagging cheeks, the jowls": another word for it
        return
    _copy_action(source, piece)
    if not piece.amounts and not piece.grades:
        piece.amounts, piece.grades = list(source.amounts), list(source.grades)


def _take_way(clause: Clause, before: Clause | None, after: Sequence[Piece]) -> None:
    """Complete a part with an amount and no way."""
    coming = _next_that_says(after)
    if before is not None and before.refused is None and _says(before.piece):
        _copy_action(before.piece, clause.piece)
    elif coming is not None and _verb_last(coming):
        _copy_action(coming, clause.piece)


def _copy_action(source: Piece, piece: Piece) -> None:
    piece.ways, piece.opposites = list(source.ways), list(source.opposites)
    piece.dimensions = piece.dimensions or list(source.dimensions)
    piece.relatives, piece.fraction = list(source.relatives), source.fraction
    piece.keep, piece.not_, piece.undo = source.keep, source.not_, source.undo


def _take_targets(
    clause: Clause, before: Clause | None, made: Sequence[Clause], after: Sequence[Piece]
) -> None:
    """Complete what is done to a part that is not named here."""
    piece = clause.piece
    if not _says(piece) and not piece.dimensions:
        if before is not None and piece.remedial and before.piece.remedial:
            clause.refers = True  # "a receding chin, please correct it"
        elif (
            before is not None
            and not before.piece.amounts
            and (not before.piece.grades or ("HEDGE" in before.piece.marks and piece.amounts))
        ):  # also "not too much off the hump, 1 mm"
            before.piece.amounts, before.piece.grades = list(piece.amounts), list(piece.grades)
            before.piece.sides += piece.sides
            before.piece.end = max(before.piece.end, piece.end)
            clause.refers = True
        elif before is not None and before.piece.head:
            piece.head, piece.turns = True, list(before.piece.turns)
        elif piece.resets:
            clause.refers = True  # "make it 3 mm"
        else:
            clause.refused = Reason.of("words_without_part")
            if (
                before is not None
                and before.piece.amounts
                and piece.amounts
                and (piece.before == "AND")
            ):  # "treinta y cinco por ciento"
                before.refused = clause.refused = Reason.of("words_two_numbers")
        return
    last = next((each for each in reversed(made) if each.piece.targets or each.piece.head), None)
    following = after[0] if after and after[0].before in ("AND", "COMMA") else None
    if following is not None and (not following.targets or piece.amounts or piece.that):
        following = None
    if piece.undo or (piece.relatives and not piece.ways):
        following = None
    if last is not None and last.piece.head and following is None:
        piece.head, piece.turns = True, list(last.piece.turns)
        return
    backward = last.piece if last is not None and last.piece.targets else None
    if backward is not None and piece.ways and following is not None:
        backward, following = _fitting(piece, backward, following)
        if backward is not None and following is not None:
            clause.refused = Reason.of("words_without_part")
            return
    source = backward or following
    if source is None:
        clause.refers = True
        if piece.relatives and piece.ways == ["move"]:
            piece.ways = []  # "push it a bit further"
        return
    piece.parts, piece.names = list(source.parts), list(source.names)
    piece.sides = piece.sides or list(source.sides)
    if source is following and not piece.amounts and not piece.grades:
        piece.amounts, piece.grades = list(source.amounts), list(source.grades)


def _fitting(piece: Piece, backward: Piece, following: Piece) -> tuple[Piece | None, Piece | None]:
    """Keep of two pieces those whose parts can move this way."""
    table = concepts()

    def fits(other: Piece) -> bool:
        return bool(other.names) or any(
            one in table.cells(part)
            for part in other.parts
            for way in piece.ways
            for one in way.split("/")
        )

    return (backward if fits(backward) else None, following if fits(following) else None)


def _share_amounts(made: Sequence[Clause]) -> None:
    """Give the amount of the last part of a list to all of it: "the tip and the bridge by 1 mm"."""
    for at in range(len(made) - 1, 0, -1):
        piece = made[at].piece
        took_way = "way" not in piece.order and piece.ways
        if piece.before != "AND" or not took_way or not (piece.amounts or piece.grades):
            continue
        for earlier in reversed(made[:at]):
            same = earlier.piece.ways == piece.ways and earlier.piece.targets
            if not same or earlier.piece.amounts or earlier.piece.grades:
                break
            earlier.piece.amounts = list(piece.amounts)
            earlier.piece.grades = list(piece.grades)
            if "way" in earlier.piece.order:
                break
