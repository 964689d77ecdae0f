"""Expressions and turns of the head, as a clause says them."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.instruction import Expression, ExpressionName, HeadTurn
from landmarkdiff.lato.language.moves import Refusal
from landmarkdiff.lato.language.piece import Piece
from landmarkdiff.notices import Reason
from landmarkdiff.texts import Texts

__all__ = ["FARTHEST_TURN", "expression_of", "gesture_in_words", "is_turn", "turned"]

#: Degrees; a head that is turned farther has another side in view.
FARTHEST_TURN = 90.0
_DIALS = frozenset({"clockwise", "counterclockwise"})


def is_turn(piece: Piece) -> bool:
    """Tell whether a piece is about the head as a whole."""
    if piece.targets or piece.expressions or piece.areas:  # "turn the nose to the left"
        return False
    return piece.head or bool(piece.turns)


def expression_of(piece: Piece) -> Expression:
    """Return the expression of a piece.

    Raises
    ------
    Refusal
    """
    names = set(piece.expressions)
    if len(names) > 1 or len(set(piece.grades)) > 1:
        raise Refusal(Reason.of("words_contradict"))
    then = piece.relatives == ["more"] and piece.order[:1] == ["more"] and piece.grades
    kept = piece.keep and names != {"neutral"}  # "keep a neutral face"
    if piece.not_ or kept:
        raise Refusal(Reason.of("words_negation_open"))
    undone = piece.undo and names != {"neutral"}  # "back to a neutral face"
    if undone or (piece.relatives and not then):
        raise Refusal(Reason.of("words_gesture_relative"))
    if piece.targets or piece.areas or piece.amounts or piece.turns or piece.sides:
        raise Refusal(Reason.of("words_contradict"))
    grade = piece.grades[0] if piece.grades else "normal"
    return Expression(cast(ExpressionName, names.pop()), concepts().expression[grade])


def turned(turn: HeadTurn, piece: Piece) -> HeadTurn:
    """Return a turn of the head with what a piece says.

    Raises
    ------
    Refusal
    """
    then = piece.relatives == ["more"] and piece.order[:1] == ["more"] and piece.amounts
    if piece.not_ or piece.keep:
        raise Refusal(Reason.of("words_negation_open"))
    if piece.undo or (piece.relatives and not then):
        raise Refusal(Reason.of("words_gesture_relative"))
    reached = [amount.to for amount in piece.amounts if amount.to]
    if reached:  # "turn it to 5 degrees": of the photo, or of the head?
        raise Refusal(Reason.of("words_doubtful", words=reached[0]))
    angle, sign = _axis(piece)
    if piece.amounts and piece.amounts[0].unit not in ("", "deg"):
        raise Refusal(Reason.of("words_turn_in_degrees"))
    if len(piece.amounts) > 1 or any(amount.signed for amount in piece.amounts):
        raise Refusal(Reason.of("words_two_numbers"))
    grade = piece.grades[0] if piece.grades else "normal"
    size = piece.amounts[0].value if piece.amounts else concepts().turn_degrees[grade]
    if size > FARTHEST_TURN:
        raise Refusal(Reason.of("words_turn_too_far", most=FARTHEST_TURN))
    if getattr(turn, angle):
        raise Refusal(Reason.of("words_contradict"))
    return replace(turn, **{angle: sign * size})


def gesture_in_words(
    expression: Expression | None, turn: HeadTurn | None, texts: Texts
) -> tuple[str, ...]:
    """Return what an expression and a turn of the head are, in the language of the texts.

    >>> gesture_in_words(Expression("happy", 0.33), HeadTurn(yaw=5.0), Texts.load("en"))
    ('expression: happy, 33 %', 'head 5.0° to the patient’s left')
    """
    said = []
    if expression is not None:
        name = texts.name_of("expression", expression.name)
        percent = texts.number(100.0 * expression.strength, 0)
        said.append(texts("words.expression", expression=name, percent=percent))
    for angle in ("yaw", "pitch", "roll"):
        value = 0.0 if turn is None else getattr(turn, angle)
        if value:
            way = texts(f"words.{angle}_{'positive' if value > 0 else 'negative'}")
            said.append(texts("words.turn", way=way, value=texts.quantity(abs(value), "deg")))
    return tuple(said)


def _axis(piece: Piece) -> tuple[str, int]:
    """Return which angle a piece means, and its sign."""
    ways = {way.partition("/")[0] for way in piece.ways} - {"move", "rotate", "show"}
    sides = set(piece.sides)
    if dials := ways & _DIALS:  # seen from the front, or by the patient?
        raise Refusal(Reason.of("words_doubtful", words=", ".join(sorted(dials))))
    up, down = ways & {"up", "back"}, ways & {"down", "forward"}
    if ways - up - down or (up and down) or len(sides) > 1 or sides & {"both", "each"}:
        raise Refusal(Reason.of("words_contradict"))
    if "pitch" in piece.turns and not ways and not sides:
        return "pitch", -1  # a nod
    if ways and not sides:
        return "pitch", 1 if up else -1
    if sides and not ways and "pitch" not in piece.turns:
        angle = "roll" if "roll" in piece.turns else "yaw"
        return angle, 1 if sides == {"left"} else -1
    raise Refusal(Reason.of("words_without_way"))
