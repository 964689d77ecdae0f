"""How far the bridge of a nose lies behind the straight line from its root to its tip."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.inference.profile_facts import forward_in_photo, points_of
from landmarkdiff.manipulation.on_profile import PreparedProfile, profile_motion
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.notices import Notice

__all__ = ["MOST_BEHIND_MM", "behind_line", "dorsum_notices"]

#: A dorsum up to about 2 mm behind the line from nasion to pronasale is what textbooks of
#: rhinoplasty ask for in women, on the line or little behind it in men (general). A millimetre
#: more is said.
MOST_BEHIND_MM = 3.0
#: A plan that carries the dorsum back by less than this has not made it so, mm.
_LEAST_DEEPER_MM = 0.5
#: The effect that does so; of others nothing is said.
_HUMP = "dorsal_hump"


def dorsum_notices(prepared: PreparedFace, warp: WarpedPlan) -> Iterator[Notice]:
    """Yield what there is to say of a bridge that a plan hollows out.

    Parameters
    ----------
    prepared : PreparedFace
        Of others than profiles nothing is known.
    warp : WarpedPlan
    """
    lowered = any(item.effect.name == _HUMP and item.value < 0 for item in warp.plan.effects)
    if not lowered or not isinstance(prepared, PreparedProfile):
        return
    motion = profile_motion(prepared, warp.plan, warp.flags)
    steps = motion.contour_steps(warp.deformation).sum(axis=0)
    steps = (
        steps * motion.mask.grid.sample(motion.mask.carried_share, motion.shown.contour)[:, None]
    )
    points = points_of(prepared)
    if not {"nasion", "pronasale"} <= points.keys():
        return
    contour = motion.shown.contour
    ends = (points[name].place for name in ("nasion", "pronasale"))
    first, last = sorted(int(np.hypot(*(contour - end).T).argmin()) for end in ends)
    forward = forward_in_photo(prepared)
    before, after = (
        behind_line(line[first : last + 1], forward) / prepared.camera.px_per_mm
        for line in (contour, contour + steps)
    )
    if after > MOST_BEHIND_MM and after > before + _LEAST_DEEPER_MM:
        yield Notice.of("dorsum_hollow", mm=round(after, 1), before_mm=round(before, 1))


def behind_line(line: FloatArray, forward: FloatArray) -> float:
    """How far a line lies behind the straight one between its ends at most; 0 where nowhere.

    Parameters
    ----------
    line : (n, 2) float64 array
    forward : (2,) float64 array
        The side that is not behind.
    """
    way = line[-1] - line[0]
    across = np.array([-way[1], way[0]]) / max(float(np.hypot(*way)), 1e-9)
    if across @ forward < 0:
        across = -across
    return max(0.0, -float(((line - line[0]) @ across).min()))
