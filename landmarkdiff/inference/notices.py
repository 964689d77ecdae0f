"""What a simulation has to tell beside the picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from landmarkdiff.clinical.flags import VITILIGO_FACTOR, VITILIGO_MIN_AREA_MM2
from landmarkdiff.creases import FoldRecord
from landmarkdiff.identity import IdentityCheck
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.manipulation.front import FILL_MM
from landmarkdiff.manipulation.limits import FRAME_SHARE, uncovered_mm
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.mouth import uncovers_teeth
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.notices import Notice, Reason
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE, EffectCheck
from landmarkdiff.verification.geometry_record import GuardRecord
from landmarkdiff.verification.hindrances import (
    LIPS_CLOSED,
    NOT_ON_MESH,
    UNSEEN,
    UNSEEN_EARS,
    covered_zone,
)

__all__ = [
    "ceiling_notices",
    "cover_notices",
    "fold_notices",
    "identity_notices",
    "painting_notices",
    "simulation_notices",
    "thin_lip_notices",
]


#: Of an effect that is carried out by more than this share nothing is said.
MOST_SAID = 0.97
#: Share of the region whose light is not the fitted one, from which on it is said.
_LEFT_ALONE = 0.1
#: The same of a profile, whose light is known only in part.
_UNSURE = 0.5
_FOLD_NOTICES = {
    "fold_not_visible": "effect_fold_not_visible",
    "fold_hidden": "effect_fold_hidden",
}
_LID_NOTICES = {"lids_closed": "effect_eye_closed", "eye_hidden": "effect_eye_hidden"}


def simulation_notices(
    prepared: PreparedFace, warp: WarpedPlan, checks: Sequence[EffectCheck]
) -> Iterator[Notice]:
    """Yield the notices of a simulation: about the face, the plan, its limits and this view."""
    plan = warp.plan
    yield from prepared.landmarks.notices
    conflicts: dict[tuple[str, str], list[int]] = {}
    for conflict in plan.conflicts:
        conflicts.setdefault((conflict.kept, conflict.dropped), []).append(conflict.landmark)
    for (kept, dropped), landmarks in conflicts.items():
        yield Notice.of("plan_conflict", kept=kept, dropped=dropped, landmarks=landmarks)
    yield from ceiling_notices(plan)
    yield from cover_notices(prepared)
    effects = warp.deformation.effects
    for item, check, effect in zip(plan.effects, checks, effects, strict=True):
        if check.reason == "covered":
            zone = covered_zone(effect, prepared.covers())
            yield Notice.of("effect_covered", effect=check.name, zone=zone)
        elif check.reason in _LID_NOTICES:
            yield Notice.of(_LID_NOTICES[check.reason], effect=check.name)
        yield from _effect_notices(item, check)
    worn = () if warp.front is None else [thing.what for thing in warp.front.things]
    if "thing" in worn:
        yield Notice.of("thing_in_front", mm=FILL_MM)
    if "spectacles" in worn:
        yield Notice.of("glasses_worn", mm=FILL_MM)
    elif _reached(prepared.possible_frames(), warp.mask):
        yield Notice.of("glasses_possible")
    yield from _light_notices(warp)
    if uncovers_teeth(prepared, plan, warp.mask):
        yield Notice.of("teeth_stay", mm=round(uncovered_mm(prepared.landmarks, plan.effects), 1))
    if any(check.reason == LIPS_CLOSED for check in checks):
        yield Notice.of("mouth_closed")
    if warp.flags.child:
        yield Notice.of("child_adult_bands")
    if warp.flags.vitiligo:
        yield _patches_notice(prepared)


def _patches_notice(prepared: PreparedFace) -> Notice:
    """Return how much skin is spared, or that nothing is: not that none has lost its colour."""
    patches = prepared.vitiligo().patches
    if not patches:
        return Notice.of("vitiligo_none", mm2=VITILIGO_MIN_AREA_MM2)
    return Notice.of(
        "vitiligo_patches",
        count=len(patches),
        area_mm2=sum(patch.area_mm2 for patch in patches),
        percent=round(100 * VITILIGO_FACTOR),
    )


def _light_notices(warp: WarpedPlan) -> Iterator[Notice]:
    """Yield what there is to say of the light of a picture."""
    record = None if warp.shading is None else warp.shading.record
    if record is None:
        return
    if record.source == "mesh":
        yield Notice.of("light_without_head")
    share = round(100 * record.left_alone)
    if record.agreement is not None:  # a profile
        if record.left_alone >= _UNSURE:
            yield Notice.of("light_unsure", percent=share)
    elif record.left_alone >= _LEFT_ALONE:
        yield Notice.of("light_kept", percent=share)


def cover_notices(prepared: PreparedFace) -> Iterator[Notice]:
    """Yield what there is to say of the eyes, whatever the plan."""
    if "closed" in prepared.covers().eyes:
        yield Notice.of("eyes_closed")


def _reached(frames: FaceMap | None, mask: SurgicalMask) -> bool:
    """Whether a mask reaches what may be a spectacle frame."""
    if frames is None:
        return False
    worn = frames.at(mask.grid.nodes).reshape(mask.grid.shape) > FRAME_SHARE
    return bool((worn & (mask.coverage > 0)).any())


def _effect_notices(item: PlannedEffect, check: EffectCheck) -> Iterator[Notice]:
    """Yield the notices of one effect: its band, its driver, its limits and this view."""
    if item.value == 0.0:
        return  # what is not planned is neither limited nor hidden
    band = item.effect.band
    if not item.in_band:
        low, high = band.ends
        yield Notice.of(
            "out_of_band",
            effect=check.name,
            value=round(item.value, 3),
            unit=item.effect.unit,
            low=round(low, 3),
            high=round(high, 3),
        )
    if item.origin == "coupled" and item.effect.coupled_to is not None:
        coupling = item.effect.coupled_to
        yield Notice.of(
            "coupled_effect", effect=check.name, driver=coupling.driver, reason=coupling.reason
        )
    if check.reason == NOT_ON_MESH and item.effect.fold is None:
        yield Notice.of("effect_on_head_only", effect=check.name)
    if check.reason in UNSEEN_EARS:
        yield Notice.of("effect_ear_unseen", effect=check.name, reason=Reason(check.reason))
    if check.reason in UNSEEN or item.effect.fold is not None:
        return
    for limit in check.limits:
        if limit.left > MOST_SAID:
            continue
        percent = max(0, round(100 * limit.left))
        if limit.zone is not None:
            zone = limit.zone
            yield Notice.of("effect_gives_way", effect=check.name, percent=percent, zone=zone)
        else:
            causes = [limit.cause]
            yield Notice.of("effect_limited", effect=check.name, percent=percent, causes=causes)
    if check.seen_by_light:
        yield Notice.of(
            "effect_seen_by_light", effect=check.name, percent=round(100 * (check.shading or 0.0))
        )
    elif check.visible < MIN_VISIBLE_SHARE:
        yield Notice.of("effect_not_visible", effect=check.name, percent=round(100 * check.visible))


def ceiling_notices(plan: SurgicalPlan) -> Iterator[Notice]:
    """Yield which effects an intensity takes less far than usual, since they have a ceiling."""
    levels = {item.name: item.intensity for item in plan.procedures}
    for item in plan.effects:
        ceiling = item.effect.ceiling
        if item.origin != "intensity" or ceiling is None:
            continue
        usual = item.effect.band.at(levels[item.procedure])
        if abs(item.value) < MOST_SAID * abs(usual):
            yield Notice.of(
                "effect_near_ceiling",
                effect=plan.label(item),
                value=round(item.value, 2),
                unit=item.effect.unit,
                percent=round(100 * item.value / usual),
                most=round(ceiling.most) if ceiling.of_growth else ceiling.most,
                most_unit="%" if ceiling.of_growth else "mm",
                reason=Reason(f"ceiling_{ceiling.measurement}"),
            )


def thin_lip_notices(plan: HeadPlan) -> tuple[Notice, ...]:
    """Return which effects of a plan on a head the red of a thin upper lip holds back."""
    shares = plan.red_shares()
    return tuple(
        Notice.of(
            "effect_limited",
            effect=plan.plan.label(item),
            percent=round(100 * shares[item.key]),
            causes=["thin_lip"],
        )
        for item in plan.plan.effects
        if shares.get(item.key, 1.0) <= MOST_SAID
    )


def fold_notices(
    checks: Sequence[EffectCheck], plan: SurgicalPlan, folds: Sequence[FoldRecord]
) -> Iterator[Notice]:
    """Yield of which folds that the plan softens none is to be seen, by side."""
    for item, check in zip(plan.effects, checks, strict=True):
        for record in folds:
            if item.key in record.effects and record.reason is not None:
                code = _FOLD_NOTICES[record.reason]
                yield Notice.of(code, effect=check.name, side=record.side)


def painting_notices(guard: GuardRecord) -> Iterator[Notice]:
    """Yield what there is to say of a repainted picture."""
    if guard.refused:
        reason = Reason(f"refused_{guard.reason}")
        yield Notice.of("painting_refused", attempts=guard.attempts, reason=reason)
    elif guard.reason == "too_weak":
        yield Notice.of("painting_too_weak")


def identity_notices(identity: IdentityCheck) -> Iterator[Notice]:
    """Yield what there is to say of the comparison of the person."""
    if identity.flagged:
        yield Notice.of("identity_flagged", model=identity.model)
