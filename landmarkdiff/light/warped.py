"""A warped photo in the light of its new surface."""

from __future__ import annotations

from dataclasses import replace

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.light.photo import photo_light
from landmarkdiff.light.ratio import PlanLight, plan_light
from landmarkdiff.manipulation.live_model import with_values
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.on_profile import PreparedProfile, profile_motion
from landmarkdiff.manipulation.pattern import plan_pattern
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan, deformation_of, mask_for
from landmarkdiff.procedures.effect import moves_ear
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["light_of_effects", "light_of_plan", "lit"]


def light_of_plan(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags, mask: SurgicalMask
) -> PlanLight | None:
    """Return what a plan does to the light of a photo, made once; None where no light is known.

    ``mask`` is that of the plan at any values.
    """
    light = photo_light(prepared)
    if light is None:
        return None
    with one_blas_thread():
        made: PlanLight = prepared.once(
            ("light", plan_pattern(plan, flags)),
            lambda: plan_light(prepared, light, plan, flags, mask),
        )
    return made


def light_of_effects(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags
) -> PlanLight | None:
    """Return what the effects of a plan do to the light of a photo; its values play no part."""
    if isinstance(prepared, PreparedProfile):
        mask = profile_motion(prepared, plan, flags).mask
    else:
        still = with_values(plan, {})
        mask = mask_for(prepared, still, flags, deformation_of(prepared, still, flags))
    if not mask.coverage.any() or all(moves_ear(item.effect) for item in plan.effects):
        return None
    return light_of_plan(prepared, plan, flags, mask)


def lit(
    prepared: PreparedFace, warp: WarpedPlan, *, in_place: bool = False, recorded: bool = True
) -> WarpedPlan:
    """Return a warped photo in the light of its new surface.

    Nothing changes outside the mask, and nothing at all where no effect moves anything.
    ``in_place``: change the picture of ``warp`` itself, which nobody else has seen. ``recorded``:
    say by how much each effect changes the light.
    """
    values = {
        item.key: float(factor) * item.value
        for item, factor in zip(warp.plan.effects, warp.fitted.factors, strict=True)
        if item.value and not moves_ear(item.effect)
    }
    if not values or not warp.mask.coverage.any():
        return warp
    light = light_of_plan(prepared, warp.plan, warp.flags, warp.mask)
    if light is None:
        return warp
    shading = light.shading(values, warp.fitted.field, warp.mask.share, recorded=recorded)
    picture = warp.face if in_place else warp.face.copy()
    shading.apply(picture, warp.mask.coverage)
    return replace(warp, face=picture, shading=shading)
