"""Turns of speech that are made plain before a text is looked up.

They stand around what is said and cannot be listed as phrases: "tanto la punta como el dorso" is
"la punta y el dorso", "¿no podría avanzar el mentón?" asks for it, and "avánceme" is "avance".
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from landmarkdiff.lato.language.spelling import Word, spell

__all__ = ["asked", "paired", "without_closing", "without_pronouns"]

_ENDS = (".", "!", "?", ";")
#: A pair is no pair where more words than these stand between its halves.
_MOST_BETWEEN = 8
#: A verb has at least so many letters before its pronouns.
_LEAST_STEM = 4


def paired(
    words: Sequence[Word],
    pairs: Mapping[str, Sequence[str]],
    conjunction: str,
    is_phrase: Callable[[int], bool],
) -> list[Word]:
    """Return the words with "tanto A como B" as "A y B".

    Parameters
    ----------
    words : sequence of Word
    pairs : mapping of str to sequence of str
        What the first half begins with, and the words that the second can begin with.
    conjunction : str
        The word that takes the place of the second.
    is_phrase : callable
        Whether a longer phrase of the lexicon begins at a place: "tanto como sea posible".
    """
    found = list(words)
    gone: set[int] = set()
    for first, seconds in pairs.items():
        begun = spell(first)
        for at in range(len(words) - len(begun)):
            start = at + len(begun)
            said = tuple(word.text for word in words[at:start])
            if said != begun or is_phrase(at):
                continue
            for place in range(start, min(start + _MOST_BETWEEN, len(words) - 1)):
                if words[place].kind != "word":
                    break
                if words[place].text in seconds:
                    if place > start:
                        found[place] = replace(words[place], text=conjunction)
                        gone.update(range(at, start))
                    break
    return [word for place, word in enumerate(found) if place not in gone]


def asked(words: Sequence[Word], polite: Sequence[str], supposing: Sequence[str]) -> list[Word]:
    """Return the words without what only makes a question of a wish.

    Parameters
    ----------
    words : sequence of Word
    polite : sequence of str
        What such a question begins with: "no podría".
    supposing : sequence of str
        What begins a condition as well, "y si": a question of one part is none.
    """
    openings = [(spell(phrase), False) for phrase in polite]
    openings += [(spell(phrase), True) for phrase in supposing]
    openings.sort(key=lambda one: -len(one[0]))
    kept: list[Word] = []
    for sentence in _sentences(words):
        question = sentence[-1].text == "?"
        parts = any(word.text == "," for word in sentence)
        plain = [word for word in sentence if word.text not in ("¿", "¡")]
        for phrase, whole in openings if question else ():
            begins = tuple(word.text for word in plain[: len(phrase)]) == phrase
            if begins and not (whole and parts):
                plain = plain[len(phrase) :]
                break
        kept += plain
    return kept


def _sentences(words: Sequence[Word]) -> Iterator[Sequence[Word]]:
    start = 0
    for place, word in enumerate(words):
        if word.text in _ENDS and word.kind == "sign":
            yield words[start : place + 1]
            start = place + 1
    if start < len(words):
        yield words[start:]


def without_closing(
    words: Sequence[Word], closing: Collection[str], goes_on: Callable[[int], bool]
) -> list[Word]:
    """Return the words without those that mean "also" where nothing follows: "forward too".

    Before what it is of, the same word means that it is too much: "too far forward".

    Parameters
    ----------
    words : sequence of Word
    closing : collection of str
    goes_on : callable
        Whether something that can be too much stands at a place.
    """
    return [word for at, word in enumerate(words) if word.text not in closing or goes_on(at + 1)]


def without_pronouns(word: str, pronouns: Sequence[str]) -> Iterator[str]:
    """Yield what a verb may be without the pronouns that it ends with, the longest first.

    >>> list(without_pronouns("avanceme", ["me", "melo"]))
    ['avance']
    """
    for ending in sorted(pronouns, key=len, reverse=True):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) >= _LEAST_STEM:
            yield stem
