"""What a model may write: clauses of the grammar that reads words, or 68 points in four stages.

Both are grammars in lark's notation that xgrammar holds a model to, token by token. Each of them
allows texts of a limited length only, so that a model that would go on for ever comes to an end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import get_args

from landmarkdiff.lato.kinematics.expressions import UNIT_NAMES
from landmarkdiff.lato.language.instruction import ExpressionName
from landmarkdiff.lato.language.phrases import spoken
from landmarkdiff.lato.tokenizer.points import POINT_COUNT
from landmarkdiff.texts import Texts

__all__ = ["CANVAS", "MOTIONS", "clause_grammar", "points_grammar"]

#: Side of the square on which a model gives points, as published.
CANVAS = 512
#: Into what an instruction is taken apart.
MOTIONS = (
    *("turn_left", "turn_right", "raise", "lower", "tilt_left", "tilt_right"),
    *get_args(ExpressionName),
)
#: Most clauses of an answer, words of one of them, and muscles.
_MOST_CLAUSES, _MOST_ITEMS, _MOST_MUSCLES = 8, 8, 12
#: Terminals that a model may write. What is open, unknown or refers to nothing is not among them.
_ALLOWED = (
    *("PART", "NAME", "DIMENSION", "PROCEDURE", "SIDE", "GRADE", "KEEP", "NOT", "UNDO", "ALL"),
    *("HEAD", "TURN", "EXPRESSION", "UNIT", "WAY", "ADJECTIVE", "LESS", "MORE", "HALF", "DOUBLE"),
    *("AND", "BUT", "PARTICLE"),
)
_SIGNS = {"COMMA": '", "', "STOP": '"; "', "NUMBER": r'/[0-9]{1,2}(\.[0-9])?/ " "'}
_RULE = re.compile(r"^(\??[a-z_]+):(.*)$")


@cache
def clause_grammar(language: str) -> str:
    """Return the grammar of clauses with the words of a language, in lark's notation.

    Its rules are those of ``clauses.lark``, which reads the answer afterwards; its terminals, which
    there are looked up in the lexicon, are written out.

    Raises
    ------
    ParameterError
        There is no such language.
    """
    Texts.load(language)
    words = spoken(language)
    terminals = {kind: _terminal(words[kind]) for kind in _ALLOWED if words.get(kind)}
    terminals |= _SIGNS
    source = resources.files("landmarkdiff.lato.language") / "clauses.lark"
    rules = _known(_rules(source.read_text(encoding="utf-8")), set(terminals))
    rules["start"] = [f"piece (separator piece)~0..{_MOST_CLAUSES - 1}"]
    rules["piece"] = [f"item~1..{_MOST_ITEMS}"]
    lines = [f"{name}: {' | '.join(ways)}" for name, ways in rules.items()]
    lines += [f"{name}: {text}" for name, text in terminals.items()]
    return "\n".join(lines) + "\n"


def _rules(grammar: str) -> dict[str, list[str]]:
    """Take a grammar apart: the ways of each rule, by its name."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in grammar.splitlines():
        bare = line.partition("//")[0].rstrip()
        begun = _RULE.match(bare)
        if begun:
            name, bare = begun.group(1).lstrip("?"), begun.group(2)
            found[name] = []
        if name and bare.strip() and not bare.startswith("%"):
            found[name] += [way.strip() for way in bare.split("|") if way.strip()]
    return found


def _known(rules: Mapping[str, Sequence[str]], terminals: set[str]) -> dict[str, list[str]]:
    """Leave out the ways that need a terminal which is not there, and rules without a way."""
    left = {name: list(ways) for name, ways in rules.items()}
    while True:
        names = terminals | set(left)
        kept = {
            name: [way for way in ways if set(re.findall(r"[A-Za-z_]+", way)) <= names]
            for name, ways in left.items()
        }
        kept = {name: ways for name, ways in kept.items() if ways}
        if kept == left:
            return kept
        left = kept


def _terminal(phrases: Sequence[str]) -> str:
    """Return a terminal for phrases."""
    ways = [_phrase(phrase) for phrase in sorted(set(phrases))]
    return f'({" | ".join(ways)}) " "'


def _phrase(phrase: str) -> str:
    """Return a phrase in the grammar's notation; each ``*`` in it stands for some letters."""
    parts = [_quoted(part) if part else "" for part in phrase.split("*")]
    return " /[a-z]{0,6}/ ".join(parts).strip()


def _quoted(phrase: str) -> str:
    """Return a phrase in quotes, in pieces that end with each letter beyond ASCII.

    xgrammar 0.2 writes such a letter as an escape, and takes what follows it for more of its digits
    ("\\xfc" and "c" become one letter).
    """
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    return " ".join(
        f'"{piece}"' for piece in re.findall(r"[\x00-\x7f]*[^\x00-\x7f]|[\x00-\x7f]+", escaped)
    )


@cache
def points_grammar() -> str:
    r"""Return the grammar of an answer with 68 points in four stages, in lark's notation.

    An answer is JSON: what the face does now (``state``), into which motions the instruction is
    taken apart (``motions``), what of them moves the head as a whole and which muscles move the
    skin (``rigid``, ``muscles``), and where the points are then (``points``), whole pixels of a
    square of :data:`CANVAS`.
    """
    angles = r'"\"yaw\":" ANGLE ",\"pitch\":" ANGLE ",\"roll\":" ANGLE'
    return "\n".join(
        (
            'start: "{" state "," motions "," rigid "," muscles "," points "}"',
            rf'state: "\"state\":{{\"expression\":\"" EXPRESSION "\",\"strength\":" SHARE ","'
            rf' {angles} "}}"',
            r'motions: "\"motions\":[" motion ("," motion)~0..5 "]"',
            r'motion: "\"" MOTION "\""',
            rf'rigid: "\"rigid\":{{" {angles} ",\"right\":" SHIFT ",\"down\":" SHIFT "}}"',
            rf'muscles: "\"muscles\":{{" (muscle ("," muscle)~0..{_MOST_MUSCLES - 1})? "}}"',
            r'muscle: "\"" UNIT "\":" SHARE',
            rf'points: "\"points\":[" point ("," point)~{POINT_COUNT - 1}..{POINT_COUNT - 1} "]"',
            'point: "[" PIXEL "," PIXEL "]"',
            f"EXPRESSION: {_one_of(get_args(ExpressionName))}",
            f"MOTION: {_one_of(MOTIONS)}",
            f"UNIT: {_one_of(UNIT_NAMES)}",
            r"SHARE: /0(\.[0-9])?|1/",
            'ANGLE: "-"? /[1-9]?[0-9]/',
            'SHIFT: "-"? /[1-9]?[0-9]/',
            "PIXEL: /[0-9]|[1-9][0-9]|[1-4][0-9][0-9]|50[0-9]|51[01]/",
        )
    )


def _one_of(names: Sequence[str]) -> str:
    return " | ".join(_quoted(name) for name in names)
