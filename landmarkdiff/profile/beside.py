"""What lies beside a cover of the contour, or below one, and is not believed either.

A thing has an end that its colour or its shape tells only roughly, and the skin next to it lies in
its shade. What hides the chin mostly goes on below it: a beard, a mask and a scarf have a lower
edge that is as clear as that of a neck. A collar that hides the neck has an upper one: a contour
that runs along it goes back from the chin and never down.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.profile.covers import MENTON, SUBLABIALE, Cover, parts, with_stretches
from landmarkdiff.profile.likeness import Likeness
from landmarkdiff.profile.outline import CORE
from landmarkdiff.profile.spans import runs

__all__ = ["with_beside"]

#: So far beside the ends of a thing, mm, nothing is believed; beside a beard more of it is. Hair of
#: the head ends in the skin.
_BESIDE_MM = 6.0
_THINGS = ("hand", "clothing", "unclear")
#: Points of the model between which a cover hides the chin, and the shortest that does, mm. What is
#: only unclear of the fold above it is the fold's own.
_CHIN, _CHIN_MM = (SUBLABIALE, MENTON + 1), 5.0
_BELOW_FOLD = SUBLABIALE + 2
#: How far a neck leads down from the menton at least, mm: on 29 of 30 bare rendered profiles it was
#: 34 and more, along collars 4 to 7.
_DOWN_MM = 10.0


def with_beside(covers: tuple[Cover, ...], points: FloatArray, like: Likeness) -> tuple[Cover, ...]:
    """Return the covers of a contour with what beside and below them is not believed.

    Parameters
    ----------
    covers : tuple of Cover
    points : (n, 2) float64 array
        The contour from the forehead down, pixels.
    like : Likeness
        The model on it.
    """
    count = len(points)
    part = parts(count, like)
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / like.px_per_mm
    margin = round(_BESIDE_MM / spacing)
    doubtful, told, things, beard = np.zeros((4, count), np.bool_)
    for cover in covers:
        if cover.kind != "border":
            told[cover.first : cover.last + 1] = True
            things[cover.first : cover.last + 1] = cover.kind != "unclear"
        wide = slice(max(0, cover.first - margin), cover.last + margin + 1)
        doubtful[wide] |= cover.kind in _THINGS
        beard[wide] |= cover.kind == "beard"
    for first, last in runs(told):
        top = _CHIN[0] if things[first : last + 1].any() else _BELOW_FOLD
        chin = (part > top) & (part < _CHIN[1])
        if chin[first : last + 1].sum() * spacing >= _CHIN_MM and part[last] < CORE.stop:
            doubtful[last:] = True
    doubtful |= _no_neck(points, part, like)
    more = with_stretches(covers, {"unclear": doubtful, "beard": beard}, count)
    return _joined(more)


def _joined(covers: tuple[Cover, ...]) -> tuple[Cover, ...]:
    """The covers, those of a kind that touch being one."""
    found: list[Cover] = []
    for cover in covers:
        touches = found and found[-1].kind == cover.kind and found[-1].last + 1 == cover.first
        found.append(replace(cover, first=found.pop().first) if touches else cover)
    return tuple(found)


def _no_neck(points: FloatArray, part: FloatArray, like: Likeness) -> BoolArray:
    """What follows the chin where it does not lead down to a neck: (n,) bool."""
    below = part > MENTON
    roll = np.radians(like.roll)
    down = points @ np.array([-np.sin(roll), np.cos(roll)]) / like.px_per_mm
    chin = down[min(int(like.nearest[MENTON]), len(points) - 1)]
    if below.any() and down[below].max() - chin < _DOWN_MM:
        return np.asarray(below)
    return np.zeros(len(points), np.bool_)
