"""Set-backs of ears measured in the picture, against their plan.

Across the root of an ear the finished picture is searched for its outline again. An ear that is set
back is seen narrower, and so is the strip of skin within its outline: each shift that is tried is
compared with the strip as it would look at that very shift, whatever was planned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.manipulation.ears import EarInPhoto, EarSetback
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.verification.effect_check import EffectCheck, EffectLimit
from landmarkdiff.verification.effects import LIMITED_BELOW
from landmarkdiff.verification.hindrances import NOT_ON_MESH
from landmarkdiff.verification.strips import STEP_PX, least_shift, sampled, shared

__all__ = ["MovedEar", "check_ears", "measure_ear", "read_ears"]

#: Strips of the photo that are searched for: so far within the outline and beyond it, mm.
INTO_MM, BEYOND_MM = 2.5, 0.6
#: They are searched for this much beyond what is planned, and beyond their own place, mm.
MARGIN_MM = 2.0
#: The outline is searched where it moves by at least this share of its widest part.
WIDE = 0.6
#: An outline is not found again more exactly than this, mm.
FLOOR_MM = 0.05
#: Samples along a strip at most; they lie farther apart in large photos.
MOST_SAMPLES = 24


@dataclass(frozen=True, eq=False)
class MovedEar:
    """How far the outline of an ear moved across its root, toward the face.

    Attributes
    ----------
    planned, found : (n,) float64 arrays
        By the warp, and in the finished picture; mm.
    """

    planned: FloatArray
    found: FloatArray

    @property
    def share(self) -> tuple[float, float]:
        """Found over planned by least squares, and its standard deviation."""
        whole = float((self.planned**2).sum())
        if whole <= 0.0:
            return 1.0, 0.0
        share = float((self.planned * self.found).sum()) / whole
        rest = self.found - share * self.planned
        deviation = max(1.4826 * float(np.median(np.abs(rest))), FLOOR_MM)
        return share, deviation / float(np.sqrt(whole / len(self.planned)))


def check_ears(checks: Sequence[EffectCheck], warp: WarpedPlan) -> tuple[EffectCheck, ...]:
    """Return the checks with what the warp does to ears, or why the photo does not show them."""
    made = list(checks)
    hidden = warp.ears.hidden or {}
    for place, item in enumerate(warp.plan.effects):
        if item.key in hidden:
            made[place] = replace(made[place], reason=hidden[item.key])
    for setback in warp.ears.setbacks:
        check = made[setback.place]
        carried = _carried(setback, warp)
        reached = setback.reached_at(check.planned)
        applied = reached * carried
        factor = applied / check.planned if check.planned else 1.0
        made[setback.place] = replace(
            check,
            applied=applied + 0.0,
            visible=setback.visible,
            reason="not_verified",
            factor=min(factor, 1.0),
            limits=tuple(_limits(setback, check.planned, carried, warp)),
        )
    return tuple(made)


def read_ears(
    checks: Sequence[EffectCheck], warp: WarpedPlan, photo: ImageArray, finished: ImageArray
) -> tuple[EffectCheck, ...]:
    """Return the checks with what the finished picture achieves at the ears.

    Parameters
    ----------
    checks : sequence of EffectCheck
        From :func:`check_ears`.
    warp : WarpedPlan
    photo, finished : (H, W, 3) uint8 arrays
        RGB.
    """
    made = list(checks)
    for setback in warp.ears.setbacks:
        check = made[setback.place]
        moved = measure_ear(photo, finished, setback.ear, _landed(setback, warp))
        share, deviation = moved.share
        shown = check.applied * check.visible
        made[setback.place] = replace(
            check, reason=None, achieved=shown * share, noise=abs(shown) * deviation
        )
    hidden = warp.ears.hidden or {}
    for place, item in enumerate(warp.plan.effects):
        if item.key in hidden:
            made[place] = replace(made[place], reason=hidden[item.key], achieved=None, noise=None)
        elif made[place].reason == NOT_ON_MESH:
            made[place] = checks[place]
    return tuple(made)


def _landed(setback: EarSetback, warp: WarpedPlan) -> FloatArray:
    """Where the warp brings the outline of an ear: (n, 2) pixels."""
    return warp.fitted.field.forward(setback.ear.points)


def _carried(setback: EarSetback, warp: WarpedPlan) -> float:
    """Share of its planned way that the warp gives to the outline of an ear."""
    planned = setback.squeeze_at(warp.plan.effects[setback.place].value)
    return setback.carried(warp.fitted.field) / planned if planned else 1.0


def _limits(
    setback: EarSetback, planned: float, carried: float, warp: WarpedPlan
) -> list[EffectLimit]:
    """What limits the set-back of an ear."""
    limits = []
    reached = setback.reached_at(planned) / planned if planned else 1.0
    if reached < LIMITED_BELOW:
        limits.append(EffectLimit("ear_contact", max(reached, 0.0)))
    mask = warp.mask
    for name in ("glasses", "cover"):
        if name in mask.limits:
            left = float(mask.grid.sample(mask.limits[name], setback.ear.points).mean())
            if left < LIMITED_BELOW:
                limits.append(EffectLimit(name, left))
    folded = float(warp.fitted.factors[setback.place])
    if folded < LIMITED_BELOW:
        limits.append(EffectLimit("fold", folded))
    elif len(limits) == int(reached < LIMITED_BELOW) and carried < 0.95:
        limits.append(EffectLimit("mask_edge", carried))
    return limits


def measure_ear(
    photo: ImageArray, finished: ImageArray, ear: EarInPhoto, landed: FloatArray
) -> MovedEar:
    """Find the outline of an ear again in a finished picture.

    Parameters
    ----------
    photo, finished : (H, W, 3) uint8 arrays
        RGB.
    ear : EarInPhoto
    landed : (n, 2) float64 array
        Where the warp brings its outline, pixels.
    """
    scale = ear.px_per_mm
    wide = np.flatnonzero((ear.widths > WIDE * ear.width_px) & (ear.shares > 0.9))
    points, widths = ear.points[wide], ear.widths[wide]
    inward = -ear.lateral
    planned = (landed[wide] - points) @ inward
    if not wide.size:
        return MovedEar(np.zeros(0), np.zeros(0))
    first = min(float(planned.min()), 0.0) - MARGIN_MM * scale
    last = min(max(float(planned.max()), 0.0) + MARGIN_MM * scale, 0.95 * float(widths.min()))
    shifts = np.arange(first, last, max(STEP_PX, (last - first) / 400.0))
    step = max(STEP_PX, (INTO_MM + BEYOND_MM) * scale / MOST_SAMPLES)
    deep = np.arange(-BEYOND_MM * scale, INTO_MM * scale, step)
    before = sampled(photo, points[:, None] + deep[:, None] * inward, cv2.INTER_LINEAR)
    # Within the outline the strip is narrower by the shift's share of the width; outside it is not.
    narrower = 1.0 - shifts / widths[:, None]
    along = np.where(deep > 0, deep * narrower[..., None], deep)
    places = points[:, None, None] + (shifts[:, None] + along)[..., None] * inward
    after = sampled(finished, places, cv2.INTER_LINEAR)
    mismatch = ((after - before[:, None]) ** 2).mean(axis=(2, 3))
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / scale if len(points) > 1 else 1
    found = least_shift(shared(mismatch, spacing), shifts)
    return MovedEar(planned / scale, found / scale)
