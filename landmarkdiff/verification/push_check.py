"""What became of every push by hand: planned, carried out, and seen in the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.pushes import CarriedPushes, Stroke
from landmarkdiff.procedures.manual import Push
from landmarkdiff.verification.effect_check import MIN_VISIBLE_SHARE
from landmarkdiff.verification.registration import register

__all__ = ["PushCheck", "check_pushes", "measure_pushes"]

#: A push is read at its start and on two rings around it, at these shares of its radius.
_RINGS = (0.2, 0.4)
_SPOKES = 8


@dataclass(frozen=True)
class PushCheck:
    """One push by hand in one picture.

    Attributes
    ----------
    push : Push
    visible : float
        Share of it that lies in the picture plane; 0 where its skin is turned away.
    applied : float
        How far the place goes that it was put down on, mm, on its own: less than planned where
        the skin would fold, and beside what must not move. Of a symmetric push the mean of the
        sides that the photo shows.
    share : float
        Share that was carried out so that the skin does not fold.
    achieved : float or None
        What of it the registered picture shows in its plane, mm: its own part in the movement
        that was measured. None before that, and where it does not show.
    overlaps : bool
        Whether another push moves the places that this one is read at: then the picture shows what
        all of them do there together, and ``achieved`` is the same share of each.
    """

    push: Push
    visible: float
    applied: float
    share: float
    achieved: float | None = None
    overlaps: bool = False

    @property
    def planned(self) -> float:
        """How far it was pulled, mm."""
        return self.push.length

    def to_dict(self) -> dict[str, Any]:
        """Return the check as JSON-ready data."""
        return {
            "radius_mm": round(self.push.radius, 2),
            "symmetric": self.push.symmetric,
            "planned_mm": round(self.planned, 3),
            "visible": round(self.visible, 3),
            "applied_mm": round(self.applied, 3),
            "not_folded_share": round(self.share, 3),
            "achieved_mm": None if self.achieved is None else round(self.achieved, 3),
            "overlaps": self.overlaps,
        }


def check_pushes(
    pushes: Sequence[Push], carried: CarriedPushes, face: FaceLandmarks
) -> tuple[PushCheck, ...]:
    """Check what pushes do by themselves; nothing is known yet of what the picture achieves."""
    checks = []
    for number, (push, stroke) in enumerate(zip(pushes, carried.strokes, strict=True)):
        shown = float(np.hypot(*stroke.vectors[0])) * face.scale.mm_per_px
        visible = 0.0 if stroke.hidden or not push.length else min(shown / push.length, 1.0)
        share = float(carried.shares[number])
        applied = push.length * share * float(carried.rooms[number])
        others = [other for other in carried.strokes if other is not stroke and not other.hidden]
        overlaps = any(_meet(stroke, other) for other in others)
        checks.append(PushCheck(push, visible, applied, share, overlaps=overlaps))
    return tuple(checks)


def measure_pushes(
    checks: Sequence[PushCheck],
    carried: CarriedPushes,
    before: ImageArray,
    after: ImageArray,
) -> tuple[PushCheck, ...]:
    """Return the checks with what a registration of both pictures finds of them.

    Parameters
    ----------
    checks : sequence of PushCheck
    carried : CarriedPushes
    before, after : (H, W, 3) uint8 arrays
        The finished picture of the plan, and the same after the pushes, RGB.
    """
    shown = [
        stroke if check.visible >= MIN_VISIBLE_SHARE and check.applied > 0 else None
        for check, stroke in zip(checks, carried.strokes, strict=True)
    ]
    boxes = [_box(stroke) for stroke in shown if stroke is not None]
    if not boxes:
        return tuple(checks)
    low = np.min([box[0] for box in boxes], axis=0).clip(0)
    high = np.max([box[1] for box in boxes], axis=0).clip(max=np.array(before.shape[1::-1]) - 1)
    x, y = np.floor(low).astype(int).tolist()
    width, height = (np.ceil(high - low).astype(int) + 1).clip(1).tolist()
    found = register(before, after, (x, y, width, height))
    read = []
    for check, stroke in zip(checks, shown, strict=True):
        if stroke is None:
            read.append(check)
            continue
        points = _places(stroke)
        meant = carried.field.forward(points) - points
        # The part of the movement that is there, where all pushes together move the skin.
        part = float((found.at(points) * meant).sum() / max((meant**2).sum(), 1e-12))
        read.append(replace(check, achieved=check.applied * check.visible * part))
    return tuple(read)


def _meet(stroke: Stroke, other: Stroke) -> bool:
    """Whether another stroke moves places that a stroke is read at."""
    away = np.hypot(*(_places(stroke)[:, None] - (other.starts + other.vectors)).T)
    return bool((away < other.radius).any())


def _places(stroke: Stroke) -> FloatArray:
    """Where a stroke is read: its starts and rings around them, (n, 2) pixels."""
    turns = 2.0 * np.pi * np.arange(_SPOKES) / _SPOKES
    ring = np.column_stack([np.cos(turns), np.sin(turns)]) * stroke.radius
    around = np.concatenate([np.zeros((1, 2)), *(share * ring for share in _RINGS)])
    return np.asarray((stroke.starts[:, None] + around).reshape(-1, 2))


def _box(stroke: Stroke) -> tuple[FloatArray, FloatArray]:
    """Corners of what a stroke reaches, pixels."""
    targets = stroke.starts + stroke.vectors
    return targets.min(axis=0) - stroke.radius, targets.max(axis=0) + stroke.radius
