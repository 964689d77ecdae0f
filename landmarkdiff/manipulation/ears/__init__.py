"""Ears in a photo of the face: found by their outline, and set back with what is behind them."""

from landmarkdiff.manipulation.ears.picture import set_ears_back
from landmarkdiff.manipulation.ears.plan import EarPlan, EarSetback, ear_plan
from landmarkdiff.manipulation.ears.seen import (
    EAR_FILES,
    EarCause,
    EarFinding,
    EarInPhoto,
    ears_in_photo,
)

__all__ = [
    "EAR_FILES",
    "EarCause",
    "EarFinding",
    "EarInPhoto",
    "EarPlan",
    "EarSetback",
    "ear_plan",
    "ears_in_photo",
    "set_ears_back",
]
