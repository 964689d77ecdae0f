"""Measurements in words, by region: values with their uncertainty, ranges, sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import get_args

from landmarkdiff.inference.profile_facts import ProfileStage
from landmarkdiff.measurements import Measurement, Norm
from landmarkdiff.measurements.types import Region, Standing
from landmarkdiff.texts import Texts

__all__ = ["Entry", "Group", "MeasurementTable", "NormRow", "Row", "measurement_table"]

#: Before the words of where a value stands, so that it is seen without reading.
_SIGNS: Mapping[Standing, tuple[str, str]] = {
    "below": ("▼", "below_range"),
    "within": ("●", "in_range"),
    "above": ("▲", "above_range"),
    "uncertain": ("◇", "uncertain_range"),
}
#: Decimal places by unit.
_DIGITS = {"mm": 1, "deg": 1, "ratio": 2, "percent": 1}


@dataclass(frozen=True)
class NormRow:
    """A published range, where the value stands to it (may be empty), and its source."""

    range: str
    standing: str
    source: str


@dataclass(frozen=True)
class Row:
    """One measurement; ``number`` is that of the chart: its place in the list, from 1.

    ``stages`` are the values of a profile as planned and after, in words.
    """

    number: int
    title: str
    note: str
    value: str
    uncertainty: str
    norms: tuple[NormRow, ...]
    stages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """The measurements of a region."""

    region: Region
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Entry:
    """A line with what there is to add to it."""

    text: str
    note: str


@dataclass(frozen=True)
class MeasurementTable:
    """The table, what this view does not allow, and every source.

    ``notable`` are the values outside of all their ranges, as far as the photo can tell.
    """

    notable: tuple[Entry, ...]
    groups: tuple[Group, ...]
    missing: tuple[Entry, ...]
    sources: tuple[Entry, ...]


def measurement_table(
    measurements: Sequence[Measurement],
    texts: Texts,
    stages: Mapping[str, ProfileStage] = MappingProxyType({}),
) -> MeasurementTable:
    """Return measurements in words; of a profile with those of its stages."""
    groups: dict[Region, list[Row]] = {}
    missing = []
    for number, item in enumerate(measurements, start=1):
        if item.value is None:
            title = texts.measurement(item.name, item.title)
            missing.append(Entry(title, texts.reason(item.reason) if item.reason else ""))
        else:
            groups.setdefault(item.region, []).append(
                replace(
                    _row(number, item, item.value, texts),
                    stages=tuple(_stages(item, stages, texts)),
                )
            )
    listed = (
        Group(region, texts(f"analysis.region_{region}"), tuple(groups[region]))
        for region in get_args(Region)
        if region in groups
    )
    notable = tuple(filter(None, (_notable(item, texts) for item in measurements)))
    return MeasurementTable(notable, tuple(listed), tuple(missing), _sources(measurements, texts))


def _notable(item: Measurement, texts: Texts) -> Entry | None:
    """A value that lies on one side of every range of it, with the nearest of them."""
    standings = {norm: item.standing(norm) for norm in item.norms}
    found = {where for where in standings.values() if where is not None}
    if item.value is None or found not in ({"below"}, {"above"}):
        return None
    (where,) = found
    banded = [norm for norm, each in standings.items() if each is not None and norm.band]
    side = 0 if where == "below" else 1
    value = item.value
    nearest = min(banded, key=lambda norm: abs((norm.band or (value, value))[side] - value))
    row, norm = _row(0, item, value, texts), _norm(nearest, item, texts)
    return Entry(f"{row.title}: {row.value}", f"{norm.standing} ({norm.range})")


def _row(number: int, item: Measurement, value: float, texts: Texts) -> Row:
    digits = _DIGITS[item.unit]
    return Row(
        number,
        texts.measurement(item.name, item.title),
        texts.data(item.note) if item.note else "",
        texts.quantity(value, item.unit, digits),
        "" if item.uncertainty is None else texts.number(item.uncertainty, digits),
        tuple(_norm(norm, item, texts) for norm in item.norms),
    )


def _stages(item: Measurement, stages: Mapping[str, ProfileStage], texts: Texts) -> Iterator[str]:
    for when in ("planned", "after"):
        if when not in stages:
            continue
        found = next(
            each for each in stages[when].measurements.values()
            if each.as_measurement().name == item.name
        )  # fmt: skip
        if found.value is not None:
            value = texts.quantity(found.value, item.unit, _DIGITS[item.unit])
            yield f"{texts(f'report.value_{when}')}: {value}"


def _norm(norm: Norm, item: Measurement, texts: Texts) -> NormRow:
    digits, source = _DIGITS[item.unit], _source(norm, texts)
    population = texts.population(norm.population)
    standing = item.standing(norm)
    if norm.band is None or standing is None:
        mean = "–" if norm.mean is None else texts.quantity(norm.mean, item.unit, digits)
        return NormRow(f"{population}: {mean}", "", source)
    low, high = norm.band
    sign, key = _SIGNS[standing]
    said = texts(f"analysis.{key}" if item.reliable else "analysis.unreliable")
    band = f"{texts.number(low, digits)}–{texts.quantity(high, item.unit, digits)}"
    return NormRow(f"{population}: {band}", f"{sign} {said}", source)


def _sources(measurements: Sequence[Measurement], texts: Texts) -> tuple[Entry, ...]:
    """Every source with the measurements whose ranges it gives."""
    by_source: dict[str, dict[str, None]] = {}
    for item in measurements:
        for norm in item.norms:
            titles = by_source.setdefault(_source(norm, texts), {})
            titles[texts.measurement(item.name, item.title)] = None
    return tuple(Entry(source, "; ".join(titles)) for source, titles in by_source.items())


def _source(norm: Norm, texts: Texts) -> str:
    return f"{texts(f'single.evidence_{norm.status}')}: {texts.data(norm.source)}"
