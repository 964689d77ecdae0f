"""Where other parts of the head stand between the skin and the lamp.

Skin that looks away from a lamp shows nothing of it, whether or not something stands before it. A
plan may turn such skin toward the lamp: below a lip or beside a nose the light still does not come.
Where the lamp's light is strong, the photo itself says whether it comes; where it is weak, the
head does, as far as the photo shows that heads cast shadows in this light at all.
"""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray
from landmarkdiff.light.fit import LUMINANCE, LightFit
from landmarkdiff.manipulation.grid import smoothstep

__all__ = ["lamp_comes", "occluded"]

#: How far above the way of the light another part of the head has to stand to be in it for sure,
#: and below which it is not, mm: a fitted head is about so far from the photo's.
STANDING_MM = (1.0, 3.0)
#: The way is followed in steps of the first from the second to the third, mm: what stands nearer
#: is the bend of the skin itself, and no part of a head casts a shadow farther.
STEP_MM, NEAREST_MM, FARTHEST_MM = 1.5, 4.0, 60.0
#: The edge of a shadow is known to this, mm.
EDGE_MM = 3.0
#: Share of the lamp in the luminance up to which the photo does not tell whether it comes, and from
#: which it does.
TOLD = (0.2, 0.4)
#: So many cells in the way of the light tell whether they are in a shadow.
LEAST_CELLS = 20


def occluded(height: FloatArray, direction: FloatArray, cell: float) -> Float32Array:
    """Return how far something stands between a lamp and each cell: (h, w), 0 to 1.

    Parameters
    ----------
    height : (h, w) float64 array
        Of the surface toward the camera, mm; -inf where there is none.
    direction : (3,) float64 array
        Toward the lamp, x right and y up along the cells, z toward the camera; unit.
    cell : float
        Millimetres.
    """
    across = float(np.hypot(direction[0], direction[1]))
    above = np.full(height.shape, -np.inf, np.float32)
    if across < 1e-3:
        return np.zeros(height.shape, np.float32)
    way = np.array([direction[0], -direction[1]]) / across
    rise = float(direction[2]) / across
    seen = np.where(np.isfinite(height), height, -1e4).astype(np.float32)
    for away in np.arange(NEAREST_MM, FARTHEST_MM, STEP_MM):
        x, y = -way * away / cell
        there = cv2.warpAffine(
            seen,
            np.array([[1.0, 0.0, x], [0.0, 1.0, y]]),
            seen.shape[::-1],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=-1e4,
        )
        np.maximum(above, there - np.float32(rise * away), out=above)
    inside = smoothstep(np.asarray(above - seen, np.float32), *STANDING_MM)
    around = 2 * round(EDGE_MM / cell) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (around, around))
    wide = cv2.GaussianBlur(cv2.dilate(inside, disc), (0, 0), 0.5 * EDGE_MM / cell)
    return np.asarray(np.maximum(inside, wide), np.float32)


def lamp_comes(
    fit: LightFit,
    normals: FloatArray,
    light: FloatArray,
    skin: BoolArray,
    hidden: Float32Array,
) -> Float32Array:
    """Return how far it is known that the fitted lamp lights each cell as its normal says.

    (h, w), 0 to 1; 1 everywhere without a lamp.

    Parameters
    ----------
    fit : LightFit
    normals : (h, w, 3) float64 array
        Unit, camera frame.
    light : (h, w) float64 array
        Luminance of the photo, linear.
    skin : (h, w) bool array
        Neither clipped nor covered.
    hidden : (h, w) float32 array
        From :func:`occluded`.
    """
    if fit.lamp is None:
        return np.ones(hidden.shape, np.float32)
    own = fit.lamp.strength @ LUMINANCE * np.maximum(normals @ fit.lamp.direction, 0.0)
    whole = np.maximum(fit.luminance(normals), 1e-4)
    told = smoothstep(np.asarray(own / whole, np.float32), *TOLD)
    sure = skin & (hidden > 0.5) & (told > 0.1)
    dark = 1.0
    if np.count_nonzero(sure) >= LEAST_CELLS:
        reached = 1.0 - (whole - light)[sure] / own[sure]
        dark = float(np.clip(1.0 - np.median(reached), 0.0, 1.0))
    return np.asarray(1.0 - np.float32(dark) * hidden * (1.0 - told), np.float32)
