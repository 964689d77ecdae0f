"""The live model of a profile: the same controls as its warp, for the browser to fit."""

from __future__ import annotations

import numpy as np

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.manipulation.effect_knots import effect_knots
from landmarkdiff.manipulation.live_model import LiveEffect, LiveModel, LivePiece, with_values
from landmarkdiff.manipulation.on_profile.prepared import PreparedProfile
from landmarkdiff.manipulation.on_profile.warp import controls_within, profile_motion
from landmarkdiff.manipulation.warp import deformation_of
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["profile_live_model"]


def profile_live_model(
    prepared: PreparedProfile, plan: SurgicalPlan, flags: ClinicalFlags | None = None
) -> LiveModel:
    """Make the live model of a plan's effects; the plan's values play no part.

    The browser warps face and background as one, so next to the contour the background moves a
    little too; the picture at full size has it still.
    """
    flags = flags or ClinicalFlags()
    motion = profile_motion(prepared, plan, flags)
    controls = controls_within(motion)
    effects = []
    for place, item in enumerate(plan.effects):
        knots = effect_knots(item)
        steps = [
            motion.steps(deformation_of(prepared, with_values(plan, {item.key: knot}), flags))
            for knot in knots
        ]
        vectors = np.array([step[place][controls] for step in steps], np.float32)
        teeth = np.zeros((len(knots), 2), np.float32)
        effects.append(LiveEffect(item.key, np.array(knots), vectors, teeth, None))
    source, mask = prepared.landmarks, motion.mask
    return LiveModel(
        grid=mask.grid,
        coverage=mask.carried,
        controls=motion.shown.places[controls],
        pieces=(LivePiece(np.arange(len(controls)), mask.anchors, mask.carried),),
        teeth=None,
        effects=tuple(effects),
        image_width=source.image_width,
        image_height=source.image_height,
        mm_per_px=source.scale.mm_per_px,
    )
