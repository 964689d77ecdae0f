"""Load and validate ``definitions.yaml``: unknown keys, formulas and units fail at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from landmarkdiff.measurements.formulas import FORMULAS, Formula
from landmarkdiff.measurements.types import Norm, Unit

__all__ = ["Definition", "definitions"]

_Point = Annotated[int, Field(ge=0, lt=478)]


class _NormEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    population: str
    mean: float | None = None
    sd: Annotated[float, Field(gt=0)] | None = None
    low: float | None = None
    high: float | None = None
    source: str
    status: Literal["found", "general"]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    unit: Unit
    formula: str
    points: list[_Point] | dict[Literal["right", "left"], list[_Point]]
    yaw: tuple[float, float]
    placement_sd: Annotated[float, Field(ge=0)] = 0.0
    norms: list[_NormEntry] = Field(default_factory=list)


@dataclass(frozen=True)
class Definition:
    """How one measurement is taken; see the head of ``definitions.yaml`` for the fields."""

    name: str
    title: str
    unit: Unit
    formula: Formula
    points: tuple[int, ...]
    yaw: tuple[float, float]
    placement_sd: float
    norms: tuple[Norm, ...]


def _expand(name: str, entry: _Entry) -> list[Definition]:
    """One definition, or one per side of the face."""
    sided = (
        {"": entry.points}
        if isinstance(entry.points, list)
        else {f"_{side}": points for side, points in entry.points.items()}
    )
    norms = tuple(Norm(**norm.model_dump()) for norm in entry.norms)
    return [
        Definition(
            name=name + suffix,
            title=entry.title + (f", {suffix[1:]}" if suffix else ""),
            unit=entry.unit,
            formula=FORMULAS[entry.formula],
            points=tuple(points),
            yaw=entry.yaw,
            placement_sd=entry.placement_sd,
            norms=norms,
        )
        for suffix, points in sided.items()
    ]


@cache
def definitions() -> Mapping[str, Definition]:
    """Return all definitions by name, in the order of the file."""
    text = files("landmarkdiff.measurements").joinpath("definitions.yaml").read_text("utf-8")
    table: dict[str, Definition] = {}
    for name, raw in yaml.safe_load(text).items():
        for definition in _expand(name, _Entry.model_validate(raw)):
            table[definition.name] = definition
    return MappingProxyType(table)
