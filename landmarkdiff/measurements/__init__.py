"""Anthropometric distances, angles and ratios of one face, with uncertainty and norms."""

from __future__ import annotations

from landmarkdiff.measurements.measure import MEASUREMENT_NAMES, measure, measure_all
from landmarkdiff.measurements.types import Measurement, Norm

__all__ = ["MEASUREMENT_NAMES", "Measurement", "Norm", "measure", "measure_all"]
