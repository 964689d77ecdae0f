"""Effects on the depth of folds: planned, applied, and measured in the finished picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.creases import FoldRecord, fold_records, folds_of_plan, measured_folds
from landmarkdiff.creases.softened import carried_out
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.verification.effect_check import EffectCheck, EffectLimit
from landmarkdiff.verification.effects import LIMITED_BELOW
from landmarkdiff.verification.plan_check import PlanCheck

__all__ = ["check_folds", "check_folds_in_picture", "without_folds"]


def check_folds(check: PlanCheck, prepared: PreparedFace, warp: WarpedPlan) -> PlanCheck:
    """Return the check of a warp with what it does to the folds of its plan.

    Parameters
    ----------
    check : PlanCheck
    prepared : PreparedFace
        The photo.
    warp : WarpedPlan
    """
    folds = folds_of_plan(prepared, warp.plan, warp.flags, warp.mask)
    if folds is None:
        return check
    records = fold_records(folds, carried_out(warp))
    return replace(check, folds=records, effects=_of_records(check.effects, warp, records))


def check_folds_in_picture(
    check: PlanCheck, prepared: PreparedFace, warp: WarpedPlan, finished: ImageArray
) -> PlanCheck:
    """Return the check with the depth of every fold, measured in a finished picture.

    Parameters
    ----------
    check : PlanCheck
        From :func:`check_folds`.
    prepared, warp
        As there.
    finished : (H, W, 3) uint8 array
        RGB.
    """
    folds = folds_of_plan(prepared, warp.plan, warp.flags, warp.mask)
    if folds is None or not folds.folds:
        return check
    # The light that follows the surface is no part of the fold's own shadow.
    seen = finished
    if warp.shading is not None:
        seen = warp.shading.undone(finished, warp.mask.coverage)
    records = measured_folds(check.folds, folds, prepared, seen, warp.fitted.field)
    return replace(check, folds=records, effects=_of_records(check.effects, warp, records))


def without_folds(check: PlanCheck, warp: WarpedPlan) -> PlanCheck:
    """Return the check of a view in which no fold is looked for, a profile."""
    effects = tuple(
        each if item.effect.fold is None else replace(each, reason="not_visible_in_this_view")
        for each, item in zip(check.effects, warp.plan.effects, strict=True)
    )
    return replace(check, effects=effects)


def _of_records(
    checks: Sequence[EffectCheck], warp: WarpedPlan, records: Sequence[FoldRecord]
) -> tuple[EffectCheck, ...]:
    """The checks, those of folds by their records of both sides."""
    made = []
    for check, item in zip(checks, warp.plan.effects, strict=True):
        own = [record for record in records if item.key in record.effects]
        made.append(_of_sides(check, own) if item.effect.fold is not None else check)
    return tuple(made)


def _of_sides(check: EffectCheck, records: Sequence[FoldRecord]) -> EffectCheck:
    """The check of an effect by the records of its sides: their mean, by how deep each is."""
    found = [record for record in records if record.reason is None]
    if not found:
        reason = records[0].reason if records else "fold_hidden"
        return replace(check, applied=0.0, visible=1.0, factor=0.0, reason=reason)
    weight = np.array([(record.contrast or 0.0) * (record.length_mm or 0.0) for record in found])
    weight = weight / weight.sum()
    applied = float(weight @ np.array([record.applied or 0.0 for record in found]))
    left = min(applied / check.planned, 1.0) if check.planned else 1.0
    limits = (EffectLimit("mask_edge", left),) if left < LIMITED_BELOW else ()
    made = replace(check, applied=applied, visible=1.0, factor=left, limits=limits)
    if any(record.achieved is None for record in found):
        return replace(made, reason="not_verified")
    noise = np.array([record.noise or 0.0 for record in found])
    return replace(
        made,
        reason=None,
        achieved=float(weight @ np.array([record.achieved or 0.0 for record in found])),
        noise=float(np.sqrt(((weight * noise) ** 2).sum())),
    )
