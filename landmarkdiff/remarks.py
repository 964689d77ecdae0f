"""What a simulation has to tell beside the picture: refusals and notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import VITILIGO_FACTOR
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.limits import teeth_visible
from landmarkdiff.manipulation import Deformation
from landmarkdiff.masking import SurgicalMask
from landmarkdiff.notices import Notice
from landmarkdiff.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.verification import MIN_VISIBLE_SHARE, EffectCheck

__all__ = ["LIMITED_BELOW", "painting_remarks", "refuse_cut", "refuse_unreliable", "remarks"]

#: Beyond this yaw (degrees) the mesh is too unreliable to simulate on.
MAX_YAW_DEG = 60.0
#: A share below this counts as limited, and is reported.
LIMITED_BELOW = 0.99


def refuse_unreliable(face: FaceLandmarks) -> None:
    """Raise FaceUnusableError where the mesh cannot be trusted (turned too far, does not fit)."""
    if abs(face.pose.yaw) > MAX_YAW_DEG:
        raise FaceUnusableError(
            "the head is turned too far for the face mesh",
            value=f"{face.pose.yaw:.0f} degrees",
            allowed=f"up to {MAX_YAW_DEG:.0f} degrees to each side",
            fix="use a frontal or three-quarter photo",
        )
    if face.pose.residual > MAXIMUM_RESIDUAL:
        raise FaceUnusableError(
            "the face mesh does not fit this photo",
            value=f"residual {face.pose.residual:.1f} % of the eye distance",
            allowed=f"up to {MAXIMUM_RESIDUAL:.0f} %",
            fix="use a sharper photo of the whole face",
        )


def refuse_cut(face: FaceLandmarks, deformation: Deformation) -> None:
    """Raise FaceUnusableError where the border of the photo cuts the region of the plan off."""
    places = face.points[deformation.moving, :2]
    if not places.size:
        return
    limit = (face.image_width - 1, face.image_height - 1)
    outside = int(((places < 0) | (places > limit)).any(axis=1).sum())
    if outside:
        raise FaceUnusableError(
            "the region of the procedure is cut off by the border of the photo",
            value=f"{outside} of {len(places)} landmarks outside",
            fix="use a photo that shows the whole region",
        )


def remarks(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    deformation: Deformation,
    mask: SurgicalMask,
    checks: Sequence[EffectCheck],
    flags: ClinicalFlags,
) -> Iterator[Notice]:
    """Yield the notices of a simulation: about the face, the plan, its limits and this view."""
    yield from prepared.landmarks.notices
    conflicts: dict[tuple[str, str], list[int]] = {}
    for conflict in plan.conflicts:
        conflicts.setdefault((conflict.kept, conflict.dropped), []).append(conflict.landmark)
    for (kept, dropped), landmarks in conflicts.items():
        yield Notice.of("plan_conflict", kept=kept, dropped=dropped, landmarks=landmarks)
    for item, check in zip(plan.effects, checks, strict=True):
        band = item.effect.band
        if not item.in_band:
            low, high = sorted((band.reverse, band.high))
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
        if check.factor < LIMITED_BELOW and check.limited_by:
            yield Notice.of(
                "effect_limited",
                effect=check.name,
                percent=round(100 * check.factor),
                causes=", ".join(check.limited_by),
            )
        if check.visible < MIN_VISIBLE_SHARE:
            yield Notice.of(
                "effect_not_visible", effect=check.name, percent=round(100 * check.visible)
            )
    if "glasses" in mask.limits:
        yield Notice.of("glasses_worn")
    names = {item.name for item in plan.effects}
    if "tooth_show" in names and not teeth_visible(prepared.landmarks):
        yield Notice.of("mouth_closed")
    if flags.vitiligo:
        patches = prepared.vitiligo().patches
        yield Notice.of(
            "vitiligo_patches",
            count=len(patches),
            area_mm2=sum(patch.area_mm2 for patch in patches),
            percent=round(100 * VITILIGO_FACTOR),
        )


def painting_remarks(guard: Mapping[str, Any], identity: Mapping[str, Any]) -> Iterator[Notice]:
    """Yield what there is to say of a repainted picture, from its guard and identity records."""
    if guard["verdict"] == "refused":
        yield Notice.of(
            "painting_refused", attempts=guard["attempts"], reason=_REFUSED_FOR[guard["reason"]]
        )
    elif guard["reason"] == "too_weak":
        yield Notice.of("painting_too_weak")
    if identity["verdict"] == "flagged":
        yield Notice.of("identity_flagged", model=identity["model"])


#: Why a painting was refused, in words.
_REFUSED_FOR = {
    "moved": "it left the plan",
    "unreadable": "it cannot be compared with the plan",
    "identity": "it no longer looks like the patient",
    "outside": "it changed the picture outside the surgical region",
}
