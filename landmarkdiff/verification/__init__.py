"""Whether a picture shows its plan.

A finished picture is registered with its photo, and each effect is read in it in millimetres. A
repainted picture is registered with the warp it was painted over, and refused when it left it or
shows something else.
"""

from __future__ import annotations

from landmarkdiff.verification.alterations import Alteration, largest_alteration
from landmarkdiff.verification.amplitude import Amplitude, read_amplitude
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE, EffectCheck, EffectLimit
from landmarkdiff.verification.effects import (
    AppliedEffects,
    applied_effects,
    check_effects,
    read_achieved,
)
from landmarkdiff.verification.eyes import EyeCheck, check_eyes
from landmarkdiff.verification.geometry import GuardReading, read_guard
from landmarkdiff.verification.geometry_record import GuardAttempt, GuardRecord
from landmarkdiff.verification.plan_check import (
    PlanCheck,
    check_picture,
    check_plan,
    effect_amplitudes,
    plan_amplitude,
    register_picture,
)
from landmarkdiff.verification.registration import (
    Region,
    Registration,
    changed_outside,
    landmark_weights,
    region_of,
    register,
)
from landmarkdiff.verification.structures import StructureRegistration, register_structure

__all__ = [
    "MIN_VISIBLE_SHARE",
    "Alteration",
    "Amplitude",
    "AppliedEffects",
    "EffectCheck",
    "EffectLimit",
    "EyeCheck",
    "GuardAttempt",
    "GuardReading",
    "GuardRecord",
    "PlanCheck",
    "Region",
    "Registration",
    "StructureRegistration",
    "applied_effects",
    "changed_outside",
    "check_effects",
    "check_eyes",
    "check_picture",
    "check_plan",
    "effect_amplitudes",
    "landmark_weights",
    "largest_alteration",
    "plan_amplitude",
    "read_achieved",
    "read_amplitude",
    "read_guard",
    "region_of",
    "register",
    "register_picture",
    "register_structure",
]
