"""The surface and the skin of a profile, as its own camera sees them."""

from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray
from landmarkdiff.clinical.skin import drawn_outline, hull_of, points_of_side
from landmarkdiff.head.raster import Raster
from landmarkdiff.landmarks.face_crop import FaceCrop, crop_face
from landmarkdiff.landmarks.topology import LANDMARK_REGIONS
from landmarkdiff.light.surface import SurfaceInPhoto, matt_vertices
from landmarkdiff.manipulation.on_profile import PreparedProfile, in_front

__all__ = ["profile_crop", "profile_skin", "profile_surface"]

#: How far a crop reaches from the eyes to the left, right, up and down, mm.
Reach = tuple[float, float, float, float]

#: Skin nearer to the outline of the head than this is not fitted, mm: there the photo shows its
#: edge.
FROM_OUTLINE_MM = 2.0
#: And none so near to what covers the contour, mm.
FROM_COVER_MM = 8.0
#: Below the chin skin is looked for up to here: it faces down, as nothing of the face does.
BELOW_CHIN = ("menton", "cervical_point")
#: What is drawn narrower or wider than its landmarks, mm; the same as from the front.
FACE_MM, LIPS_MM, EYE_MM, BROW_MM, NOSTRIL_MM = -3.0, 2.0, 3.0, 2.5, 1.5


def profile_surface(prepared: PreparedProfile) -> SurfaceInPhoto:
    """Return the head that was fitted to a profile, where its camera sees it."""
    surface, camera = prepared.head.surface, prepared.camera
    seen = camera.project(surface.vertices)
    return SurfaceInPhoto(
        "head", surface, seen[:, :2], seen[:, 2], camera.rotation, matt_vertices(surface.topology)
    )


def profile_crop(prepared: PreparedProfile, cell_mm: float, reach_mm: Reach) -> FaceCrop:
    """Cut a profile out of its photo, upright, at a fixed resolution; see :func:`crop_face`.

    Near 90 degrees of yaw the angles of a pose say nothing of what is upright: the head does.
    """
    across, down = prepared.camera.rotation[:2, 1] * (1.0, -1.0)
    roll = math.degrees(math.atan2(across, -down))
    face = prepared.landmarks
    upright = replace(face, pose=replace(face.pose, roll=roll))
    return crop_face(prepared.image, upright, cell_mm, reach_mm)


def profile_skin(prepared: PreparedProfile, crop: FaceCrop, drawn: Raster) -> BoolArray:
    """Return where a crop of a profile shows skin of the face proper: (h, w) bool.

    Inside the outline of the head and of the seen half of the face, without its eye, brow, lips
    and nostril, and away from what covers the contour.
    """
    cells = crop.cells(prepared.landmarks.points)
    side = "left" if prepared.contour.side == "left_profile" else "right"
    below = crop.cells(
        prepared.camera.project(np.array([prepared.head.points[name].place for name in BELOW_CHIN]))
    )
    face = np.concatenate([cells[prepared.visible], below])
    skin = drawn_outline(crop, hull_of(face), FACE_MM)
    parts = (
        (list(LANDMARK_REGIONS["lips"]), LIPS_MM),
        (points_of_side(side, "upper_lid_margin", "lower_lid_margin", "lateral_canthus"), EYE_MM),
        (points_of_side(side, "brow_upper_border", "brow_lower_border"), BROW_MM),
        (points_of_side(side, "nostril_rim"), NOSTRIL_MM),
    )
    for points, margin_mm in parts:
        skin &= ~drawn_outline(crop, hull_of(cells[points]), margin_mm)
    bordered = cv2.copyMakeBorder(
        drawn.covered.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0
    )
    inward = cv2.distanceTransform(bordered, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    skin &= inward * crop.mm_per_cell > FROM_OUTLINE_MM
    hidden = in_front(prepared.contour)
    if hidden.any():
        free = np.ones(crop.inside.shape, np.uint8)
        places = np.rint(crop.cells(prepared.contour.points[hidden])).astype(np.intp)
        own = ((places >= 0) & (places < np.array(crop.inside.shape[::-1]))).all(axis=1)
        columns, rows = places[own].T
        free[rows, columns] = 0
        away = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        skin &= away * crop.mm_per_cell > FROM_COVER_MM
    return np.asarray(skin & crop.inside, np.bool_)
