"""A photo and a plan in, a measured simulation out."""

from __future__ import annotations

from landmarkdiff.inference.pipeline import DEFAULT_PASSES, LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.settings import PaintSettings
from landmarkdiff.manipulation.prepared import PreparedFace

__all__ = [
    "DEFAULT_PASSES",
    "LandmarkDiffPipeline",
    "PaintSettings",
    "Prediction",
    "PreparedFace",
]
