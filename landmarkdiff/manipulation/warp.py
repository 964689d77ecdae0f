"""From a plan on a prepared photo to its mask, its control points and its field.

Mask and control points are decided by what a plan contains, not by the size of its values, and
are kept with the photo: so a slider costs one fit, and no value chooses other control points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.visibility import is_turned
from landmarkdiff.manipulation.controls import MAX_CONTROL_POINTS, choose_controls
from landmarkdiff.manipulation.deformation import Deformation, PlanMotion
from landmarkdiff.manipulation.ears import EarPlan, ear_plan, set_ears_back
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.field_fit import FittedField, MaskRegions, fit_field
from landmarkdiff.manipulation.front import FrontLayer, face_behind, front_layer, unknown_behind
from landmarkdiff.manipulation.lashes import still_lashes, with_still_lashes
from landmarkdiff.manipulation.lids import lids_that_close, of_eyeballs
from landmarkdiff.manipulation.lip_gap import lip_gap, still_edge, with_still_gap
from landmarkdiff.manipulation.mask import SurgicalMask, surgical_mask
from landmarkdiff.manipulation.mouth import (
    beside_teeth,
    layers_behind,
    mouth_layer,
    still_between_lips,
    with_lip_edge,
)
from landmarkdiff.manipulation.outline import BeyondOutline, FaceOutline, face_outline
from landmarkdiff.manipulation.pattern import plan_pattern
from landmarkdiff.manipulation.pieces import MaskPiece, SplinePiece, piece_weights
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.refusals import refuse_cut, refuse_eye_distance, refuse_unreliable
from landmarkdiff.manipulation.shading import Shading
from landmarkdiff.manipulation.softening import Softening
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = [
    "WarpedPlan",
    "deformation_of",
    "ears_of",
    "fit_plan",
    "mask_for",
    "outline_of",
    "spline_pieces",
    "teeth_shifts",
    "warp_plan",
]

#: A landmark where the mask leaves less than this does not control the warp.
MIN_CONTROL_SHARE = 0.02
#: A piece of the mask that meets another one is controlled up to this far into it (mm).
BESIDE_MM = 6.0


@dataclass(frozen=True)
class WarpedPlan:
    """A plan carried out on a photo by the warp.

    Attributes
    ----------
    plan : SurgicalPlan
    flags : ClinicalFlags
    deformation : Deformation
    mask : SurgicalMask
    fitted : FittedField
    readable : (478,) bool array
        Landmarks that can be read in the picture.
    face : (H, W, 3) uint8 array
        The face after the warp, RGB: the photo without what lies in front of it.
    target : FaceLandmarks
        Where the plan moves the landmarks after all limits.
    shading : Shading or None
        The light that ``warped`` was put into after the warp.
    front : FrontLayer or None
        What lies in front of the face within the mask, and stays.
    put_front : callable or None
        Puts it in front of a face that has moved.
    ears : EarPlan
        The ears that the plan moves, and those that the photo does not show.
    softening : Softening or None
        What the folds of ``warped`` lost of their shadow after the warp, before the light.
    """

    plan: SurgicalPlan
    flags: ClinicalFlags
    deformation: Deformation
    mask: SurgicalMask
    fitted: FittedField
    readable: NDArray[np.bool_]
    face: ImageArray
    target: FaceLandmarks
    shading: Shading | None = None
    front: FrontLayer | None = None
    put_front: Callable[[ImageArray], ImageArray] | None = field(default=None, repr=False)
    ears: EarPlan = field(default_factory=EarPlan)
    softening: Softening | None = None

    @cached_property
    def warped(self) -> ImageArray:
        """The photo after the warp, (H, W, 3) uint8 RGB: what lies in front of the face stays."""
        return self.face if self.put_front is None else self.put_front(self.face)


def warp_plan(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    *,
    clock: StageClock,
    pause: Callable[[], object],
) -> WarpedPlan:
    """Carry out a plan on a photo by the warp.

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
            refuse_unreliable(source)
            refuse_eye_distance(source, flags)
            deformation = deformation_of(prepared, plan, flags)
        pause()
        with clock.stage("mask"):
            mask = mask_for(prepared, plan, flags, deformation)
        with clock.stage("field"):
            fitted, readable = fit_plan(prepared, plan, flags, deformation, mask, pause=pause)
    refuse_cut(source, deformation)
    pause()
    with clock.stage("warp"):
        front = front_layer(prepared)
        if front is not None and not front.within(mask.grid, mask.carried).any():
            front = None
        face = prepared.image if front is None else face_behind(prepared)
        warped = fitted.field.warp(face, mask.carried)
        layers = layers_behind(prepared, mask)
        for layer in layers:
            layer.put_behind(warped, face, fitted.field, mask.coverage)
        readable = readable & ~beside_teeth(layers)
        ears = ears_of(prepared, plan, flags)
        set_ears_back(warped, prepared, face, plan, ears, fitted.field, mask)
        put = None
        if front is not None:
            put = partial(front.put_before, behind=face, photo=prepared.image)
            readable = readable & ~front.covers(source.points[:, :2])
    carried_out = fitted.carried_out(deformation.parts)
    target = source.with_points(source.points + source.project(carried_out))
    done = fitted, readable, warped, target
    return WarpedPlan(plan, flags, deformation, mask, *done, front=front, put_front=put, ears=ears)


def deformation_of(prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags) -> Deformation:
    """Return the displacement of the mesh by a plan; what its values leave alone is made once."""
    plan = with_still_gap(prepared, with_lip_edge(prepared, plan))
    plan = with_still_lashes(prepared, plan)
    motion: PlanMotion = prepared.once(
        ("motion", plan_pattern(plan, flags)),
        lambda: PlanMotion(plan, prepared.landmarks.points_mm, flags),
    )
    return motion.deform(plan)


def ears_of(prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags) -> EarPlan:
    """Return what a plan's effects do to the ears of a photo; its values play no part."""
    return ear_plan(prepared, plan, flags, plan_pattern(plan, flags))


def mask_for(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags, deformation: Deformation
) -> SurgicalMask:
    """Return the surgical mask of a plan on this photo, made once."""
    mask: SurgicalMask = prepared.once(
        ("mask", plan_pattern(plan, flags), lids_that_close(prepared.landmarks, deformation)),
        lambda: surgical_mask(
            plan,
            prepared.landmarks,
            deformation,
            flags,
            vitiligo=prepared.vitiligo().map if flags.vitiligo else None,
            frames=unknown_behind(prepared, "spectacles"),
            covers=unknown_behind(prepared, "thing"),
            eyes_behind=[layer.side for layer in eye_layers(prepared)],
            front=front_layer(prepared),
            beside=ears_of(prepared, plan, flags).regions,
            teeth_behind=mouth_layer(prepared) is not None,
            gap=lip_gap(prepared).shares,
        ),
    )
    return mask


def spline_pieces(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    deformation: Deformation,
    mask: SurgicalMask,
) -> tuple[SplinePiece, ...]:
    """Return the splines of a plan on this photo, their controls among the landmarks; made once."""
    pieces: tuple[SplinePiece, ...] = prepared.once(
        ("splines", plan_pattern(plan, flags)),
        lambda: tuple(_spline_pieces(prepared, deformation, mask, ears_of(prepared, plan, flags))),
    )
    return pieces


def _spline_pieces(
    prepared: PreparedFace, deformation: Deformation, mask: SurgicalMask, ears: EarPlan
) -> Iterator[SplinePiece]:
    full = prepared.landmarks.project(deformation.full)[:, :2]
    covers = [piece.coverage for piece in mask.pieces]
    still = np.concatenate([still_between_lips(prepared, mask), still_edge(prepared, full)])
    for piece, weight in zip(mask.pieces, piece_weights(covers), strict=True):
        controls = _controls(prepared, deformation, full, mask, piece)
        lashes = still_lashes(prepared, full, controls)
        controls = np.concatenate([controls, ears.controls_of(piece.procedure)])
        beyond_face = piece.procedure in ears.regions
        anchors = np.concatenate([still, lashes])
        anchors = anchors[mask.grid.sample(piece.coverage.astype(np.float32), anchors) > 0]
        anchors = np.concatenate([piece.anchors, anchors])
        yield SplinePiece(controls, anchors, weight, beyond_face)


def _controls(
    prepared: PreparedFace,
    deformation: Deformation,
    full: NDArray[np.float64],
    mask: SurgicalMask,
    piece: MaskPiece,
) -> NDArray[np.intp]:
    """Landmarks (n,) that control a piece of the mask; ``full`` are those of the deformation."""
    source = prepared.landmarks
    points = source.points[:, :2]
    target = points + full
    around = _around(piece, mask, BESIDE_MM / source.scale.mm_per_px)
    covered = mask.grid.sample(around, target) > 255 * MIN_CONTROL_SHARE
    own = np.where(covered[:, None], full, 0.0)
    if not own.any():
        return np.empty(0, np.intp)
    within = mask.carried_at(target) > MIN_CONTROL_SHARE
    return choose_controls(
        points,
        own,
        piece.anchors,
        moving=deformation.moving,
        pinned=deformation.pinned,
        eligible=prepared.visible & ~of_eyeballs() & covered & within,
        nearness=-source.points[:, 2] if is_turned(source) else None,
        limit=MAX_CONTROL_POINTS,
    )


def _around(piece: MaskPiece, mask: SurgicalMask, beside: float) -> Float32Array:
    """The coverage of a piece, and that of those it meets up to so far away, pixels."""
    size = 2 * math.ceil(beside / mask.grid.step) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near = cv2.dilate(piece.coverage, kernel)
    around = piece.coverage.copy()
    for other in mask.pieces:
        if ((other.coverage > 0) & (piece.coverage > 0)).any():
            np.maximum(around, np.minimum(near, other.coverage), out=around)
    return np.asarray(around, np.float32)


def outline_of(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags, deformation: Deformation
) -> FaceOutline:
    """Return the outline of the face that a plan's splines end at, made once."""
    outline: FaceOutline = prepared.once(
        ("outline", plan_pattern(plan, flags)),
        lambda: face_outline(prepared.landmarks, deformation.full),
    )
    return outline


def teeth_shifts(deformation: Deformation, source: FaceLandmarks) -> NDArray[np.float64]:
    """Return by how much each effect of the plan moves the visible teeth: (e, 2) pixels."""
    shifts = np.zeros((len(deformation.effects), 2))
    for shift, effect in zip(shifts, deformation.effects, strict=True):
        if effect.planned.effect.carries_teeth:
            shift[:] = source.project(effect.vectors.mean(axis=0))[:2]
    return shifts


def fit_plan(
    prepared: PreparedFace,
    plan: SurgicalPlan,
    flags: ClinicalFlags,
    deformation: Deformation,
    mask: SurgicalMask,
    *,
    pause: Callable[[], object] | None = None,
) -> tuple[FittedField, NDArray[np.bool_]]:
    """Fit the field of a plan; ``pause`` is called between attempts and may raise.

    Returns
    -------
    FittedField
    (478,) bool array
        Landmarks that can be read in the picture.
    """
    source = prepared.landmarks
    visible = prepared.visible
    rigid = None if mask.teeth is None else (mask.teeth, teeth_shifts(deformation, source))
    pieces = spline_pieces(prepared, plan, flags, deformation, mask)
    outline = outline_of(prepared, plan, flags, deformation)
    ears = ears_of(prepared, plan, flags)
    points = ears.points(source)
    fitted = fit_field(
        points,
        ears.steps(deformation, source),
        mask.grid,
        mask.carried_share,
        pieces=pieces,
        rigid=rigid,
        regions=prepared.once(
            ("regions", mask),
            lambda: MaskRegions(mask.grid, mask.carried_share, points),
        ),
        beyond=prepared.once(
            ("beyond", plan_pattern(plan, flags), mask.grid),
            lambda: BeyondOutline(outline, mask.grid),
        ),
        pause=pause,
    )
    # A handle that gave way to a nearer one is not carried out, and cannot be read.
    gave_way = np.zeros_like(visible)
    gave_way[deformation.moving] = visible[deformation.moving]
    for piece in pieces:
        gave_way[piece.controls[piece.controls < LANDMARK_COUNT]] = False
    readable = visible & ~gave_way
    shares = fitted.shares[:, :LANDMARK_COUNT].copy()
    shares[:, gave_way | of_eyeballs()] = 0.0
    return replace(fitted, shares=shares), readable
