"""Pushes by hand, carried out on the finished picture of a plan.

They come last, one after another, on whatever picture the effects of the plan have led to. Each
asks every place where it came from: the displacement is the push times a kernel around the place
that it was pulled to. So the place under the brush follows it exactly, and a push that keeps its
bound folds nothing. ``ui/static/live/pushes.js`` works out the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, MaskArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.folds import MIN_JACOBIAN
from landmarkdiff.manipulation.grid import RegionGrid
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.push_room import PushRoom
from landmarkdiff.procedures.manual import Push

__all__ = [
    "GIVE_WAY_ROUNDS",
    "LEAST_MET",
    "CarriedPushes",
    "Stroke",
    "carry_pushes",
    "push_kernel",
    "strokes_of",
]

#: Halvings by which it is found how far a push goes that would fold the skin.
GIVE_WAY_ROUNDS = 7
#: The kernel's own middle is not made up for beyond this.
LEAST_MET = 0.5
#: A node moved by less than this (pixels) does not move.
_STILL_PX = 1e-6


@dataclass(frozen=True)
class Stroke:
    """A push as it shows in one photo.

    Attributes
    ----------
    starts : (k, 2) float64 array
        Where it begins, image frame, pixels; two where it is symmetric.
    vectors : (k, 2) float64 array
        How far it is pulled there, pixels.
    radius : float
        Pixels.
    hidden : bool
        Whether the skin that it begins on is turned away in this photo: then nothing moves.
    """

    starts: FloatArray
    vectors: FloatArray
    radius: float
    hidden: bool = False

    def scaled(self, share: float) -> Stroke:
        """Return the stroke pulled by a share of its way."""
        return Stroke(self.starts, share * self.vectors, self.radius, self.hidden)


@dataclass(frozen=True, eq=False)
class CarriedPushes:
    """Pushes carried out on a photo.

    Attributes
    ----------
    field : DisplacementField
        All together, by which the finished picture is warped once more.
    coverage : (rows, columns) uint8 array
        255 where they may change a pixel, at the nodes of the field; 0 elsewhere.
    strokes : tuple of Stroke
        As planned.
    shares : (n,) float64 array
        Share of its way that each goes, so that the skin does not fold; 0 where it is hidden.
    rooms : (n,) float64 array
        Share of it that the place takes that it is pulled to, see :class:`PushRoom`.
    """

    field: DisplacementField
    coverage: MaskArray
    strokes: tuple[Stroke, ...]
    shares: FloatArray
    rooms: FloatArray

    def warp(self, picture: ImageArray) -> ImageArray:
        """Return a picture (H, W, 3) uint8 RGB after the pushes; pixels elsewhere stay."""
        return self.field.warp(picture, self.coverage)


def push_kernel(distance: FloatArray) -> FloatArray:
    """Wendland's C2 function of the distance in radii: 1 at 0, exactly 0 from 1 on.

    Examples
    --------
    >>> push_kernel(np.array([0.0, 0.5, 1.0, 2.0])).tolist()
    [1.0, 0.1875, 0.0, 0.0]
    """
    inside = np.maximum(1.0 - distance, 0.0)
    return np.asarray(inside**4 * (4.0 * distance + 1.0))


def strokes_of(pushes: Sequence[Push], face: FaceLandmarks, visible: BoolArray) -> list[Stroke]:
    """Return pushes as they show in a photo.

    Parameters
    ----------
    pushes : sequence of Push
        Millimetres in the face frame.
    face : FaceLandmarks
    visible : (478,) bool array
        Landmarks whose skin faces the camera.
    """
    points = face.points_mm
    strokes = []
    for push in pushes:
        both = [push, push.mirrored()] if push.symmetric else [push]
        # A side that is turned away is not pushed: what lies before it there is another place.
        seen = [each for each in both if visible[_nearest(points, each)]]
        sides = seen or both[:1]
        starts = np.array([each.start for each in sides])
        strokes.append(
            Stroke(
                (face.origin_px + face.project(starts))[:, :2],
                face.project(np.array([each.vector for each in sides]))[:, :2],
                push.radius / face.scale.mm_per_px,
                not seen,
            )
        )
    return strokes


def _nearest(points: FloatArray, push: Push) -> int:
    """The landmark that is nearest to where a push begins."""
    return int(((points - np.array(push.start)) ** 2).sum(axis=1).argmin())


def carry_pushes(prepared: PreparedFace, room: PushRoom, pushes: Sequence[Push]) -> CarriedPushes:
    """Carry out pushes by hand on a photo, in their order.

    One that would fold the skin, with those before it, goes only as far as it does not: the
    determinant stays above a quarter, as the warp's.

    Parameters
    ----------
    prepared : PreparedFace
    room : PushRoom
        Of this photo.
    pushes : sequence of Push

    Examples
    --------
    >>> from landmarkdiff.clinical import ClinicalFlags
    >>> from landmarkdiff.manipulation.push_room import push_room
    >>> prepared = PreparedFace(portrait, face)
    >>> room = push_room(prepared, ClinicalFlags())
    >>> jaw = tuple(face.points_mm[172].tolist())
    >>> up = Push(start=jaw, vector=(0.0, 3.0, 0.0), radius=15.0)
    >>> carried = carry_pushes(prepared, room, [up])
    >>> moved = carried.field.forward(carried.strokes[0].starts) - carried.strokes[0].starts
    >>> float((np.hypot(*moved[0]) * face.scale.mm_per_px).round(1))
    3.0
    """
    strokes = strokes_of(pushes, prepared.landmarks, prepared.visible)
    grid, share = room.grid, room.share
    displacement = np.zeros((*grid.shape, 2))
    shares = np.zeros(len(strokes))
    rooms = np.ones(len(strokes))
    for number, stroke in enumerate(strokes):
        rooms[number] = grid.sample(share, stroke.starts + stroke.vectors).mean()
        if not stroke.hidden:
            displacement, shares[number] = _with_stroke(displacement, grid, share, stroke)
    moves = (np.abs(displacement) > _STILL_PX).any(axis=2)
    displacement[~moves] = 0.0
    coverage = np.where(moves, 255, 0).astype(np.uint8)
    field = DisplacementField(grid, displacement.astype(np.float32))
    return CarriedPushes(field, coverage, tuple(strokes), shares, rooms)


def _with_stroke(
    before: FloatArray, grid: RegionGrid, room: Float32Array, stroke: Stroke
) -> tuple[FloatArray, float]:
    """Return the displacement after one more stroke, and the share of its way that it goes."""
    after, least = _added(before, grid, room, stroke)
    if least >= MIN_JACOBIAN:
        return after, 1.0
    low, high, kept = 0.0, 1.0, before
    for _ in range(GIVE_WAY_ROUNDS):
        middle = 0.5 * (low + high)
        after, least = _added(before, grid, room, stroke.scaled(middle))
        if least >= MIN_JACOBIAN:
            low, kept = middle, after
        else:
            high = middle
    return kept, low


def _added(
    before: FloatArray, grid: RegionGrid, room: Float32Array, stroke: Stroke
) -> tuple[FloatArray, float]:
    """The displacement (rows, columns, 2) of the strokes so far, then of this one; pixels.

    And the least determinant where this one acts.
    """
    after = before.copy()
    targets = stroke.starts + stroke.vectors
    rows, columns = _around(grid, targets, stroke.radius)
    xs, ys = grid.lines
    nodes = np.stack(np.meshgrid(xs[columns], ys[rows]), axis=-1).astype(np.float64)
    own = np.zeros(nodes.shape)
    for target, vector in zip(targets, stroke.vectors, strict=True):
        away = np.hypot(nodes[..., 0] - target[0], nodes[..., 1] - target[1])
        full = vector / _met(grid, target, stroke.radius)
        own -= push_kernel(away / stroke.radius)[..., None] * full
    if len(targets) > 1:
        # Both sides reach a place near the midline: what is alike in them is not done twice.
        apart = np.array(np.hypot(*(targets[1] - targets[0])) / stroke.radius)
        own /= 1.0 + float(push_kernel(apart))
    own *= room[rows, columns, None]
    place = (nodes + own).reshape(-1, 2)
    after[rows, columns] = own + _sampled(before, grid, place).reshape(own.shape)
    # A node more on each side: there it goes over into what lies around.
    wider = tuple(slice(max(part.start - 1, 0), part.stop + 1) for part in (rows, columns))
    return after, _least(after[wider], grid.step)


def _met(grid: RegionGrid, target: FloatArray, radius: float) -> float:
    """What is left of a kernel in its own middle, linear between the nodes; 1 in small cells."""
    xs, ys = grid.lines
    place = (target - (float(xs[0]), float(ys[0]))) / grid.step
    inner = place - np.floor(place)
    met = 0.0
    for right, share_x in ((0, 1.0 - inner[0]), (1, inner[0])):
        for down, share_y in ((0, 1.0 - inner[1]), (1, inner[1])):
            away = np.hypot(right - inner[0], down - inner[1]) * grid.step
            met += share_x * share_y * float(push_kernel(np.array(away / radius)))
    return max(met, LEAST_MET)


def _sampled(values: FloatArray, grid: RegionGrid, points: FloatArray) -> FloatArray:
    """Values (rows, columns, 2) at points (n, 2) of the photo, bilinear: (n, 2)."""
    rows, columns = grid.shape
    xs, ys = grid.lines
    x = np.clip((points[:, 0] - float(xs[0])) / grid.step, 0.0, columns - 1.0)
    y = np.clip((points[:, 1] - float(ys[0])) / grid.step, 0.0, rows - 1.0)
    column = np.minimum(x.astype(np.intp), columns - 2)
    row = np.minimum(y.astype(np.intp), rows - 2)
    right, down = (x - column)[:, None], (y - row)[:, None]
    upper = values[row, column] * (1 - right) + values[row, column + 1] * right
    lower = values[row + 1, column] * (1 - right) + values[row + 1, column + 1] * right
    return np.asarray(upper * (1 - down) + lower * down)


def _around(grid: RegionGrid, targets: FloatArray, radius: float) -> tuple[slice, slice]:
    """Rows and columns of the nodes within a radius of some places, pixels."""
    xs, ys = grid.lines
    first = (targets.min(axis=0) - radius - (xs[0], ys[0])) / grid.step
    last = (targets.max(axis=0) + radius - (xs[0], ys[0])) / grid.step
    rows, columns = grid.shape
    low = np.clip(np.floor(first).astype(int), 0, (columns, rows))
    high = np.clip(np.ceil(last).astype(int) + 1, low, (columns, rows))
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _least(displacement: FloatArray, step: int) -> float:
    """Least determinant of the Jacobian of a map given at nodes (rows, columns, 2), pixels."""
    across, down = np.diff(displacement, axis=1) / step, np.diff(displacement, axis=0) / step
    least = 1.0
    for row in (slice(None, -1), slice(1, None)):
        for column in (slice(None, -1), slice(1, None)):
            right, below = across[row], down[:, column]
            corner = (1.0 + right[..., 0]) * (1.0 + below[..., 1]) - right[..., 1] * below[..., 0]
            least = min(least, float(corner.min(initial=1.0)))
    return least
