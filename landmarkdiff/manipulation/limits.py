"""What must not move, and what moves less: the limits of the warp on one face."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence

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
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_LINES
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.grid import RegionGrid, polygon_distance, smoothstep
from landmarkdiff.manipulation.lips import shows_teeth
from landmarkdiff.manipulation.motion import EffectDisplacement, effect_displacement
from landmarkdiff.manipulation.window import sampled
from landmarkdiff.procedures.plan import PlannedEffect

__all__ = [
    "TEETH_FILL_MM",
    "MidlineDistance",
    "at_end",
    "eyeballs_on",
    "limits_of_flags",
    "limits_on",
    "lips_left",
    "raising_lip_edge",
    "teeth_limits",
    "teeth_on",
    "teeth_visible",
    "uncovered_mm",
]


#: Width of the band under a lid or lip in which the warp dies out (mm).
EYE_BAND_MM = 2.75
_PUPILS = {"right": 468, "left": 473}
TEETH_BAND_MM = 1.2
#: A node with more of a spectacle frame than this belongs to it; around it the warp dies out
#: over 3.5 times as far as the plan could drag the frame, so that the skin does not fold.
FRAME_SHARE = 0.25
FRAME_BAND_PER_MOVE = 3.5
MIN_FRAME_BAND_MM = 1.5
#: A procedure of this part in a node's displacement counts there as if it were alone.
_WHOLE_PART = np.float32(0.25)
#: Behind a lip that moves away teeth and tongue are continued over so much (mm), the end of the
#: band of the tooth show; beyond that the lip gives way, over this distance from the opening (mm).
TEETH_FILL_MM = 2.5
LIP_BAND_MM = 12.0
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
    limits: dict[str, Float32Array] = {}
    rigid = [side for side in ("right", "left") if side not in eyes_behind]
    eyes = eyeballs_on(face, deformation, grid, rigid)
    if eyes is not None:
        limits["eyeball"] = eyes
    beside_frames = _beside(frames, face, deformation, grid, shares)
    if beside_frames is not None:
        limits["glasses"] = beside_frames
    beside_covers = _beside(covers, face, deformation, grid, shares)
    if beside_covers is not None:
        limits["cover"] = beside_covers
    return {**limits, **limits_of_flags(face, flags, grid, midline, vitiligo)}


def limits_of_flags(
    face: FaceLandmarks,
    flags: ClinicalFlags,
    grid: RegionGrid,
    midline: MidlineDistance,
    vitiligo: FaceMap | None,
) -> dict[str, Float32Array]:
    """Return what the clinical flags leave of a displacement: (nodes,) each, 1 where silent."""
    nodes, px = grid.nodes, 1.0 / face.scale.mm_per_px
    limits: dict[str, Float32Array] = {}
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
    distance = _distance_to(rigid)
    if distance is None:
        return None
    # All four nodes around a pixel of the frame are still, so that interpolation leaves it still:
    # from the middle of their cell they are half its diagonal away.
    away = distance(nodes) - np.float32(math.sqrt(0.5) * grid.step)
    away = np.maximum(away, np.float32(0.0))
    if away.all():
        return None
    dragged = np.zeros(len(nodes), np.float32)
    acted_on = np.zeros(len(nodes), np.bool_)
    for procedure, share in shares.items():
        own = [e for e in deformation.effects if e.planned.procedure == procedure]
        part = np.ones(len(nodes), np.float32) if share is None else share.ravel()
        # Where procedures meet, each of their splines follows the other: the farther drag counts.
        drag = np.float32(_dragged(face, own, distance))
        np.maximum(dragged, drag * np.minimum(part / _WHOLE_PART, np.float32(1.0)), out=dragged)
        acted_on |= part > 0
    px = 1.0 / face.scale.mm_per_px
    band = np.maximum(np.float32(MIN_FRAME_BAND_MM * px), np.float32(FRAME_BAND_PER_MOVE) * dragged)
    left = smoothstep(away / band, 0.0, 1.0)
    left[~acted_on] = 1.0
    return left


def _distance_to(rigid: FaceMap) -> Callable[[NDArray[np.floating]], Float32Array] | None:
    """Distance of places of the photo, (n, 2) pixels, to what a map marks: (n,) pixels.

    Read on the map's own cells, finer than the nodes of a grid: which of these a narrow thing meets
    would be chance. None where the map marks nothing.
    """
    worn = np.pad(rigid.values > FRAME_SHARE, 1)
    if not worn.any():
        return None
    cells = cv2.distanceTransform((~worn).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    to_cells = cv2.invertAffineTransform(rigid.to_photo)
    size = 1.0 / float(np.sqrt(abs(np.linalg.det(to_cells[:, :2]))))

    def distance(places: NDArray[np.floating]) -> Float32Array:
        at = places @ to_cells[:, :2].T + to_cells[:, 2] + 1.0
        within = np.clip(at, 0.0, np.array(worn.shape[::-1]) - 1.0)
        found = sampled(np.asarray(cells, np.float32), within[None])[0]
        return np.asarray((found + np.hypot(*(at - within).T)) * size, np.float32)

    return distance


def _dragged(
    face: FaceLandmarks,
    effects: Sequence[EffectDisplacement],
    distance: Callable[[NDArray[np.floating]], Float32Array],
) -> float:
    """How far a procedure would drag a frame, pixels; the same at every intensity.

    ``distance`` gives how far places lie from it. What counts is every effect at the end of its
    band.
    """
    px = 1.0 / face.scale.mm_per_px
    dragged = 0.0
    for effect in effects:
        if not effect.landmarks.size:
            continue
        full = at_end(effect.planned)
        dragging = effect_displacement(full, face)
        move = np.hypot(*face.project(dragging.vectors)[:, :2].T)
        place = face.points[dragging.landmarks, :2]
        away = distance(place)
        reach = full.effect.falloff_mm * px
        dragged = max(dragged, float((move * np.clip(1.0 - away / reach, 0.0, 1.0)).max()))
    return dragged


def eyeballs_on(
    face: FaceLandmarks, deformation: Deformation, grid: RegionGrid, eyes: Collection[str]
) -> Float32Array | None:
    """What the eyeballs of these eyes leave: (nodes,), 1 outside the lids, 0 inside them.

    None where none of them lies among the nodes.
    """
    nodes = grid.nodes
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
        # Between coarse nodes the band would reach the pupil; it is never narrower than a cell.
        between = float(lid[0]) - math.sqrt(0.5) * grid.step
        band = min(band, max(between, float(grid.step)))
        left = np.ones(len(nodes), np.float32) if left is None else left
        start = 0.05 * band  # the margin itself belongs to the lid
        left[near] -= _ramp(polygon_distance(nodes[near], opening) - start, max(band - start, 0.75))
    return left


def teeth_visible(face: FaceLandmarks) -> bool:
    """Whether the inner lips are far enough apart to show teeth."""
    return shows_teeth(face.points_mm)


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


def teeth_limits(
    face: FaceLandmarks, deformation: Deformation, nodes: Float32Array, behind: bool
) -> tuple[Float32Array | None, Float32Array | None, Float32Array | None]:
    """Return what visible teeth do to a warp, (nodes,) each, or None.

    Their weight where an effect moves them as one piece; where they lie ``behind`` lips that move
    over them, what is left of the mask outside of them; and what is left of the displacement.
    """
    teeth = teeth_on(face, nodes)
    if teeth is None or any(each.planned.effect.carries_teeth for each in deformation.effects):
        return teeth, None, None
    if behind:
        return None, 1.0 - teeth, lips_left(face, deformation, nodes)
    return None, None, 1.0 - teeth


def lips_left(
    face: FaceLandmarks, deformation: Deformation, nodes: Float32Array
) -> Float32Array | None:
    """Return what is left of a plan beside the lips so that they uncover no more than is known.

    Parameters
    ----------
    face : FaceLandmarks
    deformation : Deformation
        The end of its bands counts, so that the share is the same at every value.
    nodes : (n, 2) float32 array
        Pixels.

    Returns
    -------
    (n,) float32 array or None
        1 far from the lips; None where nothing has to give way.
    """
    raising = raising_lip_edge([each.planned for each in deformation.effects])
    most = _raised_mm([at_end(planned) for planned in raising], face)
    if most <= TEETH_FILL_MM:
        return None
    least = np.float32(TEETH_FILL_MM / most)
    opening = face.points[list(LANDMARK_LINES["inner_lips"]), :2]
    far = -polygon_distance(nodes, opening) * np.float32(face.scale.mm_per_px)
    return np.asarray(least + (1.0 - least) * smoothstep(far, 0.0, LIP_BAND_MM), np.float32)


def uncovered_mm(face: FaceLandmarks, effects: Sequence[PlannedEffect]) -> float:
    """Return over how much teeth may have to be continued by a plan's effects, mm.

    Within the bands that is what is known; a value beyond its band may uncover more.
    """
    raising = raising_lip_edge(effects)
    most = max(_raised_mm([at_end(planned) for planned in raising], face), TEETH_FILL_MM)
    return max(_raised_mm(raising, face) * TEETH_FILL_MM / most, TEETH_FILL_MM)


def _raised_mm(effects: Sequence[PlannedEffect], face: FaceLandmarks) -> float:
    """How far effects together raise the edge of the upper lip at most, mm."""
    raised = [-face.project(effect_displacement(item, face).vectors)[:, 1] for item in effects]
    return sum(float(each.max(initial=0.0)) for each in raised) * face.scale.mm_per_px


def raising_lip_edge(effects: Sequence[PlannedEffect]) -> list[PlannedEffect]:
    """Return the effects that move the free edge of the upper lip: those of the lip's own body.

    What only follows in the body of the lip, as its red does its border, leaves the edge alone.
    """
    body = set(ANATOMICAL_GROUPS["lip_body_upper"].points)
    return [item for item in effects if body & item.effect.landmarks.keys()]


def at_end(planned: PlannedEffect) -> PlannedEffect:
    """Return the effect at the end of its band."""
    return planned.model_copy(update={"value": planned.effect.band.high})


def _ramp(distance: Float32Array, band: float) -> Float32Array:
    """Rise evenly from 0 to 1 over the band: the least stretch a band of its width can have."""
    return np.asarray(np.clip(distance / np.float32(band), 0.0, 1.0), np.float32)


def _near(nodes: Float32Array, polygon: FloatArray) -> NDArray[np.bool_]:
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    return np.asarray(((nodes >= low) & (nodes <= high)).all(axis=1))
