"""What a clause sets: effects with their values for this patient."""

from __future__ import annotations

import math
from collections.abc import Sequence

from landmarkdiff.errors import ProcedureError
from landmarkdiff.lato.language.clause import Clause
from landmarkdiff.lato.language.concepts import Move, concepts, effect_of, other_sizes
from landmarkdiff.lato.language.followers import follow, goes_along
from landmarkdiff.lato.language.moves import Refusal, effects_of_targets, moves_of
from landmarkdiff.lato.language.piece import Amount, Piece
from landmarkdiff.lato.language.present import (
    EARS,
    Edit,
    Present,
    require_side,
    said_side,
    wanted_sides,
)
from landmarkdiff.lato.language.relatives import (
    count_degrees,
    limited,
    named_effects,
    reached,
    scaled,
    take_off,
    tell_which,
)
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.band import Band
from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.procedure import procedure, procedures

__all__ = ["denied_signs", "edits_of", "kept_by"]

_MALAR = "malar_augmentation.malar_projection"


def edits_of(clause: Clause, present: Present) -> list[Edit]:
    """Return what a clause sets.

    Raises
    ------
    Refusal
    """
    piece = clause.piece
    if len(piece.amounts) > 1 and len(set(piece.amounts)) > 1:
        raise Refusal(Reason.of("words_two_numbers"))
    if any(not math.isfinite(amount.value) for amount in piece.amounts):
        raise Refusal(Reason.of("words_two_numbers"))
    if len(set(piece.grades)) > 1:
        raise Refusal(Reason.of("words_contradict"))
    tell_which(clause, present)
    try:
        follow(piece, present)
        if piece.undo:
            return _undone(piece, present)
        if piece.resets:
            return reached(clause, present)
        count_degrees(piece, present)
        alone = not (piece.targets or piece.dimensions) and piece.ways in (["enlarge"], ["reduce"])
        further = clause.refers and "COMPARATIVE" in piece.marks and not piece.amounts
        if further and present.values and not piece.relatives:
            piece.relatives = ["more"]  # "a bit narrower", of what is planned
        take_off(piece, present)
        further = "BEYOND" in piece.marks
        if (
            further
            or piece.relatives
            or piece.opposites
            or piece.fraction
            or (alone and piece.amounts)
        ):
            relative = scaled(clause, present)
            if relative is not None:
                return relative
        if clause.refers:
            raise Refusal(Reason.of("words_without_part"))
        if piece.limits and (left := limited(piece, present)):
            return left
        return _set(piece, present)
    except ProcedureError as error:
        raise Refusal(Reason.of("words_measurement_hidden", problem=error)) from error


def kept_by(piece: Piece) -> list[str]:
    """Return the effects that are to stay as they are.

    Raises
    ------
    Refusal
    """
    further = piece.relatives and not (piece.ways and piece.relatives == ["more"])
    if piece.amounts or further or piece.undo or "strong" in piece.grades:
        raise Refusal(Reason.of("words_negation_open"))
    absent = piece.not_ and not (piece.keep or piece.ways or "TOUCH" in piece.marks)
    if absent and concepts().faults.intersection(piece.parts):  # "no hump"
        raise Refusal(Reason.of("words_absence_open"))
    sides = wanted_sides(piece)
    if piece.targets and piece.ways:
        try:
            return [move.key for move in moves_of(piece, ())]
        except Refusal:
            return effects_of_targets(piece)
    if piece.targets:
        keys = [key for key in effects_of_targets(piece) if EARS.get(key, sides[0]) in sides]
        sized = [key for key in keys if key.rpartition("_")[2] in piece.dimensions]
        if piece.dimensions and not sized and not {"PART", "NAME"} & set(piece.order):
            # "tip rotation 3 degrees, without changing the projection" is of the tip too
            sized = other_sizes(keys, piece.dimensions)
        return sized or keys
    if piece.dimensions:  # "keep the width"
        named = [f"{name}.{one.name}" for name in procedures() for one in procedure(name).effects]
        return [key for key in named if key.rpartition("_")[2] in piece.dimensions]
    if piece.not_ and (moves := _within_areas(piece)):  # "the nose does not get wider"
        return [move.key for move in moves]
    if whole := [*piece.areas, *piece.procedures]:
        return [f"{name}.{effect.name}" for name in whole for effect in procedure(name).effects]
    if piece.all_ or piece.head:
        return []
    raise Refusal(Reason.of("words_without_part"))


def denied_signs(piece: Piece) -> dict[str, int]:
    """Return for effects that must not go one way which way that is: "don't lower the tip"."""
    if piece.keep or not (piece.not_ and piece.ways):
        return {}
    if not piece.targets:
        return {move.key: move.sign for move in _within_areas(piece)}
    try:
        return {move.key: move.sign for move in moves_of(piece, ())}
    except Refusal:
        return {}


def _within_areas(piece: Piece) -> list[Move]:
    return [move for area in piece.areas for move in concepts().moves_within(area, piece.ways)]


def _set(piece: Piece, present: Present) -> list[Edit]:
    if (
        piece.order.count("SIDE") > 1
        and len(set(piece.sides)) > 1
        and set(piece.sides) != {"both", "each"}
    ):  # "the left as high as the right"
        raise Refusal(Reason.of("words_contradict"))
    if piece.head:  # "the head of the left brow" is no turn, and not the whole brow
        raise Refusal(Reason.of("words_contradict"))
    owners = {*piece.procedures, *present.owners()}
    moves = _of_side(moves_of(piece, owners), piece)
    sized = set(piece.ways) & {"reduce", "enlarge", "up", "down"}
    if (
        sized
        and (piece.names or piece.dimensions)
        and any(m.key in present.values and m.key not in present.edited for m in moves)
    ):
        # "reduce the tip rotation by 1 degree": of what is planned, or of the face?
        raise Refusal(Reason.of("words_relative_open"))
    _require_remedy(piece, moves, present)
    loose = not piece.amounts and (not piece.grades or "HEDGE" in piece.marks)
    return [
        Edit(
            move.key,
            _value(move, piece, present),
            _side(move.key, piece),
            loose=loose,
            follows=goes_along(move, piece, present),
        )
        for move in moves
    ]


def _require_remedy(piece: Piece, moves: Sequence[Move], present: Present) -> None:
    """Refuse what is only described unless the usual operation is what puts it right."""
    for move in moves:
        usual = (effect_of(move.key).band.high > 0) == (move.sign > 0)
        if piece.described and not usual:
            raise Refusal(Reason.of("words_doubtful", words=piece.marks["COPULA"]))
        if piece.remedial and present.values.get(move.key, 0.0) * move.sign < 0.0:
            raise Refusal(Reason.of("words_relative_open"))  # too little of the plan, or too much?


def _of_side(moves: Sequence[Move], piece: Piece) -> list[Move]:
    """Keep the ears of the side that was said."""
    wanted = said_side(piece)
    if wanted in (None, "both"):
        return list(moves)
    kept = [move for move in moves if EARS.get(move.key, wanted) == wanted]
    if not kept:
        raise Refusal(Reason.of("words_contradict"))
    return kept


def _side(key: str, piece: Piece) -> Side | None:
    if key in EARS:
        return None
    said = said_side(piece)
    effect = effect_of(key)
    if piece.single and said is None and not _one_for_both(effect):  # "one eyebrow"
        raise Refusal(Reason.of("words_side_open"))
    put_first: Side | None = (
        "left" if piece.side_before == "left" else "right" if piece.side_before == "right" else None
    )
    if said is None and put_first and piece.announced and not _one_for_both(effect):
        return put_first  # "on the left: brow up 2 mm, upper lid up 1 mm"
    if said is None and put_first and not _one_for_both(effect):
        # "left: brow up 2 mm, lower lid up 1 mm": does the side go on?
        raise Refusal(Reason.of("words_side_open"))
    if effect.midline:
        if said in ("left", "right"):
            raise Refusal(Reason.of("words_without_sides", effect=key))
        return None
    if (
        said in ("left", "right")
        and effect.measure == "total"
        and piece.amounts
        and not piece.names
    ):
        raise Refusal(Reason.of("words_without_sides", effect=key))  # half of a width would move
    return said or "both"


def _one_for_both(effect: Effect) -> bool:
    """Whether an effect has one value that both sides share: of the midline, or a width."""
    return effect.midline or effect.measure == "total"


def _value(move: Move, piece: Piece, present: Present) -> float:
    """Return the value that a piece gives an effect, in its unit."""
    effect = present.effect(move.key)
    if not piece.amounts:
        value = _by_grade(effect.band, move.sign, piece.grades[0] if piece.grades else "normal")
        before = present.values.get(move.key, 0.0)
        again = move.key in present.edited  # it is said once more, not changed
        if "COMPARATIVE" in piece.marks and before * value < 0.0 and not again:
            raise Refusal(Reason.of("words_relative_open"))  # less of it, or the other way?
        if "COMPARATIVE" in piece.marks and piece.grades and not again and before * value > 0.0:
            # "a bit narrower" than it is planned is not less of it
            further = before * (1.0 + concepts().relative[piece.grades[0]])
            return further if abs(further) > abs(value) else value
        if not (piece.grades or again) and before * value > 0.0 and abs(before) >= abs(value):
            return before * (1.0 + concepts().relative["normal"])  # "narrower" than it is planned
        return value
    amount = piece.amounts[0]
    before = 0.0 if move.key in present.edited else present.values.get(move.key, 0.0)
    if "COMPARATIVE" in piece.marks and before * move.sign < 0.0:
        raise Refusal(
            Reason.of("words_relative_open")
        )  # "1 mm less short": than the face, or planned?
    if amount.signed and (amount.value < 0) != (move.sign < 0) and amount.value:
        raise Refusal(Reason.of("words_contradict"))
    size = abs(_in_unit(amount, move.key, effect))
    if "each" in piece.sides and effect.measure == "total" and amount.unit != "percent":
        size *= 2.0  # "1 mm per side" of a width
    return move.sign * size + 0.0


def _in_unit(amount: Amount, key: str, effect: Effect) -> float:
    if amount.unit != "percent" or effect.unit == "percent":
        return amount.value
    return amount.value * effect.band.typical / effect_of(key).band.typical


def _by_grade(band: Band, sign: int, grade: str) -> float:
    """Return the weak end, the typical value or the strong end of a band, in a direction."""
    with_band = sign == (1 if band.high > 0 else -1)
    if with_band:
        # A band that begins with no change at all has no weak end: a little is half of the usual.
        weak = band.low or 0.5 * band.typical
        return {"slight": weak, "normal": band.typical, "strong": band.high}[grade]
    if not band.reverse:
        return -{"slight": band.low, "normal": band.typical, "strong": band.high}[grade] + 0.0
    farthest = abs(band.reverse)
    size = {"slight": abs(band.low), "normal": abs(band.typical), "strong": farthest}[grade]
    return sign * min(size, farthest)


def _undone(piece: Piece, present: Present) -> list[Edit]:
    if piece.amounts or piece.relatives or piece.opposites:  # "take back the tip by 1 mm"
        raise Refusal(Reason.of("words_negation_open"))
    whole = piece.procedures or (piece.areas if not piece.targets else [])
    if whole:
        keys = [key for key in present.values if key.partition(".")[0] in whole]
    elif piece.targets:
        wanted = named_effects(piece, present)
        keys = [key for key in present.values if key in wanted]
        keys = [key for key in keys if EARS.get(key) in (None, *wanted_sides(piece))]
        if _MALAR in keys and piece.parts == ["cheekbone"]:
            keys = [_MALAR]  # of the bone; the cheek is lifted with it or without
        if not keys and present.edited.intersection(wanted):
            return []  # "forget the chin, undo it": said twice
    elif piece.all_:
        keys = list(present.values)
    else:
        raise Refusal(Reason.of("words_without_part"))
    if not keys and piece.all_ and present.edited:
        return []  # "undo everything, start from scratch"
    if not keys:
        raise Refusal(Reason.of("words_without_present"))
    require_side(keys, piece, present)
    return [Edit(key, None, present.sides.get(key), relative=True) for key in keys]
