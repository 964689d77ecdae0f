"""What a clause sets: effects with their values for this patient."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from landmarkdiff.errors import ProcedureError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.language.clause import Clause
from landmarkdiff.lato.language.concepts import Move, concepts, effect_of
from landmarkdiff.lato.language.moves import Refused, effects_of_targets, moves_of
from landmarkdiff.lato.language.piece import Amount, Piece
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.effect import Band, Effect
from landmarkdiff.procedures.plan import PlannedEffect, Side
from landmarkdiff.procedures.planning import for_patient

__all__ = ["Edit", "Present", "edits_of", "kept_by", "said_side"]

_EARS: Mapping[str, Side] = {
    "otoplasty.right_ear_setback": "right",
    "otoplasty.left_ear_setback": "left",
}


@dataclass(frozen=True)
class Edit:
    """What is said of one effect.

    Attributes
    ----------
    key : str
    value : float or None
        In the unit of the effect; None takes it back.
    side : {"both", "left", "right"} or None
        None of an effect without sides.
    relative : bool
        Whether it refers to what was planned before.
    loose : bool
        Whether neither a number nor a degree was said.
    """

    key: str
    value: float | None
    side: Side | None
    relative: bool = False
    loose: bool = False


@dataclass
class Present:
    """What is planned so far: the plan that was given, and what was said since.

    Attributes
    ----------
    face : FaceLandmarks
        Gives the measurements that bands in percent refer to.
    planned : mapping of str to PlannedEffect
        The effects of the plan that was given, by their key.
    values : dict of str to float
        Values that are not 0.
    sides : dict of str to Side
    said : list of str
        Effects of the clause before.
    edited : set of str
        Effects of all clauses before.
    """

    face: FaceLandmarks
    planned: Mapping[str, PlannedEffect]
    values: dict[str, float]
    sides: dict[str, Side | None]
    said: list[str] = field(default_factory=list)
    edited: set[str] = field(default_factory=set)
    resolved: dict[str, Effect] = field(default_factory=dict)

    def owners(self) -> set[str]:
        """Return the procedures of which something is planned."""
        return {key.partition(".")[0] for key in self.values}

    def effect(self, key: str) -> Effect:
        """Return an effect with its band in this patient's unit.

        Raises
        ------
        ProcedureError
            The photo hides what the band refers to.
        """
        if key in self.planned:
            return self.planned[key].effect
        if key not in self.resolved:
            self.resolved[key] = for_patient(effect_of(key), self.face)
        return self.resolved[key]


def edits_of(clause: Clause, present: Present) -> list[Edit]:
    """Return what a clause sets.

    Raises
    ------
    Refused
    """
    piece = clause.piece
    if len(piece.amounts) > 1 and len(set(piece.amounts)) > 1:
        raise Refused(Reason.of("words_two_numbers"))
    if any(not math.isfinite(amount.value) for amount in piece.amounts):
        raise Refused(Reason.of("words_two_numbers"))
    if len(set(piece.grades)) > 1:
        raise Refused(Reason.of("words_contradict"))
    try:
        if piece.undo:
            return _undone(piece, present)
        if piece.relatives or piece.opposites or piece.fraction:
            scaled = _scaled(clause, present)
            if scaled is not None:
                return scaled
        if clause.refers:
            raise Refused(Reason.of("words_without_part"))
        return _set(piece, present)
    except ProcedureError as error:
        raise Refused(Reason.of("words_measurement_hidden", problem=error)) from error


def kept_by(piece: Piece) -> list[str]:
    """Return the effects that are to stay as they are.

    Raises
    ------
    Refused
    """
    if piece.amounts or piece.relatives or piece.undo or "strong" in piece.grades:
        raise Refused(Reason.of("words_negation_open"))
    absent = piece.not_ and not (piece.keep or piece.ways or "TOUCH" in piece.marks)
    if absent and concepts().faults.intersection(piece.parts):  # "no hump"
        raise Refused(Reason.of("words_absence_open"))
    if piece.targets and piece.ways:
        try:
            return [move.key for move in moves_of(piece, ())]
        except Refused:
            return effects_of_targets(piece)
    if piece.targets:
        return effects_of_targets(piece)
    if piece.all_ or piece.head:
        return []
    raise Refused(Reason.of("words_without_part"))


def _set(piece: Piece, present: Present) -> list[Edit]:
    if (
        piece.order.count("SIDE") > 1 and len(set(piece.sides)) > 1
    ):  # "the left as high as the right"
        raise Refused(Reason.of("words_contradict"))
    if piece.head:  # "the head of the left brow" is no turn, and not the whole brow
        raise Refused(Reason.of("words_contradict"))
    owners = {*piece.procedures, *present.owners()}
    moves = _of_side(moves_of(piece, owners), piece)
    scaled = set(piece.ways) & {"reduce", "enlarge"}
    if scaled and (piece.names or piece.dimensions) and any(m.key in present.values for m in moves):
        # "reduce the tip rotation by 1 degree": of what is planned, or of the face?
        raise Refused(Reason.of("words_relative_open"))
    _require_remedy(piece, moves, present)
    loose = not (piece.amounts or piece.grades)
    return [
        Edit(move.key, _value(move, piece, present), _side(move.key, piece), loose=loose)
        for move in moves
    ]


def _require_remedy(piece: Piece, moves: Sequence[Move], present: Present) -> None:
    """Refuse what is only described unless the usual operation is what puts it right."""
    for move in moves:
        usual = (effect_of(move.key).band.high > 0) == (move.sign > 0)
        if piece.described and not usual:
            raise Refused(Reason.of("words_doubtful", words=piece.marks["COPULA"]))
        if piece.remedial and present.values.get(move.key, 0.0) * move.sign < 0.0:
            raise Refused(Reason.of("words_relative_open"))  # too little of the plan, or too much?


def _of_side(moves: Sequence[Move], piece: Piece) -> list[Move]:
    """Keep the ears of the side that was said."""
    wanted = said_side(piece)
    if wanted in (None, "both"):
        return list(moves)
    kept = [move for move in moves if _EARS.get(move.key, wanted) == wanted]
    if not kept:
        raise Refused(Reason.of("words_contradict"))
    return kept


def said_side(piece: Piece) -> Side | None:
    """Return the side that a piece names; None when it names none."""
    sides = set(piece.sides)
    if not sides:
        return None
    if len(sides) > 1:
        return "both"
    side = sides.pop()
    return "left" if side == "left" else "right" if side == "right" else "both"


def _side(key: str, piece: Piece) -> Side | None:
    if key in _EARS:
        return None
    said = said_side(piece)
    effect = effect_of(key)
    if piece.single and said is None and not _one_for_both(effect):  # "one eyebrow"
        raise Refused(Reason.of("words_side_open"))
    if said is None and piece.led in ("left", "right") and not _one_for_both(effect):
        # "left: brow up 2 mm, lower lid up 1 mm": does the side go on?
        raise Refused(Reason.of("words_side_open"))
    if effect.midline:
        if said in ("left", "right"):
            raise Refused(Reason.of("words_without_sides", effect=key))
        return None
    if (
        said in ("left", "right")
        and effect.measure == "total"
        and piece.amounts
        and not piece.names
    ):
        raise Refused(Reason.of("words_without_sides", effect=key))  # half of a width would move
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
        if not (piece.grades or again) and before * value > 0.0 and abs(before) >= abs(value):
            return before * (1.0 + concepts().relative["normal"])  # "narrower" than it is planned
        return value
    amount = piece.amounts[0]
    if amount.signed and (amount.value < 0) != (move.sign < 0) and amount.value:
        raise Refused(Reason.of("words_contradict"))
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
        return {"slight": band.low, "normal": band.typical, "strong": band.high}[grade]
    if not band.reverse:
        return -{"slight": band.low, "normal": band.typical, "strong": band.high}[grade] + 0.0
    farthest = abs(band.reverse)
    size = {"slight": abs(band.low), "normal": abs(band.typical), "strong": farthest}[grade]
    return sign * min(size, farthest)


def _undone(piece: Piece, present: Present) -> list[Edit]:
    if piece.amounts or piece.relatives or piece.opposites:  # "take back the tip by 1 mm"
        raise Refused(Reason.of("words_negation_open"))
    if piece.procedures:
        keys = [key for key in present.values if key.partition(".")[0] in piece.procedures]
    elif piece.targets:
        wanted = set(effects_of_targets(piece))
        keys = [key for key in present.values if key in wanted]
        keys = [key for key in keys if _EARS.get(key) in (None, *_wanted_sides(piece))]
    elif piece.all_:
        keys = list(present.values)
    else:
        raise Refused(Reason.of("words_without_part"))
    if not keys:
        raise Refused(Reason.of("words_without_present"))
    _require_side(keys, piece, present)
    return [Edit(key, None, present.sides.get(key), relative=True) for key in keys]


def _require_side(keys: Sequence[str], piece: Piece, present: Present) -> None:
    """An effect has one value: less of it on one side of two cannot be planned."""
    said = said_side(piece)
    for key in keys:
        if said in ("left", "right") and present.sides.get(key) not in (said, None):
            raise Refused(Reason.of("words_side_open"))


def _wanted_sides(piece: Piece) -> tuple[Side, ...]:
    said = said_side(piece)
    return (said,) if said in ("left", "right") else ("left", "right")


def _scaled(clause: Clause, present: Present) -> list[Edit] | None:
    """Return less or more of what is planned; None where the words say an absolute change."""
    piece = clause.piece
    if not (piece.targets or piece.dimensions) and piece.ways == ["rotate"]:  # "rotate less"
        piece.ways, piece.dimensions = [], ["rotation"]
    keys = _referred(clause, present)
    if piece.opposites and keys:
        raise Refused(Reason.of("words_relative_open"))
    if piece.opposites:
        return None
    faulty = bool(concepts().faults.intersection(piece.parts)) and not piece.ways
    if not keys:
        _read_absolutely(piece)
        return None
    if faulty and {"less", "more"} & set(piece.relatives):
        raise Refused(Reason.of("words_relative_open"))
    _require_side(keys, piece, present)
    return [
        Edit(key, _scaled_value(key, piece, present), present.sides.get(key), relative=True)
        for key in keys
    ]


def _read_absolutely(piece: Piece) -> None:
    """Read "more" and "less" of what is not planned yet as an absolute change."""
    relatives = set(piece.relatives)
    share = piece.fraction or (0.5 if relatives == {"half"} else 0.0)
    if share and piece.targets and piece.ways and relatives <= {"half"} and not piece.amounts:
        keys = {move.key for move in moves_of(piece, ())}
        if all(effect_of(key).unit == "percent" for key in keys):  # "reduce the fold by a third"
            piece.amounts, piece.fraction, piece.relatives = [Amount(100 * share, "percent", False)], 0, []
            return
    if piece.fraction or not piece.targets or relatives - {"less", "more"} or len(relatives) > 1:
        raise Refused(Reason.of("words_without_present"))
    if not piece.ways and "more" in relatives and concepts().faults.intersection(piece.parts):
        raise Refused(Reason.of("words_absence_open"))  # French "plus de bosse": more, or no more?
    if piece.ways and "less" in relatives:
        raise Refused(Reason.of("words_without_present"))
    if not piece.ways:
        piece.ways = ["reduce" if "less" in relatives else "enlarge"]


def _referred(clause: Clause, present: Present) -> list[str]:
    """Return the planned effects that a relative clause is about."""
    piece = clause.piece
    if not piece.targets:
        if piece.dimensions and not piece.ways:  # "a third less rotation"
            keys = _of_dimension(list(present.values), piece)
            if len(keys) == 1:
                return keys
        if piece.ways or piece.opposites or piece.dimensions:
            raise Refused(Reason.of("words_without_part"))
        if present.said and not piece.all_:
            return [key for key in present.said if key in present.values]
        return list(present.values)
    wanted = effects_of_targets(piece)
    if piece.dimensions:
        wanted = _of_dimension(wanted, piece) or wanted
    if piece.ways:
        try:
            meant = [move.key for move in moves_of(piece.without_amount(), present.owners())]
        except Refused:
            meant = wanted
        wanted = meant
    keys = [key for key in wanted if key in present.values]
    return [key for key in keys if _EARS.get(key) in (None, *_wanted_sides(piece))]


def _of_dimension(keys: Sequence[str], piece: Piece) -> list[str]:
    """Keep the effects that are called by a dimension that was said: ``tip_width``."""
    return [key for key in keys if key.rpartition("_")[2] in piece.dimensions]


def _scaled_value(key: str, piece: Piece, present: Present) -> float:
    value = present.values[key]
    relatives = set(piece.relatives)
    if len(piece.relatives) > 2 or {"less", "more"} <= relatives:
        raise Refused(Reason.of("words_contradict"))
    if piece.amounts:
        return _by_amount(key, value, piece, present)
    grade = piece.grades[0] if piece.grades else "normal"
    step = concepts().relative[grade]
    if "half" in relatives:
        step = 0.5
    if piece.fraction:  # "a third less" takes it off, "a third of that" keeps it
        step = piece.fraction if relatives else 1.0 - piece.fraction
    if "double" in relatives:
        return value * 2.0
    if "more" in relatives:
        return value * (1.0 + step)
    return value * (1.0 - step)


def _by_amount(key: str, value: float, piece: Piece, present: Present) -> float:
    amount = piece.amounts[0]
    if amount.signed or not {"less", "more"} & set(piece.relatives):
        raise Refused(Reason.of("words_contradict"))
    way = 1.0 if "more" in piece.relatives else -1.0
    effect = present.effect(key)
    if amount.unit == "percent" and effect.unit != "percent":
        return value * (1.0 + way * amount.value / 100.0)
    if amount.unit not in ("", effect.unit):
        raise Refused(Reason.of("words_of_other_unit", effect=key, unit=effect.unit))
    size = abs(value) + way * amount.value
    if size < 0.0:
        raise Refused(Reason.of("words_contradict"))
    return math.copysign(size, value)
