"""A warped photo in the light of its new surface."""

from __future__ import annotations

from dataclasses import replace

from landmarkdiff.light.photo import photo_light
from landmarkdiff.light.plan_light import PlanLight, plan_light
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan, plan_pattern
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["light_of_plan", "lit"]


def light_of_plan(prepared: PreparedFace, warp: WarpedPlan) -> PlanLight | None:
    """Return what a plan does to the light of a photo, made once; None where no light is known."""
    light = photo_light(prepared)
    if light is None:
        return None
    plan, flags, mask = warp.plan, warp.flags, warp.mask
    with one_blas_thread():
        made: PlanLight = prepared.once(
            ("light", plan_pattern(plan, flags)),
            lambda: plan_light(prepared, light, plan, flags, mask),
        )
    return made


def lit(prepared: PreparedFace, warp: WarpedPlan) -> WarpedPlan:
    """Return a warped photo in the light of its new surface.

    Nothing changes outside the mask, and nothing at all where no effect moves anything.
    """
    values = {item.key: item.value for item in warp.plan.effects if item.value}
    if not values or not warp.mask.coverage.any():
        return warp
    light = light_of_plan(prepared, warp)
    if light is None:
        return warp
    shading = light.shading(values, warp.fitted, warp.mask.share)
    picture = shading.applied(warp.warped, warp.mask.coverage)
    return replace(warp, warped=picture, shading=shading)
