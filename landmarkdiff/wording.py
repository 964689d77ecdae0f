"""How a message, which is a code with parameters, is put into words.

Notices, reasons and errors are messages. Their English, the source of every translation, stands
in ``messages.yaml`` and is read when the first of them is put into words;
:mod:`landmarkdiff.texts` does the same in the other languages.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

__all__ = [
    "Message",
    "MessageFormatter",
    "Template",
    "Wording",
    "english",
    "english_messages",
    "fields_of",
    "in_parts",
]

#: Longest value of an error that is repeated to its reader.
_LONGEST_VALUE = 120
#: Longest text in another field: lists of what is allowed have a few hundred letters.
_LONGEST_TEXT = 2000
#: The words of a notice or a reason; of an error those of its parts: ``what`` is wrong, what was
#: ``got``, what is ``allowed`` and how to ``fix`` it.
Template = str | Mapping[str, str]
#: What the identifiers are of which a field tells, where its own name does not say it.
_KINDS = {
    "causes": "limiter",
    "driver": "effect",
    "dropped": "effect",
    "kept": "effect",
    "lower": "profile_point",
    "model": "network",
    "most_unit": "unit",
    "side": "toward",
    "upper": "profile_point",
}
#: What stands between the items of a list where it is no comma.
_SEPARATORS = {"reason": "separator", "folder": "or_separator"}


class Message(Protocol):
    """What is put into words."""

    @property
    def code(self) -> str:
        """Key of ``messages.yaml``."""

    @property
    def params(self) -> Mapping[str, Any]:
        """Values for the fields; a list, another message or None among them."""


class Wording:
    """Puts messages into the words of one language; this class into English.

    Parameters
    ----------
    templates : mapping of str to Template
        By code.
    frame : mapping of str to str
        How the parts of an error make a sentence: ``got``, ``allowed``, ``separator``,
        ``sentence``; and what stands between the items of a list.
    names : mapping
        Kind -> identifier -> word, where an identifier is not shown as it is.
    formatter : string.Formatter
        Writes numbers.
    """

    def __init__(
        self,
        templates: Mapping[str, Template],
        frame: Mapping[str, str],
        names: Mapping[str, Mapping[str, str]],
        formatter: string.Formatter,
    ) -> None:
        self._templates = templates
        self._frame = frame
        self._names = names
        self._formatter = formatter

    def sentence(self, message: Message) -> str:
        """Return the words of a message: a sentence, or the clause that a reason is."""
        clause = self.clause(message)
        if isinstance(self._templates[message.code], str):
            return clause
        # A notice that stands at its end has a stop of its own.
        return self._frame["sentence"].format(what=clause.removesuffix(".").removesuffix("。"))

    def clause(self, message: Message) -> str:
        """Return the words of a message as they stand within others: an error has no stop."""
        parts = self.parts(message)
        what = parts["what"]
        if "got" in parts:
            what = self._frame["got"].format(what=what, value=parts["got"])
        clauses = [what]
        if "allowed" in parts:
            clauses.append(self._frame["allowed"].format(allowed=parts["allowed"]))
        if "fix" in parts:
            clauses.append(parts["fix"])
        return self._frame["separator"].join(clauses)

    def parts(self, message: Message) -> dict[str, str]:
        """Return the parts of an error; of other messages ``what`` alone.

        A part with a field that is None is left out.
        """
        template = self._templates[message.code]
        templates = {"what": template} if isinstance(template, str) else template
        params = {
            name: value if value is None else self.shown(name, value)
            for name, value in message.params.items()
        }
        return {
            part: self._filled(text, params, _printable if part == "got" else _in_one_line)
            for part, text in templates.items()
            if not any(params[name] is None for name in fields_of(text))
        }

    def _filled(self, template: str, params: Mapping[str, Any], clean: Callable[[str], str]) -> str:
        values = {
            name: clean(value) if isinstance(value, str) else value
            for name, value in params.items()
        }
        # A value can be empty: a ratio has no unit.
        return " ".join(filter(None, self._formatter.vformat(template, (), values).split(" ")))

    def shown(self, name: str, value: Any) -> Any:
        """Return what a field of this name shows of a value."""
        if isinstance(value, list | tuple):
            kind = _KINDS.get(name) or name.removesuffix("s")
            items = [self._formatter.format_field(self._item(kind, v), "") for v in value]
            return self._frame[_SEPARATORS.get(kind, "list_separator")].join(items)
        return self._item(_KINDS.get(name, name), value)

    def _item(self, kind: str, value: Any) -> Any:
        if hasattr(value, "code"):
            # What another error is the cause of needs no more than what is wrong.
            return self.parts(value)["what"] if kind == "cause" else self.clause(value)
        return self.word(kind, value) if isinstance(value, str) else value

    def word(self, kind: str, identifier: str) -> str:
        """Return the word for an identifier; the identifier itself where there is none."""
        return self._names.get(kind, {}).get(identifier, identifier)


class MessageFormatter(string.Formatter):
    """``str.format``; zero has no sign, wanted of every number or rounded away."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Format one field."""
        text = str(format(value, format_spec if value else format_spec.removeprefix("+")))
        signed_zero = isinstance(value, float) and text.startswith(("-0", "+0"))
        return text[1:] if signed_zero and not text[1:].strip("0.") else text


def fields_of(template: str) -> dict[str, str]:
    """Return the names of the fields of a template, with their formats.

    >>> fields_of("{percent:.0f} % of {what}")
    {'percent': '.0f', 'what': ''}
    """
    return {
        name: spec or ""
        for _, name, spec, _ in string.Formatter().parse(template)
        if name is not None
    }


def _in_one_line(text: str) -> str:
    return _printable(" ".join(text.split()), _LONGEST_TEXT)


def _printable(text: str, longest: int = _LONGEST_VALUE) -> str:
    printable = "".join(letter if letter.isprintable() else "?" for letter in text)
    return printable if len(printable) <= longest else printable[: longest - 3] + "..."


@cache
def english_messages() -> Mapping[str, Any]:
    """Return the sections of ``messages.yaml``."""
    # Here, because nothing is to be loaded by an error that nobody reads.
    from importlib import resources

    from landmarkdiff.data_files import parse_yaml

    text = resources.files("landmarkdiff").joinpath("messages.yaml").read_text(encoding="utf-8")
    sections: Mapping[str, Any] = parse_yaml(text)
    return sections


@cache
def english() -> Wording:
    """Return the wording of the command line and of the files that are written."""
    sections = english_messages()
    templates = {
        **sections["notices"],
        **sections["reasons"],
        **in_parts(sections["errors"]),
        **in_parts(sections["terminal"]),
    }
    return Wording(templates, sections["frame"], sections["names"], MessageFormatter())


def in_parts(errors: Mapping[str, Template]) -> dict[str, Mapping[str, str]]:
    """Return the templates of errors by their parts; one that only says what may be a text."""
    return {
        code: {"what": text} if isinstance(text, str) else text for code, text in errors.items()
    }
