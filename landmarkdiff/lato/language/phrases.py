"""The phrases that a lexicon's file and the program's own texts list, with what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, get_args

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.lato.language.spelling import alternatives
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts

__all__ = ["Meaning", "listed", "named_by_texts", "spoken"]

#: Kinds of words that say what they are by themselves; the others have a value.
_PLAIN = ("except", "take", "keep", "let", "not", "undo", "all", "that", "doubt", "less", "more",
          "half", "double", "and", "or", "but", "head", "and_half", "goal", "filler", "too",
          "complaint", "copula", "make", "touch", "hedge", "ne", "only", "look", "retract", "minus",
          "plus", "skin", "away", "have", "lack", "amend", "instead", "enough", "also", "over",
          "upon", "just", "face", "than", "every", "give", "planned", "swap", "agent",
          "beyond", "circumstance")  # fmt: skip
_VALUED = ("part", "name", "dimension", "way", "adjective", "comparative", "fault", "unit",
           "number", "fraction", "grade", "side", "turn", "expression", "procedure",
           "area", "zone", "particle")  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """What a phrase stands for: a terminal of the grammar, and which one it is of its kind."""

    kind: str
    value: str = ""


def spoken(language: str) -> dict[str, list[str]]:
    """Return the phrases that stand for one thing, by the terminal of the grammar.

    They are as the lexicon has them: without accents, and a ``*`` at the end of a beginning. Of
    a group of alternatives the first stands for all: a model needs one way to say a thing.
    """
    file = resources.files("landmarkdiff.lato.language") / "lexicons" / f"{language}.yaml"
    data = parse_yaml(file.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for phrase, meanings in (*named_by_texts(language), *listed(data, most=1)):
        if len(meanings) == 1:
            found.setdefault(meanings[0].kind, []).append(phrase)
    return found


def listed(
    data: Mapping[str, Any], most: int | None = None
) -> Iterator[tuple[str, tuple[Meaning, ...]]]:
    """Yield the phrases of a lexicon's file, at most so many of those that one group stands for."""
    for written, words in data["multi"].items():
        parts = [word.partition(":") for word in words.split()]
        for phrase in alternatives(written)[:most]:
            yield phrase, tuple(Meaning(kind.upper(), value) for kind, _, value in parts)
    for kind in _VALUED:
        for value, phrases in data.get(kind, {}).items():
            for phrase in (one for written in phrases for one in alternatives(written)[:most]):
                yield phrase, (Meaning(kind.upper(), str(value)),)
    for phrase in (one for written in data["mend"] for one in alternatives(written)[:most]):
        yield phrase, (Meaning("COMPLAINT", "mend"),)
    for kind in _PLAIN:
        for phrase in (
            one for written in data.get(kind, ()) for one in alternatives(written)[:most]
        ):
            yield phrase, (Meaning(kind.upper()),)


def named_by_texts(language: str) -> Iterator[tuple[str, tuple[Meaning, ...]]]:
    """Yield the titles by which the program itself calls effects and sides."""
    texts = Texts.load(language)
    owners: dict[str, list[str]] = {}
    for name, preset in procedures().items():
        for effect in preset.effects:
            key = f"{name}.{effect.name}"
            owners.setdefault(texts.effect(name, effect.name), []).append(key)
            yield texts.effect_label(key), (Meaning("NAME", key),)
    for title, keys in owners.items():
        yield title, (Meaning("NAME", " | ".join(keys)),)
    for side in get_args(Side):
        yield texts.side(side), (Meaning("SIDE", side),)
