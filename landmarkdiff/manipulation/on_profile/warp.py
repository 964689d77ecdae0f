"""A plan carried out on a profile: the contour and the skin within it move as the head does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import topology
from landmarkdiff.manipulation.contour_layers import ContourLayers, contour_layers
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.field_fit import FittedField, MaskRegions, fit_field
from landmarkdiff.manipulation.lip_stretch import red_left
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.motion import EffectDisplacement
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.on_profile.mask import profile_mask, with_thin_lip
from landmarkdiff.manipulation.on_profile.prepared import PreparedProfile
from landmarkdiff.manipulation.on_profile.shown import ShownHead, shown_head
from landmarkdiff.manipulation.pattern import plan_pattern
from landmarkdiff.manipulation.pieces import SplinePiece
from landmarkdiff.manipulation.warp import (
    MIN_CONTROL_SHARE,
    WarpedPlan,
    deformation_of,
)
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = [
    "ProfileMotion",
    "controls_within",
    "profile_motion",
    "refuse_cut_profile",
    "warp_profile",
]

#: An effect is one of the midline where that moves by this share of the most. A contour that would
#: have to be raised by more than this factor does not show where it moves most.
MIDLINE_SHARE, MOST_RAISED = 0.9, 1.25
#: Points of the contour of which less is free tell nothing of it.
LEAST_FREE = 0.1
#: A point of the contour beyond the photo by more than this moves nothing that is seen, mm.
CUT_MM = 0.5


@dataclass(frozen=True, eq=False)
class ProfileMotion:
    """What a plan does to a profile, whatever the values of its effects.

    Attributes
    ----------
    plan : HeadPlan
    shown : ShownHead
    mask : SurgicalMask
    layers : ContourLayers
    """

    plan: HeadPlan
    shown: ShownHead
    mask: SurgicalMask
    layers: ContourLayers
    _last: list[tuple[Deformation, FloatArray]] = field(default_factory=list, repr=False)

    @cached_property
    def regions(self) -> MaskRegions:
        """Connected regions of the mask."""
        return MaskRegions(self.mask.grid, self.mask.carried_share, self.shown.places)

    def steps(self, deformation: Deformation) -> FloatArray:
        """How far each effect by itself moves the points of ``shown``: (e, n + k, 2) pixels.

        Between its landmarks nothing moves farther than they do: what is interpolated would, by a
        few percent. And the contour moves as far as those of the midline that it shows.
        """
        for known, steps in self._last:  # of a plan that is drawn they are asked for again
            if known is deformation:
                return steps
        made = [np.zeros((0, *self.shown.places.shape))]
        for effect in deformation.effects:
            item = effect.planned
            moved = self.plan.displacement({item.key: item.value})
            most = float(np.linalg.norm(effect.vectors, axis=1).max(initial=0.0))
            length = np.linalg.norm(moved, axis=1)
            moved *= np.minimum(1.0, most / np.maximum(length, 1e-9))[:, None]
            step = self.shown.moved(moved)
            made.append((self._raised(effect, step) * step)[None])
        steps = np.concatenate(made)
        self._last[:] = [(deformation, steps)]
        return steps

    def _raised(self, effect: EffectDisplacement, step: FloatArray) -> float:
        """By which factor a step of ``shown`` is too small for an effect of the midline.

        The rim of the head lies some millimetres beside the midline where the camera's turn is
        not known well, and a line through its points flattens a peak: up to a tenth was lost.
        """
        length = np.linalg.norm(effect.vectors, axis=1)
        middle = topology().mirror[effect.landmarks] == effect.landmarks
        middle &= length > MIDLINE_SHARE * length.max(initial=0.0)
        free = np.flatnonzero(self.shown.uncovered > LEAST_FREE)
        if not (middle.any() and free.size):
            return 1.0
        camera, places = self.shown.camera, self.shown.landmarks[effect.landmarks[middle]]
        asked = camera.project(places + effect.vectors[middle]) - camera.project(places)
        found = np.hypot(*step[free].T) / self.shown.uncovered[free]
        factor = float(np.hypot(*asked[:, :2].T).max() / max(found.max(), 1e-9))
        return max(factor, 1.0) if factor < MOST_RAISED else 1.0

    def contour_steps(self, deformation: Deformation) -> FloatArray:
        """How far each effect by itself moves the contour: (e, n, 2) pixels."""
        return self.steps(deformation)[:, : len(self.shown.contour)]


def profile_motion(
    prepared: PreparedProfile, plan: SurgicalPlan, flags: ClinicalFlags
) -> ProfileMotion:
    """Return what a plan does to a profile; it is made once, whatever the values."""
    motion: ProfileMotion = prepared.once(
        ("profile_motion", plan_pattern(plan, flags)), lambda: _motion(prepared, plan, flags)
    )
    return motion


def _motion(prepared: PreparedProfile, plan: SurgicalPlan, flags: ClinicalFlags) -> ProfileMotion:
    shown: ShownHead = prepared.once(
        "shown", lambda: shown_head(prepared.contour, prepared.head, prepared.camera)
    )
    on_head = HeadPlan(
        prepared.head.surface, plan, flags, prepared.head.model.landmarks, red_gives_way=False
    )
    reach = np.zeros_like(shown.places)
    for item in plan.effects:
        band = item.effect.band
        most = max(band.high, band.reverse, key=abs)
        reach += np.abs(shown.moved(on_head.displacement({item.key: most})))
    height, width = prepared.image.shape[:2]
    mask = profile_mask(shown, reach, prepared.contour, (width, height))
    mask = with_thin_lip(mask, prepared.landmarks, plan.effects)
    most = float(np.hypot(*reach.T).max())
    contour = prepared.contour
    left = contour.side == "left_profile"
    layers = contour_layers(prepared.image, contour.points, left, mask.grid, most)
    return ProfileMotion(on_head, shown, mask, layers)


def warp_profile(
    prepared: PreparedProfile,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    *,
    clock: StageClock,
    pause: Callable[[], object],
) -> WarpedPlan:
    """Carry out a plan on a profile.

    Parameters
    ----------
    prepared, plan, flags
    clock : StageClock
        Counts the stages ``plan``, ``mask``, ``field`` and ``warp``.
    pause : callable
        Called between the stages and the attempts of the fit; what it raises ends the work.

    Raises
    ------
    FaceUnusableError, DeformationError
    """
    source = prepared.landmarks
    with one_blas_thread():
        with clock.stage("plan"):
            deformation = deformation_of(prepared, plan, flags)
        pause()
        with clock.stage("mask"):
            motion = profile_motion(prepared, plan, flags)
        with clock.stage("field"):
            steps = motion.steps(deformation)
            _refuse_cut(prepared, motion, steps.sum(axis=0))
            fitted = _fitted(motion, source, steps, pause)
    pause()
    with clock.stage("warp"):
        warped = motion.layers.composed(prepared.image, fitted.field, motion.mask.coverage)
    moved = source.project(fitted.carried_out(deformation.parts))
    return WarpedPlan(
        plan,
        flags,
        deformation,
        motion.mask,
        fitted,
        prepared.visible,
        warped,
        source.with_points(source.points + moved),
    )


def controls_within(motion: ProfileMotion) -> IndexArray:
    """Indices of the points of ``shown`` that control the warp: those that the mask lets move."""
    return np.flatnonzero(motion.mask.at(motion.shown.places) > MIN_CONTROL_SHARE)


def _fitted(
    motion: ProfileMotion, source: FaceLandmarks, steps: FloatArray, pause: Callable[[], object]
) -> FittedField:
    """The field through the moved points, its shares being those of the 478 landmarks."""
    places, mask = motion.shown.places, motion.mask
    controls = controls_within(motion)
    still = np.ones(len(places), np.bool_)
    still[controls] = False
    fitted = fit_field(
        places,
        np.where(still[:, None], 0.0, steps),
        mask.grid,
        mask.carried_share,
        pieces=[SplinePiece(controls, mask.anchors)],
        regions=motion.regions,
        pause=pause,
    )
    shares = np.repeat(fitted.factors[:, None], LANDMARK_COUNT, axis=1)
    red = red_left(source, motion.plan.plan.effects, source.points[:, :2].astype(np.float32))
    if red is not None:
        shares *= red
    return replace(fitted, shares=shares)


def _refuse_cut(prepared: PreparedProfile, motion: ProfileMotion, step: FloatArray) -> None:
    """Refuse a photo whose border cuts what the plan moves."""
    scale = prepared.camera.px_per_mm
    moving = np.hypot(*step.T) > CUT_MM * scale
    places = motion.shown.places[moving] + step[moving]
    height, width = prepared.image.shape[:2]
    outside = int(((places < 0) | (places > (width - 1, height - 1))).any(axis=1).sum())
    if outside:
        raise FaceUnusableError("region_cut_off", outside=outside, count=len(places))


def refuse_cut_profile(prepared: PreparedProfile, plan: SurgicalPlan, flags: ClinicalFlags) -> None:
    """Raise FaceUnusableError where the photo's border cuts what a plan moves."""
    with one_blas_thread():
        motion = profile_motion(prepared, plan, flags)
        step = motion.steps(deformation_of(prepared, plan, flags)).sum(axis=0)
        _refuse_cut(prepared, motion, step)
