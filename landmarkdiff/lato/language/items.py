"""What the grammar makes of signs: tokens and small trees of them, and what each of them says."""

from __future__ import annotations

from typing import cast

from lark import Token, Tree

from landmarkdiff.lato.language.phrases import Meaning

__all__ = ["AMOUNTS", "NAMES", "WAYS", "Item", "Said", "kind_of", "meaning_of", "tokens_of"]

Item = Token | Tree[Token]
NAMES = ("PART", "NAME")
AMOUNTS = ("amount", "signed")
#: What says in which direction something goes.
WAYS = ("way", "opposite")


class Said(Token):
    """A token that carries what its sign means."""

    meaning: Meaning
    #: Whether a word before it says that something is of it: "a little less on the folds".
    upon: bool = False


def tokens_of(item: Item) -> list[Token]:
    """Return the tokens of an item in their order, at least one."""
    if isinstance(item, Token):
        return [item]
    return list(item.scan_values(lambda value: isinstance(value, Token)))


def kind_of(item: Item) -> str:
    """Return the kind of a word, or the rule of the grammar."""
    return item.type if isinstance(item, Token) else str(item.data)


def meaning_of(token: Token) -> Meaning:
    """Return what a token of our lexer stands for."""
    return cast(Said, token).meaning
