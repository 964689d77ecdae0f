"""English clauses of errors and reasons, recognised by the templates of a language file."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping

__all__ = ["ClauseTable", "split_clauses"]

#: What a field takes, by its name; any other takes as little text as possible.
_NUMBER = r"[-+]?\d[\d.,e+-]*"
_IDENTIFIER = r"[a-z][a-z0-9_.]*"
_TAKES = {
    **dict.fromkeys(("low", "high", "number", "count", "bits", "width", "height"), _NUMBER),
    **dict.fromkeys(("effect", "procedure", "measurement", "mode", "flag"), _IDENTIFIER),
}


def split_clauses(english: str) -> list[str]:
    """Split a sentence into its clauses: at each "; " that is not in brackets.

    >>> split_clauses("a model is missing (fetch it; it is small); use another one")
    ['a model is missing (fetch it; it is small)', 'use another one']
    """
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(english):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and english.startswith("; ", at):
            parts.append(english[start:at])
            start = at + 2
    return [*parts, english[start:]]


class ClauseTable:
    """Finds the translation of an English clause.

    Parameters
    ----------
    clauses : mapping of str to str
        English template -> translated template. A field such as ``{limit}`` takes what varies
        in the clause and hands it to the field of the same name.
    """

    def __init__(self, clauses: Mapping[str, str]) -> None:
        self._exact = {key: text for key, text in clauses.items() if "{" not in key}
        patterns = [(_pattern(key), text) for key, text in clauses.items() if "{" in key]
        # The template with the most words of its own is the closest description of a clause.
        self._patterns = sorted(patterns, key=lambda entry: -len(entry[0].pattern))

    def find(self, clause: str, localise: Callable[[str, str], str]) -> str | None:
        """Return the translation, or None when no template fits.

        Parameters
        ----------
        clause : str
            In English, as it was raised.
        localise : callable
            Gets name and English value of each field; returns the value to show.
        """
        if clause in self._exact:
            return self._exact[clause]
        for pattern, text in self._patterns:
            match = pattern.fullmatch(clause)
            if match is not None:
                values = {name: localise(name, said) for name, said in match.groupdict().items()}
                return text.format(**values)
        return None


def _pattern(template: str) -> re.Pattern[str]:
    parts = []
    for literal, name, _, _ in string.Formatter().parse(template):
        parts.append(re.escape(literal))
        if name is not None:
            parts.append(f"(?P<{name}>{_TAKES.get(name, '.+?')})")
    return re.compile("".join(parts), re.DOTALL)
