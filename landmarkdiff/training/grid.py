"""A grid of configurations, and runs beside each other."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landmarkdiff.data_files import YamlError, parse_foreign_yaml
from landmarkdiff.errors import ParameterError
from landmarkdiff.training.checkpoints import list_checkpoints, read_state
from landmarkdiff.training.curve import read_curve
from landmarkdiff.training.settings import RunSettings

__all__ = ["RunSummary", "grid_of", "read_axes", "summary_of"]


def read_axes(texts: Sequence[str]) -> dict[str, list[Any]]:
    """Return the values of each key, from ``training.learning_rate=1e-5,3e-5``.

    Raises
    ------
    ParameterError
    """
    axes: dict[str, list[Any]] = {}
    for text in texts:
        key, _, values = text.partition("=")
        try:
            axes[key.strip()] = [_value(value) for value in values.split(",")]
        except YamlError as error:
            raise ParameterError("grid_axis_unreadable", value=text) from error
        if not values.strip() or not key.strip():
            raise ParameterError("grid_axis_unreadable", value=text)
    return axes


def _value(text: str) -> Any:
    """Return a value as YAML has it, and 1e-5 as the number that a person means."""
    found = parse_foreign_yaml(text)
    if isinstance(found, str):
        try:
            return float(found)
        except ValueError:
            return found
    return found


def grid_of(
    settings: RunSettings, axes: Mapping[str, Sequence[Any]]
) -> list[tuple[str, RunSettings]]:
    """Return name and configuration of every combination, each in a folder of its own.

    Raises
    ------
    ParameterError
        A key is unknown, or a value is not allowed.
    """
    found = []
    for values in itertools.product(*axes.values()):
        changes = dict(zip(axes, values, strict=True))
        name = ",".join(f"{key.rpartition('.')[2]}={value}" for key, value in changes.items())
        out = settings.checkpoints.out / name.replace("/", "_")
        found.append((name, settings.changed({**changes, "checkpoints.out": str(out)})))
    return found


@dataclass(frozen=True)
class RunSummary:
    """One run beside others.

    Attributes
    ----------
    path : Path
    updates : int
    loss : float or None
        Mean of the last tenth of the curve.
    best_error : float or None
        Least error of validation inside the mask, and after how many updates.
    best_update : int or None
    settings : dict
        Dotted keys and values.
    """

    path: Path
    updates: int
    loss: float | None
    best_error: float | None
    best_update: int | None
    settings: dict[str, Any]


def summary_of(out: Path) -> RunSummary:
    """Read what a run has come to.

    Raises
    ------
    ParameterError
        There is no run.
    """
    curve = read_curve(out)
    found = list_checkpoints(out) if out.is_dir() else []
    if not curve and not found:
        raise ParameterError("checkpoint_missing", path=str(out))
    last = curve[-max(len(curve) // 10, 1) :]
    judged = [
        (row["validation_error"], row["update"]) for row in curve if "validation_error" in row
    ]
    error, update = min(judged, default=(None, None))
    return RunSummary(
        path=out,
        updates=curve[-1]["update"] if curve else read_state(found[-1]).update,
        loss=sum(row["loss"] for row in last) / len(last) if last else None,
        best_error=error,
        best_update=update,
        settings=_flat(read_state(found[-1]).settings) if found else {},
    )


def _flat(data: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{place}{key}.")
        else:
            found[place + key] = value
    return found
