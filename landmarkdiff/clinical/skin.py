"""Where a face shows skin that can be judged, and where skin oil shines."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.landmarks.face_crop import FaceCrop
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_REGIONS, topology

__all__ = [
    "drawn_outline",
    "face_oval",
    "hull_of",
    "oily_zone",
    "points_of_side",
    "searchable_skin",
]

Mask = NDArray[np.bool_]

#: Middle of the forehead, from the nasal root to the hairline.
FOREHEAD = (8, 107, 108, 109, 336, 337, 338)


def searchable_skin(crop: FaceCrop, cells: NDArray[np.float64]) -> Mask:
    """Return where a crop shows skin of the face proper: (h, w) bool.

    The inside of the face oval without eyes, brows, lips (and teeth) and nostrils, each with a
    margin of 1.5 to 3 mm. ``cells`` are the landmarks in cells of the crop, (478, 2).
    """
    skin = face_oval(crop, cells)
    hidden = [(list(LANDMARK_REGIONS["lips"]), 2.0)]
    for side in ("right", "left"):
        hidden += [
            (points_of_side(side, *names), margin_mm)
            for names, margin_mm in (
                (("upper_lid_margin", "lower_lid_margin", "lateral_canthus"), 3.0),
                (("brow_upper_border", "brow_lower_border"), 2.5),
                (("nostril_rim",), 1.5),
            )
        ]
    for points, margin_mm in hidden:
        skin &= ~drawn_outline(crop, hull_of(cells[points]), margin_mm)
    return skin & crop.inside


def face_oval(crop: FaceCrop, cells: NDArray[np.float64]) -> Mask:
    """Return the inside of the face oval but for 3 mm: (h, w) bool."""
    oval = topology().contours["FACE_OVAL"][:, 0]
    return drawn_outline(crop, cells[oval], -3.0)


def oily_zone(crop: FaceCrop, cells: NDArray[np.float64]) -> Mask:
    """Return nose, middle of the forehead and chin, 3 mm around included: (h, w) bool.

    Sebaceous glands are densest there (general), and their highlights have sharp edges.
    """
    named = (
        ("dorsum_midline", "supratip", "nose_tip", "nasal_root", "infratip_columella"),
        ("chin_pad", "chin_border"),
    )
    parts = [[p for name in names for p in ANATOMICAL_GROUPS[name].points] for names in named]
    zone = np.zeros(crop.inside.shape, np.bool_)
    for points in (*parts, list(FOREHEAD)):
        zone |= drawn_outline(crop, hull_of(cells[points]), 3.0)
    return zone


def points_of_side(side: str, *names: str) -> list[int]:
    """Return the points of anatomical groups on the patient's ``right`` or ``left`` side."""
    return [point for name in names for point in getattr(ANATOMICAL_GROUPS[name], side)]


def hull_of(points: NDArray[np.float64]) -> NDArray[Any]:
    """Return the convex hull of points (n, 2): (m, 2) float32."""
    return np.asarray(cv2.convexHull(points.astype(np.float32)).reshape(-1, 2))


def drawn_outline(crop: FaceCrop, outline: NDArray[Any], margin_mm: float) -> Mask:
    """Return the inside of an outline, wider (or narrower) by a margin: (h, w) bool."""
    corners = np.rint(outline).astype(np.int32)
    reach = round(abs(margin_mm) / crop.mm_per_cell)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    # All lies within this reach of the corners, so the rest of the crop is left alone.
    size = np.array(crop.inside.shape[::-1])
    low = np.clip(corners.min(axis=0) - reach - 1, 0, size)
    high = np.clip(corners.max(axis=0) + reach + 2, low, size)
    inside = np.zeros(crop.inside.shape, np.bool_)
    part = np.zeros(high[::-1] - low[::-1], np.uint8)
    if part.size:
        cv2.fillPoly(part, [corners - low.astype(np.int32)], 1)
        grown = (cv2.dilate if margin_mm > 0 else cv2.erode)(part, disc)
        inside[low[1] : high[1], low[0] : high[0]] = grown > 0
    return inside
