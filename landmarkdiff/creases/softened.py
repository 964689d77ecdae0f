"""A warped photo whose folds are softened as its plan says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.creases.plan import PlanFolds, plan_folds
from landmarkdiff.manipulation.live_model import with_values
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.pattern import plan_pattern
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.softening import Softening
from landmarkdiff.manipulation.warp import WarpedPlan, deformation_of, mask_for
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["carried_out", "folds_of_effects", "folds_of_plan", "softened"]


def folds_of_plan(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags, mask: SurgicalMask
) -> PlanFolds | None:
    """Return the folds that a plan softens on a photo, found once; None where it softens none.

    ``mask`` is that of the plan at any values.
    """
    with one_blas_thread():
        found: PlanFolds | None = prepared.once(
            ("creases", plan_pattern(plan, flags)),
            lambda: plan_folds(prepared, plan, flags, mask),
        )
    return found


def folds_of_effects(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags
) -> PlanFolds | None:
    """Return the folds that the effects of a plan soften; its values play no part."""
    still = with_values(plan, {})
    mask = mask_for(prepared, still, flags, deformation_of(prepared, still, flags))
    return folds_of_plan(prepared, plan, flags, mask)


def carried_out(warp: WarpedPlan) -> dict[str, float]:
    """Return the values of a plan's effects as far as the warp carries them out, by key."""
    return {
        item.key: float(factor) * item.value
        for item, factor in zip(warp.plan.effects, warp.fitted.factors, strict=True)
        if item.value
    }


def softened(prepared: PreparedFace, warp: WarpedPlan, *, in_place: bool = False) -> WarpedPlan:
    """Return a warped photo with the folds of its plan softened.

    The mask then holds them, too. Nothing changes where the plan softens nothing. ``in_place``:
    change the picture of ``warp`` itself, which nobody else has seen.
    """
    values = carried_out(warp)
    if not values:
        return warp
    folds = folds_of_plan(prepared, warp.plan, warp.flags, warp.mask)
    if folds is None:
        return warp
    softening = Softening(folds.added(values), folds.to_photo, warp.fitted.field)
    if softening.silent:
        return warp
    mask = warp.mask
    covered = np.maximum(mask.coverage, softening.coverage)
    picture = warp.face if in_place else warp.face.copy()
    softening.apply(picture)
    return replace(
        warp,
        face=picture,
        mask=replace(mask, coverage=covered, skin=mask.carried),
        softening=softening,
    )
