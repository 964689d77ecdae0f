"""The free edge of an upper lip, where its colour begins: the landmarks lie below it."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.manipulation.eyes.opening import ring_outline
from landmarkdiff.manipulation.window import sampled

__all__ = ["BehindLip", "lip_edges", "unlike_lip", "upper_inner_lip"]

#: The corners in the ring of the inner lips: the patient's right one, then the left one.
_CORNERS = (0, 10)
#: The edge of a lip lies so far from the landmarks toward its outer border at least, mm; it is
#: looked for in steps, smoothed along so many of them, in the photo smoothed by this, mm.
_LEAST_MM, _STEP_MM, _SMOOTH, _CALM_MM = -0.5, 0.1, 7, 0.15
#: What is seen so far before the landmarks, and so far beyond the farthest edge, is compared, mm.
_BEFORE_MM, _BEYOND_MM = 1.0, 0.5
#: Where the colour of the lip is taken, shares of the way; teeth and gum differ from it by at least
#: this (CIELAB, chroma weighted), and by this share of what the opening does.
_BODY, _LEAST_APART, _APART_SHARE = (0.45, 0.55, 0.65), 9.0, 0.45
_CHROMA = np.array([1.0, 1.4, 1.4], np.float32)
_PAD = 4


#: Which places along the ways over a lip, (n, k, 3) CIELAB, are none of the lip, by the colour of
#: each way's own lip, (n, 3), and how far from the landmarks they lie, (k,) mm: (n, k).
BehindLip = Callable[[Float32Array, Float32Array, FloatArray], BoolArray]


def upper_inner_lip(face: FaceLandmarks) -> FloatArray:
    """Return the inner border of the upper lip by its landmarks: (n, 2) pixels, smooth."""
    inner = _ring(face, "inner_lips")
    return inner[len(inner) // 2 :]


def lip_edges(
    pixels: ImageArray, face: FaceLandmarks, most_mm: float, behind: BehindLip
) -> tuple[FloatArray, FloatArray]:
    """Return the edges of the lower and of the upper lip, the upper one as the photo shows it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The photo, RGB.
    face : FaceLandmarks
    most_mm : float
        The upper one lies so far from its landmarks at most.
    behind : callable
        What is seen below it.

    Returns
    -------
    (n, 2) float64 array
        Of the lower lip by its landmarks, from the patient's right corner; pixels.
    (n, 2) float64 array
        Of the upper one, from the left corner, point for point beside :func:`upper_inner_lip`.
    """
    inner, outer = _ring(face, "inner_lips"), _ring(face, "outer_lips")
    half = len(inner) // 2
    upper = _found(pixels, inner[half:], outer[half:], face.scale.mm_per_px, most_mm, behind)
    return inner[:half], upper


def _ring(face: FaceLandmarks, line: str) -> FloatArray:
    return ring_outline(face.points[list(LANDMARK_LINES[line]), :2], _CORNERS)


def unlike_lip(along: Float32Array, lip: Float32Array, steps: FloatArray) -> BoolArray:
    """What differs from a lip in its colour, as teeth and gum do: see :data:`BehindLip`."""
    apart = np.linalg.norm((along - lip[:, None]) * _CHROMA, axis=2)
    inside = apart[:, steps <= 0.5].max(axis=1)
    return np.asarray(apart > np.maximum(_LEAST_APART, _APART_SHARE * inside)[:, None], np.bool_)


def _found(
    pixels: ImageArray,
    inner: FloatArray,
    outer: FloatArray,
    mm: float,
    most_mm: float,
    behind: BehindLip,
) -> FloatArray:
    """Move the inner border of a lip, (n, 2), to where its colour begins toward the outer one."""
    low = np.maximum(np.floor(np.minimum(inner, outer).min(axis=0)).astype(int) - _PAD, 0)
    high = np.ceil(np.maximum(inner, outer).max(axis=0)).astype(int) + _PAD
    part = np.ascontiguousarray(pixels[low[1] : high[1], low[0] : high[0]])
    calm = cv2.GaussianBlur(part, (0, 0), max(_CALM_MM / mm, 0.4)).astype(np.float32)
    lab = np.asarray(cv2.cvtColor(calm / np.float32(255.0), cv2.COLOR_RGB2Lab), np.float32)
    way = outer - inner
    unit = way / np.maximum(np.hypot(*way.T)[:, None], 1e-6)
    steps = np.arange(-_BEFORE_MM, most_mm + _BEYOND_MM, _STEP_MM)
    start = inner - low
    along = sampled(lab, start[:, None] + unit[:, None] * (steps / mm)[:, None])
    body = sampled(lab, start[:, None] + way[:, None] * np.array(_BODY)[:, None])
    other = behind(along, np.median(body, axis=1), steps)
    own = round(_BEFORE_MM / _STEP_MM)  # the landmarks themselves
    last = np.where(other.any(axis=1), len(steps) - 1 - other[:, ::-1].argmax(axis=1), own)
    thick = np.hypot(*way.T) * mm
    shift = np.clip(steps[last], _LEAST_MM, np.minimum(most_mm, _BODY[0] * thick))
    padded = np.pad(shift, _SMOOTH, mode="edge").astype(np.float32)[None]
    smooth = cv2.GaussianBlur(cv2.medianBlur(cv2.medianBlur(padded, 5), 5), (0, 0), 3.0)
    # The corners stay.
    ends = np.minimum(np.arange(len(inner)), np.arange(len(inner))[::-1]) / (_SMOOTH + 1.0)
    shift = smooth[0, _SMOOTH:-_SMOOTH] * np.clip(ends, 0.0, 1.0)
    return np.asarray(inner + unit * (shift / mm)[:, None], np.float64)
