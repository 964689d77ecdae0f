"""However words are put together, reading them takes no more than their length."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

import pytest

from landmarkdiff.lato.language.lexicon import lexicon
from landmarkdiff.texts import languages


@pytest.mark.parametrize("language", languages())
def test_the_work_grows_with_the_length_of_the_words(language: str) -> None:
    book = lexicon(language)
    # Each of them may stand inside a phrase, and so might all of a text.
    inner = sorted({*book._within, *book._sides})
    assert inner
    for word in inner:
        short, long = (calls_of(partial(book.signs, f"{word} " * times)) for times in (40, 80))
        assert long < 2.5 * short, word


def calls_of(work: Callable[[], object]) -> int:
    """Python functions that a piece of work calls: what it costs on any machine."""
    work()  # what is remembered from now on
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
