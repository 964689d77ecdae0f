"""The words of one language, and what each of them stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, get_args

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.lato.language.numerals import composed
from landmarkdiff.lato.language.spelling import Word, spell, words_of
from landmarkdiff.procedures.plan import Side
from landmarkdiff.procedures.procedure import procedures
from landmarkdiff.texts import Texts

__all__ = ["Lexicon", "Meaning", "Sign", "lexicon", "spoken"]

#: Kinds of words that say what they are by themselves; the others have a value.
_PLAIN = ("keep", "let", "not", "undo", "all", "that", "doubt", "less", "more", "half", "double",
          "and", "or", "but", "head", "and_half", "goal", "filler", "too", "complaint", "copula",
          "make", "touch", "hedge", "ne", "only")  # fmt: skip
_VALUED = ("part", "name", "dimension", "way", "adjective", "comparative", "fault", "unit",
           "number", "fraction", "grade", "side", "turn", "expression", "procedure")  # fmt: skip
_SEPARATORS = {",": "COMMA", "、": "COMMA", ";": "STOP", ".": "STOP", "!": "STOP", "?": "STOP"}


@dataclass(frozen=True)
class Meaning:
    """What a phrase stands for: a terminal of the grammar, and which one it is of its kind."""

    kind: str
    value: str = ""


@dataclass(frozen=True)
class Sign:
    """A phrase as it was found in a text.

    Attributes
    ----------
    meaning : Meaning
    text : str
        The number, or the words without capitals and accents.
    start, end : int
        Where it stands in the text, letters.
    """

    meaning: Meaning
    text: str
    start: int
    end: int


@dataclass
class _Node:
    """What may follow in a phrase: whole words, and beginnings of words."""

    whole: dict[str, _Node] = field(default_factory=dict)
    begun: dict[str, _Node] = field(default_factory=dict)
    meanings: tuple[Meaning, ...] = ()

    def then(self, word: str) -> _Node:
        table, key = (self.begun, word[:-1]) if word.endswith("*") else (self.whole, word)
        return table.setdefault(key, _Node())

    def after(self, word: str) -> Iterator[_Node]:
        """Yield what a word leads to, the most exact first."""
        if word in self.whole:
            yield self.whole[word]
        if self.begun:
            for length in range(len(word), 0, -1):
                if word[:length] in self.begun:
                    yield self.begun[word[:length]]


class Lexicon:
    """The phrases of one language.

    Parameters
    ----------
    language : str
        Its code.
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._root = _Node()
        file = resources.files("landmarkdiff.lato.language") / "lexicons" / f"{language}.yaml"
        data = parse_yaml(file.read_text(encoding="utf-8"))
        for phrase, meanings in _named_by_texts(language):
            self._put(phrase, meanings)
        for phrase, meanings in _listed(data):
            self._put(phrase, meanings)
        for phrase, number in composed(data["number"], data["numerals"]):
            self._put(phrase, (Meaning("NUMBER", number),))

    def _put(self, phrase: str, meanings: tuple[Meaning, ...]) -> None:
        node = self._root
        for word in spell(phrase):
            node = node.then(word)
        node.meanings = node.meanings or meanings  # titles before the words of the list

    def signs(self, text: str) -> list[Sign]:
        """Return the phrases of a text, each the longest that begins at its place.

        What no phrase begins with is of kind ``UNKNOWN``; fillers are left out.
        """
        words = words_of(text)
        found: list[Sign] = []
        place = 0
        while place < len(words):
            length, meanings = self._longest(words, place)
            if meanings and meanings[0].kind == "GOAL":
                # "increase it to 2 mm" names a value to reach, and effects are changes.
                following = self._longest(words, place + length)[1]
                number = words[place + length : place + length + 1]
                counts = bool(number) and number[0].kind == "number"
                counts |= any(meaning.kind == "NUMBER" for meaning in following)
                meanings = (Meaning("DOUBT" if counts else "FILLER"),)
            if not length and _dash(words, place):
                length, meanings = 1, (Meaning("DOUBT"),)
            first, last = words[place], words[place + max(length, 1) - 1]
            spelled = " ".join(word.text for word in words[place : place + max(length, 1)])
            found += [
                Sign(meaning, spelled, first.start, last.end)
                for meaning in (meanings if length else (_unlisted(first),))
                if meaning.kind != "FILLER"
            ]
            place += max(length, 1)
        return found

    def _longest(self, words: Sequence[Word], place: int) -> tuple[int, tuple[Meaning, ...]]:
        best: tuple[int, tuple[Meaning, ...]] = (0, ())
        ways = [self._root]
        for length in range(1, len(words) - place + 1):
            word = words[place + length - 1].text
            ways = [after for node in ways for after in node.after(word)]
            if not ways:
                break
            ended = next((node.meanings for node in ways if node.meanings), ())
            if ended:
                best = length, ended
        return best


def _dash(words: Sequence[Word], place: int) -> bool:
    """Tell whether a sign may be a dash as well as a minus: "tip rotation - 4 degrees"."""
    following = words[place + 1 : place + 2]
    return words[place].text in ("-", "+") and bool(following) and following[0].kind == "number"


def _unlisted(word: Word) -> Meaning:
    if word.kind == "number":
        return Meaning("NUMBER")
    if word.kind == "sign":
        return Meaning(_SEPARATORS.get(word.text, "FILLER"))
    return Meaning("UNKNOWN")


def spoken(language: str) -> dict[str, list[str]]:
    """Return the phrases that stand for one thing, by the terminal of the grammar.

    They are as the lexicon has them: without accents, and a ``*`` at the end of a beginning.
    """
    file = resources.files("landmarkdiff.lato.language") / "lexicons" / f"{language}.yaml"
    data = parse_yaml(file.read_text(encoding="utf-8"))
    found: dict[str, list[str]] = {}
    for phrase, meanings in (*_named_by_texts(language), *_listed(data)):
        if len(meanings) == 1:
            found.setdefault(meanings[0].kind, []).append(phrase)
    return found


def _listed(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Meaning, ...]]]:
    """Yield the phrases of a lexicon's file."""
    for phrase, words in data["multi"].items():
        parts = (word.partition(":") for word in words.split())
        yield phrase, tuple(Meaning(kind.upper(), value) for kind, _, value in parts)
    for kind in _VALUED:
        for value, phrases in data.get(kind, {}).items():
            for phrase in phrases:
                yield phrase, (Meaning(kind.upper(), str(value)),)
    for kind in _PLAIN:
        for phrase in data.get(kind, ()):
            yield phrase, (Meaning(kind.upper()),)


def _named_by_texts(language: str) -> Iterator[tuple[str, tuple[Meaning, ...]]]:
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


@cache
def lexicon(language: str) -> Lexicon:
    """Return the lexicon of a language; ParameterError when there is no such language."""
    Texts.load(language)
    return Lexicon(language)
