"""Expressions as shares of the head's units, and what they do to the average head."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.head import head_model
from landmarkdiff.lato.kinematics.expressions import (
    ACTION_UNITS,
    UNIT_NAMES,
    expression_units,
    expression_weights,
)
from landmarkdiff.lato.language import Expression

EXPRESSIONS = ("happy", "sad", "angry", "surprised", "fearful", "disgusted")
#: Corners of the mouth, middle and outer part of the brows, upper lids: the patient's right.
CORNER, BROW_HEAD, BROW, UPPER_LID = 61, 55, 105, 159


def moved(name: str, strength: float) -> np.ndarray:
    """How the landmarks of the average head move, (478, 3) mm."""
    model = head_model()
    weights = expression_weights(Expression(name, strength))
    return model.landmarks.points(np.tensordot(weights, model.expression, axes=1))


def test_units_are_the_heads() -> None:
    assert head_model().expression_names == UNIT_NAMES
    assert len(UNIT_NAMES) == 52
    for units in ACTION_UNITS.values():
        assert units
        assert set(units) <= set(UNIT_NAMES)
        for name in units:
            other = name.replace("Left", "*").replace("Right", "Left").replace("*", "Right")
            assert units[other] == units[name]


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_weights_are_in_proportion_to_strength(name: str) -> None:
    whole = expression_weights(Expression(name, 1.0))
    assert whole.shape == (52,)
    assert whole.min() >= 0.0
    assert 0.1 < whole.max() <= 1.0
    np.testing.assert_allclose(expression_weights(Expression(name, 0.33)), 0.33 * whole)
    assert not expression_weights(Expression(name, 0.0)).any()


def test_neutral_adds_nothing() -> None:
    assert not expression_weights(Expression("neutral", 1.0)).any()
    assert expression_units(Expression("neutral", 1.0)) == {}


def test_a_smile_is_that_of_people() -> None:
    """A closed smile moves the corner 4 to 11 mm, about as far out as up (see the table)."""
    outward, up, forward = moved("happy", 0.66)[CORNER] * (-1.0, 1.0, 1.0)
    assert 2.5 < outward < 6.0
    assert 3.5 < up < 6.5
    assert -6.0 < forward < -1.0


@pytest.mark.parametrize(
    ("name", "point", "least", "most"),
    [
        ("happy", CORNER, 5.0, 9.0),
        ("sad", CORNER, -6.0, -2.0),
        ("sad", BROW_HEAD, 1.0, 5.0),
        ("angry", BROW_HEAD, -6.0, -2.5),
        ("surprised", BROW, 4.0, 8.0),
        ("surprised", UPPER_LID, 1.0, 2.5),
        ("fearful", BROW_HEAD, 1.5, 6.0),
        ("disgusted", CORNER, -4.0, 2.0),
    ],
)
def test_height_of_the_full_expression(name: str, point: int, least: float, most: float) -> None:
    assert least < moved(name, 1.0)[point, 1] < most


def test_nothing_else_is_an_expression() -> None:
    with pytest.raises(ParameterError, match="amused"):
        expression_weights(Expression("amused", 1.0))
    with pytest.raises(ParameterError, match="strength"):
        expression_weights(Expression("happy", 1.5))
