"""Notices and reasons: what a result has to tell its reader, as codes with parameters.

They are data, so that each language words them in its own way; the English is in
``messages.yaml``. A notice never replaces an error: it says what was done and what to mind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from landmarkdiff.wording import english

__all__ = ["Notice", "Reason"]


@dataclass(frozen=True)
class _Message:
    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, code: str, **params: Any) -> Self:
        """Return the message ``code`` with its parameters."""
        return cls(code, params)

    @property
    def text(self) -> str:
        """The English words."""
        return english().sentence(self)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Reason(_Message):
    """Why something is as it is: a clause that stands in a notice, an error or a result.

    Attributes
    ----------
    code : str
        Key of ``reasons`` in ``messages.yaml``.
    params : mapping
        Values for the fields of the clause; JSON-ready, but for further reasons.
    """


@dataclass(frozen=True)
class Notice(_Message):
    """One coded notice.

    Attributes
    ----------
    code : str
        Key of ``notices`` in ``messages.yaml``.
    params : mapping
        Values for the fields of the sentence; JSON-ready, but for a :class:`Reason`.
    """

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Notice:
        """Read a notice of a result back; what was a reason or a list is its text."""
        params = {name: value for name, value in data.items() if name not in ("code", "text")}
        return cls(data["code"], params)

    def to_dict(self) -> dict[str, Any]:
        """Return ``{"code", "text", **params}``, ready for JSON; a reason is its text."""
        params = {name: _written(value) for name, value in self.params.items()}
        return {"code": self.code, "text": self.text, **params}


def _written(value: Any) -> Any:
    """Return a parameter as results have it: reasons and lists of words as text."""
    if isinstance(value, Reason):
        return value.text
    if isinstance(value, list | tuple) and all(isinstance(item, str | Reason) for item in value):
        return ", ".join(map(str, value))
    return value
