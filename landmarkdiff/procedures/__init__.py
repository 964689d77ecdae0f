"""Procedures: presets as data, their loader, and the surgical plan they become."""

from __future__ import annotations

from landmarkdiff.procedures.effect import Effect
from landmarkdiff.procedures.manual import Push
from landmarkdiff.procedures.plan import PlannedEffect, PlannedProcedure, SurgicalPlan
from landmarkdiff.procedures.procedure import (
    Procedure,
    load_procedure_file,
    photo_procedure_names,
    procedure,
    procedure_names,
)

__all__ = [
    "Effect",
    "PlannedEffect",
    "PlannedProcedure",
    "Procedure",
    "Push",
    "SurgicalPlan",
    "load_procedure_file",
    "photo_procedure_names",
    "procedure",
    "procedure_names",
]
