"""What is done differently with a photo that the face mesh reads, and with a profile.

This is the one place that knows: a profile is warped by its contour and the head behind it, it is
measured on its contour, and neither a network that paints faces from the front nor one that
compares them takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from landmarkdiff.arguments import instance_of
from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.creases import folds_of_effects, live_folds, softened
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.generators.mode import Mode
from landmarkdiff.head.model import HEAD_WEIGHTS
from landmarkdiff.inference.profile_facts import profile_record
from landmarkdiff.light import light_of_effects, lit, live_light
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.manipulation.ears import EAR_FILES
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.manipulation.mouth import layers_behind, mouth_outline
from landmarkdiff.manipulation.on_profile import (
    PreparedProfile,
    profile_live_model,
    profile_motion,
    refuse_cut_profile,
    warp_profile,
)
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.refusals import refuse_cut, refuse_eye_distance, refuse_unreliable
from landmarkdiff.manipulation.warp import WarpedPlan, warp_plan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.verification import PlanCheck, check_eyes, check_picture
from landmarkdiff.verification.contour_check import contour_effects, measure_contour
from landmarkdiff.verification.fold_check import (
    check_folds,
    check_folds_in_picture,
    without_folds,
)
from landmarkdiff.verification.front import check_front
from landmarkdiff.verification.mouth import check_mouth
from landmarkdiff.weights import sums

__all__ = ["PhotoKind", "kind_of"]

#: Points of the contour that something covers in part are not measured.
_FREE = 0.99


class PhotoKind(Protocol):
    """How photos of one kind are treated."""

    def require_mode(self, mode: Mode) -> None:
        """Raise FaceUnusableError where a mode does not take this kind."""

    def require_carried(self, plan: SurgicalPlan, flags: ClinicalFlags) -> None:
        """Raise FaceUnusableError where this photo cannot carry a plan."""

    def warp(
        self,
        plan: SurgicalPlan,
        flags: ClinicalFlags,
        *,
        light: bool,
        clock: StageClock,
        pause: Callable[[], object],
    ) -> WarpedPlan:
        """Carry out a plan; ``light``: let the light follow the surface, where this kind can."""

    def check_folds(self, check: PlanCheck, warp: WarpedPlan) -> PlanCheck:
        """Say what a warp does to the folds of its plan."""

    def check_picture(self, check: PlanCheck, warp: WarpedPlan, finished: ImageArray) -> PlanCheck:
        """Read every effect in a finished picture."""

    @property
    def comparable(self) -> bool:
        """Whether a network that compares faces can compare this one."""

    def live_model(
        self, plan: SurgicalPlan, flags: ClinicalFlags, *, light: bool = True, whole: bool = True
    ) -> LiveModel:
        """Return what a browser fits and draws by itself; not ``whole``: how the skin moves alone.

        That does not wait for the light, the folds, and what lies behind lids and lips.
        """

    def weights(self, warp: WarpedPlan) -> Mapping[str, str]:
        """Name and SHA-256 of the model files that read this kind and took part in a warp."""

    def facts(self, warp: WarpedPlan, check: PlanCheck) -> Mapping[str, Any]:
        """Return what ``result.json`` says of this kind alone."""


class _Face:
    """A photo that the face mesh reads."""

    comparable = True

    def __init__(self, prepared: PreparedFace) -> None:
        self._prepared = prepared

    def require_mode(self, mode: Mode) -> None:
        pass

    def require_carried(self, plan: SurgicalPlan, flags: ClinicalFlags) -> None:
        face = self._prepared.landmarks
        refuse_unreliable(face)
        refuse_eye_distance(face, flags)
        refuse_cut(face, deform(plan, face, flags))

    def warp(
        self,
        plan: SurgicalPlan,
        flags: ClinicalFlags,
        *,
        light: bool,
        clock: StageClock,
        pause: Callable[[], object],
    ) -> WarpedPlan:
        warp = warp_plan(self._prepared, plan, flags, clock=clock, pause=pause)
        pause()
        if light:
            with clock.stage("light"):
                warp = lit(self._prepared, warp, in_place=True)
            pause()
        with clock.stage("folds"):
            warp = softened(self._prepared, warp, in_place=True)
        with clock.stage("warp"):
            _ = warp.warped  # what lies in front of the face is put there once it is finished
        return warp

    def check_folds(self, check: PlanCheck, warp: WarpedPlan) -> PlanCheck:
        return check_folds(check, self._prepared, warp)

    def check_picture(self, check: PlanCheck, warp: WarpedPlan, finished: ImageArray) -> PlanCheck:
        prepared = self._prepared
        check = check_picture(check, prepared.image, prepared.landmarks, warp, finished)
        check = check_folds_in_picture(check, prepared, warp, finished)
        photo, source, field = prepared.image, prepared.landmarks, warp.fitted.field
        layers = layers_behind(prepared, warp.mask)
        eyes = [layer for layer in layers if layer.side != "mouth"]
        mouths = [layer for layer in layers if layer.side == "mouth"]
        mouth = None
        if mouths:
            outline, mm = mouth_outline(prepared), source.scale.mm_per_px
            shading = warp.shading
            # Moved light is no moved tooth.
            own = finished if shading is None else shading.undone(finished, warp.mask.coverage)
            mouth = check_mouth(photo, own, mouths[0], outline, field, mm)
        front = None
        if warp.front is not None:
            front = check_front(photo, finished, warp.front, check.effects)
        eye_checks = check_eyes(photo, finished, source, eyes, field)
        return replace(check, eyes=eye_checks, front=front, mouth=mouth)

    def live_model(
        self, plan: SurgicalPlan, flags: ClinicalFlags, *, light: bool = True, whole: bool = True
    ) -> LiveModel:
        refuse_eye_distance(self._prepared.landmarks, flags)
        model = LiveModel.of(self._prepared, plan, flags)
        if not whole:
            return replace(model, eyes=())
        found = light_of_effects(self._prepared, plan, flags) if light else None
        if found is not None:
            model = replace(model, light=live_light(found))
        folds = folds_of_effects(self._prepared, plan, flags)
        if folds is not None and folds.folds:
            model = replace(model, creases=live_folds(folds))
        return model

    def weights(self, warp: WarpedPlan) -> Mapping[str, str]:
        record = None if warp.shading is None else warp.shading.record
        names = ["face_landmarker"]
        if record is not None and record.source == "head":
            names.append(HEAD_WEIGHTS)
        if warp.ears.setbacks:
            names += [name for name in EAR_FILES if name not in names]
        return {key: value for name in names for key, value in sums(name).items()}

    def facts(self, warp: WarpedPlan, check: PlanCheck) -> Mapping[str, Any]:
        facts: dict[str, Any] = {}
        if check.eyes:
            facts["eyes"] = {eye.side: eye.to_dict() for eye in check.eyes}
        if check.mouth is not None:
            facts["mouth"] = check.mouth.to_dict()
        if check.front is not None:
            facts["front"] = check.front.to_dict()
        if warp.ears.setbacks:
            facts["ears"] = {each.ear.side: each.ear.to_dict() for each in warp.ears.setbacks}
        if check.folds:
            facts["folds"] = [fold.to_dict() for fold in check.folds]
        return facts


class _Profile:
    """A photo from the side."""

    comparable = False

    def __init__(self, prepared: PreparedProfile) -> None:
        self._prepared = prepared

    def require_mode(self, mode: Mode) -> None:
        if mode.paints:
            raise FaceUnusableError("profile_not_painted", mode=mode.name)

    def require_carried(self, plan: SurgicalPlan, flags: ClinicalFlags) -> None:
        refuse_cut_profile(self._prepared, plan, flags)

    def warp(
        self,
        plan: SurgicalPlan,
        flags: ClinicalFlags,
        *,
        light: bool,
        clock: StageClock,
        pause: Callable[[], object],
    ) -> WarpedPlan:
        warp = warp_profile(self._prepared, plan, flags, clock=clock, pause=pause)
        pause()
        if light:
            with clock.stage("light"):
                warp = lit(self._prepared, warp, in_place=True)
            pause()
        return warp

    def check_folds(self, check: PlanCheck, warp: WarpedPlan) -> PlanCheck:
        return without_folds(check, warp)

    def check_picture(self, check: PlanCheck, warp: WarpedPlan, finished: ImageArray) -> PlanCheck:
        prepared = self._prepared
        check = check_picture(check, prepared.image, prepared.landmarks, warp, finished)
        if not warp.plan.effects:
            return check
        motion = profile_motion(prepared, warp.plan, warp.flags)
        shown, shading = motion.shown, warp.shading
        # Moved light is no moved contour.
        own = finished if shading is None else shading.undone(finished, warp.mask.coverage)
        moved = measure_contour(
            prepared.image,
            own,
            shown.contour,
            shown.normals,
            motion.contour_steps(warp.deformation),
            prepared.camera.px_per_mm,
            shown.uncovered > _FREE,
        )
        return replace(check, effects=contour_effects(check.effects, moved), contour=moved)

    def live_model(
        self, plan: SurgicalPlan, flags: ClinicalFlags, *, light: bool = True, whole: bool = True
    ) -> LiveModel:
        model = profile_live_model(self._prepared, plan, flags)
        found = light_of_effects(self._prepared, plan, flags) if light and whole else None
        return model if found is None else replace(model, light=live_light(found))

    def weights(self, warp: WarpedPlan) -> Mapping[str, str]:
        names = ("face_detection_full_range", "selfie_segmentation", HEAD_WEIGHTS)
        return {key: value for name in names for key, value in sums(name).items()}

    def facts(self, warp: WarpedPlan, check: PlanCheck) -> Mapping[str, Any]:
        return {"profile": profile_record(self._prepared, warp, check)}


def kind_of(prepared: PreparedFace) -> PhotoKind:
    """Return how a prepared photo is treated; ParameterError for what is none."""
    instance_of(PreparedFace)("prepared", prepared)
    if isinstance(prepared, PreparedProfile):
        return _Profile(prepared)
    return _Face(prepared)
