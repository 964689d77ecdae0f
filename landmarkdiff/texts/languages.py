"""The languages of the app: what stands at the head of each file, and the choice among them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from landmarkdiff.texts.language import Language

__all__ = [
    "SOURCE",
    "Language",
    "language_codes",
    "language_text",
    "languages",
    "preferred_language",
]

#: The language in which the texts are written; all others are translated from it.
SOURCE = "en"


def language_text(code: str) -> str:
    """Return the file of a language."""
    return _folder().joinpath(f"{code}.yaml").read_text(encoding="utf-8")


def _folder() -> resources.abc.Traversable:
    return resources.files("landmarkdiff.texts")


@cache
def language_codes() -> frozenset[str]:
    """Return the codes of all languages: each is a file."""
    names = (entry.name for entry in _folder().iterdir())
    return frozenset(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


@cache
def languages() -> Mapping[str, Language]:
    """Return the facts of all languages by code, in the order in which they are offered."""
    # Here, because importing this module loads neither YAML nor pydantic.
    from landmarkdiff.data_files import parse_yaml
    from landmarkdiff.texts.language import Language

    facts = {}
    for code in language_codes():
        # The facts stand before the texts, of which a list of languages needs none.
        head = language_text(code).partition("\nui:")[0]
        facts[code] = Language.model_validate(parse_yaml(head)["language"])
    return MappingProxyType(dict(sorted(facts.items(), key=lambda item: item[1].place)))


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
        if code in language_codes() and weight > best_weight:
            best, best_weight = code, weight
    return best
