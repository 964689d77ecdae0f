"""The languages of the app, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["DECIMAL_SIGNS", "HTML_LANGUAGES", "LANGUAGES", "SOURCE", "preferred_language"]

#: The language in which the texts are written; all others are translated from it.
SOURCE = "en"
#: Code of each language and its own name.
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {
        "en": "English",
        "de": "Deutsch",
        "fr": "Français",
        "es": "Español",
        "pt": "Português",
        "zh": "中文",
    }
)
#: Value of HTML's ``lang`` attribute, so that screen readers and fonts choose the right variant.
HTML_LANGUAGES: Mapping[str, str] = MappingProxyType(
    {**{code: code for code in LANGUAGES}, "pt": "pt-BR", "zh": "zh-Hans"}
)
DECIMAL_SIGNS: Mapping[str, str] = MappingProxyType(
    {"en": ".", "de": ",", "fr": ",", "es": ",", "pt": ",", "zh": "."}
)


def preferred_language(accept_language: str) -> str:
    """Return the best language for an ``Accept-Language`` header; English when none fits.

    Examples
    --------
    >>> preferred_language("ja, pt-BR;q=0.8, en;q=0.5")
    'pt'
    """
    best, best_weight = SOURCE, 0.0
    for part in accept_language[:1000].split(","):
        tag, *settings = (piece.strip() for piece in part.split(";"))
        code = tag.partition("-")[0].lower()
        weight = 1.0
        for setting in settings:
            name, _, value = setting.partition("=")
            if name.strip() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        if code in LANGUAGES and weight > best_weight:
            best, best_weight = code, weight
    return best
