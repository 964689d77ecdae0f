"""Checking a plan effect by effect: planned, applied in the field, achieved in the picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

from landmarkdiff.arrays import ImageArray
from landmarkdiff.covers import CoverFinding
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.verification.contour_check import MovedContour
from landmarkdiff.verification.effects import (
    LIMITED_BELOW,
    AppliedEffects,
    EffectCheck,
    EffectLimit,
    applied_effects,
    check_effects,
    read_achieved,
)
from landmarkdiff.verification.eyes import EyeCheck
from landmarkdiff.verification.hindrances import hindrance_of, nearest_zone
from landmarkdiff.verification.registration import changed_outside, register

__all__ = ["PlanCheck", "check_picture", "check_plan"]

#: An effect of which a cover beside it leaves less than this share is not measured.
LEAST_LEFT = 0.3


@dataclass(frozen=True)
class PlanCheck:
    """What became of every effect of a plan.

    Attributes
    ----------
    effects : tuple of EffectCheck
    applied : AppliedEffects
        What the warp does, by which the finished picture is read.
    verified : bool
        Whether the finished picture was registered with the photo.
    outside_mask_changed_pixels : int or None
        Pixels outside the mask that differ from the photo; None when not verified.
    contour : MovedContour or None
        Of a profile: its contour, found again in the finished picture.
    eyes : tuple of EyeCheck
        Those behind lids that move, compared with the photo's.
    """

    effects: tuple[EffectCheck, ...]
    applied: AppliedEffects
    verified: bool = False
    outside_mask_changed_pixels: int | None = None
    contour: MovedContour | None = None
    eyes: tuple[EyeCheck, ...] = ()


def check_plan(
    source: FaceLandmarks, warp: WarpedPlan, covers: CoverFinding | None = None
) -> PlanCheck:
    """Check what the warp of a plan does; nothing is known yet of what the picture achieves.

    Parameters
    ----------
    source : FaceLandmarks
        The face in the photo.
    warp : WarpedPlan
    covers : CoverFinding, optional
        What hides the face: an effect whose target is hidden is not measurable.
    """
    deformation, fitted = warp.deformation, warp.fitted
    carrying = deformation.carrying
    landed = source.points[:, :2].copy()
    step = source.project(fitted.carried_out(deformation.parts))[:, :2]
    expected = landed[carrying] + step[carrying]
    landed[carrying] = fitted.field.forward(landed[carrying], expected)
    applied = applied_effects(deformation, source, fitted.shares, landed, warp.readable)
    limits = [
        _limits(place, source, warp) if factor < LIMITED_BELOW else []
        for place, factor in enumerate(applied.factors)
    ]
    labels = [warp.plan.label(item) for item in warp.plan.effects]
    checks = check_effects(deformation, applied, limits, labels)
    record = None if warp.shading is None else warp.shading.record
    if record is not None:
        checks = tuple(
            replace(check, shading=record.by_effect.get(item.key, 0.0))
            for check, item in zip(checks, warp.plan.effects, strict=True)
        )
    if covers is not None:
        checks = tuple(
            replace(check, reason=hindrance_of(effect, covers) or _left_nothing(check))
            for check, effect in zip(checks, deformation.effects, strict=True)
        )
    return PlanCheck(checks, applied)


def check_picture(
    check: PlanCheck,
    photo: ImageArray,
    source: FaceLandmarks,
    warp: WarpedPlan,
    finished: ImageArray,
) -> PlanCheck:
    """Register a finished picture with its photo, read every effect in it, and count pixels.

    Parameters
    ----------
    check : PlanCheck
        From :func:`check_plan`.
    photo, finished : (H, W, 3) uint8 array
        RGB.
    source : FaceLandmarks
        The face in the photo.
    warp : WarpedPlan

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60)  # checks its picture
    >>> result.verified, result.outside_mask_changed_pixels
    (True, 0)
    >>> effect = result.effect("medial_brow")
    >>> abs(effect.achieved - effect.applied * effect.visible) < 0.3  # mm
    True
    """
    grid = warp.mask.grid
    # Moved light is no moved skin: the light is taken back before anything is registered.
    shading = warp.shading
    seen = finished if shading is None else shading.undone(finished, warp.mask.coverage)
    registration = register(photo, seen, (grid.x, grid.y, grid.width, grid.height))
    return replace(
        check,
        effects=read_achieved(
            check.effects, warp.deformation, source, check.applied, warp.readable, registration
        ),
        verified=True,
        outside_mask_changed_pixels=changed_outside(photo, finished, warp.mask.full()),
    )


def _left_nothing(check: EffectCheck) -> str | None:
    """Reason of an effect whose target can be seen: a cover beside it may leave hardly anything."""
    if "cover" in check.limited_by and check.factor < LEAST_LEFT:
        return "covered"
    return check.reason


def _limits(place: int, source: FaceLandmarks, warp: WarpedPlan) -> list[EffectLimit]:
    """What limits an effect, by its place in the plan, at its landmarks."""
    deformation, mask, fitted = warp.deformation, warp.mask, warp.fitted
    landmarks = deformation.effects[place].landmarks
    limits = []
    step = source.project(fitted.carried_out(deformation.parts))[:, :2]
    places = (source.points[:, :2] + step)[landmarks]
    for name, limit in mask.limits.items():
        if name == "bells_palsy" or not places.size:
            continue
        left = float(mask.grid.sample(limit, places).mean())
        if left < LIMITED_BELOW:
            limits.append(EffectLimit(name, left))
    excluded = deformation.excluded[landmarks]
    if excluded.any():
        limits.append(EffectLimit("bells_palsy", 1.0 - float(excluded.mean())))
    if fitted.factors[place] < LIMITED_BELOW:
        zone = nearest_zone(source, fitted.folds[place])
        limits.append(EffectLimit("fold", float(fitted.factors[place]), zone))
    shares = fitted.shares[place, landmarks]
    if not limits and shares.min(initial=1.0) < LIMITED_BELOW:
        cause = "overlaid" if not shares.all() else "mask_edge"
        limits.append(EffectLimit(cause, float(shares.mean())))
    return limits
