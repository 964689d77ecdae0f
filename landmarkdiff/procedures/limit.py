"""What the picture of a procedure cannot show, and in which views."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from landmarkdiff.landmarks.face import ViewClass
from landmarkdiff.procedures.strict import Line, Strict

__all__ = ["Limit", "ViewKind", "limits_in", "view_kind"]

#: How far a head is turned, whichever side is seen: a limit is never one-sided.
ViewKind = Literal["frontal", "three_quarter", "profile"]
_KINDS: dict[ViewClass, ViewKind] = {
    "frontal": "frontal",
    "left_three_quarter": "three_quarter",
    "right_three_quarter": "three_quarter",
    "left_profile": "profile",
    "right_profile": "profile",
}


def view_kind(view: ViewClass) -> ViewKind:
    """Return how far the head of a view is turned.

    >>> view_kind("left_profile")
    'profile'
    """
    return _KINDS[view]


class Limit(Strict):
    """One thing that a picture cannot show; a text by itself holds for every view.

    Attributes
    ----------
    text : str
        In the words of the product; a patient may read it.
    views : tuple of {"frontal", "three_quarter", "profile"} or None
        The views whose pictures cannot show it, each once; without it the text holds in all.
    """

    text: Line
    views: tuple[ViewKind, ...] | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _text_alone(cls, data: Any) -> Any:
        return {"text": data} if isinstance(data, str) else data

    @field_validator("views")
    @classmethod
    def _each_once(cls, views: tuple[ViewKind, ...] | None) -> tuple[ViewKind, ...] | None:
        if views is not None and len(set(views)) < len(views):
            raise ValueError("a view is listed twice")
        return views

    @model_serializer(mode="wrap")
    def _as_read(self, written: SerializerFunctionWrapHandler) -> Any:
        """Write a text that holds for every view as the text alone, as plans have always had it."""
        return self.text if self.views is None else written(self)

    def holds_in(self, view: ViewClass) -> bool:
        """Tell whether a photo of this view cannot show it."""
        return self.views is None or view_kind(view) in self.views


def limits_in(limits: Iterable[Limit], views: Iterable[ViewClass]) -> tuple[str, ...]:
    """Return the texts of the limits that hold in at least one of these views, each once."""
    seen = tuple(views)
    held = (limit.text for limit in limits if any(map(limit.holds_in, seen)))
    return tuple(dict.fromkeys(held))
