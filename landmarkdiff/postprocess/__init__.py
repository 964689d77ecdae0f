"""Finishing a repainted picture: six steps with one signature."""

from __future__ import annotations

from landmarkdiff.postprocess.step import Canvas, Step, StepContext, StepOutcome, StepReport

__all__ = ["Canvas", "Step", "StepContext", "StepOutcome", "StepReport"]
