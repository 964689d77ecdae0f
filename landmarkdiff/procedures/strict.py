"""What the data of presets and plans are made of: they come from files that anybody may write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from landmarkdiff.landmarks.topology import topology

__all__ = ["Line", "Slug", "Strict", "Text", "Vector", "known_landmarks", "with_length"]

#: Slug of names of procedures and effects: they are typed on command lines and used in paths.
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,47}$")]
Vector = tuple[float, float, float]
#: Lengths of directions between which a normalised one is exact to the last digits.
_LEAST_LENGTH, _MOST_LENGTH = 1e-6, 1e6


def _one_line(text: str) -> str:
    """Return a text as one line; ValueError where a terminal or a page could not show it."""
    line = " ".join(text.split())
    if not line.isprintable():
        raise ValueError("the text has control characters")
    return line


#: A text that people read in tables, notices and reports; a text may be empty, a line may not.
Text = Annotated[str, AfterValidator(_one_line)]
Line = Annotated[str, Field(min_length=1), AfterValidator(_one_line)]


class Strict(BaseModel):
    """A model that knows its keys, and stays as it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _no_switches(cls, data: Any) -> Any:
        """Refuse true and false where a number stands: YAML reads ``no``, ``on`` and ``y`` so."""
        if isinstance(data, Mapping):
            for name, field in cls.model_fields.items():
                if field.annotation is not bool and any(
                    isinstance(each, bool) for each in _items(data.get(name), field.annotation)
                ):
                    raise ValueError(f"true and false are no values of {name}")
        return data


def _items(value: Any, annotation: Any) -> Iterable[Any]:
    """What a key holds itself; what stands in a model under it, that model looks at."""
    if isinstance(value, Mapping):
        return [*value, *value.values()] if get_origin(annotation) is dict else []
    return value if isinstance(value, list | tuple) else [value]


def known_landmarks(landmarks: Iterable[int]) -> None:
    """Raise ValueError for landmarks that the mesh does not have."""
    count = len(topology().mirror)
    out_of_range = [index for index in landmarks if not 0 <= index < count]
    if out_of_range:
        raise ValueError(f"landmarks {out_of_range} are not between 0 and {count - 1}")


def with_length(direction: Vector) -> float:
    """Return the length of a direction; ValueError where it has none, or too large a one."""
    length: float = sum(part * part for part in direction) ** 0.5
    if length < _LEAST_LENGTH:
        raise ValueError("the direction has no length")
    if length > _MOST_LENGTH:
        raise ValueError(f"the direction is longer than {_MOST_LENGTH:g}")
    return length
