"""The pushes by hand on the finished picture of a plan: carried out, checked, told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.push_room import push_room
from landmarkdiff.manipulation.pushes import CarriedPushes, carry_pushes
from landmarkdiff.manipulation.warp import WarpedPlan
from landmarkdiff.notices import Notice
from landmarkdiff.verification.push_check import PushCheck, check_pushes, measure_pushes

__all__ = ["PushedPicture", "farthest_mm", "measured", "push_notices", "pushed"]

#: A push that is carried out by less than this is said to give way.
_WHOLE = 0.97


@dataclass(frozen=True, eq=False)
class PushedPicture:
    """A finished picture after the pushes by hand.

    Attributes
    ----------
    image : (H, W, 3) uint8 array
        RGB.
    carried : CarriedPushes
    checks : tuple of PushCheck
        One for each push of the plan.
    """

    image: ImageArray
    carried: CarriedPushes
    checks: tuple[PushCheck, ...]

    def widened(self, mask: ImageArray) -> ImageArray:
        """Return a mask (H, W) uint8 together with where the pushes may change the picture."""
        blank = np.zeros_like(mask)
        grid = self.carried.field.grid
        rows, columns = grid.within(mask.shape[1], mask.shape[0])
        enlarged = grid.enlarge(self.carried.coverage)[rows, columns]
        blank[
            grid.y + rows.start : grid.y + rows.stop,
            grid.x + columns.start : grid.x + columns.stop,
        ] = np.asarray(enlarged, np.uint8)
        return np.maximum(mask, blank)


def pushed(prepared: PreparedFace, warp: WarpedPlan, picture: ImageArray) -> PushedPicture | None:
    """Carry out the pushes of a plan on its finished picture.

    Parameters
    ----------
    prepared : PreparedFace
    warp : WarpedPlan
    picture : (H, W, 3) uint8 array
        RGB.

    Returns
    -------
    PushedPicture or None
        None where the plan has no pushes, and in a profile: they lie on the face mesh.
    """
    pushes = warp.plan.manual
    if not pushes or isinstance(prepared, PreparedProfile):
        return None
    carried = carry_pushes(prepared, push_room(prepared, warp.flags), pushes)
    checks = check_pushes(pushes, carried, prepared.landmarks)
    return PushedPicture(carried.warp(picture), carried, checks)


def measured(picture: PushedPicture, before: ImageArray) -> PushedPicture:
    """Return the picture with its pushes measured against the one (``before``) without them."""
    checks = measure_pushes(picture.checks, picture.carried, before, picture.image)
    return replace(picture, checks=checks)


def farthest_mm(
    source: FaceLandmarks, target: FaceLandmarks, picture: PushedPicture | None
) -> float:
    """Return the longest way of a landmark, pushes included, or of a place that one moves, mm."""
    moved = target.points - source.points
    own = [0.0]
    if picture is not None:
        places = target.points[:, :2]
        moved[:, :2] += picture.carried.field.forward(places) - places
        own += [check.applied * check.visible for check in picture.checks]
    return max(float(np.linalg.norm(moved, axis=1).max() * source.scale.mm_per_px), *own)


def push_notices(
    prepared: PreparedFace, warp: WarpedPlan, picture: PushedPicture | None
) -> Iterator[Notice]:
    """Yield what has to be told of pushes by hand, once for all of them."""
    pushes = warp.plan.manual
    if not pushes:
        return
    if picture is None:
        yield Notice.of("pushes_not_on_profile", count=len(pushes))
        return
    farthest = max(push.length for push in pushes)
    yield Notice.of("pushes_by_hand", count=len(pushes), mm=round(farthest, 1))
    hidden = sum(check.visible == 0.0 and check.planned > 0.0 for check in picture.checks)
    if hidden:
        yield Notice.of("pushes_hidden", count=hidden)
    given_way = [
        check.applied / check.planned
        for check in picture.checks
        if check.visible and check.applied < _WHOLE * check.planned
    ]
    if given_way:
        yield Notice.of(
            "pushes_give_way", count=len(given_way), percent=round(100 * min(given_way))
        )
