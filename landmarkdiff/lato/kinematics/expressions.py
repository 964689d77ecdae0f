"""The seven expressions as shares of the head's units."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, get_args

import numpy as np

from landmarkdiff.arguments import checked, finite, instance_of
from landmarkdiff.arrays import FloatArray
from landmarkdiff.data_files import parse_yaml
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.lato.language.instruction import Expression, ExpressionName

__all__ = ["ACTION_UNITS", "UNIT_NAMES", "expression_units", "expression_weights"]

_NAMES: tuple[ExpressionName, ...] = get_args(ExpressionName)


def _unit_names() -> tuple[str, ...]:
    known = set(topology().blendshape_names) - {"_neutral"}
    return tuple(sorted(known | {"tongueOut"}))


#: The 52 units, in the order of the head's own (``HeadModel.expression_names``).
UNIT_NAMES: tuple[str, ...] = _unit_names()


def expression_weights(expression: Expression) -> FloatArray:
    """Return the share of each unit of the head in an expression.

    Parameters
    ----------
    expression : Expression
        One of the seven names, and its strength from 0 to 1.

    Returns
    -------
    (52,) float64 array
        In the order of :data:`UNIT_NAMES`; in proportion to the strength, both sides alike. All
        0 for ``neutral``, which adds nothing: it takes away what a photo shows.

    Raises
    ------
    ParameterError
        There is no such expression, or its strength is not in [0, 1].

    Examples
    --------
    >>> smile = expression_weights(Expression("happy", 0.5))
    >>> smile.shape, round(float(smile[UNIT_NAMES.index("mouthSmileLeft")]), 2)
    ((52,), 0.2)
    """
    shares = expression_units(expression)
    return np.array([shares.get(name, 0.0) for name in UNIT_NAMES])


@checked(expression=instance_of(Expression))
def expression_units(expression: Expression) -> dict[str, float]:
    """Return the same by the names of the units, those alone that take part."""
    if expression.name not in _NAMES:
        raise ParameterError("expression_unknown", name=expression.name, names=list(_NAMES))
    strength = finite("strength", expression.strength, 0.0, 1.0)
    shares: dict[str, float] = {}
    for action, intensity in _expressions()[expression.name].items():
        for unit, share in ACTION_UNITS[action].items():
            shares[unit] = shares.get(unit, 0.0) + intensity * share
    return {unit: min(1.0, share) * strength for unit, share in shares.items() if strength}


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath("action_units.yaml").read_text(encoding="utf-8")
    data: Mapping[str, Any] = parse_yaml(text)
    return data


def _expressions() -> Mapping[str, Mapping[int, float]]:
    found: Mapping[str, Mapping[int, float]] = _data()["expressions"]
    return found


def _action_units() -> dict[int, dict[str, float]]:
    """Action units by their numbers, every unit of the head by its own name."""
    return {
        action: {
            name: share
            for unit, share in units.items()
            for name in UNIT_NAMES
            if name in (unit, unit + "Left", unit + "Right")
        }
        for action, units in _data()["action_units"].items()
    }


#: What an action unit of FACS is when it is full: shares of the head's units.
ACTION_UNITS: Mapping[int, Mapping[str, float]] = _action_units()
