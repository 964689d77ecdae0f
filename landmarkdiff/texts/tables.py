"""The tables behind the texts: one YAML file per language, validated, as flat keys.

English is put together from the places where it is written: ``en.yaml``, the notices, the
procedure presets and the measurement definitions. The data files of higher rooms are read as
files, so nothing of those rooms is imported.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.texts.language import Language
from landmarkdiff.texts.languages import SOURCE, language_text
from landmarkdiff.wording import Template, english_messages, in_parts

__all__ = ["Language", "LanguageFile", "english_table", "fields", "problems", "read_table"]

#: Letters that are no words to be translated: those of units.
_UNITS = re.compile(r"\b(?:x|px|mm|MB)\b")
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


Part = Annotated[str, Field(pattern="^(what|got|allowed|fix)$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class EffectWords(_Strict):
    """Words of one effect; ``note`` and ``coupling`` only where the preset has them."""

    title: str
    sign: str
    source: str
    note: str | None = None
    coupling: str | None = None


class ProcedureWords(_Strict):
    """Words of one procedure; ``limits`` in the preset's order."""

    title: str
    summary: str
    limits: list[str] = Field(default_factory=list)
    effects: dict[str, EffectWords]
    goals: dict[Key, str] = Field(default_factory=dict)


class MeasurementWords(_Strict):
    """Words of one measurement, without its side."""

    title: str
    note: str | None = None


class LanguageFile(_Strict):
    """One language file.

    Attributes
    ----------
    language : Language
    ui : mapping of area to mapping of key to text
    names : mapping of kind to mapping of identifier to text
    notices, reasons : mapping of code to text
    errors : mapping of code to Template
        A part that is not given is the English one: only those without words, and in English
        those that the page says as the command line does.
    procedures, measurements : mapping of name to words
    populations, sources : mapping of str to str
        English name of a population, and of the source of a norm -> translation.
    """

    language: Language
    ui: dict[Key, dict[Key, str]]
    names: dict[Key, dict[Key, str]]
    notices: dict[Key, str] = Field(default_factory=dict)
    reasons: dict[Key, str] = Field(default_factory=dict)
    errors: dict[Key, str | dict[Part, str]] = Field(default_factory=dict)
    procedures: dict[Key, ProcedureWords] = Field(default_factory=dict)
    measurements: dict[Key, MeasurementWords] = Field(default_factory=dict)
    populations: dict[str, str] = Field(default_factory=dict)
    sources: dict[str, str] = Field(default_factory=dict)

    def flat(self) -> Iterator[tuple[str, str]]:
        """Yield every text under a key such as ``effect.rhinoplasty.tip.title``."""
        for area, texts in self.ui.items():
            yield from ((f"{area}.{key}", text) for key, text in texts.items())
        for kind, texts in self.names.items():
            yield from ((f"names.{kind}.{key}", text) for key, text in texts.items())
        yield from ((f"notice.{code}", text) for code, text in self.notices.items())
        yield from ((f"reason.{code}", text) for code, text in self.reasons.items())
        for code, parts in in_parts(self.errors).items():
            yield from ((f"errors.{code}.{part}", text) for part, text in parts.items())
        for name, words in self.procedures.items():
            yield f"procedure.{name}.title", words.title
            yield f"procedure.{name}.summary", words.summary
            yield from ((f"procedure.{name}.limit.{n}", t) for n, t in enumerate(words.limits))
            yield from ((f"goal.{name}.{goal}", title) for goal, title in words.goals.items())
            for effect, own in words.effects.items():
                for part, text in own.model_dump(exclude_none=True).items():
                    yield f"effect.{name}.{effect}.{part}", text
        for name, title in self.measurements.items():
            for part, text in title.model_dump(exclude_none=True).items():
                yield f"measurement.{name}.{part}", text
        yield from ((f"population.{name}", text) for name, text in self.populations.items())
        yield from ((f"source.{name}", text) for name, text in self.sources.items())


def _read(*path: str) -> Any:
    text = resources.files("landmarkdiff").joinpath(*path).read_text(encoding="utf-8")
    return parse_yaml(text)


@cache
def read_table(language: str) -> LanguageFile:
    """Read and validate the file of one language.

    Raises
    ------
    pydantic.ValidationError
        The file has an unknown section, a wrong type or a malformed key.
    """
    return LanguageFile.model_validate(parse_yaml(language_text(language)))


@cache
def english_table() -> LanguageFile:
    """Return English, gathered from the places where it is written."""
    presets = sorted(
        entry.name
        for entry in resources.files("landmarkdiff").joinpath("procedures", "presets").iterdir()
        if entry.name.endswith(".yaml")
    )
    measurements: Mapping[str, Any] = {
        **_read("measurements", "definitions.yaml"),
        **_read("measurements", "profile_definitions.yaml"),
    }
    norms = [norm for entry in measurements.values() for norm in entry.get("norms", ())]
    own = read_table(SOURCE)
    messages = english_messages()
    return own.model_copy(
        update={
            "names": {
                kind: {**messages["names"].get(kind, {}), **own.names.get(kind, {})}
                for kind in {**own.names, **messages["names"]}
            },
            "notices": messages["notices"],
            "reasons": {**messages["reasons"], **own.reasons},
            "errors": _merged(messages["errors"], own.errors),
            "procedures": dict(_procedure(_read("procedures", "presets", p)) for p in presets),
            "measurements": {
                name: MeasurementWords(title=entry["title"], note=entry.get("note"))
                for name, entry in measurements.items()
            },
            "populations": {norm["population"]: norm["population"] for norm in norms},
            "sources": {norm["source"]: norm["source"] for norm in norms},
        }
    )


def templates(language: str) -> dict[str, Template]:
    """Return the templates of all messages that are translated, by code."""
    english, own = english_table(), read_table(language)
    return {
        **english.notices,
        **english.reasons,
        **own.notices,
        **own.reasons,
        **_merged(english.errors, own.errors),
    }


def _merged(
    english: Mapping[str, Template], own: Mapping[str, Template]
) -> dict[str, dict[str, str]]:
    """Return the parts of errors, own before English."""
    given = in_parts(own)
    return {code: {**parts, **given.get(code, {})} for code, parts in in_parts(english).items()}


def _procedure(preset: Mapping[str, Any]) -> tuple[str, ProcedureWords]:
    effects = {
        effect["name"]: EffectWords(
            title=effect["title"],
            sign=effect["sign"],
            source=effect["evidence"]["source"],
            note=effect["evidence"].get("note"),
            coupling=effect.get("coupled_to", {}).get("reason"),
        )
        for effect in preset["effects"]
    }
    words = ProcedureWords(
        title=preset["title"],
        summary=preset["summary"],
        limits=[
            limit if isinstance(limit, str) else limit["text"] for limit in preset.get("limits", ())
        ],
        effects=effects,
        goals={goal["name"]: goal["title"] for goal in preset.get("goals", ())},
    )
    return preset["name"], words


def fields(template: str) -> frozenset[str]:
    """Return the names of the fields of a template, with their formats.

    >>> sorted(fields("{percent:.0f} % of {what}"))
    ['percent:.0f', 'what']
    """
    return frozenset(
        f"{name}:{spec}" if spec else name
        for _, name, spec, _ in string.Formatter().parse(template)
        if name is not None
    )


def _has_words(key: str, english: Mapping[str, str]) -> bool:
    """Whether a text is to be translated: a part of an error may be nothing but fields."""
    if not key.startswith("errors."):
        return True
    literals = (literal for literal, *_ in string.Formatter().parse(english[key]))
    return any(letter.isalpha() for letter in _UNITS.sub("", " ".join(literals)))


def problems(table: LanguageFile) -> tuple[str, ...]:
    """Say what is missing, unknown or has other fields than the English text, one per line."""
    english: Mapping[str, str] = MappingProxyType(dict(english_table().flat()))
    own = dict(table.flat())
    wrong = [f"missing: {key}" for key in english if key not in own and _has_words(key, english)]
    wrong += [f"unknown: {key}" for key in own if key not in english]
    wrong += [
        f"other fields: {key}"
        for key, text in own.items()
        if key in english and fields(text) != fields(english[key])
    ]
    wrong += [f"empty: {key}" for key, text in own.items() if not text and english.get(key)]
    return tuple(wrong)
