"""Finishing a repainted picture: six steps with one signature."""

from __future__ import annotations

from landmarkdiff.postprocess.finish import STEPS, FinishResult, finish
from landmarkdiff.postprocess.step import Canvas, Step, StepContext, StepOutcome, StepReport

__all__ = [
    "STEPS",
    "Canvas",
    "FinishResult",
    "Step",
    "StepContext",
    "StepOutcome",
    "StepReport",
    "finish",
]
