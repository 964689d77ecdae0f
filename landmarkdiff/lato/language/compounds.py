"""German nouns that are put together from a part and what is done to it: Kinnvorverlagerung."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["compounds", "verbs"]


def compounds(
    rules: Mapping[str, Mapping[str, Sequence[str]]],
) -> Iterator[tuple[str, str, str]]:
    """Yield every compound of a part and an action, with the part and the way.

    Parameters
    ----------
    rules : mapping of str to mapping
        ``part``, the beginnings that name each part, and ``way``, the ends that name each way.
        Empty where a language puts no nouns together.

    Examples
    --------
    >>> list(compounds({"part": {"chin": ["kinn"]}, "way": {"long": ["verlangerung"]}}))
    [('kinnverlangerung', 'chin', 'long')]
    """
    for part, beginnings in rules.get("part", {}).items():
        for way, ends in rules.get("way", {}).items():
            for beginning in beginnings:
                for end in ends:
                    yield f"{beginning}{end}", part, way


def verbs(rules: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[tuple[str, str]]:
    """Yield the forms of verbs that are put together from a prefix and a stem, with their way.

    Parameters
    ----------
    rules : mapping of str to mapping
        For each way, its ``prefix`` and ``stem``; empty where a language has no such verbs.

    Examples
    --------
    >>> list(verbs({"reduce": {"prefix": ["runter"], "stem": ["raspel"]}}))
    [('runterraspel*', 'reduce'), ('runtergeraspel*', 'reduce'), ('runterzuraspel*', 'reduce')]
    """
    for way, parts in rules.items():
        for prefix in parts["prefix"]:
            for stem in parts["stem"]:
                for between in ("", "ge", "zu"):
                    yield f"{prefix}{between}{stem}*", way
