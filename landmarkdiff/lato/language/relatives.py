"""Less, more, half and twice of what is planned already."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from landmarkdiff.lato.language.clause import Clause
from landmarkdiff.lato.language.concepts import concepts, effect_of
from landmarkdiff.lato.language.moves import Refusal, effects_of_targets, moves_of
from landmarkdiff.lato.language.piece import Amount, Piece
from landmarkdiff.lato.language.present import EARS, Edit, Present, require_side, wanted_sides
from landmarkdiff.notices import Reason
from landmarkdiff.procedures.plan import Side

__all__ = ["count_degrees", "limited", "named_effects", "reached", "scaled", "take_off",
           "tell_which"]  # fmt: skip

_HUMP = "rhinoplasty.dorsal_hump"


def scaled(clause: Clause, present: Present) -> list[Edit] | None:
    """Return less or more of what is planned; None where the words say an absolute change."""
    piece = clause.piece
    if not (piece.targets or piece.dimensions) and piece.ways == ["rotate"]:  # "rotate less"
        piece.ways, piece.dimensions = [], ["rotation"]
    if "BEYOND" in piece.marks and not (piece.relatives or piece.opposites):
        piece.relatives = ["more"]  # "half a millimetre narrower than planned"
    _read_part_of(piece, present)
    keys = _referred(clause, present)
    fitting = [key for key in keys if piece.amounts and _same_unit(key, piece.amounts[0], present)]
    if not piece.targets and len(fitting) == 1:
        keys = fitting  # "add two degrees": the hump is planned in millimetres
    sized = {"reduce", "enlarge"} & set(piece.ways)
    if keys and piece.fraction and sized and "TO" not in piece.marks:
        raise Refusal(Reason.of("words_relative_open"))  # "reduce the hump by a third"
    if piece.opposites and keys and not present.loose.issuperset(keys):
        raise Refusal(Reason.of("words_relative_open"))
    if piece.opposites:
        return None
    faulty = bool(concepts().faults.intersection(piece.parts)) and not piece.ways
    # "2 mm more on the jowls" is of what is done to them; "a third less on the hump" is open
    faulty &= "UPON" not in piece.marks or bool(piece.fraction)
    if not keys and "BEYOND" in piece.marks:
        raise Refusal(Reason.of("words_without_present"))
    if not keys:
        _read_absolutely(piece)
        return None
    of_unit = piece.amounts and all(
        piece.amounts[0].unit in ("", present.effect(key).unit) for key in keys
    )
    first = present.loose.issuperset(keys)
    if of_unit and piece.relatives in (["more"], ["less"]) and first:
        # "the chin is too far back, 2 mm more": of what was not planned before, all there is
        return [
            Edit(
                key, math.copysign(piece.amounts[0].value, present.values[key]), present.sides[key]
            )
            for key in keys
        ]
    again = piece.relatives == ["more"] and piece.ways and not (piece.amounts or piece.grades)
    if first and again and keys:  # "one does not see my teeth, show them more": said once
        return [Edit(key, present.values[key], present.sides[key], loose=True) for key in keys]
    # "another 2 mm for the jowls" is of it too: of a hump alone one may want more
    of_plan = piece.relatives == ["more"] and piece.amounts and "hump" not in piece.parts
    planned = any(key in present.planned and present.planned[key].value for key in keys)
    if faulty and not (of_plan and planned) and {"less", "more"} & set(piece.relatives):
        if not planned:
            _read_absolutely(piece)
            return None
        raise Refusal(Reason.of("words_relative_open"))
    require_side(keys, piece, present)
    keys = [key for key in keys if not _follows(key, keys, present)]
    return [
        Edit(key, _scaled_value(key, piece, present), present.sides.get(key), relative=True)
        for key in keys
    ]


def _follows(key: str, keys: Sequence[str], present: Present) -> bool:
    """Whether an effect is planned only because it follows another one of them."""
    item = present.planned.get(key)
    driver = None if item is None or item.origin != "coupled" else item.effect.coupled_to
    return driver is not None and f"{key.partition('.')[0]}.{driver.driver}" in keys


def tell_which(clause: Clause, present: Present) -> None:
    """Let "make the rotation 7 degrees" be of the one that is planned, and what it is to be."""
    piece = clause.piece
    if not piece.targets and piece.dimensions and not piece.relatives:
        keys = _of_dimension(list(present.values), piece)
        if len(keys) == 1 and not piece.ways:
            piece.names, clause.refers = keys, False
    told = piece.ways or piece.relatives or piece.opposites or piece.fraction or piece.grades
    named = piece.names or piece.dimensions
    if told or piece.undo or not named or "MAKE" not in piece.marks or len(piece.amounts) != 1:
        return
    keys = [key for key in named_effects(piece, present) if key in present.values]
    if len(keys) == 1 and not piece.amounts[0].signed:
        piece.marks["INSTEAD"] = piece.marks["MAKE"]


def take_off(piece: Piece, present: Present) -> None:
    """Let "take a third off the rotation" and "put 1 mm of the hump back" be less of the plan."""
    named = effects_of_targets(piece) if piece.targets else present.values
    planned = any(key in present.values for key in named)
    noun = len(piece.ways) > 1  # "reduce the chin augmentation by 1 mm"
    share = piece.fraction or any(amount.unit == "percent" for amount in piece.amounts)
    of_plan = piece.names or piece.dimensions or {"REMOVE", "AWAY"} & piece.marks.keys()
    told = (share and of_plan) or (noun and (piece.fraction or piece.amounts))
    if told and planned and "reduce" in piece.ways and not piece.relatives:
        piece.ways = [way for way in piece.ways if way != "reduce"]
        to = piece.fraction and "TO" in piece.marks  # "to a third" keeps it
        piece.relatives = [] if to else ["less"]
    of_it = noun or piece.names or piece.dimensions
    more = share and of_it and planned and "TO" not in piece.marks
    if more and "enlarge" in piece.ways and not piece.relatives:
        piece.ways = [way for way in piece.ways if way != "enlarge"]
        piece.relatives = ["more"]  # "increase the chin advancement by a third"
    bridge = piece.parts and set(piece.parts) <= {"hump", "bridge"}
    if bridge and piece.ways == ["back"] and present.values.get(_HUMP, 0.0) < 0.0:
        piece.parts, piece.names = [], [_HUMP]
        piece.ways, piece.relatives = [], ["less"]


def reached(clause: Clause, present: Present) -> list[Edit]:
    """Return another value of what is planned: "make it 3 mm", "the rotation to 6 degrees".

    Raises
    ------
    Refusal
        Nothing of it is planned, or more than one value.
    """
    piece = clause.piece
    amount = piece.amounts[0]
    doubt = Reason.of("words_doubtful", words=amount.to or piece.marks.get("INSTEAD", "="))
    named = piece.names or piece.dimensions
    plain = piece.ways
    if not (named or piece.parts) and plain in (["down"], ["up"]):  # "bring it down to 4 degrees"
        if any(number < 0.0 for number in present.values.values()):
            raise Refusal(doubt)
        plain = ["reduce"] if plain == ["down"] else ["enlarge"]
        piece.ways = plain
        named = [*piece.names]
    sized = (named or not piece.parts) and set(plain) <= {"move", "reduce", "enlarge"}
    piece.ways = [] if sized else [way for way in plain if way != "move"]
    if not present.values:
        raise Refusal(doubt)  # "narrow the tip to 2 mm": by, or until it is?
    keys = [key for key in _referred(clause, present) if _same_unit(key, amount, present)]
    piece.ways = plain
    values = {present.values[key] for key in keys}
    if len(values) != 1 or (amount.value <= 0.0 and not amount.signed):
        raise Refusal(doubt)
    (value,) = values
    if amount.signed and amount.value * value < 0.0:
        raise Refusal(doubt)
    shrinks = abs(amount.value) < abs(value)
    if ("reduce" in plain and not shrinks) or ("enlarge" in plain and shrinks):
        raise Refusal(doubt)
    require_side(keys, piece, present)
    size = math.copysign(abs(amount.value), value)
    return [Edit(key, size, present.sides.get(key), relative=True) for key in keys]


def limited(piece: Piece, present: Present) -> list[Edit]:
    """Return what is planned of both sides for one of them: "do that only on the left brow"."""
    named = effects_of_targets(piece) if piece.targets else list(present.values)
    keys = [key for key in named if present.sides.get(key) == "both" and key in present.values]
    side: Side = "left" if piece.sides[0] == "left" else "right"
    keys = [key for key in keys if key not in EARS and effect_of(key).measure != "total"]
    return [Edit(key, present.values[key], side, relative=True) for key in keys]


def count_degrees(piece: Piece, present: Present) -> None:
    """Let degrees be more or less of the one turn of a part: "add two degrees to the tip"."""
    sizes = {"enlarge": "more", "reduce": "less"}
    said = piece.relatives if not piece.ways else [sizes.get(way, "") for way in piece.ways]
    plain = not (piece.relatives and piece.ways) and not (piece.dimensions or piece.opposites)
    if said not in (["more"], ["less"]) or not plain or piece.remedial:
        return
    if not piece.parts or [amount.unit for amount in piece.amounts] != ["deg"]:
        return
    keys = [key for key in effects_of_targets(piece) if key in present.values]
    turned = [key for key in keys if present.effect(key).unit == "deg"]
    if len(turned) == 1 and present.values[turned[0]] > 0.0:
        piece.parts, piece.names = [], turned
        piece.ways, piece.relatives = [], said


def _read_part_of(piece: Piece, present: Present) -> None:
    """Let "reduce the chin advancement by a third" be a third less of it; "to a third" keeps it."""
    less = {"reduce", "down"} if piece.dimensions and not piece.targets else {"reduce"}
    share = piece.fraction or piece.relatives == ["half"]
    if not share or not less & set(piece.ways) or set(piece.relatives) - {"half"}:
        return
    onward = [way for way in piece.ways if way not in less]
    if not (piece.names or piece.dimensions or onward):
        return  # "reduce the hump by a third": of the face
    keys = effects_of_targets(piece) if piece.targets else list(present.values)
    if any(key in present.values for key in keys):
        piece.ways = onward
        piece.relatives = piece.relatives or ([] if "TO" in piece.marks else ["less"])


def _same_unit(key: str, amount: Amount, present: Present) -> bool:
    return amount.unit in ("", present.effect(key).unit)


def _read_absolutely(piece: Piece) -> None:
    """Read "more" and "less" of what is not planned yet as an absolute change."""
    relatives = set(piece.relatives)
    share = piece.fraction or (0.5 if relatives == {"half"} else 0.0)
    deep = bool(piece.names) or piece.dimensions == ["depth"]
    deep |= bool(concepts().faults.intersection(piece.parts))
    if relatives == {"half"} and deep and not piece.ways:
        piece.ways = ["reduce"]  # "halve the depth of the fold", "halve the fold"
    if share and piece.targets and piece.ways and relatives <= {"half"} and not piece.amounts:
        keys = {move.key for move in moves_of(piece, ())}
        if all(effect_of(key).unit == "percent" for key in keys):  # "reduce the fold by a third"
            piece.amounts, piece.fraction, piece.relatives = (
                [Amount(100 * share, "percent", False)],
                0,
                [],
            )
            return
    if piece.fraction or not piece.targets or relatives - {"less", "more"} or len(relatives) > 1:
        raise Refusal(Reason.of("words_without_present"))
    if not piece.ways and "more" in relatives and concepts().faults.intersection(piece.parts):
        raise Refusal(Reason.of("words_absence_open"))  # French "plus de bosse": more, or no more?
    order = [kind for kind in piece.order if kind != "DIMENSION"]
    counted = ("amount", "less") in pairwise(order)
    if piece.ways == ["reduce"] and relatives == {"less"} and counted:
        return  # "a reduction, 4 mm less"
    if piece.ways and "less" in relatives:
        raise Refusal(Reason.of("words_without_present"))
    if not piece.ways:
        piece.ways = _signed_ways(piece) or ["reduce" if "less" in relatives else "enlarge"]


def _signed_ways(piece: Piece) -> list[str]:
    """Return which way "plus" and "moins" before an amount are of a part: "pointe plus 5°"."""
    signed = concepts().signed
    told = any(
        piece.order[place : place + 2] in (["less", "amount"], ["more", "amount"])
        for place in range(len(piece.order))
    )
    if not told or len(piece.parts) != 1 or piece.dimensions or piece.parts[0] not in signed:
        return []
    return [signed[piece.parts[0]]["more" in piece.relatives]]


def _referred(clause: Clause, present: Present) -> list[str]:
    """Return the planned effects that a relative clause is about."""
    piece = clause.piece
    if not piece.targets:
        if piece.dimensions and not piece.ways:  # "a third less rotation"
            keys = _of_dimension(list(present.values), piece)
            if len(keys) == 1:
                return keys
        if piece.ways and not (piece.opposites or piece.dimensions):
            return _going(piece, present)
        if piece.opposites or piece.dimensions:
            raise Refusal(Reason.of("words_without_part"))
        if present.said and not piece.all_:
            return [key for key in present.said if key in present.values]
        return list(present.values)
    keys = [key for key in named_effects(piece, present) if key in present.values]
    return [key for key in keys if EARS.get(key) in (None, *wanted_sides(piece))]


def _going(piece: Piece, present: Present) -> list[str]:
    """Return the one planned effect that goes a way that was said: "less far forward".

    "Add two degrees" and "take off a degree" are more and less of it; where the plan itself takes
    off, the latter can be either.
    """
    table = concepts()
    keys = [key for key in (present.said or present.values) if key in present.values]
    if piece.ways in (["enlarge"], ["reduce"]):
        more = piece.ways == ["enlarge"]
        rises = all(present.values[key] > 0.0 for key in keys)
        falls = all(present.values[key] < 0.0 for key in keys)
        again = piece.relatives == ["more"]
        same = not piece.relatives or piece.relatives == ["more" if more else "less"]
        if not (rises or (falls and again)) or not (same or again):
            raise Refusal(Reason.of("words_relative_open"))
        # "another millimetre off" is more of what takes off, and less of what adds
        piece.relatives = ["more" if more or (falls and again) else "less"]
    else:
        cells = {key: table.named(key) for key in keys}
        keys = [
            key
            for key in keys
            if all(
                any(move.sign * present.values[key] > 0.0 for move in cells[key][way].moves)
                for way in piece.ways
                if way in cells[key]
            )
            and any(way in cells[key] for way in piece.ways)
        ]
    if len(keys) != 1:
        raise Refusal(Reason.of("words_without_part"))
    piece.ways = []
    return keys


def named_effects(piece: Piece, present: Present) -> list[str]:
    """Return the effects that parts, dimensions and ways name: "the chin advancement"."""
    wanted = _own(effects_of_targets(piece), piece, present)
    if piece.dimensions:
        wanted = _of_dimension(wanted, piece) or wanted
    if piece.ways:
        try:
            moves = moves_of(piece.without_amount(), present.owners())
        except Refusal:
            return wanted
        if any(move.sign * present.values.get(move.key, 0.0) < 0.0 for move in moves):
            raise Refusal(Reason.of("words_relative_open"))  # "less down" of what is turned up
        return [move.key for move in moves]
    return wanted


def _own(keys: Sequence[str], piece: Piece, present: Present) -> list[str]:
    """Leave out what another part is known for where this one's own effect is planned as well."""
    homes = concepts().homes
    own = [key for key in keys if homes.get(key) in piece.parts and key in present.values]
    return [key for key in keys if not own or homes.get(key) in (None, *piece.parts)]


def _of_dimension(keys: Sequence[str], piece: Piece) -> list[str]:
    """Keep the effects that are called by a dimension that was said: ``tip_width``."""
    return [key for key in keys if key.rpartition("_")[2] in piece.dimensions]


def _scaled_value(key: str, piece: Piece, present: Present) -> float:
    value = present.values[key]
    relatives = set(piece.relatives)
    if len(piece.relatives) > 2 or {"less", "more"} <= relatives:
        raise Refusal(Reason.of("words_contradict"))
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
        raise Refusal(Reason.of("words_contradict"))
    way = 1.0 if "more" in piece.relatives else -1.0
    effect = present.effect(key)
    if amount.unit == "percent" and effect.unit != "percent":
        return value * (1.0 + way * amount.value / 100.0)
    if amount.unit not in ("", effect.unit):
        raise Refusal(Reason.of("words_of_other_unit", effect=key, unit=effect.unit))
    size = abs(value) + way * amount.value
    if size < 0.0:
        raise Refusal(Reason.of("words_contradict"))
    return math.copysign(size, value)
