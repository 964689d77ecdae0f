"""Effects measured on the contour of a finished profile, against their plan.

Along the normals of the photo's contour the finished picture is searched for a strip of skin that
ended at the contour before: that which the plan brings there, since a lip that is raised slides
along the contour, and its red comes to lie where skin was. How far it moved is compared, effect by
effect, with how far the plan moves the contour along the same normals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, IndexArray
from landmarkdiff.numerics import symmetric_inverse
from landmarkdiff.verification.effect_check import EffectCheck
from landmarkdiff.verification.strips import STEP_PX, least_shift, sampled, shared

__all__ = ["MovedContour", "contour_effects", "measure_contour"]

#: Strips of the photo that are searched for: so far into the face and beyond the contour, mm.
INTO_MM, BEYOND_MM = 2.0, 0.4
#: They are searched for this much beyond what is planned, and beyond their own place, mm.
MARGIN_MM = 1.5
#: An effect that moves the contour nowhere as far as this is read elsewhere, mm.
SHOWN_MM = 0.25
#: Residuals beyond this many robust standard deviations lose weight (Huber's constant).
HUBER = 1.345
#: A contour is not found again more exactly than this, mm.
FLOOR_MM = 0.03


@dataclass(frozen=True, eq=False)
class MovedContour:
    """How far a contour moved along its own normals.

    Attributes
    ----------
    planned, found : (n,) float64 arrays
        By the plan, and in the finished picture; mm, positive away from the head.
    by_effect : (e, n) float64 array
        Share of each effect in ``planned``.
    sure : (n,) bool array
        Where the contour is free, and can be found again.
    """

    planned: FloatArray
    found: FloatArray
    by_effect: FloatArray
    sure: BoolArray


def measure_contour(
    photo: ImageArray,
    finished: ImageArray,
    points: FloatArray,
    normals: FloatArray,
    steps: FloatArray,
    px_per_mm: float,
    free: BoolArray,
) -> MovedContour:
    """Find a contour again in a finished picture.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 arrays
        RGB.
    points, normals : (n, 2) float64 arrays
        The contour in the photo, pixels, evenly spaced, and where it looks away from the head.
    steps : (e, n, 2) float64 array
        How far each effect moves its points, pixels.
    px_per_mm : float
    free : (n,) bool array
        Points that nothing covers.
    """
    planned, brought = _along_normals(points, normals, points + steps.sum(axis=0))
    planned = planned / px_per_mm
    ahead = np.rint(np.nan_to_num(planned) * px_per_mm / STEP_PX).astype(np.intp)
    by_effect = (steps * normals).sum(axis=2) / px_per_mm
    most = float(np.nanmax(np.abs(planned), initial=0.0))
    count = round((most + MARGIN_MM) * px_per_mm / STEP_PX)  # as far as to where nothing moved
    reach = 2.0 * most + MARGIN_MM + STEP_PX / px_per_mm
    first = np.ceil((reach + INTO_MM) * px_per_mm / STEP_PX)
    last = np.ceil((reach + BEYOND_MM) * px_per_mm / STEP_PX)
    places = np.arange(-first, last + 1) * STEP_PX
    along = points[:, None] + normals[:, None] * places[:, None]
    before, after = (sampled(image, along, cv2.INTER_CUBIC) for image in (photo, finished))
    before = before[brought]
    own = (places >= -INTO_MM * px_per_mm) & (places <= BEYOND_MM * px_per_mm)
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / px_per_mm
    # Neighbours are asked together how far they are from where each of them is planned.
    around = np.arange(-count, count + 1)
    columns = ahead[:, None] + around + np.flatnonzero(own)[0]
    mismatch = np.take_along_axis(_mismatch(before[:, own], after), columns, axis=1)
    off = least_shift(shared(mismatch, spacing), np.asarray(around * STEP_PX, np.float64))
    found = (ahead * STEP_PX + off) / px_per_mm
    edge = np.abs(before[:, own][:, -1] - before[:, own][:, 0]).sum(axis=1) > 0
    sure = free & np.isfinite(planned) & edge
    return MovedContour(np.nan_to_num(planned), found, by_effect, sure)


def _along_normals(
    points: FloatArray, normals: FloatArray, moved: FloatArray
) -> tuple[FloatArray, IndexArray]:
    """Where the moved contour crosses the normal of each point, and which point comes there.

    (n,) pixels, nan where it does not, and (n,) indices, there the point's own.
    """
    found, brought = np.full(len(points), np.nan), np.arange(len(points))
    expected = ((moved - points) * normals).sum(axis=1)
    for row, (point, normal) in enumerate(zip(points, normals, strict=True)):
        away = moved - point
        along = away @ (-normal[1], normal[0])
        across = away @ normal
        crossing = np.flatnonzero((along[:-1] > 0) != (along[1:] > 0))
        if not crossing.size:
            continue
        share = along[crossing] / (along[crossing] - along[crossing + 1])
        height = across[crossing] * (1 - share) + across[crossing + 1] * share
        nearest = int(np.abs(height - expected[row]).argmin())
        found[row] = height[nearest]
        brought[row] = crossing[nearest] + round(float(share[nearest]))
    return found, brought


def _mismatch(strips: Float32Array, after: Float32Array) -> FloatArray:
    """Mean square difference of each strip at every shift: (n, shifts)."""
    width = strips.shape[1]
    count = after.shape[1] - width + 1
    total = np.empty((len(strips), count))
    for shift in range(count):
        total[:, shift] = ((after[:, shift : shift + width] - strips) ** 2).mean(axis=(1, 2))
    return total


def contour_effects(checks: Sequence[EffectCheck], moved: MovedContour) -> tuple[EffectCheck, ...]:
    """Return the checks with what the contour of the finished picture shows of them.

    Effects that the contour does not show stay as they are.
    """
    size = np.abs(moved.by_effect[:, moved.sure]).max(axis=1, initial=0.0)
    shown = np.flatnonzero(size > SHOWN_MM)
    if not shown.size:
        return tuple(checks)
    system = moved.by_effect[np.ix_(shown, moved.sure)].T
    rest = (moved.found - moved.planned)[moved.sure]
    amounts, deviation = _robust(system, rest)
    made = list(checks)
    for place, amount, spread in zip(shown, 1.0 + amounts, deviation, strict=True):
        check = made[int(place)]
        whole = check.planned * check.visible
        made[int(place)] = replace(
            check, reason=None, achieved=whole * float(amount), noise=abs(whole) * float(spread)
        )
    return tuple(made)


def _robust(system: FloatArray, wanted: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least squares with Huber's weights, and the standard deviations."""
    weight = np.ones(len(wanted))
    for _ in range(5):
        normal = system.T @ (system * weight[:, None])
        inverse = symmetric_inverse(normal, 1e-6)
        amounts = inverse @ (system.T @ (weight * wanted))
        left = np.abs(wanted - system @ amounts)
        deviation = max(1.4826 * float(np.median(left)), FLOOR_MM)
        weight = np.minimum(1.0, HUBER * deviation / np.maximum(left, 1e-12))
    return amounts, deviation * np.sqrt(np.diag(inverse))
