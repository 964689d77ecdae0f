"""Generators: what turns a plan into a picture. One signature, several modes."""

from __future__ import annotations

from landmarkdiff.generators.base import (
    GenerationRequest,
    Generator,
    GeneratorRecord,
    NetworkRecord,
    OnStep,
    Painting,
    PaintNumbers,
    StepProgress,
    check_seed,
)
from landmarkdiff.generators.mode import Mode
from landmarkdiff.generators.modes import DEFAULT_MODE, MODES, create_generator, find_mode

__all__ = [
    "DEFAULT_MODE",
    "MODES",
    "GenerationRequest",
    "Generator",
    "GeneratorRecord",
    "Mode",
    "NetworkRecord",
    "OnStep",
    "PaintNumbers",
    "Painting",
    "StepProgress",
    "check_seed",
    "create_generator",
    "find_mode",
]
