"""What lies between the lips, taken out of a photo and continued behind them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.manipulation.eyes.opening import eye_depth
from landmarkdiff.manipulation.front.fill import extended
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.window import PhotoWindow, in_levels

__all__ = ["SEEN_MM", "completed_mouth"]

#: So deep inside the outline what lies behind the lips begins, and from so deep on it is all, mm.
_MARGIN_MM = (0.1, 0.6)
#: From so deep on it tells how it goes on behind the lips, mm: nearer, the edge of a lip is in it.
SEEN_MM = 0.5
#: The shadow of the upper lip ends between these depths, mm. By these shares its red is less than
#: that of what it lies on: of gum beside tooth it is by less. It is the mean over these distances
#: along the lip and across it, mm.
_SHADED_MM, _SHADOW, _ALONG_MM = (1.0, 2.0), (0.3, 0.5), (1.0, 0.2)
#: Gum is redder than teeth by so much (CIELAB a*), and seen on at least this share of what lies
#: less deep than this, mm: then tooth goes over into gum so far behind the lip, mm.
_REDDER, _LEAST_GUM, _GUM_MM, _CROWN_MM = 6.0, 0.15, 3.0, (0.3, 1.3)
#: A place with more than this share of its light tells how it goes on, too.
_LIT = 0.8


def completed_mouth(
    pixels: ImageArray, outline: FloatArray, mm_per_px: float, window: PhotoWindow
) -> tuple[ImageArray, NDArray[np.uint8]]:
    """Return what lies between the lips in a window, and how much of each place it is.

    What is seen goes on behind the lips: gum as gum, and tooth over into gum where the photo shows
    some. The shadow of a lip belongs to the lip.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The photo, RGB.
    outline : (n, 2) float64 array
        Of the opening, pixels; the lower lip is its first half.
    mm_per_px : float
    window : PhotoWindow

    Returns
    -------
    (rows, columns, 3) uint8 array
    (rows, columns) uint8 array
        In steps of 1/255.
    """
    depth = eye_depth(window, outline, mm_per_px)
    shown, cells_per_mm = window.of(pixels), 1.0 / (window.step * mm_per_px)
    lit = 1.0 - _shadow_of_lip(shown, depth, cells_per_mm)
    seen = depth > SEEN_MM
    if (seen & (lit > _LIT)).any():
        seen &= lit > _LIT
    whole = extended(shown, seen, cells_per_mm)
    upper = _above(window, outline)
    gum = _colour_of_gum(shown, seen & upper, depth)
    if gum is not None:
        away = cv2.distanceTransform((~seen).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        far = np.asarray(away / np.float32(cells_per_mm), np.float32)
        share = (smoothstep(far, *_CROWN_MM) * upper)[..., None]
        whole = whole + share * (gum - whole)
    matte = np.float32(255.0) * lit * smoothstep(depth, *_MARGIN_MM)
    return in_levels(whole), in_levels(matte)


def _above(window: PhotoWindow, outline: FloatArray) -> BoolArray:
    """Which places of a window are nearer to the upper lip than to the lower: (rows, columns)."""
    half = len(outline) // 2
    away = []
    for lip in (outline[half:], outline[:half]):
        drawn = np.ones((window.rows, window.columns), np.uint8)
        cells = np.rint((lip - (window.x, window.y)) / window.step).astype(np.int32)
        cv2.polylines(drawn, [cells], False, 0)
        away.append(cv2.distanceTransform(drawn, cv2.DIST_L2, cv2.DIST_MASK_PRECISE))
    return np.asarray(away[0] < away[1], np.bool_)


def _colour_of_gum(
    shown: Float32Array, seen: BoolArray, depth: Float32Array
) -> Float32Array | None:
    """The colour of the gum below an upper lip: (3,); None where hardly any is to be seen."""
    beside = seen & (depth < _GUM_MM)
    if not beside.any():
        return None
    lab = cv2.cvtColor(shown / np.float32(255.0), cv2.COLOR_RGB2Lab)
    tooth = np.median(lab[seen & (lab[..., 0] >= np.median(lab[seen][:, 0]))], axis=0)
    gum = beside & (lab[..., 1] > tooth[1] + _REDDER) & (lab[..., 0] > 0.5 * tooth[0])
    if gum.sum() < _LEAST_GUM * beside.sum():
        return None
    return np.asarray(np.median(shown[gum], axis=0), np.float32)


def _shadow_of_lip(shown: Float32Array, depth: Float32Array, cells_per_mm: float) -> Float32Array:
    """How much each place of the opening is in the shadow of a lip: (rows, columns), 0 to 1.

    It belongs to the lip, and goes with it: left behind, it would be a dark band over the teeth.
    """
    # What it would be without a shadow is smooth: half the cells tell it.
    half = (depth.shape[1] // 2, depth.shape[0] // 2)
    few, deep = (cv2.resize(each, half, interpolation=cv2.INTER_AREA) for each in (shown, depth))
    clear = np.asarray(deep > _SHADED_MM[1], np.bool_)
    if not clear.any():
        return np.zeros(depth.shape, np.float32)
    lit = extended(np.asarray(few, np.float32), clear, 0.5 * cells_per_mm)[..., 0]
    lit = np.asarray(cv2.resize(lit, depth.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
    darker = (lit - shown[..., 0]) / np.maximum(lit, np.float32(1.0))
    inside = (depth > 0.0).astype(np.float32)
    sigmas = [sigma * cells_per_mm for sigma in _ALONG_MM]
    mean, weight = (
        cv2.GaussianBlur(each, (0, 0), sigmaX=sigmas[0], sigmaY=sigmas[1])
        for each in (np.clip(darker, 0.0, _SHADOW[1]) * inside, inside)
    )
    share = np.asarray(mean / np.maximum(weight, np.float32(1e-3)), np.float32)
    shadow = smoothstep(share, *_SHADOW) * (1.0 - smoothstep(depth, *_SHADED_MM))
    return np.asarray(shadow * inside, np.float32)
