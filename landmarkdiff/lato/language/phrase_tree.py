"""The tree in which the phrases of a language are looked up, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from landmarkdiff.lato.language.phrases import Meaning

__all__ = ["Match", "Node"]


@dataclass
class Node:
    """What may follow in a phrase: whole words, and beginnings of words."""

    whole: dict[str, Node] = field(default_factory=dict)
    begun: dict[str, Node] = field(default_factory=dict)
    meanings: tuple[Meaning, ...] = ()

    def then(self, word: str) -> Node:
        """Return what a word of a phrase leads to, which is made where it is new."""
        table, key = (self.begun, word[:-1]) if word.endswith("*") else (self.whole, word)
        return table.setdefault(key, Node())

    def after(self, word: str) -> Iterator[Node]:
        """Yield what a word leads to, the most exact first."""
        if word in self.whole:
            yield self.whole[word]
        if self.begun:
            for length in range(len(word), 0, -1):
                if word[:length] in self.begun:
                    yield self.begun[word[:length]]


@dataclass(frozen=True)
class Match:
    """The longest phrase that begins at a place.

    Attributes
    ----------
    length : int
        Words of it; 0 where no phrase begins.
    meanings : tuple of Meaning
    between : tuple of int
        Places of words that stand inside the phrase and are none of it.
    """

    length: int = 0
    meanings: tuple[Meaning, ...] = ()
    between: tuple[int, ...] = ()
