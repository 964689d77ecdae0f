"""A photo and a plan in, a measured simulation out."""

from __future__ import annotations

from landmarkdiff.inference.pipeline import (
    DEFAULT_PASSES,
    LandmarkDiffPipeline,
    PaintSettings,
    Prediction,
    PreparedFace,
)

__all__ = [
    "DEFAULT_PASSES",
    "LandmarkDiffPipeline",
    "PaintSettings",
    "Prediction",
    "PreparedFace",
]
