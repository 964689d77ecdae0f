"""Checking a plan effect by effect: planned, applied in the field, achieved in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.covers import CoverFinding
from landmarkdiff.creases import FoldRecord
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.verification.amplitude import Amplitude, read_amplitude, read_amplitudes
from landmarkdiff.verification.contour_check import MovedContour
from landmarkdiff.verification.ears import check_ears, read_ears
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE, EffectCheck, EffectLimit
from landmarkdiff.verification.effects import (
    LIMITED_BELOW,
    AppliedEffects,
    applied_effects,
    check_effects,
    read_achieved,
)
from landmarkdiff.verification.eyes import EyeCheck
from landmarkdiff.verification.front import FrontCheck, is_behind
from landmarkdiff.verification.hindrances import UNSEEN, hindrance_of, nearest_zone
from landmarkdiff.verification.mouth import MouthCheck
from landmarkdiff.verification.registration import (
    Registration,
    changed_outside,
    region_of,
    register,
)
from landmarkdiff.verification.texture import forward_parts, read_texture

__all__ = [
    "PlanCheck",
    "check_picture",
    "check_plan",
    "effect_amplitudes",
    "plan_amplitude",
    "register_picture",
]

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
    front : FrontCheck or None
        What lies in front of the face, compared with the photo's.
    folds : tuple of FoldRecord
        Folds of the skin that the plan softens, and those that it does not find.
    mouth : MouthCheck or None
        Teeth and tongue behind lips that move, compared with the photo's.
    """

    effects: tuple[EffectCheck, ...]
    applied: AppliedEffects
    verified: bool = False
    outside_mask_changed_pixels: int | None = None
    contour: MovedContour | None = None
    eyes: tuple[EyeCheck, ...] = ()
    front: FrontCheck | None = None
    folds: tuple[FoldRecord, ...] = ()
    mouth: MouthCheck | None = None


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
        _limits(place, source, warp, step) if factor < LIMITED_BELOW else []
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
    front = warp.front
    if front is not None:
        checks = tuple(
            replace(check, reason="covered")
            if check.reason == "not_verified" and is_behind(effect, source, front)
            else check
            for check, effect in zip(checks, deformation.effects, strict=True)
        )
    return PlanCheck(check_ears(checks, warp), applied)


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
    photo_skin, seen = _skin(photo, warp, finished)
    shows = _any_shows(check.effects, warp)
    registration = _registered(photo_skin, warp, seen) if shows else None
    effects = read_achieved(
        check.effects, warp.deformation, source, check.applied, warp.readable, registration
    )
    return replace(
        check,
        effects=read_ears(effects, warp, photo_skin, seen),
        verified=True,
        outside_mask_changed_pixels=changed_outside(photo, finished, warp.mask.full()),
    )


def register_picture(photo: ImageArray, warp: WarpedPlan, finished: ImageArray) -> Registration:
    """Register a finished picture of a plan with its photo, over the mask.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 array
        RGB.
    warp : WarpedPlan
        Whose light and softer folds are taken back first.

    Returns
    -------
    Registration
        Where the skin of the photo lies in the finished picture.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60, verify=False)
    >>> moved = register_picture(portrait, result.warp, result.image).at(face.points[[105], :2])
    >>> bool(moved[0, 1] < -1.0)  # the brow went up, pixels
    True
    """
    photo_skin, seen = _skin(photo, warp, finished)
    return _registered(photo_skin, warp, seen)


def plan_amplitude(
    photo: ImageArray,
    source: FaceLandmarks,
    warp: WarpedPlan,
    finished: ImageArray,
    registration: Registration,
    weight: FloatArray,
) -> Amplitude:
    """Read how much of a plan's displacement a finished picture shows, as a whole.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 array
        RGB.
    source : FaceLandmarks
        The face in the photo.
    warp : WarpedPlan
    registration : Registration
        From :func:`register_picture`.
    weight : (478,) array
        How much each landmark counts, 0 to 1.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60, verify=False)
    >>> flow = register_picture(portrait, result.warp, result.image)
    >>> seen = portrait, face, result.warp, result.image, flow, np.ones(478)
    >>> abs(plan_amplitude(*seen).value - 1.0) < 0.15
    True
    """
    pictures = photo_skin, _ = _skin(photo, warp, finished)
    return read_amplitude(
        pictures,
        region_of(photo, _box(warp)),
        registration,
        warp.fitted.field,
        source,
        warp.target.points[:, :2] - source.points[:, :2],
        weight,
        None if warp.front is None else np.any(photo_skin != photo, axis=2),
    )


def effect_amplitudes(
    check: PlanCheck,
    photo: ImageArray,
    source: FaceLandmarks,
    warp: WarpedPlan,
    finished: ImageArray,
    registration: Registration,
    weight: FloatArray,
) -> dict[int, Amplitude]:
    """Read how much of the displacement by each effect a finished picture shows.

    Parameters
    ----------
    check : PlanCheck
        From :func:`check_picture`.
    photo, finished : (H, W, 3) uint8 array
        RGB.
    source : FaceLandmarks
        The face in the photo.
    warp : WarpedPlan
    registration : Registration
        From :func:`register_picture`.
    weight : (478,) array
        How much each landmark counts, 0 to 1.

    Returns
    -------
    dict of int to Amplitude
        By the place of the effect in the plan; of those alone that the check has measured at
        landmarks. What this view shows of the others is not put down to them.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60)
    >>> flow = register_picture(portrait, result.warp, result.image)
    >>> seen = portrait, face, result.warp, result.image, flow, np.ones(478)
    >>> [round(each.value, 1) for each in effect_amplitudes(result.check, *seen).values()]
    [1.0, 1.0, 1.0]
    """
    chosen = [
        place
        for place, (own, effect) in enumerate(
            zip(check.effects, warp.deformation.effects, strict=True)
        )
        if own.achieved is not None and own.applied != 0.0 and effect.landmarks.size
    ]
    if not chosen:
        return {}
    photo_skin, seen = _skin(photo, warp, finished)
    region = region_of(photo, _box(warp))
    hidden = None if warp.front is None else np.any(photo_skin != photo, axis=2)
    texture = read_texture((photo_skin, seen), region, registration, source, hidden)
    parts = forward_parts(warp.fitted.field, region, warp.fitted.by_effect())
    wanted = np.stack([texture.at_landmarks(part) for part in parts])
    found = read_amplitudes(texture, parts, wanted, weight)
    return {place: found[place] for place in chosen}


def _skin(
    photo: ImageArray, warp: WarpedPlan, finished: ImageArray
) -> tuple[ImageArray, ImageArray]:
    """Return photo and finished picture as their skin lies in them, in the photo's light.

    Moved light is no moved skin, and neither is a softer fold: both are taken back before
    anything is registered.
    """
    shading = warp.shading
    seen = finished if warp.softening is None else warp.softening.undone(finished)
    seen = seen if shading is None else shading.undone(seen, warp.mask.coverage)
    if warp.front is None:
        return photo, seen
    # What stays in front of a face that moves is no sign that the face stays.
    return warp.front.without(photo), warp.front.without(seen)


def _registered(photo_skin: ImageArray, warp: WarpedPlan, seen: ImageArray) -> Registration:
    return register(photo_skin, seen, _box(warp))


def _box(warp: WarpedPlan) -> tuple[int, int, int, int]:
    grid = warp.mask.grid
    return grid.x, grid.y, grid.width, grid.height


def _any_shows(checks: Sequence[EffectCheck], warp: WarpedPlan) -> bool:
    """Whether any effect moves landmarks in this view: else nothing is read from a registration."""
    return any(
        check.planned != 0.0
        and check.visible >= MIN_VISIBLE_SHARE
        and check.reason not in UNSEEN
        and effect.landmarks.size > 0
        for check, effect in zip(checks, warp.deformation.effects, strict=True)
    )


def _left_nothing(check: EffectCheck) -> str | None:
    """Reason of an effect whose target can be seen: a cover beside it may leave hardly anything."""
    if "cover" in check.limited_by and check.factor < LEAST_LEFT:
        return "covered"
    return check.reason


def _limits(
    place: int, source: FaceLandmarks, warp: WarpedPlan, step: FloatArray
) -> list[EffectLimit]:
    """What limits an effect, by its place in the plan, at its landmarks.

    ``step`` (478, 2) is how far the plan is carried out, pixels.
    """
    deformation, mask, fitted = warp.deformation, warp.mask, warp.fitted
    landmarks = deformation.effects[place].landmarks
    limits = []
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
