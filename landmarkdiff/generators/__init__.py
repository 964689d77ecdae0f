"""Generators: what turns a plan into a picture. One signature, several modes."""

from __future__ import annotations

from landmarkdiff.generators.base import (
    MODES,
    GenerationRequest,
    Generator,
    OnStep,
    Painting,
    StepProgress,
    create_generator,
)

__all__ = [
    "MODES",
    "GenerationRequest",
    "Generator",
    "OnStep",
    "Painting",
    "StepProgress",
    "create_generator",
]
