"""What is asked for in words: templates in six languages, each of which reads back as it is meant.

The published template is "Make the facial expression {type} {intensity} and turn the head {angle}";
here it is said in every language, in several ways, and about all three angles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.lato.language.concepts import concepts
from landmarkdiff.lato.language.instruction import Expression, HeadTurn

__all__ = [
    "ANGLES",
    "LANGUAGES",
    "LEAST_SAID_DEG",
    "instruction_words",
    "said_strength",
    "said_turn",
]

LANGUAGES = ("en", "de", "es", "fr", "pt", "zh")
ANGLES = ("yaw", "pitch", "roll")
#: Smaller turns than this are within what two photos of a still head differ by, and are not said.
LEAST_SAID_DEG = 3.0


@dataclass(frozen=True)
class _Templates:
    between: str
    grade: Mapping[str, str]
    expression: Mapping[str, str]
    say: Sequence[str]
    say_neutral: Sequence[str]
    turns: Mapping[str, Sequence[str]]


@cache
def _templates() -> Mapping[str, _Templates]:
    file = resources.files("landmarkdiff.lato.data") / "instructions.yaml"
    data: Mapping[str, Any] = parse_yaml(file.read_text(encoding="utf-8"))
    return {
        language: _Templates(
            between=table["between"],
            grade=table["grade"],
            expression=table["expression"],
            say=table["say"],
            say_neutral=table["say_neutral"],
            turns={key: table[key] for key in table if key.partition("_")[0] in ANGLES},
        )
        for language, table in data.items()
    }


def said_strength(strength: float) -> str:
    """Return the word for a strength: the nearest of slight, normal and strong."""
    grades = concepts().expression
    return min(grades, key=lambda grade: abs(grades[grade] - strength))


def said_turn(turn: HeadTurn) -> HeadTurn:
    """Return a turn as words say it: whole degrees, and nothing below :data:`LEAST_SAID_DEG`."""

    def said(angle: float) -> float:
        return float(round(angle)) if abs(angle) >= LEAST_SAID_DEG else 0.0

    return HeadTurn(said(turn.yaw), said(turn.pitch), said(turn.roll))


def instruction_words(
    expression: Expression | None,
    turn: HeadTurn,
    language: str,
    rng: np.random.Generator | None = None,
) -> str:
    """Say what is to change.

    Parameters
    ----------
    expression : Expression or None
        Which is asked for; None where it stays as it is.
    turn : HeadTurn
        How far the head is to be turned from where it is, degrees.
    language : {"en", "de", "es", "fr", "pt", "zh"}
    rng : numpy Generator, optional
        Chooses among the ways of saying it; the first without.

    Returns
    -------
    str
        Empty where nothing is to change.

    Examples
    --------
    >>> instruction_words(Expression("happy", 1 / 3), HeadTurn(yaw=12.0), "en")
    'Make the facial expression slightly happy, turn the head 12 degrees to the left'
    """
    table, said = _templates()[language], []

    def chosen(ways: Sequence[str]) -> str:
        return ways[0 if rng is None else int(rng.integers(len(ways)))]

    if expression is not None and expression.name == "neutral":
        said.append(chosen(table.say_neutral))
    elif expression is not None:
        grade = table.grade[said_strength(expression.strength)]
        words = chosen(table.say)
        said.append(words.format(grade=grade, expression=table.expression[expression.name]))
    rounded = said_turn(turn)
    for angle in ANGLES:
        value = getattr(rounded, angle)
        if value:
            ways = table.turns[f"{angle}_{'positive' if value > 0 else 'negative'}"]
            said.append(chosen(ways).format(angle=abs(int(value))))
    sentence = table.between.join(said)
    return sentence[:1].upper() + sentence[1:]
