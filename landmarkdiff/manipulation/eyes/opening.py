"""The opening between the lids, and how much of each place in it is eye.

The lid's margin with its lashes belongs to the skin and moves with it; what lies a little deeper in
the opening is eye and stays.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.manipulation.grid import polygon_distance, smoothstep
from landmarkdiff.manipulation.window import PhotoWindow

__all__ = [
    "clear_of_lids",
    "eye_depth",
    "eye_matte",
    "is_deep",
    "opening_height_mm",
    "opening_outline",
    "ring_outline",
    "without_shadows",
]

#: Between two landmarks of the lids the outline has so many corners.
_CORNERS = 6
#: So deep inside the outline the eye begins, and from so deep on all is eye, mm: the dark line of
#: the lashes and the edge of the lid lie between.
MARGIN_MM = (0.2, 1.0)
#: Shadows and lashes on the eye end between these depths, mm.
SHADED_MM = (1.2, 2.6)
#: What is seen beside the lids counts this much beside what is seen freely.
_LEAST_FREE = 0.03
#: By these shares a shadow is darker than the eye; of dark eyes, as if they had so many levels.
_SHADOW, _DARK_LEVELS = (0.05, 0.3), 24.0
#: It is the mean over these distances along the lid and across it, mm.
_ALONG_MM = (1.2, 0.3)
#: A place brighter than the eye by so many levels is a reflection, if it lies so deep in the
#: opening (mm): nearer to the lid it is the wet edge of the lid or what glints between lashes. The
#: shadow ends between these distances and a pixel from it, mm.
_REFLECTION_LEVELS = (15.0, 40.0)
_ON_EYE_MM = (0.3, 0.8)
_REFLECTION_MM = (0.5, 1.7)
#: The canthi in the ring of the lids: the outer one, then the inner one.
_CANTHI = (0, 8)


def opening_outline(face: FaceLandmarks, side: str) -> FloatArray:
    """Return the outline of the opening between the lids.

    Parameters
    ----------
    face : FaceLandmarks
    side : {"right", "left"}
        The patient's.

    Returns
    -------
    (n, 2) float64 array
        Pixels, once around: smooth along each lid, with a corner at either canthus.

    Examples
    --------
    >>> outline = opening_outline(face, "right")
    >>> outline.shape
    (96, 2)
    """
    return ring_outline(face.points[list(LANDMARK_LINES[f"{side}_eye"]), :2], _CANTHI)


def ring_outline(ring: FloatArray, corners: tuple[int, int]) -> FloatArray:
    """Return a ring of landmarks (n, 2) as an outline (6 n, 2), smooth between its two corners."""
    first, second = corners
    lids = (ring[first : second + 1], np.concatenate([ring[second:], ring[: first + 1]]))
    return np.concatenate([_smooth(lid) for lid in lids])


def _smooth(lid: FloatArray) -> FloatArray:
    """A curve through the points of a lid by the slopes there (Hermite), without the last one."""
    along = np.concatenate([[0.0], np.hypot(*np.diff(lid, axis=0).T).cumsum()])
    slopes = np.gradient(lid, along, axis=0, edge_order=2)
    length = np.diff(along)[:, None, None]
    t = (np.arange(_CORNERS) / _CORNERS)[:, None]
    start, end = lid[:-1, None], lid[1:, None]
    left, right = slopes[:-1, None] * length, slopes[1:, None] * length
    rest = 1.0 - t
    curve = start * (1.0 + 2.0 * t) * rest**2 + end * (3.0 - 2.0 * t) * t**2
    curve += left * t * rest**2 - right * rest * t**2
    return np.asarray(curve.reshape(-1, 2), np.float64)


def opening_height_mm(face: FaceLandmarks, side: str) -> float:
    """Distance between the middles of both lids, mm."""
    ring = face.points[list(LANDMARK_LINES[f"{side}_eye"]), :2]
    return float(np.hypot(*(ring[4] - ring[12]))) * face.scale.mm_per_px


def eye_depth(window: PhotoWindow, outline: FloatArray, mm_per_px: float) -> Float32Array:
    """How deep each cell lies in the opening: (rows, columns) mm, negative on the skin.

    Far out on the skin nobody asks how far: there it is the distance from the outline's box.
    """
    places = window.places
    low, high = outline.min(axis=0), outline.max(axis=0)
    xs, ys = places[0, :, 0].astype(np.float64), places[:, 0, 1].astype(np.float64)
    across = np.maximum(np.maximum(low[0] - xs, xs - high[0]), 0.0)
    down = np.maximum(np.maximum(low[1] - ys, ys - high[1]), 0.0)
    depth = np.asarray(-np.hypot(across, down[:, None]), np.float32)
    inside = np.ix_(down == 0.0, across == 0.0)
    own = places[inside]
    if own.size:
        depth[inside] = polygon_distance(own.reshape(-1, 2), outline).reshape(own.shape[:2])
    return depth * np.float32(mm_per_px)


def is_deep(window: PhotoWindow, outline: FloatArray, mm_per_px: float, least_mm: float) -> bool:
    """Whether a cell lies deeper than this in the opening, as :func:`eye_depth` measures it.

    The rows through the middle of the outline are looked at first: they settle it at once in all
    openings but the narrowest.
    """
    middle = (float(outline[:, 1].mean()) - window.y) / window.step
    rows = [int(np.clip(round(middle) + away, 0, window.rows - 1)) for away in (0, -2, 2)]
    for places in (*(window.places[row] for row in rows), window.places.reshape(-1, 2)):
        if (polygon_distance(places, outline) * np.float32(mm_per_px) > least_mm).any():
            return True
    return False


def eye_matte(depth: Float32Array) -> Float32Array:
    """How much of each place is eye, by its depth in the opening (mm), any shape.

    0 on the lids, 1 well inside.
    """
    return smoothstep(depth, *MARGIN_MM)


def clear_of_lids(depth: Float32Array) -> Float32Array:
    """How freely each place of the eye is seen, by its depth in the opening (mm): 0 on the lids.

    Beside the lids their lashes and their shadow lie on the eye.
    """
    inside = depth > MARGIN_MM[1] - 0.05
    return np.where(inside, _LEAST_FREE + smoothstep(depth, *SHADED_MM), 0.0).astype(np.float32)


def without_shadows(
    matte: Float32Array,
    depth: Float32Array,
    pixels: Float32Array,
    whole: Float32Array,
    iris: BoolArray,
    cells_per_mm: float,
    mm_per_px: float,
) -> Float32Array:
    """Take what is darker than the eye itself out of the matte, beside the lids.

    Lashes and the shadow of the lid belong to the lid and move with it. Reflections do not, half a
    millimetre off the lid.

    Parameters
    ----------
    matte, depth : (rows, columns) float32 array
    pixels, whole : (rows, columns, 3) float32 array
        The photo, and the eye without lids.
    iris : (rows, columns) bool array
        Where reflections are looked for: below them the edge of the lower lid shines as well.
    cells_per_mm : float
    mm_per_px : float
        Of the photo: a reflection reaches a pixel further than it is.

    Returns
    -------
    (rows, columns) float32 array
    """
    own, eye = pixels.mean(axis=2), whole.mean(axis=2)
    darker = np.clip((eye - own) / np.maximum(eye, np.float32(_DARK_LEVELS)), 0.0, _SHADOW[1])
    weight = (matte > 0.0).astype(np.float32)
    # A shadow goes along the lid.
    mean = _along(darker * weight, cells_per_mm)
    mean /= np.maximum(_along(weight, cells_per_mm), np.float32(1e-3))
    shadow = smoothstep(mean, *_SHADOW) * (1.0 - smoothstep(depth, *SHADED_MM))
    bright = smoothstep(own - eye, *_REFLECTION_LEVELS) * iris
    bright = np.asarray(cv2.dilate(bright, np.ones((3, 3), np.uint8)), np.float32)
    bright *= smoothstep(depth, *_ON_EYE_MM)
    reflections = (bright > 0.5).astype(np.uint8)
    if reflections.any():
        away = cv2.distanceTransform(1 - reflections, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        first, last = (reach + mm_per_px for reach in _REFLECTION_MM)
        far = np.asarray(away / np.float32(cells_per_mm), np.float32)
        shadow *= smoothstep(far, first, last)
    return np.asarray(np.maximum(matte * (1.0 - shadow), bright), np.float32)


def _along(values: Float32Array, cells_per_mm: float) -> Float32Array:
    across, down = (sigma * cells_per_mm for sigma in _ALONG_MM)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigmaX=across, sigmaY=down), np.float32)
