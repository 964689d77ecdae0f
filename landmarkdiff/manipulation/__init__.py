"""Moving the face: handles, limits, mask, spline and warp, from a plan to a warped photo."""

from __future__ import annotations

from landmarkdiff.manipulation.deformation import Deformation, deform
from landmarkdiff.manipulation.handles import DeformationHandle, interpolate_handles
from landmarkdiff.manipulation.motion import EffectDisplacement, effect_displacement
from landmarkdiff.manipulation.preset import PROCEDURE_LANDMARKS, apply_procedure_preset

__all__ = [
    "PROCEDURE_LANDMARKS",
    "Deformation",
    "DeformationHandle",
    "EffectDisplacement",
    "apply_procedure_preset",
    "deform",
    "effect_displacement",
    "interpolate_handles",
]
