"""The language of a browser's header."""

from __future__ import annotations

import pytest

from landmarkdiff.texts import languages, preferred_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("ja, pt-BR;q=0.8, en;q=0.5", "pt"),
        ("en;q=0.2, fr ; q = 0.9", "fr"),
        ("zh-Hant-TW", "zh"),
        ("es;q=0, it", "en"),
        ("fr;q=x, de;q=0.1", "de"),
        ("ES", "es"),
        ("," * 5000 + "de", "en"),
    ],
)
def test_preferred_language(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_english_is_first_among_the_languages() -> None:
    names = {code: facts.name for code, facts in languages().items()}
    assert list(names.items()) == [
        ("en", "English"),
        ("de", "Deutsch"),
        ("fr", "Français"),
        ("es", "Español"),
        ("pt", "Português"),
        ("zh", "中文"),
    ]
