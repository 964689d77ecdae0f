"""From a plan on a prepared photo to its mask, its control points and its field.

Mask and control points are decided by what a plan contains, not by the size of its values, and
are kept with the photo: so a slider costs one fit, and no value chooses other control points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.landmarks.visibility import is_turned
from landmarkdiff.manipulation.controls import MAX_CONTROL_POINTS, choose_controls
from landmarkdiff.manipulation.deformation import Deformation, PlanMotion
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.field_fit import FittedField, MaskRegions, fit_field
from landmarkdiff.manipulation.mask import SurgicalMask, surgical_mask
from landmarkdiff.manipulation.pieces import MaskPiece, SplinePiece, piece_weights
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.refusals import refuse_child, refuse_cut, refuse_unreliable
from landmarkdiff.manipulation.shading import Shading
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.runtime.clock import StageClock
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = [
    "WarpedPlan",
    "deformation_of",
    "fit_plan",
    "lids_that_close",
    "mask_for",
    "plan_pattern",
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
    warped : (H, W, 3) uint8 array
        The photo after the warp, RGB.
    target : FaceLandmarks
        Where the plan moves the landmarks after all limits.
    shading : Shading or None
        The light that ``warped`` was put into after the warp.
    """

    plan: SurgicalPlan
    flags: ClinicalFlags
    deformation: Deformation
    mask: SurgicalMask
    fitted: FittedField
    readable: NDArray[np.bool_]
    warped: NDArray[np.uint8]
    target: FaceLandmarks
    shading: Shading | None = None


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
            refuse_child(source, flags)
            deformation = deformation_of(prepared, plan, flags)
        pause()
        with clock.stage("mask"):
            mask = mask_for(prepared, plan, flags, deformation)
        with clock.stage("field"):
            fitted, readable = fit_plan(prepared, plan, flags, deformation, mask, pause=pause)
    refuse_cut(source, deformation)
    pause()
    with clock.stage("warp"):
        warped = fitted.field.warp(prepared.image, mask.carried)
        for layer in eye_layers(prepared):
            layer.put_behind(warped, prepared.image, fitted.field, mask.coverage)
    carried_out = fitted.carried_out(deformation.parts)
    target = source.with_points(source.points + source.project(carried_out))
    return WarpedPlan(plan, flags, deformation, mask, fitted, readable, warped, target)


def deformation_of(prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags) -> Deformation:
    """Return the displacement of the mesh by a plan; what its values leave alone is made once."""
    motion: PlanMotion = prepared.once(
        ("motion", plan_pattern(plan, flags)),
        lambda: PlanMotion(plan, prepared.landmarks.points_mm, flags),
    )
    return motion.deform(plan)


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
            frames=prepared.frames(),
            covers=prepared.covers().still,
            eyes_behind=[layer.side for layer in eye_layers(prepared)],
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
        lambda: tuple(_spline_pieces(prepared, deformation, mask)),
    )
    return pieces


def _spline_pieces(
    prepared: PreparedFace, deformation: Deformation, mask: SurgicalMask
) -> Iterator[SplinePiece]:
    full = prepared.landmarks.project(deformation.full)[:, :2]
    covers = [piece.coverage for piece in mask.pieces]
    for piece, weight in zip(mask.pieces, piece_weights(covers), strict=True):
        controls = _controls(prepared, deformation, full, mask, piece)
        yield SplinePiece(controls, piece.anchors, weight)


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
        eligible=prepared.visible & ~_of_eyeballs() & covered & within,
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
    fitted = fit_field(
        source.points[:, :2],
        source.project(deformation.parts)[..., :2],
        mask.grid,
        mask.carried_share,
        pieces=pieces,
        rigid=rigid,
        regions=prepared.once(
            ("regions", mask),
            lambda: MaskRegions(mask.grid, mask.carried_share, source.points[:, :2]),
        ),
        pause=pause,
    )
    # A handle that gave way to a nearer one is not carried out, and cannot be read.
    gave_way = np.zeros_like(visible)
    gave_way[deformation.moving] = visible[deformation.moving]
    for piece in pieces:
        gave_way[piece.controls] = False
    readable = visible & ~gave_way
    shares = fitted.shares.copy()
    shares[:, gave_way | _of_eyeballs()] = 0.0
    return replace(fitted, shares=shares), readable


def plan_pattern(plan: SurgicalPlan, flags: ClinicalFlags) -> Hashable:
    """What of a plan decides mask and control points: all but the values."""
    procedures = tuple((item.name, item.mask, item.fixed) for item in plan.procedures)
    return plan.side, flags, procedures, tuple(_way(item) for item in plan.effects)


def _way(item: PlannedEffect) -> Hashable:
    """What of an effect decides how it moves the mesh: all but the value."""
    effect = item.effect
    return (
        item.key,
        tuple(effect.landmarks.items()),
        effect.direction,
        effect.axis,
        effect.measure,
        effect.band.high,
        effect.falloff_mm,
        effect.carries_teeth,
    )


def lids_that_close(source: FaceLandmarks, deformation: Deformation) -> bytes | None:
    """Displacement of lids that close over the eye, which move the border of the mask."""
    moved = source.project(deformation.displacement[_lids()])[:, :2]
    if ((moved * source.once("to_eyes", lambda: _to_eyes(source))).sum(axis=1) > 0).any():
        return moved.tobytes()
    return None


@cache
def _of_eyeballs() -> BoolArray:
    """Landmarks of the irises, which no lid takes along: (478,) bool."""
    marked = np.zeros(LANDMARK_COUNT, np.bool_)
    marked[468:] = True
    return marked


@cache
def _lids() -> IndexArray:
    """Landmarks of the lids, (32,): the right eye's, then the left one's."""
    return np.array([*LANDMARK_LINES["right_eye"], *LANDMARK_LINES["left_eye"]])


def _to_eyes(source: FaceLandmarks) -> NDArray[np.float64]:
    """Way from each landmark of the lids to the middle of its eye: (32, 2) pixels."""
    openings = source.points[_lids(), :2].reshape(2, -1, 2)
    return np.concatenate([opening.mean(axis=0) - opening for opening in openings])
