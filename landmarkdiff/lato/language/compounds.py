"""German nouns that are put together from a part and what is done to it: Kinnvorverlagerung."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["compounds"]


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
