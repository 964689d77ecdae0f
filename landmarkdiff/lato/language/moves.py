"""From a clause to the effects that it means, each with its sign."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from landmarkdiff.lato.language.concepts import (
    Cell,
    Concepts,
    Move,
    can_go,
    concepts,
    effect_of,
)
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason

__all__ = ["Refusal", "effects_of_targets", "moves_of"]

#: Ways that say nothing against another one beside them.
_WEAK = ("move", "rotate", "reduce", "enlarge", "augment", "show")
_LESS = ("reduce", "down", "narrow", "short", "soft", "back", "close", "loose")
#: Ways of a hinge, which are rotations of their own.
_HINGE = ("open", "close")
_MORE = ("enlarge", "augment", "up", "wide", "long", "deep", "forward", "open", "show", "tight")


class Refusal(Exception):  # noqa: N818  # what was said, not the program, is at fault
    """A clause means nothing that can be planned; ``reason`` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.code)
        self.reason = reason


@dataclass(frozen=True)
class _Target:
    """A part or an effect that was named, with its ways."""

    part: str
    names: tuple[str, ...]
    cells: Mapping[str, Cell]


def moves_of(piece: Piece, owners: Collection[str]) -> tuple[Move, ...]:
    """Return the effects that a piece means.

    Parameters
    ----------
    piece : Piece
        Completed.
    owners : collection of str
        Procedures of which the talk is: they decide between effects of the same name.

    Raises
    ------
    Refusal
    """
    table = concepts()
    found = [
        moves for target in _targets(piece, table) for moves in _found(target, piece, owners, table)
    ]
    if not found:
        raise Refusal(Reason.of("words_not_simulated"))
    if len(found) > 1 and len(set(found)) > 1:
        raise _ambiguous([move for moves in found for move in moves])
    return found[0]


def effects_of_targets(piece: Piece) -> list[str]:
    """Return every effect that the named parts can have, each once."""
    table = concepts()
    keys = [
        move.key
        for target in _targets(piece, table)
        for cell in target.cells.values()
        for move in cell.moves
    ]
    return list(dict.fromkeys(keys))


def _targets(piece: Piece, table: Concepts) -> list[_Target]:
    named = [tuple(name.split(" | ")) for name in piece.names]
    targets = [_Target("", keys, _cells_of_names(keys, table)) for keys in dict.fromkeys(named)]
    taken = {key for keys in named for key in keys}
    around = {outer for part in piece.parts for outer in table.around(part)}
    for part in dict.fromkeys(piece.parts):
        cells = table.cells(part)
        of_name = any(move.key in taken for cell in cells.values() for move in cell.moves)
        if part not in around and not of_name:
            targets.append(_Target(part, (), cells))
    return targets


def _cells_of_names(keys: Sequence[str], table: Concepts) -> Mapping[str, Cell]:
    cells: dict[str, list[Move]] = {}
    for key in keys:
        of_part = table.cells(table.of_part.get(key, ""))
        for way, cell in table.named(key).items():
            possible = [move for move in cell.moves if can_go(move)]
            instead = of_part[way].moves if not possible and way in of_part else cell.moves
            cells.setdefault(way, []).extend(instead)
    return {way: Cell(_usual(way, moves, table)) for way, moves in cells.items()}


def _usual(way: str, moves: Sequence[Move], table: Concepts) -> tuple[Move, ...]:
    """Keep of effects of the same name those that this way of a part means."""
    usual = {move for cells in table.parts.values() if way in cells for move in cells[way].moves}
    return tuple(move for move in moves if move in usual) or tuple(moves)


def _found(
    target: _Target, piece: Piece, owners: Collection[str], table: Concepts
) -> list[tuple[Move, ...]]:
    """Return the moves of one target; nothing where these are no ways of it."""
    ways = _ways(target, piece, table)
    signs = [amount.value for amount in piece.amounts if amount.signed]
    if not ways and signs and target.part in table.signed and not piece.dimensions:
        ways = [table.signed[target.part][signs[0] > 0]]
    if not ways:
        return [_by_name(target, piece, owners, table)]
    if "fill" in ways and "fill" in target.cells:  # "fill the trough until it is softer"
        ways = [way for way in ways if way not in ("soft", "reduce")]
    hits = [target.cells[way] for way in ways if way in target.cells]
    strange = [way for way in ways if way not in target.cells and way not in _WEAK]
    if not hits or strange:
        return []
    if "reduce" in ways and "reduce" not in target.cells and set(ways) & set(_MORE):
        raise Refusal(Reason.of("words_relative_open"))  # "reduce the lift of the brow"
    plain = not (piece.remedial or "COMPARATIVE" in piece.marks)
    noun = plain and {"narrow", "short", "back", "nearer"} & set(ways)
    if "reduce" in ways and noun:
        raise Refusal(Reason.of("words_relative_open"))  # "reduce the narrowing of the base"
    common = set(hits[0].moves).intersection(*(hit.moves for hit in hits[1:]))
    if not common:
        raise Refusal(Reason.of("words_contradict"))
    moves = [move for move in hits[0].moves if move in common]
    if target.part in table.postures and set(ways) & {"up", "down"} and not _in_millimetres(piece):
        raise _ambiguous(moves)
    together = all(hit.together for hit in hits)
    return [_chosen(_of_unit(moves, piece), piece, owners, together=together)]


def _ways(target: _Target, piece: Piece, table: Concepts) -> list[str]:
    """Return what is done to a target; that something moves is said by nothing else."""
    ways = list(dict.fromkeys(_way_of(way, target) for way in piece.ways))
    ways += [table.opposites[way] for way in piece.opposites if way in table.opposites]
    if "rotate" in ways or piece.turns:
        ways = _about_hinge(ways, target, piece, table)
        turned = [f"rotate {way}" for way in ("up", "down") if way in ways]
        if turned and turned[0] in target.cells:
            return turned
        if not piece.turns and "rotate" not in target.cells and len(ways) == 1:
            return ways
    specific = [way for way in ways if way not in ("move", "rotate")]
    if piece.dimensions and target.part:
        return _ways_of_dimension(target.part, piece, specific, table)
    if target.names:  # "lower the tip's projection" is less of it
        specific = [_of_size(way, target) for way in specific]
    if specific:
        return specific
    return ["rotate"] if "rotate" in ways or piece.turns else []


def _about_hinge(ways: Sequence[str], target: _Target, piece: Piece, table: Concepts) -> list[str]:
    """Let what turns up about a hinge go forward too, and what turns down go back."""
    lengths = any(amount.unit == "mm" for amount in piece.amounts)
    if target.part not in table.hinged or lengths:
        return list(ways)
    along = {"forward": "up", "back": "down"}
    return list(dict.fromkeys(along.get(way, way) for way in ways))


def _of_size(way: str, target: _Target) -> str:
    """Return less or more of a quantity for a way that is none of its own."""
    sizes = {"down": "reduce", "up": "enlarge"}
    return way if way in target.cells else sizes.get(way, way)


def _way_of(way: str, target: _Target) -> str:
    """Return which of two ways a word means that stands for both: "tiefer" is lower or deeper."""
    either = way.split("/")
    return next((one for one in either if one in target.cells), either[0])


def _ways_of_dimension(
    part: str, piece: Piece, specific: Sequence[str], table: Concepts
) -> list[str]:
    ways = []
    for dimension in dict.fromkeys(piece.dimensions):
        less, more = table.ends_of(part, dimension)
        for way in specific:
            own = way in _HINGE and way in table.cells(part)
            aside = dimension in ("width", "height", "length") and way in ("forward", "back")
            if way in (less, more) or own or aside:
                ways.append(way)
            elif way in _LESS:
                ways.append(less)
            elif way in _MORE:
                ways.append(more)
            else:
                ways.append(way)
        if not specific:
            signs = [amount.value for amount in piece.amounts if amount.signed]
            if signs:
                ways.append(more if signs[0] > 0 else less)
            elif dimension in ("rotation", "projection"):
                ways.append(more)
            else:
                raise Refusal(Reason.of("words_without_way"))
    return list(dict.fromkeys(ways))


def _by_name(
    target: _Target, piece: Piece, owners: Collection[str], table: Concepts
) -> tuple[Move, ...]:
    """Return the effect that is called by its name alone, by its sign or its usual way."""
    if not target.names:
        raise Refusal(Reason.of("words_without_way"))
    signs = [amount.value for amount in piece.amounts if amount.signed]
    moves = []
    for key in target.names:
        if signs:
            moves.append(Move(key, -1 if signs[0] < 0 else 1))
        elif key in table.bare:
            moves.append(Move(key, table.bare[key]))
        elif any(amount.value == 0 for amount in piece.amounts):
            moves.append(Move(key, 1))
    if not moves:
        raise Refusal(Reason.of("words_without_way"))
    return _chosen(_of_unit(moves, piece), piece, owners, together=False)


def _of_unit(moves: Sequence[Move], piece: Piece) -> list[Move]:
    """Keep what is planned in the unit that was said."""
    unit = piece.amounts[0].unit if piece.amounts else ""
    if not unit:
        return list(moves)
    kept = [move for move in moves if unit in _units(move.key)]
    if not kept:
        effect = effect_of(moves[0].key)
        raise Refusal(Reason.of("words_of_other_unit", effect=moves[0].key, unit=effect.unit))
    return kept


def _in_millimetres(piece: Piece) -> bool:
    return any(amount.unit == "mm" for amount in piece.amounts)


def _units(key: str) -> tuple[str, ...]:
    effect = effect_of(key)
    return (effect.unit, "percent") if effect.percent_of else (effect.unit,)


def _chosen(
    moves: Sequence[Move], piece: Piece, owners: Collection[str], *, together: bool
) -> tuple[Move, ...]:
    """Return what is meant of effects of one name: of what was said here, or is planned."""
    if together or len(moves) == 1:
        return tuple(moves)
    for named in (piece.procedures, piece.topics, owners):
        owned = [move for move in moves if move.key.partition(".")[0] in named]
        owned = [move for move in owned if can_go(move)] or owned
        if len(owned) == 1:
            return tuple(owned)
    raise _ambiguous(moves)


def _ambiguous(moves: Sequence[Move]) -> Refusal:
    return Refusal(
        Reason.of("words_ambiguous", effects=list(dict.fromkeys(move.key for move in moves)))
    )
