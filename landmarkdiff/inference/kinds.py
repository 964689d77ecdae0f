"""What is done differently with a photo that the face mesh reads, and with a profile.

This is the one place that knows: a profile is warped by its contour and the head behind it, it is
measured on its contour, and neither a network that paints faces from the front nor one that
compares them takes it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.generators.mode import Mode
from landmarkdiff.head.model import HEAD_WEIGHTS
from landmarkdiff.inference.profile_facts import profile_record
from landmarkdiff.light import light_of_effects, lit, live_light
from landmarkdiff.manipulation.deformation import deform
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.manipulation.on_profile import (
    PreparedProfile,
    profile_live_model,
    profile_motion,
    refuse_cut_profile,
    warp_profile,
)
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.refusals import refuse_child, refuse_cut, refuse_unreliable
from landmarkdiff.manipulation.warp import WarpedPlan, warp_plan
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.verification import PlanCheck, check_eyes, check_picture
from landmarkdiff.verification.contour_check import contour_effects, measure_contour
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

    def check_picture(self, check: PlanCheck, warp: WarpedPlan, finished: ImageArray) -> PlanCheck:
        """Read every effect in a finished picture."""

    @property
    def comparable(self) -> bool:
        """Whether a network that compares faces can compare this one."""

    def live_model(
        self, plan: SurgicalPlan, flags: ClinicalFlags, *, light: bool = True
    ) -> LiveModel:
        """Return what a browser fits and draws by itself."""

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
        refuse_child(face, flags)
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
        if not light:
            return warp
        pause()
        with clock.stage("light"):
            return lit(self._prepared, warp)

    def check_picture(self, check: PlanCheck, warp: WarpedPlan, finished: ImageArray) -> PlanCheck:
        prepared = self._prepared
        check = check_picture(check, prepared.image, prepared.landmarks, warp, finished)
        layers = [layer for layer in eye_layers(prepared) if layer.is_within(warp.mask)]
        eyes = check_eyes(prepared.image, finished, prepared.landmarks, layers, warp.fitted.field)
        return replace(check, eyes=eyes)

    def live_model(
        self, plan: SurgicalPlan, flags: ClinicalFlags, *, light: bool = True
    ) -> LiveModel:
        refuse_child(self._prepared.landmarks, flags)
        model = LiveModel.of(self._prepared, plan, flags)
        found = light_of_effects(self._prepared, plan, flags) if light else None
        return model if found is None else replace(model, light=live_light(found))

    def weights(self, warp: WarpedPlan) -> Mapping[str, str]:
        record = None if warp.shading is None else warp.shading.record
        names = ["face_landmarker"]
        if record is not None and record.source == "head":
            names.append(HEAD_WEIGHTS)
        return {key: value for name in names for key, value in sums(name).items()}

    def facts(self, warp: WarpedPlan, check: PlanCheck) -> Mapping[str, Any]:
        return {"eyes": {eye.side: eye.to_dict() for eye in check.eyes}} if check.eyes else {}


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
        return warp_profile(self._prepared, plan, flags, clock=clock, pause=pause)

    def check_picture(self, check: PlanCheck, warp: WarpedPlan, finished: ImageArray) -> PlanCheck:
        prepared = self._prepared
        check = check_picture(check, prepared.image, prepared.landmarks, warp, finished)
        if not warp.plan.effects:
            return check
        motion = profile_motion(prepared, warp.plan, warp.flags)
        shown = motion.shown
        moved = measure_contour(
            prepared.image,
            finished,
            shown.contour,
            shown.normals,
            motion.contour_steps(warp.deformation),
            prepared.camera.px_per_mm,
            shown.uncovered > _FREE,
        )
        return replace(check, effects=contour_effects(check.effects, moved), contour=moved)

    def live_model(
        self, plan: SurgicalPlan, flags: ClinicalFlags, *, light: bool = True
    ) -> LiveModel:
        return profile_live_model(self._prepared, plan, flags)

    def weights(self, warp: WarpedPlan) -> Mapping[str, str]:
        names = ("face_detection_full_range", "selfie_segmentation", HEAD_WEIGHTS)
        return {key: value for name in names for key, value in sums(name).items()}

    def facts(self, warp: WarpedPlan, check: PlanCheck) -> Mapping[str, Any]:
        return {"profile": profile_record(self._prepared, warp, check)}


def kind_of(prepared: PreparedFace) -> PhotoKind:
    """Return how a prepared photo is treated."""
    if isinstance(prepared, PreparedProfile):
        return _Profile(prepared)
    return _Face(prepared)
