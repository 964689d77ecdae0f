"""Lens rims: found below the lids and at the temple, where no brow is.

A brow is a ridge too, and so is a crease at the nasal root; but neither goes on below the eye.
So every lens outline is tried around either eye, and what counts is the weakest part of the best
one, over what outlines find in this person's skin anyway: noise and creases have outlines too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.glasses.band import BAND_ORIGIN, BAND_PX
from landmarkdiff.glasses.frame import lens_outlines
from landmarkdiff.glasses.ridges import CHANNEL_WEIGHT, side_contrasts

__all__ = ["RimStrength", "oriented_ridges", "rim_strength"]

FloatArray = NDArray[np.float32]

#: Widths of a rim that are looked for, and the gap to the skin on either side, units.
_WIDTHS = (1.0, 2.0, 3.2, 4.6)
_GAP = 0.5
#: Directions across a rim.
_DIRECTIONS = 8
#: More contrast than this says no more (CIELAB units, chroma weighted).
_CAP = np.array([12.0, 8.0, 8.0], np.float32) * CHANNEL_WEIGHT
_PAD = 14
#: A part of a rim counts as its lower quartile, so that a gap, a lash or a glint does not decide.
_PART_SHARE = 0.25
#: A part of an outline with fewer points in the band is not judged.
_LEAST_POINTS = 4


@dataclass(frozen=True)
class RimStrength:
    """Contrast of the weakest part of the best rim around one eye, CIELAB units.

    Attributes
    ----------
    below : float
        Of a rim below the lid and at the temple.
    above : float
        Of a rim above the eye and beside the nose: what a half-rim frame has.
    """

    below: float
    above: float


def oriented_ridges(band: FloatArray, eye_area: NDArray[np.uint8]) -> FloatArray:
    """Contrast of ridges across each direction, at half the band's resolution.

    Parameters
    ----------
    band : (h, w, 3) float32 array
        CIELAB.
    eye_area : (h, w) uint8 array
        1 where eyes and lids are; there is no ridge there.

    Returns
    -------
    (8, h / 2, w / 2) float32 array
        Darker or lighter than the weaker side, CIELAB units; the strongest within one pixel.
    """
    half = cv2.resize(band, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    height, width = half.shape[:2]
    padded = cv2.copyMakeBorder(half, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REPLICATE)
    padded = (padded * CHANNEL_WEIGHT).astype(np.float32)
    sides = cv2.split(cv2.blur(padded, (3, 3)))
    found = np.zeros((_DIRECTIONS, height, width), np.float32)
    for units in _WIDTHS:
        pixels = max(1, round(units * BAND_PX / 2))
        centres = cv2.split(cv2.blur(padded, (pixels, pixels)))
        reach = pixels / 2 + _GAP * BAND_PX / 2 + 1
        for number in range(_DIRECTIONS):
            angle = np.pi * number / _DIRECTIONS
            steps = round(reach * np.cos(angle)), round(reach * np.sin(angle))
            channels = side_contrasts(sides, centres, steps, _PAD)
            for (darker, lighter), cap in zip(channels, _CAP, strict=True):
                ridge = np.minimum(cv2.max(darker, lighter), cap)
                np.maximum(found[number], ridge, out=found[number])
    eyes = cv2.resize(eye_area, (width, height), interpolation=cv2.INTER_NEAREST) > 0
    found[:, eyes] = 0.0
    near = np.ones((3, 3), np.uint8)
    return np.stack([cv2.dilate(ridges, near) for ridges in found]).astype(np.float32)


def rim_strength(ridges: FloatArray, middle_x: float, eyes_y: float, side: int) -> RimStrength:
    """Look for the rim of one lens.

    Parameters
    ----------
    ridges : (8, h / 2, w / 2) float32 array
        From :func:`oriented_ridges`.
    middle_x, eyes_y : float
        Midline of the nose and height of the eyes, band units.
    side : {-1, 1}
        The patient's right or left eye.
    """
    lenses = _lenses()
    across = lenses.across if side > 0 else (_DIRECTIONS - lenses.across) % _DIRECTIONS
    x = (middle_x + side * lenses.points[..., 0] - BAND_ORIGIN[0]) * BAND_PX / 2
    y = (eyes_y + lenses.points[..., 1] - BAND_ORIGIN[1]) * BAND_PX / 2
    height, width = ridges.shape[1:]
    seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    columns = np.clip(np.round(x).astype(np.intp), 0, width - 1)
    rows = np.clip(np.round(y).astype(np.intp), 0, height - 1)
    contrast = ridges[across, rows, columns]
    lower, outer, upper, inner = (
        _part(contrast, part & seen)
        for part in (lenses.lower, lenses.outer, lenses.upper, lenses.inner)
    )
    return RimStrength(
        below=_beyond_usual(np.minimum(lower, outer)), above=_beyond_usual(np.minimum(upper, inner))
    )


def _part(contrast: FloatArray, part: NDArray[np.bool_]) -> FloatArray:
    """Lower quartile of the contrast over a part of each outline; 0 where it is not judged."""
    ordered = np.sort(np.where(part, contrast, np.float32(np.inf)), axis=1)
    count = part.sum(axis=1)
    place = np.maximum((_PART_SHARE * (count - 1)).astype(np.intp), 0)
    value = ordered[np.arange(len(ordered)), place]
    return np.where(count >= _LEAST_POINTS, value, np.float32(0.0))


def _beyond_usual(strength: FloatArray) -> float:
    """Strength of the best outline beyond what outlines usually find in this band."""
    return float(strength.max() - np.median(strength))


@dataclass(frozen=True)
class _Lenses:
    """Outlines of the left lens: points (n, p, 2), the direction across each, and the parts."""

    points: FloatArray
    across: NDArray[np.intp]
    lower: NDArray[np.bool_]
    outer: NDArray[np.bool_]
    upper: NDArray[np.bool_]
    inner: NDArray[np.bool_]


@cache
def _lenses() -> _Lenses:
    points = lens_outlines()[:, :-1]  # the last point is the first one again
    along = np.roll(points, -1, axis=1) - np.roll(points, 1, axis=1)
    angle = np.mod(np.arctan2(-along[..., 0], along[..., 1]), np.pi)
    across = np.round(angle * _DIRECTIONS / np.pi).astype(np.intp) % _DIRECTIONS
    low, high = points.min(axis=1, keepdims=True), points.max(axis=1, keepdims=True)
    out, down = np.moveaxis((2.0 * points - low - high) / (high - low), -1, 0)
    return _Lenses(
        points=points,
        across=across,
        lower=down > 0.25,
        outer=(out > 0.45) & (np.abs(down) < 0.75),
        upper=down < -0.25,
        inner=(out < -0.55) & (np.abs(down) < 0.6),
    )
