"""Load and validate ``definitions.yaml``: unknown keys, formulas and units fail at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from landmarkdiff.data_files import parse_yaml
from landmarkdiff.measurements.formulas import FORMULAS, Formula
from landmarkdiff.measurements.types import Norm, Region, Unit

__all__ = ["Definition", "definitions", "length_names"]

#: The one formula that is not a function of a few points.
ASYMMETRY = "asymmetry"

_Point = Annotated[int, Field(ge=0, lt=478)]


def _known_formula(name: str) -> str:
    if name != ASYMMETRY and name not in FORMULAS:
        raise ValueError(f"formula {name!r} is not one of {[ASYMMETRY, *FORMULAS]}")
    return name


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
    region: Region
    unit: Unit
    formula: Annotated[str, AfterValidator(_known_formula)]
    points: list[_Point] | dict[Literal["right", "left"], list[_Point]] = Field(
        default_factory=list
    )
    groups: tuple[str, ...] = ()
    yaw: tuple[float, float]
    placement_error: Annotated[float, Field(ge=0)] = 0.0
    note: str | None = None
    reliable: bool = True
    norms: list[_NormEntry] = Field(default_factory=list)


@dataclass(frozen=True)
class Definition:
    """How one measurement is taken; see the head of ``definitions.yaml`` for the fields.

    ``formula`` is None for asymmetry, which reads the whole mesh and not a few points. ``yaw``
    (lowest, highest) is in degrees, ``placement_error`` in the unit of the measurement.
    """

    name: str
    title: str
    region: Region
    unit: Unit
    formula: Formula | None
    points: tuple[int, ...]
    groups: tuple[str, ...]
    yaw: tuple[float, float]
    placement_error: float
    note: str | None
    reliable: bool
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
            region=entry.region,
            unit=entry.unit,
            formula=None if entry.formula == ASYMMETRY else FORMULAS[entry.formula],
            points=tuple(points),
            groups=entry.groups,
            yaw=entry.yaw,
            note=entry.note,
            reliable=entry.reliable,
            placement_error=entry.placement_error,
            norms=norms,
        )
        for suffix, points in sided.items()
    ]


@cache
def definitions() -> Mapping[str, Definition]:
    """Return all definitions by name, in the order of the file."""
    text = files("landmarkdiff.measurements").joinpath("definitions.yaml").read_text("utf-8")
    table: dict[str, Definition] = {}
    for name, raw in parse_yaml(text).items():
        for definition in _expand(name, _Entry.model_validate(raw)):
            table[definition.name] = definition
    return MappingProxyType(table)


@cache
def length_names() -> tuple[str, ...]:
    """Return the names of the measurements that are distances on the face, in mm."""
    found = definitions().items()
    return tuple(name for name, item in found if item.unit == "mm" and item.formula is not None)
