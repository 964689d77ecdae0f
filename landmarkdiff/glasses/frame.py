"""Where the frame lies: a lens outline fitted to the ridges around either eye, and the arms."""

from __future__ import annotations

from functools import cache
from itertools import pairwise, product

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.glasses.band import BAND_ORIGIN, BAND_PX, BAND_SHAPE
from landmarkdiff.glasses.ridges import RidgePath, best_rows, ridge_map
from landmarkdiff.numerics import summed

__all__ = ["frame_mask", "lens_outlines"]

FloatArray = NDArray[np.float32]

#: Lens outlines tried, in units: half width, half height, height of the centre below the eye
#: line, gap from the midline to the inner rim, exponent of the superellipse, and how much further
#: out the inner rim ends below than above.
_HALF_WIDTHS = (19.0, 21.5, 24.0, 26.5, 29.0)
_HALF_HEIGHTS = (13.0, 15.0, 17.0, 19.0, 21.5, 24.0)
_CENTRES = (-2.0, 0.5, 3.0, 5.5, 8.0)
_GAPS = (6.0, 8.5, 11.0)
_EXPONENTS = (2.2, 3.2)
_TAPERS = (0.0, 4.0, 8.0)
_OUTLINE_POINTS = 60
#: Preference for large lenses: the score grows with this power of the outline's area.
_SIZE_POWER = 0.25
#: Border around the band, pixels, so that an outline may leave it.
_PAD = 160
#: The outline found is moved along its normals by up to this much, units.
_REFINE = np.arange(-4.0, 4.01, 0.5)
#: Ridges stronger than this count alike, so one glaring stretch does not decide the fit.
_CAP = 10.0
#: A stretch of rim weaker than this share of its stronger part is no rim (half-rim frames).
_RIM_SHARE = 0.3
#: Gaps of a rim up to this many points of its outline are closed.
_GAP_POINTS = 12
_MARGIN = 1.0
#: Pixels connected to the bridge belong to the frame above this share of its ridge.
_GROWTH_SHARE = 0.6
_GROWTH_FLOOR = 5.0
#: A ridge above this share of the cap is surely frame; pixels within this reach (units) whose
#: colour differs from it by less than this (CIELAB) and that touch it are frame too.
_CORE_SHARE = 0.8
_LIKE_REACH = 8.0
_APART_FROM_SKIN = 32.0
#: Parts of the mask narrower than this (pixels of the band) are taken off.
_SPUR_PX = 9
_LIKE_COLOUR = 12.0


def frame_mask(
    band: FloatArray,
    bridge: RidgePath,
    middle_x: float,
    eyes_y: float,
    eye_area: NDArray[np.uint8],
) -> FloatArray:
    """Draw the frame into the band.

    Parameters
    ----------
    band : (h, w, 3) float32 array
        CIELAB.
    bridge : RidgePath
    middle_x, eyes_y : float
        Midline of the nose and height of the eyes, units.
    eye_area : (h, w) uint8 array
        1 where eyes and lids are; ridges there are not looked at.

    Returns
    -------
    (h, w) float32 array
        0 to 1, dilated by one unit.
    """
    strength, widths = ridge_map(band, bridge)
    strength = np.where(eye_area > 0, np.float32(0.0), np.minimum(strength, np.float32(_CAP)))
    mask = np.zeros(BAND_SHAPE, np.uint8)
    thick = _thickness(widths, bridge.points)
    _stroke(mask, bridge.points, thick, np.ones(len(bridge.points), bool))
    right, left = _fit_outlines(strength, middle_x, eyes_y)
    lowest = eyes_y
    for outline in (right, left):
        rim = _refined(strength, outline)
        lowest = max(lowest, float(rim[:, 1].max()))
        ridge = _smooth(_sample(strength, rim))
        kept = _gaps_closed(ridge > max(2.0, _RIM_SHARE * float(np.quantile(ridge, 0.75))))
        thick = _thickness(widths, rim[kept]) if kept.any() else thick
        _stroke(mask, rim, thick, kept)
        arm = _arm(strength, rim, middle_x)
        _stroke(mask, arm, thick, _smooth(_sample(strength, arm)) > 2.0)
    # What hangs from the rims (the creases beside the nose) is not part of them.
    mask |= _grown(strength, bridge, middle_x, eyes_y, lowest)
    alike = _like_frame(band, strength, mask, eye_area)
    alike[max(round((lowest - BAND_ORIGIN[1]) * BAND_PX), 0) :] = 0
    mask |= alike
    # Spurs thinner than a rim with its margins are creases that touch the frame.
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_SPUR_PX, _SPUR_PX))
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, disk), np.uint8)
    return np.asarray(cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.0), dtype=np.float32)


@cache
def lens_outlines() -> FloatArray:
    """All lens outlines of the left eye, relative to midline and eye line: (n, points, 2)."""
    angle = np.linspace(0.0, 2.0 * np.pi, _OUTLINE_POINTS + 1)
    cos, sin = np.cos(angle), np.sin(angle)
    outlines = []
    shapes = product(_HALF_WIDTHS, _HALF_HEIGHTS, _CENTRES, _GAPS, _EXPONENTS, _TAPERS)
    for a, b, y, gap, e, taper in shapes:
        along = np.sign(cos) * np.abs(cos) ** (2.0 / e)
        down = np.sign(sin) * np.abs(sin) ** (2.0 / e)
        nasal = taper * 0.5 * (1.0 - along) * down
        outlines.append(np.stack([gap + a + a * along + nasal, y + b * down], axis=1))
    return np.array(outlines, np.float32)


def _fit_outlines(
    strength: FloatArray, middle_x: float, eyes_y: float
) -> tuple[FloatArray, FloatArray]:
    """The outline of either eye with the strongest ridge under it."""
    origin = np.array([middle_x, eyes_y], np.float32)
    padded = np.pad(strength, _PAD)
    corner = np.round((origin - np.array(BAND_ORIGIN)) * BAND_PX).astype(int) + _PAD
    start = int(np.clip(corner[1], 0, padded.shape[0] - 1)) * padded.shape[1] + int(corner[0])
    pair = []
    for side, mirror in enumerate((-1.0, 1.0)):
        score = padded.take(_outline_steps()[side] + start, mode="clip").mean(axis=1)
        outline = lens_outlines()[int(np.argmax(score * _size_preference()))]
        pair.append(outline * np.array([mirror, 1.0], np.float32) + origin)
    return pair[0], pair[1]


@cache
def _size_preference() -> FloatArray:
    """Weight of each outline: of two alike the larger, as bags under the eyes are ridges too."""
    extent = np.ptp(lens_outlines(), axis=1)
    return np.asarray((extent[:, 0] * extent[:, 1]) ** _SIZE_POWER, dtype=np.float32)


@cache
def _outline_steps() -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Every third outline point as a step in the flat padded band: right eye, left eye."""
    width = BAND_SHAPE[1] + 2 * _PAD
    pixels = np.round(lens_outlines()[:, ::3] * BAND_PX).astype(np.intp)
    x, y = pixels[..., 0], pixels[..., 1]
    return y * width - x, y * width + x


def _grown(
    strength: FloatArray, bridge: RidgePath, middle_x: float, eyes_y: float, lowest: float
) -> NDArray[np.uint8]:
    """Ridge pixels connected to the bridge: what the outline's shape does not describe."""
    threshold = max(_GROWTH_FLOOR, _GROWTH_SHARE * float(np.median(bridge.ridge)))
    strong = (strength > threshold).astype(np.uint8)
    top = round((eyes_y - 22.0 - BAND_ORIGIN[1]) * BAND_PX)
    bottom = round((lowest - BAND_ORIGIN[1]) * BAND_PX)
    strong[: max(top, 0)] = 0
    strong[max(bottom, 0) :] = 0
    seed = np.zeros_like(strong)
    pixels = np.round((bridge.points - np.array(BAND_ORIGIN)) * BAND_PX).astype(np.int32)
    cv2.polylines(seed, [pixels[:, None]], False, 1, round(2 * BAND_PX))
    # The ridge of the nose below the bridge is skin.
    column = round((middle_x - BAND_ORIGIN[0]) * BAND_PX)
    below = int(pixels[:, 1].max()) + round(3 * BAND_PX)
    half = round(5 * BAND_PX)
    strong[below:, max(column - half, 0) : column + half] = 0
    _, labels = cv2.connectedComponents(strong)
    touched = np.unique(labels[(seed > 0) & (strong > 0)])
    grown = np.isin(labels, touched[touched > 0]).astype(np.uint8)
    return np.asarray(cv2.dilate(grown, np.ones((7, 7), np.uint8)), dtype=np.uint8)


def _like_frame(
    band: FloatArray, strength: FloatArray, mask: NDArray[np.uint8], eye_area: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Pixels beside the frame that have its colour: end pieces and broad rims are no ridges."""
    plain = cv2.medianBlur(band, 5)
    skin = np.median(plain[(mask == 0) & (eye_area == 0)][::7], axis=0)
    # A frame of the colour of skin has no colour to grow by.
    apart = np.sqrt(summed((plain - skin) ** 2)) > _APART_FROM_SKIN
    core = (mask > 0) & (strength >= _CORE_SHARE * _CAP) & (eye_area == 0) & apart
    core = core.astype(np.uint8)
    if not core.any():
        return np.zeros_like(mask)
    away, labels = cv2.distanceTransformWithLabels(
        1 - core, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    colours = np.zeros((int(labels.max()) + 1, 3), np.float32)
    colours[labels[core > 0]] = plain[core > 0]
    near = (away < _LIKE_REACH * BAND_PX) & (eye_area == 0)
    alike = np.zeros_like(mask)
    distance = np.sqrt(summed((band[near] - colours[labels[near]]) ** 2))
    alike[near] = distance < _LIKE_COLOUR
    _, parts = cv2.connectedComponents(alike | core)
    kept = np.unique(parts[core > 0])
    grown = (np.isin(parts, kept[kept > 0]) & (alike > 0)).astype(np.uint8)
    return np.asarray(cv2.dilate(grown, np.ones((3, 3), np.uint8)), dtype=np.uint8)


def _sample(values: FloatArray, points: FloatArray) -> FloatArray:
    """Values at points (..., 2) in units, nearest pixel."""
    pixels = np.round((points - np.array(BAND_ORIGIN, np.float32)) * BAND_PX).astype(np.intp)
    columns = np.clip(pixels[..., 0], 0, values.shape[1] - 1)
    rows = np.clip(pixels[..., 1], 0, values.shape[0] - 1)
    return np.asarray(values[rows, columns], dtype=np.float32)


def _refined(strength: FloatArray, outline: FloatArray) -> FloatArray:
    """Move the outline along its normals onto the ridge, smoothly."""
    tangent = np.gradient(outline, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, :1], tangent[:, 1:]), 1e-6)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
    grid = outline[None] + _REFINE[:, None, None].astype(np.float32) * normal[None]
    rows = best_rows(_sample(strength, grid)[None])[0]
    return np.asarray(grid[rows, np.arange(len(outline))], dtype=np.float32)


def _arm(strength: FloatArray, rim: FloatArray, middle_x: float) -> FloatArray:
    """Follow the arm from the lens outward to the border of the band."""
    side = float(np.sign(rim[:, 0].mean() - middle_x))
    outer = rim[np.argmax(side * rim[:, 0])]
    length = side * (side * 71.0 - float(outer[0]))
    x = float(outer[0]) + side * np.arange(0.0, max(length, 2.0), 1.0)
    y = float(outer[1]) + np.arange(-14.0, 6.0, 0.5)
    grid = np.stack(np.meshgrid(x, y), axis=-1).astype(np.float32)
    rows = best_rows(_sample(strength, grid)[None])[0]
    return np.asarray(grid[rows, np.arange(len(x))], dtype=np.float32)


def _smooth(values: FloatArray) -> FloatArray:
    window = 5 if len(values) >= 5 else 1
    return np.asarray(np.convolve(values, np.full(window, 1.0 / window), "same"), np.float32)


def _gaps_closed(kept: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Close short gaps of a ring: a rim that can be seen before and after a stretch goes on."""
    ring = kept[:-1]  # the last point is the first one again
    if not ring.any():
        return kept
    start = int(np.argmax(ring))
    turned = np.roll(ring, -start)
    seen = np.flatnonzero(np.append(turned, True))
    for before, after in pairwise(seen):
        if after - before - 1 <= _GAP_POINTS:
            turned[before:after] = True
    closed = np.roll(turned, start)
    return np.append(closed, closed[0])


def _thickness(widths: FloatArray, points: FloatArray) -> float:
    return float(np.median(_sample(widths, points)))


def _stroke(
    mask: NDArray[np.uint8], points: FloatArray, thick: float, kept: NDArray[np.bool_]
) -> None:
    """Draw the kept stretches of a path, its thickness plus one unit on either side."""
    pixels = np.round((points - np.array(BAND_ORIGIN)) * BAND_PX).astype(np.int32)
    width = max(1, round((thick + 2.0 * _MARGIN) * BAND_PX))
    for start, stop, drawn in zip(pixels, pixels[1:], kept[1:] & kept[:-1], strict=False):
        if drawn:
            cv2.line(mask, start.tolist(), stop.tolist(), 1, width)
