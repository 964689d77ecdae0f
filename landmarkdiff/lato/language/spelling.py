"""How a text is cut into words, numbers and signs that can be looked up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from landmarkdiff.lato.language.traditional import SIMPLIFIED

__all__ = ["MOST_LETTERS", "Word", "alternatives", "spell", "words_of"]

#: Longer texts than this are no instruction; a dictated paragraph has a third of it.
MOST_LETTERS = 2000
#: Letters of other systems that stand for ones of ours.
_SAME = str.maketrans(
    {
        "º": "°",
        "˚": "°",
        "℃": "°",
        "−": "-",
        "–": "-",
        "—": ",",
        "’": "'",
        "_": " ",
        "，": "、",
        "。": ";",
        **SIMPLIFIED,
        "œ": "oe",
        "Œ": "oe",
    }
)
_PIECES = re.compile(
    r"(?P<number>(?:(?<![\da-z.,%°])[+-])?(?:\d+\s+\d/\d+|\d+/\d+|\d+(?:[.,]\d+)?|(?:(?<=\s)|^)\.\d+))"
    r"|(?P<han>[\u3400-\u9fff])"
    r"|(?P<word>[^\W\d_\u3400-\u9fff]+)"
    r"|(?P<sign>[^\w\s])"
)


#: Signs inside a word: it is read as several words.
_JOINING = ("-", "'")


@dataclass(frozen=True)
class Word:
    """A word, a number or a sign of a text.

    Attributes
    ----------
    text : str
        Without capitals and accents; "é" and "sí" keep their own.
    kind : {"number", "word", "sign"}
    start, end : int
        Where it stands in the text, letters.
    """

    text: str
    kind: str
    start: int
    end: int


@cache
def _plain(letter: str) -> str:
    """Return a letter as it is compared: compatibility forms, capitals and accents undone."""
    if unicodedata.decomposition(letter).startswith("<fraction>"):  # "1½" is no eleven halves
        return " " + unicodedata.normalize("NFKC", letter).replace("\u2044", "/")
    folded = unicodedata.normalize("NFKC", letter.translate(_SAME)).translate(_SAME).casefold()
    parts = unicodedata.normalize("NFD", folded)
    return "".join(part for part in parts if not unicodedata.combining(part))


def words_of(text: str) -> list[Word]:
    """Return the words of a text; each Chinese character is one.

    >>> [word.text for word in words_of("Élargir 1,5 mm")]
    ['elargir', '1,5', 'mm']
    """
    plain: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for part in _plain(letter):
            plain.append(part)
            places.append(place)
    joined = "".join(plain)
    found = []
    for match in _PIECES.finditer(joined):
        if match.group() in _JOINING and _letters_beside(joined, match):
            continue
        kind = "word" if match.lastgroup == "han" else str(match.lastgroup)
        start, end = places[match.start()], places[match.end() - 1] + 1
        found.append(Word(_accented(match.group(), text[start : start + 3]), kind, start, end))
    return found


def _accented(word: str, written: str) -> str:
    """Keep the accent of Portuguese "é" (is; "e" is and) and Spanish "sí" (yes; "si" is if)."""
    composed = unicodedata.normalize("NFC", written).casefold()
    if word == "si" and composed[:2] == "sí":
        return "sí"
    return "é" if word == "e" and composed[:1] == "é" else word


def _letters_beside(text: str, sign: re.Match[str]) -> bool:
    around = text[max(sign.start() - 1, 0) : sign.start()], text[sign.end() : sign.end() + 1]
    return all(letter.isalpha() for letter in around)


def alternatives(phrase: str) -> list[str]:
    """Return every phrase that one with groups of alternatives stands for; none within another.

    >>> alternatives("excess( lateral|) skin")
    ['excess lateral skin', 'excess skin']
    """
    before, opened, rest = phrase.partition("(")
    if not opened:
        return [phrase]
    inner, closed, after = rest.partition(")")
    if not closed or "(" in inner:
        # Read as if it were flat, a group within a group stands for many thousand odd phrases.
        raise ValueError(f"a group of alternatives within another, or left open: {phrase}")
    ends = alternatives(after)
    return [f"{before}{one}{end}" for one in inner.split("|") for end in ends]


def spell(phrase: str) -> tuple[str, ...]:
    """Return a phrase as its words are compared; a last ``*`` stays with the word before it."""
    spelled: list[str] = []
    for word in words_of(phrase):
        if word.text == "*" and spelled:
            spelled[-1] += "*"
        else:
            spelled.append(word.text)
    return tuple(spelled)
