"""A plan on a profile photo: the contour and the skin within it move as the head does."""

from __future__ import annotations

from landmarkdiff.manipulation.on_profile.live import profile_live_model
from landmarkdiff.manipulation.on_profile.prepared import PreparedProfile, prepare_profile
from landmarkdiff.manipulation.on_profile.shown import in_front
from landmarkdiff.manipulation.on_profile.warp import (
    ProfileMotion,
    profile_motion,
    refuse_cut_profile,
    warp_profile,
)

__all__ = [
    "PreparedProfile",
    "ProfileMotion",
    "in_front",
    "prepare_profile",
    "profile_live_model",
    "profile_motion",
    "refuse_cut_profile",
    "warp_profile",
]
