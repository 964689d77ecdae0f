"""Strips of a photo across an edge, found again in its finished picture."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray

__all__ = ["STEP_PX", "least_shift", "sampled", "shared"]

#: Between places along a strip, and between shifts, pixels.
STEP_PX = 0.25
#: Strips share their mismatch with their neighbours over this distance, mm.
SHARED_MM = 1.5
#: Pixels around the places that their interpolation may ask for.
_MARGIN_PX = 4


def sampled(image: ImageArray, places: FloatArray, interpolation: int) -> Float32Array:
    """Return the colours of an image, (H, W, 3) uint8, at places (..., m, 2) pixels: (..., m, 3).

    ``interpolation`` is OpenCV's; beyond the border the nearest pixel counts.
    """
    low = np.floor(places.reshape(-1, 2).min(axis=0)).astype(int) - _MARGIN_PX
    high = np.ceil(places.reshape(-1, 2).max(axis=0)).astype(int) + _MARGIN_PX + 1
    low = np.clip(low, 0, np.array(image.shape[1::-1]) - 1)
    part = image[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)]
    at = places.reshape(-1, places.shape[-2], 2).astype(np.float32) - low.astype(np.float32)
    # Two maps: OpenCV 5.0 reads a single one wrongly when it interpolates linearly.
    seen = cv2.remap(
        part.astype(np.float32),
        np.ascontiguousarray(at[..., 0]),
        np.ascontiguousarray(at[..., 1]),
        interpolation,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(seen.reshape(*places.shape[:-1], 3), np.float32)


def shared(mismatch: FloatArray, spacing_mm: float) -> FloatArray:
    """Return the mismatch of strips at every shift, (n, shifts), shared with their neighbours.

    ``spacing_mm`` lies between two strips.
    """
    sigma = max(SHARED_MM / max(spacing_mm, 1e-6), 0.1)
    return np.asarray(cv2.GaussianBlur(mismatch, (1, 0), 0.01, sigmaY=sigma), np.float64)


def least_shift(mismatch: FloatArray, shifts: FloatArray) -> FloatArray:
    """Return the shift of least mismatch of every row, between even steps by a parabola: (n,)."""
    best = mismatch.argmin(axis=1)
    inner = np.clip(best, 1, mismatch.shape[1] - 2)
    rows = np.arange(len(mismatch))
    left, middle, right = (mismatch[rows, inner + k] for k in (-1, 0, 1))
    bend = left - 2 * middle + right
    part = np.where(
        (bend > 1e-12) & (inner == best), 0.5 * (left - right) / np.maximum(bend, 1e-12), 0.0
    )
    return np.asarray(shifts[best] + np.clip(part, -0.5, 0.5) * (shifts[1] - shifts[0]))
