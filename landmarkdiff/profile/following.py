"""A contour that follows the points which a hand has put right.

A point goes exactly where the hand puts it. The place of the contour nearest to it goes there too,
and what lies beside it along the contour follows, the less the farther it is, so that the line
stays smooth; a point that is moved along the contour leaves its shape as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.profile.contour import ProfileContour
from landmarkdiff.profile.corrections import HAND_MM, OUTLINE_PLACES, Place
from landmarkdiff.profile.covers import BY_SHAPE, Cover

__all__ = ["MOST_MM", "along", "feet_on", "follow", "led_through"]

#: How far along the contour a drag is felt, mm, and so much more for each mm of its way: slopes
#: then change by less than a third of a right angle.
REACH_MM, REACH_PER_WAY = 9.0, 2.0
#: A point farther from the contour than this, mm, does not belong to it.
MOST_MM = 12.0
#: A place as near to the point as another, but so much farther along from where the outline has
#: the point, mm per mm, is not its own.
_STRAY = 0.1
#: No point lies farther along the contour than this, mm, from where the outline has it.
_FARTHEST_MM = 18.0
#: Along the contour the hand's word fades over this distance, mm.
_VOUCHED_MM = 5.0
#: A point that moves the contour by less than this, mm, confirms it.
_CONFIRMED_MM = 1.5
#: The contour folds where it runs less than this share along its old direction.
_LEAST_AHEAD = 0.15


def along(points: FloatArray) -> FloatArray:
    """Length of a line (n, 2) up to each of its points, (n,)."""
    return np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])


def follow(
    contour: ProfileContour, points: Mapping[str, Place], *, confirms: bool = True
) -> ProfileContour:
    """Let a contour follow points that a hand has placed.

    Parameters
    ----------
    contour : ProfileContour
    points : mapping of str to (float, float)
        Names of :data:`~landmarkdiff.profile.corrections.PROFILE_POINT_NAMES` to places, image
        frame, pixels.
    confirms : bool
        Whether a point that hardly moves says that the contour is the skin's there, and no hand
        lies before it.

    Returns
    -------
    ProfileContour
        As many points as before; it passes through those given, and knows them as ``placed``.

    Raises
    ------
    ParameterError
        A point is farther from the contour than 12 mm (``profile_point_far``), or two of them
        would fold it (``profile_points_fold``).
    """
    scale = contour.px_per_mm
    on_line = {name: points[name] for name in OUTLINE_PLACES if name in points}
    if not on_line:
        return replace(contour, placed=dict(points))
    places = np.array(list(on_line.values()))
    homes = contour.outline[[OUTLINE_PLACES[name] for name in on_line]]
    feet = feet_on(contour.points, places, homes, list(on_line), scale)
    far = np.hypot(*(places - contour.points[feet]).T) / scale
    if far.max() > MOST_MM:
        name = list(on_line)[int(far.argmax())]
        raise ParameterError(
            "profile_point_far", profile_point=name, distance=float(far.max()), most=MOST_MM
        )
    moved = led_through(contour.points, feet, places, list(on_line), scale)
    near = np.array([np.hypot(*(contour.points - place).T).argmin() for place in contour.outline])
    way = along(moved)
    away = np.abs(way[:, None] - way[feet]).min(axis=1) / (_VOUCHED_MM * scale)
    vouched = _falloff(away)
    hand = (HAND_MM / np.sqrt(2.0) * scale) ** 2
    return replace(
        contour,
        points=moved,
        uncertainty=np.sqrt(vouched * hand + (1.0 - vouched) * contour.uncertainty**2),
        covers=_still_covered(contour, feet[far < _CONFIRMED_MM] if confirms else feet[:0]),
        outline=contour.outline + (moved - contour.points)[near],
        placed=dict(points),
    )


def _still_covered(contour: ProfileContour, confirmed: IndexArray) -> tuple[Cover, ...]:
    """The covers but for those that the shape alone tells, where the contour was confirmed."""
    return tuple(
        cover
        for cover in contour.covers
        if cover.kind not in BY_SHAPE
        or not ((cover.first <= confirmed) & (confirmed <= cover.last)).any()
    )


def feet_on(
    line: FloatArray, places: FloatArray, homes: FloatArray, names: list[str], scale: float
) -> IndexArray:
    """Return the index of the line's point that belongs to each place, from the forehead down.

    Parameters
    ----------
    line : (n, 2) float64 array
        Pixels.
    places : (k, 2) float64 array
        Where the hand puts the points, in the order of the line.
    homes : (k, 2) float64 array
        About where the line had them.
    names : list of str
    scale : float
        Pixels per mm.

    Raises
    ------
    ParameterError
        They do not follow each other along the line.
    """
    way = along(line)
    feet = []
    for place, home in zip(places, homes, strict=True):
        start = way[int(np.hypot(*(line - home).T).argmin())]
        square = ((line - place) ** 2).sum(axis=1) + (_STRAY * (way - start)) ** 2
        square[np.abs(way - start) > _FARTHEST_MM * scale] = np.inf
        feet.append(int(square.argmin()))
    for k in range(len(feet) - 1):
        if feet[k] >= feet[k + 1]:
            raise ParameterError("profile_points_fold", upper=names[k], lower=names[k + 1])
    return np.array(feet, np.intp)


def led_through(
    line: FloatArray, feet: IndexArray, places: FloatArray, names: list[str], scale: float
) -> FloatArray:
    """Return the line, (n, 2), with its points ``feet`` at ``places`` and the rest following.

    Raises
    ------
    ParameterError
        It would fold or cross itself.
    """
    way = along(line)
    steps = places - line[feet]
    reach = REACH_MM * scale + REACH_PER_WAY * np.hypot(*steps.T)
    share = _falloff(np.abs(way[:, None] - way[feet]) / reach)
    moved = np.asarray(line + share @ np.linalg.lstsq(share[feet], steps, rcond=1e-9)[0])
    moved[feet] = places
    fold = _folds(line, moved, scale)
    if fold.any():
        at = int(np.abs(feet - int(fold.argmax())).argmin())
        raise ParameterError("profile_point_folds", profile_point=names[at])
    return moved


def _falloff(distance: FloatArray) -> FloatArray:
    """Share of a drag at a distance in reaches (Wendland's C2 function)."""
    return np.asarray(np.maximum(1.0 - distance, 0.0) ** 4 * (4.0 * distance + 1.0))


def _folds(line: FloatArray, moved: FloatArray, scale: float) -> BoolArray:
    """Where a moved line turns back on itself or crosses itself, (n,) bool."""
    step = max(1, round(1.0 * scale / max(float(along(line)[-1]) / len(line), 1e-9)))
    chosen = np.arange(0, len(line), step)
    old, new = np.diff(line[chosen], axis=0), np.diff(moved[chosen], axis=0)
    back = (old * new).sum(axis=1) < _LEAST_AHEAD * (old**2).sum(axis=1)
    folds = np.zeros(len(line), np.bool_)
    folds[chosen[:-1][back | _crossed(moved[chosen])]] = True
    return folds


def _crossed(line: FloatArray) -> BoolArray:
    """Segments of a line that another, not beside it, crosses: (n - 1,) bool."""
    start, end = line[:-1], line[1:]

    def side(point: FloatArray) -> FloatArray:
        a, b = (end - start)[:, None], point[None] - start[:, None]
        return np.asarray(np.sign(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]))

    apart = side(start) * side(end) < 0
    crossing = apart & apart.T
    index = np.arange(len(start))
    crossing &= np.abs(index[:, None] - index) > 1
    return np.asarray(crossing.any(axis=1))
