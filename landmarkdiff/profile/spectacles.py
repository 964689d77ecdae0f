"""Spectacles seen from the side: what of the contour their front hides, and what is behind it.

Rim, lens and bridge stand before the root of the nose, and their edge is as clear as the skin's;
their colour may be that of hair, and nothing but their shape may tell them. What tells spectacles
from a lock, a hand or a telephone is the temple: a straight bar from the front to the ear, across
skin that has no such line of its own.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile.covers import FACE, Cover, parts
from landmarkdiff.profile.departures import course_behind
from landmarkdiff.profile.edge import colours, resampled
from landmarkdiff.profile.likeness import Likeness, likeness
from landmarkdiff.profile.outline import CORE, outline_model
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = [
    "find_spectacles",
    "laid_behind",
    "temple_strength",
    "with_spectacles",
    "without_front",
]

#: Points of the model between which the front of spectacles hides the contour: above the brow, and
#: in the lower half of the dorsum.
_FRONT = (8.0, 31.0)
#: Where the contour below it is this far from what the rest says, mm, more of it is the front.
#: It is lowered so many times.
_OFF_MM, _MORE_MM, _ROUNDS = 1.0, 4.0, 3
#: Above and below what is seen of the front so much is hidden too, mm: by the rim's own width, and
#: where a lens comes near to the dorsum.
_ABOVE_MM, _BELOW_MM = 2.0, 6.0
#: Stretches nearer to each other than this, mm, are parts of one front.
_GAP_MM = 25.0
#: Where a temple passes between the corner of the eye and the hair, mm behind the tip of the nose
#: and below it, and the steps that it is sought with.
_BEHIND, _BELOW, _STEP_MM = (52.0, 82.0, 0.75), (-70.0, 0.0, 0.5), 0.5
#: Share of that way that must lie in the photo.
_LEAST_INSIDE = 0.6
#: Slopes of a temple against the model's level, and halves of its width, steps.
_STEEPEST, _SLOPES = 0.3, 19
_HALVES = (1, 3, 6)
#: Skin on either side that it is compared with, steps: from so far beside it, so wide.
_AWAY, _WIDE = 1, 4
#: Share of its way along which the bar differs from both sides by this share of its mean.
_ALONG, _OF_MEAN = 0.85, 0.35
#: Difference, LAB units, from which it is a temple. On rendered profiles, bare or with a hand,
#: hair, a hat or a telephone, none was above 1, with drawn spectacles few below 10; on photos of
#: people without any, the brow of a head that looks half to the camera had 9.8, sunglasses 14.
_LEAST_STRENGTH = 10.5
#: The level of a temple lies within that of the front, or so far beyond it, mm: it may slope.
_MEETS_MM = 15.0


def find_spectacles(
    pyramid: PhotoPyramid,
    points: FloatArray,
    covers: tuple[Cover, ...],
    like: Likeness,
    facing: int,
) -> tuple[int, int] | None:
    """Return the first and the last point that the front of spectacles hides.

    Parameters
    ----------
    pyramid : PhotoPyramid
    points : (n, 2) float64 array
        The contour from the forehead down, pixels.
    covers : tuple of Cover
        What was found before it, of whatever kind.
    like : Likeness
        The model on it.
    facing : int
        1 to the left, -1 to the right.

    Returns
    -------
    (int, int) or None
        None where nothing lies between brow and dorsum, more is hidden in one piece, or no
        temple is seen.
    """
    part = parts(len(points), like)
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / like.px_per_mm
    front = _front(covers, part, round(_GAP_MM / spacing))
    if front is None:
        return None
    strength, level = temple_strength(pyramid, points, like, facing)
    if strength < _LEAST_STRENGTH or not _meets(
        level, points[front[0] : front[1] + 1], points, like, facing
    ):
        return None
    above, below = round(_ABOVE_MM / spacing), round(_BELOW_MM / spacing)
    return max(0, front[0] - above), min(len(points) - 1, front[1] + below)


def _front(covers: tuple[Cover, ...], part: FloatArray, gap: int) -> tuple[int, int] | None:
    """The one stretch that is hidden there, if no thing hides it beyond."""
    inside = [
        cover for cover in covers if part[cover.last] > _FRONT[0] and part[cover.first] < _FRONT[1]
    ]
    if not inside:
        return None
    for cover in inside:
        beyond = part[cover.first] < _FRONT[0] or part[cover.last] > _FRONT[1]
        if beyond and cover.kind != "unclear":
            return None
    # What is unclear beyond, by its shape beside that of the front, is judged again behind it.
    room = np.flatnonzero((part >= _FRONT[0]) & (part <= _FRONT[1]))
    first, last = max(inside[0].first, int(room[0])), min(inside[-1].last, int(room[-1]))
    apart = [after.first - before.last for before, after in pairwise(inside)]
    return (first, last) if max(apart, default=0) <= gap else None


def _meets(
    level: float, front: FloatArray, points: FloatArray, like: Likeness, facing: int
) -> bool:
    """Whether a temple at a level below the tip, mm, leads to the front, (k, 2) pixels."""
    tip = points[int(like.nearest[outline_model().tip])]
    away = facing * (front[:, 0] - tip[0]) + 1j * (front[:, 1] - tip[1])
    below = (away / _similarity(like, facing)).imag
    return bool(below.min() - _MEETS_MM < level < below.max() + _MEETS_MM)


def _similarity(like: Likeness, facing: int) -> complex:
    """Pixels of a millimetre of the model that looks to the left, turned."""
    return complex(like.px_per_mm * np.exp(1j * np.radians(like.roll) * facing))


def temple_strength(
    pyramid: PhotoPyramid, points: FloatArray, like: Likeness, facing: int
) -> tuple[float, float]:
    """Return how clearly a bar crosses the temple, LAB units, and its level there, mm.

    The level is that of the middle of its way, below the tip of the nose.
    """
    behind = np.arange(*_BEHIND)
    below = np.arange(*_BELOW)
    tip = points[int(like.nearest[outline_model().tip])]
    way = _similarity(like, facing) * (behind[None] + 1j * below[:, None])
    places = np.stack([tip[0] + facing * way.real, tip[1] + way.imag], axis=2)
    height, width = pyramid.photo.shape[:2]
    inside = ((places >= 0) & (places <= (width - 1, height - 1))).all(axis=(0, 2))
    if inside.mean() < _LEAST_INSIDE:
        return 0.0, 0.0
    places, behind = places[:, inside], behind[inside]
    lab = colours(pyramid, places, _STEP_MM * like.px_per_mm).astype(np.float64)
    middle = behind.mean()
    best, level = 0.0, 0.0
    for slope in np.linspace(-_STEEPEST, _STEEPEST, _SLOPES):
        shift = np.rint(slope * (behind - middle) / _STEP_MM).astype(int)
        rows = np.clip(np.arange(len(below))[:, None] + shift, 0, len(below) - 1)
        level_lab = lab[rows, np.arange(len(behind))]
        for half in _HALVES:
            strengths = _bars(level_lab, half)
            at = int(strengths.argmax())
            if strengths[at] > best:
                best, level = float(strengths[at]), float(below[at + half + _AWAY + _WIDE])
    return best, level


def _bars(lab: FloatArray, half: int) -> FloatArray:
    """How much each row with its neighbours differs from what is above and below it."""
    total = np.concatenate([np.zeros((1, *lab.shape[1:])), np.cumsum(lab, axis=0)])
    reach = half + _AWAY + _WIDE
    at = np.arange(reach, len(lab) - reach)
    bar = (total[at + half + 1] - total[at - half]) / (2 * half + 1)
    above = (total[at - half - _AWAY] - total[at - reach]) / _WIDE
    below = (total[at + reach + 1] - total[at + half + _AWAY + 1]) / _WIDE
    one, other = bar - above, bar - below
    both = np.where(one * other > 0, np.where(np.abs(one) < np.abs(other), one, other), 0.0)
    mean = both.mean(axis=1)
    size = np.sqrt((mean**2).sum(axis=1))
    along = (both * mean[:, None]).sum(axis=2) / np.maximum(size, 1e-9)[:, None]
    share = (along > _OF_MEAN * size[:, None]).mean(axis=1)
    return np.where(share >= _ALONG, size, 0.0)


def without_front(colour: FloatArray, front: tuple[int, int], part: FloatArray) -> FloatArray:
    """Return colours along the contour, (n, 3), those of the front being the face's own."""
    beside = (part > FACE[0]) & (part < FACE[1])
    beside[front[0] : front[1] + 1] = False
    found = colour.copy()
    if beside.any():
        found[front[0] : front[1] + 1] = np.median(colour[beside], axis=0)
    return found


def laid_behind(
    points: FloatArray,
    end: int,
    like: Likeness,
    covers: tuple[Cover, ...],
    front: tuple[int, int],
    outline: FloatArray,
    facing: int,
) -> tuple[FloatArray, Likeness, tuple[int, int], FloatArray]:
    """Return a contour that leads behind the front of spectacles, where the skin seems to be.

    Parameters
    ----------
    points : (n, 2) float64 array
        From the forehead down, pixels; the contour ends before ``end``.
    end : int
    like : Likeness
        The model on it.
    covers : tuple of Cover
        All that hides it: nothing follows from there.
    front : (int, int)
        Of :func:`find_spectacles`.
    outline : (m, 2) float64 array
        Where the model lay when the contour was looked for, pixels.
    facing : int
        1 to the left, -1 to the right.

    Returns
    -------
    (n, 2) float64 array
    Likeness
        The model on the new contour.
    (int, int)
        The front, which may reach lower than what was told of it.
    (k,) float64 array
        Standard deviation across where the rest says the skin is, mm, at the model's core.
    """
    fitted = likeness(_bent(points, front, like.placed[CORE]), outline, facing)
    for _ in range(_ROUNDS):
        lower = _lowered(front, points[:end], like.px_per_mm)
        course, _ = course_behind(fitted, with_spectacles(covers, lower), end, facing)
        if _leads_on(points[front[1] + 1 : lower[1] + 1], course, like.px_per_mm):
            break
        front = lower
    course, spread = course_behind(fitted, with_spectacles(covers, front), end, facing)
    laid = _bent(points, front, course)
    return laid, likeness(laid, outline, facing), front, spread


def _bent(points: FloatArray, front: tuple[int, int], course: FloatArray) -> FloatArray:
    """The contour with a course, (k, 2) pixels, behind the front, bent to meet its ends."""
    first, last = max(front[0] - 1, 0), min(front[1] + 1, len(points) - 1)
    along = np.concatenate([[0.0], np.hypot(*np.diff(course, axis=0).T).cumsum()])
    ends = [along[np.hypot(*(course - points[at]).T).argmin()] for at in (first, last)]
    share = np.linspace(0.0, 1.0, last - first + 1)
    at = ends[0] + share * (ends[1] - ends[0])
    laid = np.stack([np.interp(at, along, course[:, axis]) for axis in range(2)], axis=1)
    bend = (1.0 - share)[:, None] * (points[first] - laid[0])
    bend += share[:, None] * (points[last] - laid[-1])
    found = points.copy()
    found[first + 1 : last] = (laid + bend)[1:-1]
    return found


def _lowered(front: tuple[int, int], points: FloatArray, px_per_mm: float) -> tuple[int, int]:
    """The front with more of the contour below it, where lenses go on along the dorsum."""
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / px_per_mm
    return front[0], min(len(points) - 2, front[1] + round(_MORE_MM / spacing))


def _leads_on(points: FloatArray, course: FloatArray, px_per_mm: float) -> bool:
    """Whether points of the contour (k, 2) lie on where the rest of it says, pixels."""
    fine = resampled(course, 0.5 * px_per_mm, 0.0)
    apart = np.hypot(*(points[:, None] - fine[None]).transpose(2, 0, 1)).min(axis=1)
    return bool(apart.max(initial=0.0) < _OFF_MM * px_per_mm)


def with_spectacles(covers: tuple[Cover, ...], front: tuple[int, int]) -> tuple[Cover, ...]:
    """Return the covers with the front of spectacles in place of what was found there."""
    kept = []
    for cover in covers:
        if cover.first < front[0]:
            kept.append(replace(cover, last=min(cover.last, front[0] - 1)))
        if cover.last > front[1]:
            kept.append(replace(cover, first=max(cover.first, front[1] + 1)))
    return tuple(sorted([*kept, Cover("glasses", *front)], key=lambda cover: cover.first))
