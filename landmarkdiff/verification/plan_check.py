"""Checking a plan effect by effect: planned, applied in the field, achieved in the picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.field import FittedField
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.verification.effects import (
    LIMITED_BELOW,
    EffectCheck,
    applied_effects,
    check_effects,
)
from landmarkdiff.verification.registration import register

__all__ = ["check_plan"]


def check_plan(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    deformation: Deformation,
    mask: SurgicalMask,
    fitted: FittedField,
    readable: NDArray[np.bool_],
    finished: NDArray[np.uint8] | None,
) -> tuple[EffectCheck, ...]:
    """Check every effect of a plan.

    Parameters
    ----------
    prepared, plan, deformation, mask, fitted
        The photo, and what was made of the plan on it.
    readable : (478,) bool array
        Landmarks that can be read in the picture.
    finished : (H, W, 3) uint8 array or None
        The picture to be registered with the photo; without it nothing is known of what was
        achieved.
    """
    source = prepared.landmarks
    carrying = deformation.carrying
    landed = source.points[:, :2].copy()
    step = source.project(deformation.displacement[carrying])[:, :2]
    expected = landed[carrying] + fitted.shares[carrying, None] * step
    landed[carrying] = fitted.field.forward(landed[carrying], expected)
    applied = applied_effects(deformation, source, fitted.shares, landed, readable)
    grid = mask.grid
    registration = None
    if finished is not None:
        box = (grid.x, grid.y, grid.width, grid.height)
        registration = register(prepared.image, finished, box)
    return check_effects(
        deformation,
        source,
        applied,
        [
            _causes(effect.landmarks, deformation, mask, fitted, source)
            if factor < LIMITED_BELOW
            else []
            for effect, factor in zip(deformation.effects, applied.factors, strict=True)
        ],
        readable,
        registration,
        [plan.label(item) for item in plan.effects],
    )


def _causes(
    landmarks: NDArray[np.intp],
    deformation: Deformation,
    mask: SurgicalMask,
    fitted: FittedField,
    source: FaceLandmarks,
) -> list[str]:
    """Names of what limits an effect at its landmarks."""
    causes = []
    step = source.project(deformation.displacement)[:, :2] * fitted.shares[:, None]
    places = (source.points[:, :2] + step)[landmarks]
    for name, limit in mask.limits.items():
        if name == "bells_palsy" or not places.size:
            continue
        if mask.grid.sample(limit, places).mean() < LIMITED_BELOW:
            causes.append(name)
    if deformation.excluded[landmarks].any():
        causes.append("bells_palsy")
    if fitted.fold_factor < 1.0:
        causes.append("fold")
    if not causes and fitted.shares[landmarks].min(initial=1.0) < LIMITED_BELOW:
        causes.append("overlaid" if not fitted.shares[landmarks].all() else "mask_edge")
    return causes
