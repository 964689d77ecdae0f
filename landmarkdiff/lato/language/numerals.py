"""Numbers in words that are put together from shorter ones: thirty-five, one point two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

__all__ = ["composed"]

#: Whole numbers before a decimal point that are said.
_BEFORE_POINT = range(16)


def composed(
    numbers: Mapping[float, Sequence[str]], rules: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str]]:
    """Yield every compound number of a language, and its digits.

    Parameters
    ----------
    numbers : mapping of float to sequence of str
        The words of the single numbers.
    rules : mapping of str to sequence of str
        ``tens``, how tens and units are joined (``{tens} {unit}``), and ``point``, the words of
        the decimal sign.
    """
    for form in rules["tens"]:
        for tens in range(20, 100, 10):
            for unit in range(1, 10):
                for ten in numbers.get(tens, ()):
                    for word in numbers[unit]:
                        yield form.format(tens=ten, unit=word), str(tens + unit)
    for point in rules["point"]:
        for whole in _BEFORE_POINT:
            for part in range(1, 10):
                for before in numbers.get(whole, ()):
                    for word in numbers[part]:
                        yield f"{before} {point} {word}", f"{whole}.{part}"
