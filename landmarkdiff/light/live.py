"""The light of a plan as the browser reads it: the same numbers as the server's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.light.fit import LUMINANCE
from landmarkdiff.light.lit_nodes import DIMMEST_BRIGHTEST, MOST_GLOSS
from landmarkdiff.light.ratio import (
    LEAST_FORWARD,
    NORMAL_STEP,
    TURN_STEP,
    WEIGHT_STEP,
    PlanLight,
)
from landmarkdiff.manipulation.live_model import LivePart

__all__ = ["live_light"]


def live_light(light: PlanLight) -> LivePart:
    """Return what ``ui/static/live/light.js`` needs to work out the light at any values."""
    fit = light.light.fit
    gloss, lamp = fit.gloss, fit.lamp
    arrays: dict[str, NDArray[Any]] = {
        "light_nodes": light.nodes.astype(np.uint32),
        "light_normals": _counted(light.normals[:, :2], NORMAL_STEP, np.int16),
        "light_weight": _counted(light.weight, WEIGHT_STEP, np.uint8),
        "light_shine": _counted(light.shine, WEIGHT_STEP, np.uint8),
    }
    effects = []
    for number, effect in enumerate(light.effects):
        # At 0 nothing turns: that knot travels without its numbers.
        turned = effect.knots != 0.0
        arrays[f"light_turns{number}"] = _counted(effect.turns[turned], TURN_STEP, np.int16)
        effects.append({"key": effect.key, "knots": effect.knots.tolist()})
    facts = {
        "coefficients": fit.coefficients.tolist(),
        "floor": fit.floor.tolist(),
        "lamp": lamp and {"direction": lamp.direction.tolist(), "strength": lamp.strength.tolist()},
        "gloss": gloss
        and {
            "direction": gloss.direction.tolist(),
            "exponent": gloss.exponent,
            "strength": gloss.strength,
        },
        "luminance": LUMINANCE.tolist(),
        "bounds": list(DIMMEST_BRIGHTEST),
        "most_gloss": list(MOST_GLOSS),
        "least_forward": LEAST_FORWARD,
        "steps": {"normal": NORMAL_STEP, "turn": TURN_STEP, "weight": WEIGHT_STEP},
        "effects": effects,
    }
    return LivePart(facts, arrays)


def _counted(values: NDArray[Any] | FloatArray, step: float, kind: type) -> NDArray[Any]:
    return np.asarray(np.round(np.asarray(values, np.float64) / step), kind)
