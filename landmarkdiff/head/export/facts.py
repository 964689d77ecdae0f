"""What every file of a head says of itself."""

from __future__ import annotations

from typing import Any

from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.texts import Texts
from landmarkdiff.version import __version__

__all__ = ["GENERATOR", "effect_facts", "statement"]

GENERATOR = f"LandmarkDiff {__version__}"


def statement() -> str:
    """Return the sentence that it is a simulation, in English."""
    return Texts.load("en").simulation_statement


def effect_facts(head: HeadSimulation) -> list[dict[str, Any]]:
    """Return the plan, effect by effect: its key, the planned value and its unit, JSON-ready."""
    return [
        {"effect": effect.key, "value": round(effect.value, 3), "unit": effect.unit}
        for effect in head.effects
    ]
