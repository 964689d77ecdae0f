"""A picture with another expression and another turn of the head."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray, MaskArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head.model import head_model
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.kinematics.gesture import Gesture, mouth_is_closed
from landmarkdiff.lato.kinematics.motion import (
    expression_change,
    expression_motion,
    gesture_targets,
    turn_between,
)
from landmarkdiff.lato.kinematics.relief import Relief, filled, inverse_field, relief_of
from landmarkdiff.lato.kinematics.turned import turned_head
from landmarkdiff.lato.language.instruction import Expression, HeadTurn
from landmarkdiff.light.photo import PhotoLight, photo_light
from landmarkdiff.light.surface import SurfaceInPhoto, surface_in_photo
from landmarkdiff.manipulation.eyes import eye_layers
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.front import face_behind, front_layer
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.mouth import mouth_layer
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.shading import Shading
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.manipulation.window import sampled
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["GesturePicture", "draw_gesture", "motion_of", "moved_surface", "operated_surface"]

#: What an expression moves of the skin it moves of the hair beside it, over this, mm.
_HAIR_MM = 30.0
#: Smallest and largest ratio of light, and the width over which it fades at the outline, mm.
_RATIO = (0.5, 2.0)
_FADES_MM = (2.0, 22.0)
#: Skin that looks away from the camera by more than this cosine keeps its light; all at the second.
_FACING = (0.12, 0.4)
#: What moves by less stays, pixels.
_STILL_PX = 0.02
#: Normals are smoothed by this before the light is taken from them, mm.
_LIGHT_MM = 4.0


@dataclass(frozen=True, eq=False)
class GesturePicture:
    """A picture after a gesture.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    target : FaceLandmarks
        Where the gesture brings the landmarks, in three dimensions.
    changed : (H, W) uint8 array
        255 where the gesture may have changed the picture; 0 elsewhere, bit for bit.
    gesture : Gesture
        What was drawn.
    """

    image: ImageArray
    target: FaceLandmarks
    changed: MaskArray
    gesture: Gesture


def draw_gesture(
    prepared: PreparedFace,
    gesture: Gesture,
    *,
    surface: SurfaceInPhoto | None = None,
    flags: ClinicalFlags | None = None,
    light: bool = True,
) -> GesturePicture | None:
    """Draw a gesture: the expression first, then the turn.

    Parameters
    ----------
    prepared : PreparedFace
        The photo, or the simulation of a plan with the landmarks that the plan gives.
    gesture : Gesture
        No more than :func:`drawable` allows.
    surface : SurfaceInPhoto, optional
        The head as a plan leaves it (:func:`operated_surface`); fitted to the landmarks if not
        given.
    flags : ClinicalFlags, optional
        A palsied side keeps its expression.
    light : bool
        Let the light on the skin follow its surface.

    Returns
    -------
    GesturePicture or None
        The same picture, bit for bit, where the gesture asks for nothing. None where the embedded
        head is not at hand, or does not fit the photo.
    """
    face, image = prepared.landmarks, prepared.image
    changed = np.zeros(image.shape[:2], np.uint8)
    if gesture.still:
        return GesturePicture(image, face, changed, gesture)
    found = photo_light(prepared) if light else None
    with one_blas_thread():
        surface = surface or surface_in_photo(face)
        if surface.source != "head":
            return None
        before, expressed = face, None
        if gesture.expression is not None:
            moved = motion_of(gesture.expression, prepared, surface, flags)
            image = _expressed(prepared, relief_of(face, surface), moved, found, changed)
            expressed = head_model().landmarks.points(moved)
            face = face.with_points(face.points + face.project(expressed))
            surface = moved_surface(surface, moved, 1.0 / face.scale.mm_per_px)
        if gesture.turn is not None:
            image = _turned(image, face, relief_of(face, surface), gesture.turn, found, changed)
    return GesturePicture(image, gesture_targets(before, gesture, expressed), changed, gesture)


def moved_surface(
    surface: SurfaceInPhoto, moved_mm: FloatArray, px_per_mm: float
) -> SurfaceInPhoto:
    """Return a surface with every vertex displaced by (V, 3) mm of the face frame."""
    shift = moved_mm @ surface.rotation.T * px_per_mm
    return replace(
        surface,
        surface=surface.surface.moved(moved_mm),
        places=surface.places + shift[:, :2] * (1.0, -1.0),
        depth=surface.depth + shift[:, 2],
    )


def operated_surface(prepared: PreparedFace, warp: WarpedPlan) -> SurfaceInPhoto:
    """Return the head of a photo as a plan leaves it: a hump taken away is gone in depth, too."""
    surface = surface_in_photo(prepared.landmarks)
    if surface.source != "head" or not warp.plan.effects:
        return surface
    values = {
        item.key: float(factor) * item.value
        for item, factor in zip(warp.plan.effects, warp.fitted.factors, strict=True)
    }
    moved = HeadPlan(surface.surface, warp.plan, warp.flags).displacement(values)
    return moved_surface(surface, moved, 1.0 / prepared.landmarks.scale.mm_per_px)


def motion_of(
    expression: Expression,
    prepared: PreparedFace,
    surface: SurfaceInPhoto,
    flags: ClinicalFlags | None,
) -> FloatArray:
    """How an expression moves the vertices of the head of a photo: (V, 3) mm."""
    face = prepared.landmarks
    change = expression_change(expression, face, flags)
    closed = mouth_is_closed(face)
    return expression_motion(head_model(), surface.surface, change, closed=closed)


def _expressed(
    prepared: PreparedFace,
    relief: Relief,
    moved: FloatArray,
    light: PhotoLight | None,
    changed: MaskArray,
) -> ImageArray:
    """Return a photo after its skin has moved, before eyes and teeth and behind spectacles."""
    surface = relief.surface
    skin = relief.of_skin()
    on_vertices = (moved @ surface.rotation.T)[:, :2] * (1.0, -1.0) * relief.px_per_mm
    drawn = relief.drawn.interpolate(surface.triangles, on_vertices).astype(np.float32)
    away = cv2.distanceTransform((~skin).astype(np.uint8), cv2.DIST_L2, 5)
    away_mm = np.asarray(away * (relief.grid.step / relief.px_per_mm), np.float32)
    share = relief.share * (1.0 - smoothstep(away_mm, 0.0, _HAIR_MM))
    shift = np.stack([relief.smoothed(filled(drawn[..., axis], skin)) for axis in (0, 1)], axis=-1)
    shift *= share[..., None]
    shift[np.abs(shift).max(axis=2) < _STILL_PX] = 0.0
    field, places = inverse_field(relief.grid, shift.astype(np.float64), relief.depth)
    coverage = _covered(field, changed)
    behind = face_behind(prepared)
    picture = field.warp(behind, coverage)
    mouth = mouth_layer(prepared)
    for layer in (*eye_layers(prepared), *(() if mouth is None else (mouth,))):
        layer.put_behind(picture, behind, field, coverage)
    if light is not None:
        after = surface.normals_of(surface.surface.moved(moved))
        _relight(picture, relief, light, after, places, coverage)
    front = front_layer(prepared)
    return picture if front is None else front.put_before(picture, behind, prepared.image)


def _turned(
    image: ImageArray,
    face: FaceLandmarks,
    relief: Relief,
    turn: HeadTurn,
    light: PhotoLight | None,
    changed: MaskArray,
) -> ImageArray:
    """Return a picture after the head has turned."""
    head = turned_head(relief, face, turn)
    seen = head.seen
    coverage = _covered(seen, changed)
    picture = head.warp(image, coverage)
    if light is not None:
        after = relief.surface.normals @ turn_between(face, turn).T
        _relight(
            picture,
            relief,
            light,
            after,
            relief.places_of(relief.nodes + seen.displacement),
            coverage,
        )
    return picture


def _covered(field: DisplacementField, changed: MaskArray) -> MaskArray:
    """Return where a field moves anything, (rows, columns), and mark it in a picture's mask."""
    moving = np.abs(field.displacement).max(axis=2) > 0.0
    coverage = cv2.dilate(moving.astype(np.uint8), np.ones((3, 3), np.uint8)) * np.uint8(255)
    grid = field.grid
    rows, columns = grid.within(changed.shape[1], changed.shape[0])
    whole = np.asarray(grid.enlarge(coverage)[rows, columns], np.uint8)
    place = changed[
        grid.y + rows.start : grid.y + rows.stop, grid.x + columns.start : grid.x + columns.stop
    ]
    place[whole > 0] = 255
    return np.asarray(coverage, np.uint8)


def _relight(
    picture: ImageArray,
    relief: Relief,
    light: PhotoLight,
    after: FloatArray,
    places: FloatArray,
    coverage: MaskArray,
) -> None:
    """Put the skin of a picture into the light that falls on it now, in place.

    ``after`` are the vertices' normals now, camera frame; ``places`` the nodes that are seen.
    """
    surface = relief.surface

    def at_nodes(normals: FloatArray) -> FloatArray:
        drawn = relief.drawn.interpolate(surface.triangles, normals).astype(np.float32)
        soft = relief.smoothed(drawn, _LIGHT_MM).astype(np.float64)
        return np.asarray(soft / np.maximum(np.linalg.norm(soft, axis=2, keepdims=True), 1e-6))

    first, now = at_nodes(surface.normals), at_nodes(after)
    ratio = np.clip(light.fit.matt(now) / light.fit.matt(first), *_RATIO)
    weight = relief.smoothed(relief.of_skin().astype(np.float32), _LIGHT_MM)
    weight = weight * smoothstep(relief.inside, *_FADES_MM)
    for normals in (first, now):
        weight = weight * smoothstep(normals[..., 2].astype(np.float32), *_FACING)
    weight = weight * light.trusted.at(relief.grid.nodes).reshape(relief.grid.shape)
    factor = (1.0 + (ratio - 1.0) * weight[..., None]).astype(np.float32)
    carried = sampled(factor, places)
    Shading(relief.grid, carried, np.zeros(relief.grid.shape, np.float32)).apply(picture, coverage)
