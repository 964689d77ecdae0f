"""From pieces to clauses: what a piece leaves out is taken from its neighbours."""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.lato.language.complaints import place
from landmarkdiff.lato.language.concepts import other_sizes
from landmarkdiff.lato.language.context import (
    LINKED,
    Clause,
    count_first,
    deny,
    doubt_of,
    explain,
    give_reason,
    name_topic,
    say_why,
    turn_jaw,
    wish,
)
from landmarkdiff.lato.language.elisions import (
    follow_suit,
    lead_amount,
    limit_to,
    name_after,
    name_topic_of_sizes,
    share_size,
    spare_area,
    tell_in_detail,
    topic_of,
    wholes_of,
)
from landmarkdiff.lato.language.exceptions import exempt
from landmarkdiff.lato.language.findings import find, observe, share_finding
from landmarkdiff.lato.language.measures import (
    copy_action,
    head_of_brow,
    name_brow_head,
    of_brow,
    rotate_part,
    soften_by_filling,
    take_amount,
    take_target,
    widen,
)
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.lato.language.sources import fitting, has_object, sized
from landmarkdiff.notices import Reason

__all__ = ["Clause", "clauses_of"]

#: Words that say nothing of their own when they stand alone.
_FRAMES = {"MAKE", "COPULA", "SKIN", "HAVE", "LOOK", "COMPLAINT", "SWAP", "INSTEAD", "OVER",
           "UPON", "JUST", "AGENT", "BEYOND", "GIVE"}  # fmt: skip


def clauses_of(found: Sequence[Piece]) -> list[Clause]:
    """Return the clauses of a sentence in their order.

    Parts that stand alone take what is done from the piece before them ("narrow the tip and the
    bridge") or, where the verb comes last, from the one after ("die Spitze und den Rücken
    verschmälern"); a way without a part takes the part.
    """
    made: list[Clause] = []
    for at, piece in enumerate(found):
        clause = Clause(piece)
        spoken = [one for one in made if not one.aside]
        answers = piece.before == "STOP" and set(piece.order) == {"amount"}
        before = spoken[-1] if spoken and (piece.before in LINKED or answers) else None
        after = found[at + 1 :]
        idle = bool(made) and set(piece.order) <= {"THAT"} and not piece.unknown
        if (not piece.order or idle) and piece.marks.keys() <= _FRAMES:
            clause.refers = True  # "I would like", "I look tired" alone, "it" after another
            piece.that = piece.that and not idle
            piece.head = False
            spare_area(piece, after)
            if "INSTEAD" in piece.marks and after and after[0].order == ["amount"]:
                after[0].marks["INSTEAD"] = piece.marks["INSTEAD"]  # "instead, 2 mm"
        clause.refers |= piece.order == ["amount"] and not (piece.amounts or piece.doubt)  # "a"
        if piece.order == ["NOT"] and not made and after and _answers_no(after[0]):
            if after[0].order == ["amount"]:
                after[0].marks["INSTEAD"] = "NOT"  # "no, 5 degrees"
            clause.refers, piece.not_ = True, False
        if set(piece.order) == {"PROCEDURE"} and after:
            clause.refers = True  # "a rhinoplasty: ..."
            topic_of(piece, after)
        lead_amount(clause, after)
        tell_in_detail(clause, after)
        limit_to(clause, before)
        name_topic_of_sizes(clause, after)
        say_why(clause, before)
        wish(piece, before)
        exempt(clause, before, after)
        observe(clause, after)
        share_finding(piece, before)
        find(clause, after)
        name_topic(clause, after)
        count_first(clause, after)
        turn_jaw(clause, after)
        place(piece)
        deny(clause, before)
        clause.refused = clause.refused or doubt_of(piece, before)
        if clause.refused is None and not clause.refers:
            _complete(clause, before, made, after)
            widen(piece)
            place(piece)
            clause.refused = clause.refused or (doubt_of(piece, None) if piece.doubt else None)
            soften_by_filling(clause, made)
        if piece.zones and clause.refused is None and not clause.refers:
            words = ", ".join(piece.zones.values())
            clause.refused = Reason.of("words_doubtful", words=words)
        made.append(clause)
    _share_amounts(made)
    return made


def _complete(
    clause: Clause, before: Clause | None, made: Sequence[Clause], after: Sequence[Piece]
) -> None:
    piece = clause.piece
    if piece.plaint:
        explain(clause, after)
        if clause.refused is not None:
            give_reason(clause, made)
        return
    name_brow_head(piece, made)
    if before is None:
        follow_suit(piece, made, after)
    rotate_part(piece, before)
    if piece.head or piece.expressions or (piece.turns and not piece.targets):
        return
    if piece.bare:
        _take_what_is_done(clause, before, after)
    elif not piece.targets and not (
        (piece.all_ or piece.areas or piece.procedures) and (piece.keep or piece.not_ or piece.undo)
    ):
        _take_targets(clause, before, made, after)
    elif piece.targets and not (_says(piece) or _signed(piece) or piece.names or piece.dimensions):
        _take_way(clause, before, after)
    share_size(clause, before, after)


def _answers_no(piece: Piece) -> bool:
    """Whether a "no" before a comma is only an answer: "no, 5 degrees", "no, the hump 2 mm"."""
    whole = piece.targets and piece.ways and piece.amounts and not (piece.not_ or piece.keep)
    return piece.before == "COMMA" and (piece.order == ["amount"] or bool(whole))


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


def _signed(piece: Piece) -> bool:
    """Whether a plus or a minus says which way: "hump -1 mm"."""
    return any(amount.signed for amount in piece.amounts)


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
        if piece.before not in LINKED or piece.unknown or piece.doubt:
            return None
        if _says(piece):
            return piece
        if not (piece.targets or piece.sides or (piece.zones and piece.amounts)):
            return None
    return None


def _take_what_is_done(clause: Clause, before: Clause | None, after: Sequence[Piece]) -> None:
    """Complete parts that stand alone."""
    piece = clause.piece
    coming = _next_that_says(after)
    if not piece.targets and coming is not None and _begins_list(after, coming):
        # "on the left, lift the brow", "the left and the right brow", "on the left, the cheek
        # and the jowl 2 mm up"
        for listed in after:
            listed.sides += piece.sides
            if listed is coming:
                break
        coming.start = piece.start
        clause.refers = True
        return
    if not piece.targets and before is not None and not before.piece.sides:
        before.piece.sides = list(piece.sides)
        before.piece.end = max(before.piece.end, piece.end)
        clause.refers = True
        return
    # "the head and the middle stay": both are of the brow, and neither is within the other
    other_end = coming is not None and coming.zones and of_brow("".join(piece.parts))
    named = other_end or (coming is not None and coming.targets)
    if coming is not None and not named and _next_but_a_side(piece, after) is coming:
        # "die Spitze, schmaler": it is said of this part, once
        coming.parts, coming.names = list(piece.parts), list(piece.names)
        head_of_brow(piece, coming)
        coming.marks |= {kind: word for kind, word in piece.marks.items() if kind == "UPON"}
        coming.sides = coming.sides or list(piece.sides)
        coming.start = piece.start
        clause.refers = True
        return
    if name_after(clause, before):
        return
    if before is not None and piece.before == "COMMA" and _counts_on(before.piece):
        before.piece.parts, before.piece.names = list(piece.parts), list(piece.names)
        clause.refers = True  # "add two degrees to it, to the tip"
        return
    _take_from_neighbour(clause, before, coming)


def _take_from_neighbour(clause: Clause, before: Clause | None, coming: Piece | None) -> None:
    """Give parts that stand alone what is said of those that come, or of those before."""
    piece = clause.piece
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
        clause.refused = None if piece.names or piece.limits else Reason.of("words_without_way")
        return
    again = piece.before == "COMMA" and not piece.sides  # "the left brow up, the whole brow"
    if source.parts == piece.parts and (source.sides == piece.sides or again) and piece.parts:
        clause.refers = clause.aside = True  # "the sagging cheeks, the jowls": another word for it
        return
    copy_action(source, piece)
    if before is not None and source is before.piece:
        _share_side(source, piece)
    if not piece.amounts and not piece.grades:
        source.sides = [side for side in source.sides if side != "each"]  # "chin and jaw 1 mm each"
        piece.amounts, piece.grades = list(source.amounts), list(source.grades)


def _counts_on(piece: Piece) -> bool:
    """Whether it is so much more or less of a part that it does not name."""
    named = {"PART", "NAME"} & set(piece.order)
    return bool(piece.amounts and piece.relatives and not piece.ways and not named)


def _begins_list(after: Sequence[Piece], coming: Piece) -> bool:
    """Whether what follows a side is what is done, or parts of no side before it."""
    if coming is after[0]:
        return True
    listed = after[: next(at for at, one in enumerate(after) if one is coming) + 1]
    return all(one.targets and not one.sides for one in listed)


def _next_but_a_side(piece: Piece, after: Sequence[Piece]) -> Piece | None:
    """Return the next piece, or the one after a side alone: "the brow, the right one, 2 mm up"."""
    between = after[0] if after else None
    if between is None or between.order != ["SIDE"] or not between.bare or piece.sides:
        return between
    other = piece.side_before and [piece.side_before] != between.sides
    if other or between.before != "COMMA" or len(after) == 1:
        return between
    return after[1]


def _take_way(clause: Clause, before: Clause | None, after: Sequence[Piece]) -> None:
    """Complete a part with an amount and no way."""
    coming = _next_that_says(after)
    if before is not None and before.refused is None and _says(before.piece):
        copy_action(before.piece, clause.piece)
        _share_side(before.piece, clause.piece)
    elif coming is not None and _verb_last(coming):
        copy_action(coming, clause.piece)


def _share_side(source: Piece, piece: Piece) -> None:
    """Give a side that was put first to a list: "on the left, lift the cheek and the jowl"."""
    first = "SIDE" not in source.order or source.order[:2] == ["SIDE", "way"]
    open_ = not (piece.sides or source.amounts or source.grades)
    if (
        piece.before == "AND"
        and open_
        and piece.side_before
        and source.sides == [piece.side_before]
    ):
        piece.sides = list(source.sides) if first else []


def _take_targets(
    clause: Clause, before: Clause | None, made: Sequence[Clause], after: Sequence[Piece]
) -> None:
    """Complete what is done to a part that is not named here."""
    piece = clause.piece
    if before is not None and piece.keep and before.piece.keep and not piece.ways:
        clause.refers, piece.keep = True, False  # "the nose is fine, leave it"
        return
    if before is not None and _says(before.piece) and piece.order == ["DIMENSION"]:
        piece.parts, piece.names = list(before.piece.parts), list(before.piece.names)
        copy_action(before.piece, piece)  # "keeping the projection and the rotation"
        piece.dimensions = piece.dimensions[:1]
        piece.marks |= {k: word for k, word in before.piece.marks.items() if k == "TOUCH"}
        return
    if not _says(piece) and not piece.dimensions:
        take_amount(clause, before, made)
        return
    last = next((each for each in reversed(made) if each.piece.targets or each.piece.head), None)
    following = after[0] if after and after[0].before in ("AND", "COMMA") else None
    if following is not None and not has_object(piece, following, last):
        following = None
    if following is not None and "TOUCH" in piece.marks and piece.not_ and following.ways:
        following = None  # "change nothing, only lift the cheeks"
    if piece.undo or (piece.relatives and not piece.ways):
        following = None
    if last is not None and last.piece.head and following is None:
        piece.head, piece.turns = True, list(last.piece.turns)
        return
    if piece.undo and last is not None and last.piece.undo:
        clause.refers, piece.undo = True, False  # "forget the chin, undo it"
        return
    backward = last.piece if last is not None and last.piece.targets else None
    if backward is not None and piece.ways and following is not None:
        backward, following = fitting(piece, backward, following)
        if backward is not None and following is not None:
            clause.refused = Reason.of("words_without_part")
            return
    if backward is not None and piece.dimensions:
        backward = sized(piece, backward)
    source = backward or following
    if source is None:
        clause.refers = True
        if piece.relatives and piece.ways == ["move"]:
            piece.ways = []  # "push it a bit further"
        return
    take_target(piece, source)
    if source is following and piece.dimensions and source.names:
        piece.names = other_sizes(source.names, piece.dimensions)
        if not piece.names and not piece.parts:
            clause.refused = Reason.of("words_without_part")
    if piece.zones:  # "outside 3 mm, inside 1.5 mm up"
        piece.parts = wholes_of(piece.parts)
    if last is not None and source is backward:
        clause.answers = last
        if source.sides and not (piece.sides or source.remedial):
            clause.refused = last.refused  # "the brow on the left of the picture, up 2 mm"
    piece.sides = piece.sides or list(source.sides)
    spared = piece.keep or piece.not_
    if source is following and not (piece.amounts or piece.grades or spared):
        piece.amounts, piece.grades = list(source.amounts), list(source.grades)


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
            piece.sides = [side for side in piece.sides if side != "each"]  # of the parts
            earlier.piece.amounts = list(piece.amounts)
            earlier.piece.grades = list(piece.grades)
            if "way" in earlier.piece.order:
                break
