"""Where the fit of a photo starts: its evidence, with a first camera."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.evidence import ContourEvidence, LandmarkEvidence, turned
from landmarkdiff.head.landmark_bias import landmark_bias
from landmarkdiff.head.model import HeadModel
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.profile import ProfileContour

__all__ = ["contour_evidence", "landmark_evidence", "outward_normals"]

#: Errors of neighbouring landmarks go together, so each counts for less than its spread says.
_LANDMARK_SPREAD = 2.5
#: Contour points that are used lie about this far apart, mm.
_SPACING_MM = 1.2
#: Standard deviation that even a clear contour has against the skin (hairs, blur, expression), mm.
_CONTOUR_MM = 0.35
#: Of the scale of a head of average size (Farkas 1994: height of the face, both sexes).
_AVERAGE_SPREAD = 0.07
#: Scores of expression below this are noise of a face at rest.
_AT_REST = 0.2


def landmark_evidence(face: FaceLandmarks, model: HeadModel) -> LandmarkEvidence:
    """Return what the landmarks of a photo say."""
    px_per_mm = 1.0 / face.scale.mm_per_px
    bias, spread = landmark_bias(face.pose.yaw)
    return LandmarkEvidence(
        points=face.points[:, :2] - bias * px_per_mm,
        spread_mm=spread * _LANDMARK_SPREAD,
        px_per_mm=px_per_mm,
        scale_spread=face.scale.relative_uncertainty,
        camera=HeadCamera(face.pose.rotation, px_per_mm, face.origin_px[:2]),
        expression=_expression(face, model),
    )


def _expression(face: FaceLandmarks, model: HeadModel) -> FloatArray:
    """Displacement of the head's vertices by the photo's expression, (V, 3) mm."""
    moved = np.zeros_like(model.mean)
    for name, unit in zip(model.expression_names, model.expression, strict=True):
        score = float(face.blendshapes.get(name, 0.0))
        if score > _AT_REST:
            moved += (score - _AT_REST) / (1.0 - _AT_REST) * unit
    return moved


def contour_evidence(
    contour: ProfileContour, model: HeadModel, scale: Scale | None = None
) -> ContourEvidence:
    """Return what the contour of a profile says, with the average head laid over it."""
    shown = np.flatnonzero(~contour.covered)
    px_per_mm = contour.px_per_mm if scale is None else 1.0 / scale.mm_per_px
    points, normals = contour.points, outward_normals(contour)
    way = np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=1).cumsum()
    slot = (way[shown] / (_SPACING_MM * px_per_mm)).astype(np.intp)
    shown = shown[np.unique(slot, return_index=True)[1]]
    sideways = -90.0 if contour.side == "left_profile" else 90.0
    camera = HeadCamera.turned(sideways, px_per_mm=px_per_mm)
    camera = turned(camera, np.array([0.0, 0.0, -np.radians(contour.roll), 0.0, 0.0, 0.0]))
    return ContourEvidence(
        points=points[shown],
        normals=normals[shown],
        spread_mm=np.hypot(_CONTOUR_MM, contour.uncertainty[shown] / px_per_mm),
        camera=_laid_over(camera, points, model),
        px_per_mm=px_per_mm,
        scale_spread=_AVERAGE_SPREAD if scale is None else scale.relative_uncertainty,
    )


def outward_normals(contour: ProfileContour) -> FloatArray:
    """Unit normals of a contour, away from the head: (n, 2)."""
    reach = 3
    padded = np.pad(contour.points, ((reach, reach), (0, 0)), mode="edge")
    along = padded[2 * reach :] - padded[: -2 * reach]
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    # Downward along the profile, the background lies on the right of one who looks to the left.
    sign = 1.0 if contour.side == "left_profile" else -1.0
    return np.asarray(np.stack([-along[:, 1], along[:, 0]], axis=1) * sign)


def _laid_over(camera: HeadCamera, points: FloatArray, model: HeadModel) -> HeadCamera:
    """Shift a camera so that the average profile lies on the contour, the nose first."""
    line = camera.project(model.mean[model.topology.midline])[:, :2]
    forward = (camera.rotation @ np.array([0.0, 0.0, 1.0]))[:2] * (1.0, -1.0)
    forward /= np.linalg.norm(forward)
    down = (camera.rotation @ np.array([0.0, -1.0, 0.0]))[:2] * (1.0, -1.0)
    tip_of_line = line[(line @ forward).argmax()]
    height = points @ down
    middle = (height > np.quantile(height, 0.15)) & (height < np.quantile(height, 0.8))
    tip = points[middle][(points[middle] @ forward).argmax()]
    shift = camera.shift + tip - tip_of_line
    return HeadCamera(camera.rotation, camera.px_per_mm, shift)
