"""What must not move, and what moves less: the limits of the warp on one face."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import (
    KELOID_BLUR_SIGMA_MM,
    KELOID_FACTOR,
    KELOID_MARGIN_MM,
    VITILIGO_FACTOR,
    keloid_polygons,
)
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import FaceMap
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.grid import RegionGrid, polygon_distance, smoothstep
from landmarkdiff.manipulation.motion import EffectDisplacement, effect_displacement

__all__ = ["MidlineDistance", "eyeballs_on", "limits_on", "teeth_on", "teeth_visible"]


#: Width of the band under a lid or lip in which the warp dies out (mm).
EYE_BAND_MM = 2.75
_PUPILS = {"right": 468, "left": 473}
TEETH_BAND_MM = 1.2
#: A node with more of a spectacle frame than this belongs to it; around it the warp dies out
#: over 3.5 times as far as the plan could drag the frame, so that the skin does not fold.
FRAME_SHARE = 0.25
FRAME_BAND_PER_MOVE = 3.5
MIN_FRAME_BAND_MM = 1.5
#: A mouth that opens wider than this between the inner lips (mm) shows teeth.
TEETH_GAP_MM = 1.5
#: Beyond the midline the warp of a healthy side dies out over this width (mm).
PALSY_BAND_MM = 5.0


class MidlineDistance:
    """Signed distance of nodes to the midline of the face, in pixels.

    The midline is a line drawn through its landmarks from forehead to chin; the distance is
    taken across it, which is exact where it is straight.
    """

    def __init__(self, face: FaceLandmarks, nodes: Float32Array) -> None:
        line = face.points[list(LANDMARK_LINES["midline"]), :2]
        down = (line[-1] - line[0]) / max(float(np.hypot(*(line[-1] - line[0]))), 1e-6)
        across = np.array([-down[1], down[0]])
        if across @ face.project([1.0, 0.0, 0.0])[:2] < 0:
            across = -across
        along = line @ down
        order = np.argsort(along)
        middle = np.interp(nodes @ down.astype(np.float32), along[order], (line @ across)[order])
        self._left = np.asarray(nodes @ across - middle, np.float32)

    def toward(self, side: int) -> Float32Array:
        """Distance (nodes,) in pixels, positive on the patient's ``side`` (-1 right, +1 left)."""
        return self._left if side > 0 else -self._left


def limits_on(
    face: FaceLandmarks,
    deformation: Deformation,
    flags: ClinicalFlags,
    grid: RegionGrid,
    midline: MidlineDistance,
    vitiligo: FaceMap | None,
    frames: FaceMap | None,
    covers: FaceMap | None = None,
    eyes_behind: Collection[str] = (),
    *,
    shares: Mapping[str, Float32Array | None],
) -> dict[str, Float32Array]:
    """Return what each limiter leaves of the displacement: (nodes,) each, 1 where it is silent.

    ``eyes_behind`` are the eyes (``right``, ``left``) that the lids move over; the other eyeballs
    end the warp at their lids. ``shares`` are the procedures' parts in the nodes, see
    :func:`~landmarkdiff.manipulation.pieces.piece_weights`: what one would drag takes nothing from
    another that acts elsewhere.
    """
    nodes = grid.nodes
    limits: dict[str, Float32Array] = {}
    px = 1.0 / face.scale.mm_per_px
    rigid = [side for side in ("right", "left") if side not in eyes_behind]
    eyes = eyeballs_on(face, deformation, nodes, rigid)
    if eyes is not None:
        limits["eyeball"] = eyes
    beside_frames = _beside(frames, face, deformation, grid, shares)
    if beside_frames is not None:
        limits["glasses"] = beside_frames
    beside_covers = _beside(covers, face, deformation, grid, shares)
    if beside_covers is not None:
        limits["cover"] = beside_covers
    if flags.bells_palsy:
        healthy = -1 if flags.bells_palsy_side == "left" else 1
        # A cell is left over, across which the mask is interpolated.
        band = max(PALSY_BAND_MM * px - grid.step, px)
        limits["bells_palsy"] = smoothstep(midline.toward(healthy), -band, 0.0)
    if vitiligo is not None:
        limits["vitiligo"] = 1.0 - np.float32(1.0 - VITILIGO_FACTOR) * vitiligo.at(nodes)
    if flags.keloid_prone:
        inside = np.zeros(len(nodes), np.float32)
        for polygon in keloid_polygons(flags, face):
            # A blurred step of this sigma rises over about 1.7 sigma to each side.
            edge, width = -KELOID_MARGIN_MM * px, 1.7 * KELOID_BLUR_SIGMA_MM * px
            soft = smoothstep(polygon_distance(nodes, polygon), edge - width, edge + width)
            np.maximum(inside, soft, out=inside)
        limits["keloid"] = 1.0 - np.float32(1.0 - KELOID_FACTOR) * inside
    return limits


def _beside(
    rigid: FaceMap | None,
    face: FaceLandmarks,
    deformation: Deformation,
    grid: RegionGrid,
    shares: Mapping[str, Float32Array | None],
) -> Float32Array | None:
    """What a frame, or what lies on the face, leaves of the warp: (nodes,); None elsewhere."""
    if rigid is None:
        return None
    nodes = grid.nodes
    worn = (rigid.at(nodes) > FRAME_SHARE).astype(np.uint8).reshape(grid.shape)
    if not worn.any():
        return None
    # The nodes around a pixel of the frame, so that interpolation leaves it still.
    worn = np.asarray(cv2.dilate(worn, np.ones((3, 3), np.uint8)), np.uint8)
    away = np.asarray(
        cv2.distanceTransform(1 - worn, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32
    ).ravel()
    rigid_nodes = nodes[worn.ravel() > 0].astype(np.float64)
    left = np.zeros(len(nodes), np.float32)
    acted_on = np.zeros(len(nodes), np.bool_)
    for procedure, share in shares.items():
        own = [e for e in deformation.effects if e.planned.procedure == procedure]
        part = np.ones(len(nodes), np.float32) if share is None else share.ravel()
        left += part * smoothstep(away * grid.step, 0.0, _frame_band(face, own, rigid_nodes))
        acted_on |= part > 0
    left[~acted_on] = 1.0
    return left


def _frame_band(
    face: FaceLandmarks, effects: Sequence[EffectDisplacement], worn: FloatArray
) -> float:
    """Width (pixels) over which a procedure dies out at a frame; the same at every intensity.

    ``worn`` (n, 2) are pixels of the frame. What counts is how far the frame would be dragged
    if every effect went to the end of its band.
    """
    px = 1.0 / face.scale.mm_per_px
    dragged = 0.0
    for effect in effects:
        if not effect.landmarks.size:
            continue
        full = effect.planned.model_copy(update={"value": effect.planned.effect.band.high})
        vectors = effect_displacement(full, face).vectors
        move = np.hypot(*face.project(vectors)[:, :2].T)
        place = face.points[list(full.effect.landmarks), :2]
        away = np.min(np.linalg.norm(place[:, None] - worn[None], axis=2), axis=1)
        reach = full.effect.falloff_mm * px
        dragged = max(dragged, float((move * np.clip(1.0 - away / reach, 0.0, 1.0)).max()))
    return max(MIN_FRAME_BAND_MM * px, FRAME_BAND_PER_MOVE * dragged)


def eyeballs_on(
    face: FaceLandmarks, deformation: Deformation, nodes: Float32Array, eyes: Collection[str]
) -> Float32Array | None:
    """What the eyeballs of these eyes leave: (nodes,), 1 outside the lids, 0 inside them.

    None where none of them lies among the nodes.
    """
    moved = face.project(deformation.displacement)[:, :2]
    left: Float32Array | None = None
    for side in eyes:
        ring, pupil = LANDMARK_LINES[f"{side}_eye"], _PUPILS[side]
        opening = face.points[list(ring), :2]
        centre = opening.mean(axis=0)
        step = moved[list(ring)]
        inward = (step * (centre - opening)).sum(axis=1) > 0
        opening = opening + np.where(inward[:, None], step, 0.0)
        near = _near(nodes, opening)
        if not near.any():
            continue
        # The pupil stays even when the lid covers half of it; a narrow eye gets a narrow band.
        lid = polygon_distance(face.points[[pupil], :2].astype(np.float32), opening)
        height = np.hypot(*(face.points[ring[4], :2] - face.points[ring[12], :2]))
        band = min(EYE_BAND_MM / face.scale.mm_per_px, 0.45 * float(height), 0.8 * float(lid[0]))
        left = np.ones(len(nodes), np.float32) if left is None else left
        start = 0.05 * band  # the margin itself belongs to the lid
        left[near] -= _ramp(polygon_distance(nodes[near], opening) - start, max(band - start, 0.75))
    return left


def teeth_visible(face: FaceLandmarks) -> bool:
    """Whether the inner lips are far enough apart to show teeth."""
    upper, lower = face.points[13], face.points[14]
    return float(np.hypot(*(lower - upper)[:2])) * face.scale.mm_per_px > TEETH_GAP_MM


def teeth_on(face: FaceLandmarks, nodes: Float32Array) -> Float32Array | None:
    """Return the weight of visible teeth at the nodes (n,); None when none are in sight."""
    if not teeth_visible(face):
        return None
    opening = face.points[list(LANDMARK_LINES["inner_lips"]), :2]
    near = _near(nodes, opening)
    if not near.any():
        return None
    weight = np.zeros(len(nodes), np.float32)
    gap = float(np.hypot(*(face.points[14] - face.points[13])[:2]))
    band = max(min(TEETH_BAND_MM / face.scale.mm_per_px, 0.4 * gap), 0.5)
    weight[near] = _ramp(polygon_distance(nodes[near], opening), band)
    return weight


def _ramp(distance: Float32Array, band: float) -> Float32Array:
    """Rise evenly from 0 to 1 over the band: the least stretch a band of its width can have."""
    return np.asarray(np.clip(distance / np.float32(band), 0.0, 1.0), np.float32)


def _near(nodes: Float32Array, polygon: FloatArray) -> NDArray[np.bool_]:
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return np.asarray(((nodes >= low) & (nodes <= high)).all(axis=1))
