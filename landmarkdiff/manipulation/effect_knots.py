"""At which values of an effect its displacements are worked out, to be blended between them."""

from __future__ import annotations

import math

from landmarkdiff.procedures.plan import PlannedEffect
from landmarkdiff.procedures.planning import MAX_UNLOCKED_INTENSITY

__all__ = ["ROTATION_KNOT_DEG", "effect_knots"]

#: Between knots this far apart (degrees) a point 30 mm from the axis errs by 0.003 mm, which a fold
#: that gives way makes several times as much.
ROTATION_KNOT_DEG = 1.5


def effect_knots(item: PlannedEffect) -> list[float]:
    """Return values over all that an effect may be set to: ascending, 0 among them, in its unit.

    A shift is linear in its value, a rotation nearly so between knots near each other.
    """
    band = item.effect.band
    far = band.at(MAX_UNLOCKED_INTENSITY)
    back = 2.0 * band.reverse
    if item.effect.unit != "deg":
        return sorted({back, band.reverse, 0.0, band.typical, band.high, far})
    below = math.floor(min(back, far, 0.0) / ROTATION_KNOT_DEG)
    above = math.ceil(max(back, far, 0.0) / ROTATION_KNOT_DEG)
    return [ROTATION_KNOT_DEG * number for number in range(below, above + 1)]
