"""Misplaced landmarks put right by hand.

A dragged landmark goes exactly where the hand puts it, and the skin around follows. The drag is
carried out as a flow: at every moment the landmark under way carries its neighbours along, the
less the farther these are. A flow has no folds, and the same way back undoes it; only single
large triangles of the mesh, whose corners lie beyond its reach, can turn over (a quarter to a
half of one, of 852, for each drag of 5 mm).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.scale import estimate_scale, interpupillary_px
from landmarkdiff.notices import Notice

__all__ = ["MAX_NUDGE_MM", "REACH_MM", "REACH_PER_WAY", "nudge"]

Move = tuple[float, float]

#: Longer ways are no correction of a landmark; the face was not found then.
MAX_NUDGE_MM = 15.0
#: Landmarks farther than this (mm, and so much for each mm of the way) from a dragged one stay
#: where they are; half as much follows at a third of it. The network misplaces neighbours
#: together over a few millimetres, and the more of them the farther it is off.
REACH_MM = 10.0
REACH_PER_WAY = 1.5
#: Depth counts for a third: a nose in front of a far cheek does not take the cheek along, and
#: the steep sides of a nose still follow its ridge.
DEPTH_SHARE = 1.0 / 3.0
#: Steps of the flow, by the classic Runge-Kutta rule: there and back is exact to a micrometre.
_STEPS = 24
#: Right and left iris: the centre, then the rim.
_IRISES = (tuple(range(468, 473)), tuple(range(473, 478)))
_CANTHI = frozenset((33, 133, 263, 362))
_FIRST_IRIS_POINT = 468

#: Notices of photos whose scale is less sure than their irises say.
_LESS_SURE = {"photo_stretched", "photo_blurred", "photo_dark"}


def nudge(
    face: FaceLandmarks, moves: Mapping[int, Move], *, pause: Callable[[], object] | None = None
) -> FaceLandmarks:
    """Drag landmarks to where they belong.

    Each landmark named goes exactly to its place plus its move; skin within a few millimetres
    of it follows smoothly, the rest stays. An iris moves by itself: as a whole with its centre,
    while a point of its rim moves alone. Depth and pose stay. The scale is measured again where
    an iris or a canthus was moved and it rests on the iris or on the interpupillary distance.

    Parameters
    ----------
    face : FaceLandmarks
    moves : mapping of int to (float, float)
        Landmark to its way (right, down) in pixels of the photo, at most 15 mm.
    pause : callable, optional
        Called 24 times on the way; what it raises ends the work.

    Returns
    -------
    FaceLandmarks
        With the notice ``landmarks_nudged``; the same face when nothing moves.

    Raises
    ------
    ParameterError
        A landmark does not exist, or a way is not a number or too long.

    Examples
    --------
    >>> corrected = nudge(face, {2: (0.0, 4.0)})  # the subnasale by 4 pixels down
    >>> (corrected.points[2] - face.points[2]).round(3)[:2].tolist()
    [0.0, 4.0]
    >>> [notice.code for notice in corrected.notices]
    ['landmarks_nudged']
    """
    ways = {index: way for index, way in _checked(face, moves).items() if way != (0.0, 0.0)}
    if not ways:
        return face
    points = face.points.copy()
    skin = {index: way for index, way in ways.items() if index < _FIRST_IRIS_POINT}
    if skin:
        reach = REACH_MM / face.scale.mm_per_px
        points[:_FIRST_IRIS_POINT] = _dragged(points[:_FIRST_IRIS_POINT], skin, reach, pause)
    for iris in _IRISES:
        points[list(iris), :2] += ways.get(iris[0], (0.0, 0.0))
    for index, way in ways.items():
        points[index, :2] = face.points[index, :2] + way
    nudged = replace(face, points=points, notices=_told(face.notices, ways))
    if any(index >= _FIRST_IRIS_POINT or index in _CANTHI for index in ways):
        return _measured_again(face, nudged)
    return nudged


def _told(notices: tuple[Notice, ...], ways: Mapping[int, Move]) -> tuple[Notice, ...]:
    """The notices, in which one names all landmarks that were ever dragged."""
    earlier = [notice for notice in notices if notice.code == "landmarks_nudged"]
    others = [notice for notice in notices if notice.code != "landmarks_nudged"]
    named = sorted({*ways, *(index for notice in earlier for index in notice.params["landmarks"])})
    return *others, Notice.of("landmarks_nudged", count=len(named), landmarks=named)


def _checked(face: FaceLandmarks, moves: Mapping[int, Move]) -> dict[int, Move]:
    checked = {}
    for index, way in moves.items():
        if isinstance(index, bool) or index not in range(LANDMARK_COUNT):
            raise ParameterError("unknown_landmark", index=index, last=LANDMARK_COUNT - 1)
        right, down = (float(part) for part in way)
        length = math.hypot(right, down) * face.scale.mm_per_px
        if not length <= MAX_NUDGE_MM:
            raise ParameterError(
                "landmark_moved_too_far", index=index, distance=length, most=MAX_NUDGE_MM
            )
        checked[int(index)] = (right, down)
    return checked


def _dragged(
    points: FloatArray,
    ways: Mapping[int, Move],
    reach: float,
    pause: Callable[[], object] | None,
) -> FloatArray:
    """Carry points (n, 3; pixels) along with the landmarks that move.

    ``reach`` is that of a short drag, pixels.
    """
    held = list(ways)
    velocity = np.array([ways[index] for index in held], np.float64)
    reaches = reach + REACH_PER_WAY * np.linalg.norm(velocity, axis=1)
    moving = points * (1.0, 1.0, DEPTH_SHARE)

    def flow(places: FloatArray) -> FloatArray:
        distance = np.linalg.norm(places[:, None] - places[None, held], axis=2)
        share = _falloff(distance / reaches)
        # Landmarks in one place that are drawn apart cannot both be followed: least squares.
        weights = np.linalg.lstsq(share[held], velocity, rcond=1e-9)[0]
        step = np.zeros_like(places)
        step[:, :2] = share @ weights
        return step

    for _ in range(_STEPS):
        if pause is not None:
            pause()
        first = flow(moving)
        second = flow(moving + first / (2 * _STEPS))
        third = flow(moving + second / (2 * _STEPS))
        fourth = flow(moving + third / _STEPS)
        moving = moving + (first + 2 * second + 2 * third + fourth) / (6 * _STEPS)
    return np.column_stack([moving[:, :2], points[:, 2]])


def _falloff(distance: FloatArray) -> FloatArray:
    """Share of a drag at a distance in reaches (Wendland's C2 function).

    Shaped like a Gaussian, zero from 1 on, and positive definite, so that any number of
    landmarks can be dragged at once.
    """
    return np.asarray(np.maximum(1.0 - distance, 0.0) ** 4 * (4.0 * distance + 1.0))


def _measured_again(before: FaceLandmarks, after: FaceLandmarks) -> FaceLandmarks:
    """The scale, where it rests on what was moved."""
    source = before.scale.source
    if source == "interpupillary_distance":
        known = before.scale.mm_per_px * interpupillary_px(before.points, before.pose)
        ratio = known / interpupillary_px(after.points, after.pose)
        return after.with_scale(replace(before.scale, mm_per_px=ratio))
    if source != "iris":
        return after
    scale, fallback = estimate_scale(after.points, after.pose, after.blendshapes, after.noise_px)
    if _LESS_SURE & {notice.code for notice in before.notices}:
        # What the photo itself costs is not mended by moving landmarks.
        error = max(scale.relative_uncertainty, before.scale.relative_uncertainty)
        scale = replace(scale, relative_uncertainty=error)
    measured = after.with_scale(scale)
    if fallback is None:
        return measured
    return replace(measured, notices=(*after.notices, fallback))
