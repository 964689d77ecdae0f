"""Whether the eyes are open, closed, or not to be seen.

An open eye has an iris darker than the white beside it. A closed one has skin there, and the
landmarks find a narrow opening. An eye that was blurred, made a mosaic of, or covered has no fine
structure, or a structure of squares.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.face_crop import crop_face
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_LINES, LANDMARK_REGIONS

__all__ = ["EyeState", "eye_states", "lid_hull"]

EyeState = Literal["open", "closed", "hidden"]

#: Resolution of the search, and its reach from the eyes: left, right, up, down (mm).
_MM = 0.5
_REACH_MM = (60.0, 60.0, 25.0, 75.0)
#: Middle of the upper and lower lid margin, outer and inner canthus.
_OPENINGS = {"right": (159, 145, 33, 133), "left": (386, 374, 263, 362)}
_IRISES = {"right": 468, "left": 473}
_IRIS_RADIUS_MM = 5.85
#: An opening of less than this share of its width is closed; up to the second if the white of
#: the eye is not lighter than the iris by the first difference, up to the third by the second.
CLOSED_BELOW = 0.10
NARROW_BELOW, NARROW_WHITE = 0.20, 6.0
DOUBTFUL_BELOW, DOUBTFUL_WHITE = 0.30, 3.0
#: Where the skin around the eye is darker than this (L*), differences count for more.
LIT_SKIN = 32.0
#: An eye has at least this share of the fine structure of lips and nostrils (0.70 and more
#: measured; 0.42 and less where it was blurred, barred or padded); and below this much fine
#: structure there (L*) a photo is too blurred to say.
LEAST_FINE_SHARE = 0.5
LEAST_FINE = 1.2
#: Beyond this yaw the far eye is too oblique to be judged; it counts as open.
FAR_EYE_YAW_DEG = 25.0
#: Brightness steps along the lines of a mosaic over those inside its squares: at most 2.3 in
#: photos, 4.3 in dark ones compressed as JPEG of quality 12, 3.8 to 50 in mosaics.
LEAST_MOSAIC = 4.8
#: Around the eyes a mosaic is looked for (mm).
_AROUND_MM = (8.0, 9.0)
#: Rows and columns that a mosaic has at least (pixels).
_LEAST_LENGTH = 10
#: Rows or columns so steep are the lines of a mosaic.
_LINES_SHARE = 0.975
#: Added to the steps inside, so that plain colour has no lines: grey levels, and a share of the
#: contrast.
_PLAIN_STEP, _PLAIN_SHARE = 0.25, 1.0 / 75.0


def eye_states(pixels: ImageArray, face: FaceLandmarks) -> tuple[EyeState, EyeState]:
    """Tell whether the patient's right and left eye are open.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks

    Returns
    -------
    tuple of {"open", "closed", "hidden"}
        The right eye, the left eye.
    """
    crop = crop_face(pixels, face, _MM, _REACH_MM)
    lab = cv2.cvtColor(crop.pixels.astype(np.float32) / np.float32(255.0), cv2.COLOR_RGB2Lab)
    lightness = np.asarray(np.ascontiguousarray(lab[..., 0]), np.float32)
    cells = crop.cells(face.points)
    fine = _fine_structure(lightness)
    usual = _usual_structure(fine, cells)
    mosaic = _is_mosaic(pixels, face)

    # Turned to the patient's left (positive yaw) the camera sees the right eye.
    turned_away = {"right": -face.pose.yaw, "left": face.pose.yaw}

    def state(side: Literal["right", "left"]) -> EyeState:
        if turned_away[side] > FAR_EYE_YAW_DEG:
            return "open"
        around = _within(fine, lid_hull(cells, side), 2.0)
        if not around.size:
            return "open"
        seen = float(np.quantile(around, 0.95))
        if mosaic or (usual > LEAST_FINE and seen < LEAST_FINE_SHARE * usual):
            return "hidden"
        return "closed" if _is_closed(lightness, face, cells, side) else "open"

    return state("right"), state("left")


def lid_hull(cells: FloatArray, side: str) -> NDArray[np.float32]:
    """Return the hull of an eye's opening, (n, 2), in the cells in which its landmarks are."""
    hull = cv2.convexHull(cells[list(LANDMARK_LINES[f"{side}_eye"])].astype(np.float32))
    return np.asarray(hull.reshape(-1, 2), np.float32)


def _is_closed(
    lightness: Float32Array, face: FaceLandmarks, cells: FloatArray, side: Literal["right", "left"]
) -> bool:
    upper, lower, outer, inner = face.points[list(_OPENINGS[side]), :2]
    share = float(np.hypot(*(upper - lower)) / max(float(np.hypot(*(outer - inner))), 1e-6))
    if share < CLOSED_BELOW:
        return True
    white = _white_over_iris(lightness, cells, side)
    if white is None:
        return share < NARROW_BELOW
    around = float(np.median(_within(lightness, lid_hull(cells, side), 5.0)))
    white /= min(1.0, max(around, 1.0) / LIT_SKIN)
    if share < NARROW_BELOW:
        return white < NARROW_WHITE
    return share < DOUBTFUL_BELOW and white < DOUBTFUL_WHITE


def _white_over_iris(lightness: Float32Array, cells: FloatArray, side: str) -> float | None:
    """Lightness of the white of the eye over that of the iris (L*); None where neither is seen."""
    opening, part = _drawn(lightness, lid_hull(cells, side), 0.0)
    rows, columns = np.ogrid[part]
    x, y = cells[_IRISES[side]]
    away = np.hypot(columns - x, rows - y) * _MM
    iris = opening & (away < 0.75 * _IRIS_RADIUS_MM)
    white = opening & (away > 1.15 * _IRIS_RADIUS_MM)
    if not iris.any() or white.sum() < 8:
        return None
    return float(np.median(lightness[part][white]) - np.median(lightness[part][iris]))


def _fine_structure(lightness: Float32Array) -> Float32Array:
    """Structure between 0.5 and 1.2 mm, L*."""
    finer = cv2.GaussianBlur(lightness, (0, 0), 0.5 / _MM)
    coarser = cv2.GaussianBlur(lightness, (0, 0), 1.2 / _MM)
    return np.asarray(np.abs(finer - coarser), np.float32)


def _usual_structure(fine: Float32Array, cells: FloatArray) -> float:
    """Fine structure of lips or nostrils, whichever has less: one may be covered, or bearded."""
    nostrils = [p for side in ("right", "left") for p in _nostril(side)]
    found = []
    for points, margin in ((LANDMARK_REGIONS["lips"], 1.0), (nostrils, 2.0)):
        there = _within(fine, _hull(cells, points), margin)
        found.append(float(np.quantile(there, 0.95)) if there.size else 0.0)
    return min(found)


def _nostril(side: str) -> list[int]:
    return list(getattr(ANATOMICAL_GROUPS["nostril_rim"], side))


def _hull(cells: FloatArray, points: Iterable[int]) -> NDArray[np.float32]:
    hull = cv2.convexHull(cells[list(points)].astype(np.float32))
    return np.asarray(hull.reshape(-1, 2), np.float32)


def _within(
    values: Float32Array, outline: NDArray[np.float32], margin_mm: float
) -> NDArray[np.float32]:
    """Return the values within an outline and a margin around it: (n,), row by row."""
    inside, part = _drawn(values, outline, margin_mm)
    return np.asarray(values[part][inside], np.float32)


def _drawn(
    like: Float32Array, outline: NDArray[np.float32], margin_mm: float
) -> tuple[NDArray[np.bool_], tuple[slice, slice]]:
    """Draw an outline with a margin: (h, w) bool, and the rows and columns that it lies in."""
    corners = np.rint(outline).astype(np.int32)
    reach = round(margin_mm / _MM)
    size = np.array(like.shape[::-1])
    low = np.clip(corners.min(axis=0) - reach, 0, size)
    high = np.clip(corners.max(axis=0) + reach + 1, low, size)
    part = slice(low[1], high[1]), slice(low[0], high[0])
    mask = np.zeros(high[::-1] - low[::-1], np.uint8)
    if not mask.size:
        return mask > 0, part
    cv2.fillPoly(mask, [corners - low.astype(np.int32)], 1)
    if reach:
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        mask = np.asarray(cv2.dilate(mask, disc), np.uint8)
    return mask > 0, part


def _is_mosaic(pixels: ImageArray, face: FaceLandmarks) -> bool:
    """Whether brightness around the eyes steps along the lines of a grid, and only there."""
    px = 1.0 / face.scale.mm_per_px
    corners = face.points[[33, 133, 362, 263], :2]
    size = np.array(pixels.shape[1::-1])
    margin = np.array(_AROUND_MM) * px
    low = np.clip(np.floor(corners.min(axis=0) - margin).astype(int), 0, size - 1)
    high = np.clip(np.ceil(corners.max(axis=0) + margin).astype(int), low + 1, size)
    part = np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]])
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    plain = _PLAIN_STEP + _PLAIN_SHARE * float(grey.std())
    for axis in (0, 1):
        steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
        if len(steps) < _LEAST_LENGTH:
            return False
        lines, inside = np.quantile(steps, (_LINES_SHARE, 0.5))
        if lines / (inside + plain) < LEAST_MOSAIC:
            return False
    return True
