"""Where the fit of a photo starts: its evidence, with a first camera."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.evidence import (
    ContourEvidence,
    LandmarkEvidence,
    PlacedPoints,
    turned,
)
from landmarkdiff.head.fit.outline_map import outline_on_midline, similarity
from landmarkdiff.head.landmark_bias import landmark_bias
from landmarkdiff.head.model import HeadModel
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.profile import ProfileContour
from landmarkdiff.profile.corrections import CREASE, HAND_MM
from landmarkdiff.profile.outline import CORE

__all__ = [
    "ALAR_CREASES",
    "contour_evidence",
    "expression_of",
    "landmark_evidence",
    "outward_normals",
]

#: Errors of neighbouring landmarks go together, so each counts for less than its spread says.
_LANDMARK_SPREAD = 4.0
#: What 45 degrees of yaw add: there the network draws a nose of average depth.
_TURNED_SPREAD = 8.0
#: Contour points that are used lie about this far apart, mm.
_SPACING_MM = 1.2
#: Standard deviation that even a clear contour has against the skin (hairs, blur, expression), mm.
_CONTOUR_MM = 0.35
#: Of the scale of a head of average size (Farkas 1994: height of the face, both sexes).
_AVERAGE_SPREAD = 0.07
#: Scores of expression below this are noise of a face at rest.
_AT_REST = 0.2
#: Turn of a first camera from the plain profile toward the face, degrees. A head turned as much the
#: other way has the same outline: from the plain profile the last bit would choose.
_ASIDE_DEG = 3.0
#: The alar crease of the side that is seen, a landmark of the mesh.
ALAR_CREASES = {"left_profile": 358, "right_profile": 129}
#: Units whose scores follow the face's own shape and turn as much as its expression.
_UNSURE = (
    *("mouthPucker", "mouthFunnel", "mouthRoll", "mouthShrug", "mouthPress"),
    *("cheekPuff", "noseSneer", "eyeLook"),
)


def landmark_evidence(face: FaceLandmarks, model: HeadModel) -> LandmarkEvidence:
    """Return what the landmarks of a photo say."""
    px_per_mm = 1.0 / face.scale.mm_per_px
    bias, spread = landmark_bias(face.pose.yaw)
    return LandmarkEvidence(
        points=face.points[:, :2] - bias * px_per_mm,
        spread_mm=spread * (_LANDMARK_SPREAD + _TURNED_SPREAD * abs(face.pose.yaw) / 45.0),
        px_per_mm=px_per_mm,
        scale_spread=face.scale.relative_uncertainty,
        camera=HeadCamera(face.pose.rotation, px_per_mm, face.origin_px[:2]),
        expression=expression_of(face, model),
    )


def expression_of(face: FaceLandmarks, model: HeadModel) -> FloatArray:
    """Return the displacement of a head's vertices by the expression of a photo: (V, 3) mm."""
    moved = np.zeros_like(model.mean)
    for name, unit in zip(model.expression_names, model.expression, strict=True):
        score = float(face.blendshapes.get(name, 0.0))
        if score > _AT_REST and not name.startswith(_UNSURE):
            moved += (score - _AT_REST) / (1.0 - _AT_REST) * unit
    return moved


def contour_evidence(
    contour: ProfileContour, model: HeadModel, scale: Scale | None = None
) -> ContourEvidence:
    """Return what the contour of a profile says, with the average head laid over it."""
    shown = np.flatnonzero(~contour.covered)
    px_per_mm = None if scale is None else 1.0 / scale.mm_per_px
    vertices, weights = outline_on_midline(model)
    outline = contour.outline[CORE]
    line = (model.mean[vertices] * weights[..., None]).sum(axis=1)
    camera = _laid_over(contour, line, outline, px_per_mm)
    points, normals = contour.points, outward_normals(contour)
    way = np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=1).cumsum()
    slot = (way[shown] / (_SPACING_MM * camera.px_per_mm)).astype(np.intp)
    shown = shown[np.unique(slot, return_index=True)[1]]
    return ContourEvidence(
        points=points[shown],
        normals=normals[shown],
        spread_mm=np.hypot(_CONTOUR_MM, contour.uncertainty[shown] / camera.px_per_mm),
        camera=camera,
        # The outline's own scale is that of its family, whose heads are of another average size.
        px_per_mm=camera.px_per_mm,
        scale_spread=_AVERAGE_SPREAD if scale is None else scale.relative_uncertainty,
        guide=outline,
        guide_vertices=vertices,
        guide_weights=weights,
        marks=_placed(contour, model),
    )


def _placed(contour: ProfileContour, model: HeadModel) -> PlacedPoints | None:
    """The points that a hand has placed, as far as the head has them."""
    held = model.landmarks
    places, vertices, weights = [], [], []
    for name, place in contour.placed.items():
        if name == CREASE:
            landmark = ALAR_CREASES[contour.side]
            where = held.vertices[landmark], held.weights[landmark]
        elif name in held.names:
            row = held.names.index(name)
            where = held.named_vertices[row], held.named_weights[row]
        else:  # a place on the neck, which is no point of the head
            continue
        places.append(place)
        vertices.append(where[0])
        weights.append(where[1])
    if not places:
        return None
    # The hand errs in two directions, and each has its share.
    spread = HAND_MM / np.sqrt(2.0)
    return PlacedPoints(np.array(places), np.array(vertices), np.array(weights), float(spread))


def _laid_over(
    contour: ProfileContour, line: FloatArray, outline: FloatArray, px_per_mm: float | None
) -> HeadCamera:
    """Return the camera that lays the average midline over the outline found in the photo."""
    side = -1.0 if contour.side == "left_profile" else 1.0
    straight = HeadCamera.turned(90.0 * side)
    places = straight.project(line)[:, :2]
    scale, turn, shift = similarity(places, outline)
    angle = np.arctan2(turn[1, 0], turn[0, 0])
    if px_per_mm is not None:
        shift = shift + (scale - px_per_mm) * turn @ places.mean(axis=0)
        scale = px_per_mm
    # The image's y points down, the camera frame's up.
    aside = HeadCamera.turned((90.0 - _ASIDE_DEG) * side)
    rolled = turned(aside, np.array([0.0, 0.0, -angle, 0.0, 0.0, 0.0]))
    return HeadCamera(rolled.rotation, scale, shift)


def outward_normals(contour: ProfileContour) -> FloatArray:
    """Unit normals of a contour, away from the head: (n, 2)."""
    reach = 3
    padded = np.pad(contour.points, ((reach, reach), (0, 0)), mode="edge")
    along = padded[2 * reach :] - padded[: -2 * reach]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    # Downward along the profile, the background lies on the right of one who looks to the left.
    sign = 1.0 if contour.side == "left_profile" else -1.0
    return np.asarray(np.stack([-along[:, 1], along[:, 0]], axis=1) * sign)
