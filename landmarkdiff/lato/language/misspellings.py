"""What a misspelled noun was to be: "pommetes", "sombrancelha", "milímetors"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["Corrections"]

#: Shorter words have others beside them: "montón" is no "mentón".
_LEAST_LETTERS = 7


class Corrections:
    """The nouns of a language, each found by what one slip of a finger makes of it.

    Only what names a part or a unit is put right: a wrong guess at a verb could turn the way
    round, and the echo names the part that was understood.

    Parameters
    ----------
    nouns : iterable of str
        A ``*`` at the end of one stands for any ending.

    Examples
    --------
    >>> nouns = Corrections(["sobrancelha*", "bochechas"])
    >>> nouns.of("sombrancelhas"), nouns.of("bochehcas"), nouns.of("relancear")
    ('sobrancelhas', 'bochechas', None)
    """

    def __init__(self, nouns: Iterable[str]) -> None:
        self._slips: dict[str, set[str]] = {}
        for word in {form for noun in nouns for form in _forms(noun)}:
            for slip in (word, *_shorter(word)):
                self._slips.setdefault(slip, set()).add(word)

    def of(self, word: str) -> str | None:
        """Return the one noun that a word is a letter away from; None where there is none."""
        if len(word) < _LEAST_LETTERS:
            return None
        near = set().union(*(self._slips.get(slip, set()) for slip in (word, *_shorter(word))))
        near = {noun for noun in near if _one_slip(word, noun)}
        return near.pop() if len(near) == 1 else None


def _forms(word: str) -> Iterator[str]:
    """Yield a word, and of a beginning of words its singular and plural."""
    stem = word.removesuffix("*")
    for form in (stem, f"{stem}s") if stem != word else (word,):
        if len(form) >= _LEAST_LETTERS:
            yield form


def _shorter(word: str) -> Iterator[str]:
    """Yield a word without one of its letters; the first is rarely the wrong one."""
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]


def _one_slip(said: str, noun: str) -> bool:
    """Whether one letter is left out, put in, another, or changed with its neighbour."""
    shared = min(len(said), len(noun))
    start = next((at for at in range(shared) if said[at] != noun[at]), shared)
    mine, theirs = said[start:], noun[start:]
    left_out, put_in = mine == theirs[1:], mine[1:] == theirs
    other = mine[1:] == theirs[1:]
    swapped = mine[:2] == theirs[1::-1] and mine[2:] == theirs[2:]
    return left_out or put_in or other or swapped
