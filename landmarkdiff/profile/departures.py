"""Where a contour leaves what heads look like: its edge follows a thing before or behind the face.

A box, a hand, a lock of hair and what touches the chin from behind have edges as clear as the
skin's, and often its colour. Their shape tells: the outline model, and what it does not hold of
heads (``data/spread.json``), say how each stretch of a profile follows from the rest of it and how
far it may be from that. A stretch that is farther off than a head's can be is taken out, the rest
is asked again, and what was taken out is measured against what the rest says of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.profile.covers import Cover
from landmarkdiff.profile.edge import outward_normals
from landmarkdiff.profile.likeness import Likeness
from landmarkdiff.profile.outline import CORE
from landmarkdiff.profile.spans import stretches

__all__ = ["Departures", "course_behind", "find_departures", "with_departures"]

#: Variances of the place and size of a head, mm squared, and of the model's directions: wide, since
#: people differ in more ways than the family that it was made of.
_PLACE, _SHAPE = 1.0e4, 1.3**2
#: What no direction holds at all, mm: brows, lashes, an edge that is seen a little off.
_GRAIN_MM = 0.3
#: People lie farther from the family than its own heads do.
_WIDER = 1.25
#: The fold between lower lip and chin differs in depth more among people than in the family, whose
#: heads all have a deep one: point of the model, reach along it in points, and standard deviation,
#: mm: 1.6 in 48 men and 48 women, deep 5.4 and 5.9 (Celebi et al. 2013, 10.1155/2013/806203); 2 by
#: the norms of Legan and Burstone (1980), deep 4.
_FOLD, _FOLD_REACH, _FOLD_MM = 53.5, 1.3, 2.0
#: Lengths of the stretches that are asked for, points of the model, 3 mm apart.
_LENGTHS = (2, 3, 4, 6, 8, 10, 13, 16, 20, 24, 30)
#: A stretch is none of a head's where the square of its distance, in standard deviations, lies
#: above its own expectation by so many of its own standard deviations: the first over fewer points
#: than the third, the second over as many or more. Of 40 silhouettes of heads displaced out of the
#: family that the spread was not made of one lay above either, of 40 displaced farther than people
#: are six; what is odd of a head is short, about columella and lip.
_MOST, _MOST_LONG, _LONG = 7.0, 4.0, 4
#: The stretch is the one that explains most, each of its points having to explain so much of the
#: square.
_PER_POINT = 2.0
#: ... and by this much somewhere, mm: less does not matter.
_LEAST_MM = 1.2
#: Neighbours are of it too where they are this far from what the rest says, mm and standard
#: deviations, so many points to either side.
_GROWS_MM, _GROWS, _NEIGHBOURS = 0.8, 2.5, 3
#: What lies between two stretches so near to each other, mm, is not believed either.
_GAP_MM = 25.0
#: ... or, where their colours tell both of them, to each other.
_GAP_OF_COLOUR_MM = 12.0
#: An edge whose standard deviation is above the first over more than the second, mm, is not seen;
#: on bare profiles of rendered heads none is above 0.5.
_UNSURE_MM, _UNSURE_RUN_MM = 1.2, 1.5
#: Length of the core on an average head, mm.
_LENGTH_MM = 200.0
#: Stretches that are taken out one after the other.
_ROUNDS = 6
#: The rest says nothing where less of the profile is left.
_LEAST_LEFT = 0.45


@dataclass(frozen=True, eq=False)
class Departures:
    """What a contour has that no head has; one value for each point of the model's core.

    Attributes
    ----------
    where : (n,) bool array
    away_mm : (n,) float64 array
        How far the contour is from what the rest of it says, outward; 0 elsewhere.
    """

    where: BoolArray
    away_mm: FloatArray


@cache
def _spread() -> tuple[FloatArray, FloatArray]:
    """Mean (n,) and covariance (n, n) of what the model leaves of heads, mm."""
    file = Path(__file__).with_name("data") / "spread.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    mean, modes = np.array(data["mean_mm"]), np.array(data["modes_mm"])
    at = np.arange(CORE.start, CORE.stop)
    fold = _FOLD_MM * np.exp(-0.5 * ((at - _FOLD) / _FOLD_REACH) ** 2)
    spread = _WIDER**2 * modes.T @ modes + np.outer(fold, fold)
    return mean, spread + _GRAIN_MM**2 * np.eye(len(mean))


def find_departures(like: Likeness, covers: tuple[Cover, ...], count: int) -> Departures:
    """Return the stretches of a contour that are farther from the rest than a head's can be.

    Parameters
    ----------
    like : Likeness
        The model on the contour.
    covers : tuple of Cover
        Of the contour, known already: nothing is concluded from what they hide.
    count : int
        Of the contour's points.
    """
    hidden = _hidden(covers, like, count)
    off, together = _heads(like)
    where = np.zeros(len(off), np.bool_)
    for _ in range(_ROUNDS):
        free = np.flatnonzero(~(where | hidden))
        if len(free) < _LEAST_LEFT * len(off):
            break
        odd = _oddest(off[free], together[np.ix_(free, free)])
        if odd is None:
            break
        where[free[odd[0]] : free[odd[1] - 1] + 1] = True
    where = _grown(where, hidden, off, together)
    away, _ = _from_the_rest(off, together, where | hidden)
    for first, last in stretches(where):
        if np.abs(away[first:last]).max() < _LEAST_MM:
            where[first:last] = False
    return Departures(where, np.where(where, away, 0.0))


def course_behind(
    like: Likeness, covers: tuple[Cover, ...], count: int, facing: int
) -> tuple[FloatArray, FloatArray]:
    """Return where the skin is by what the uncovered rest of a contour says.

    Parameters
    ----------
    like : Likeness
        The model on the contour.
    covers : tuple of Cover
        What hides it.
    count : int
        Of the contour's points.
    facing : int
        1 to the left, -1 to the right.

    Returns
    -------
    (m, 2) float64 array
        Places of the points of the model's core, pixels.
    (m,) float64 array
        Standard deviation across, mm.
    """
    off, together = _heads(like)
    away, spread = _from_the_rest(off, together, _hidden(covers, like, count))
    out = (like.misfit[CORE] - away) * like.px_per_mm
    return like.placed[CORE] + outward_normals(like.placed, facing)[CORE] * out[:, None], spread


def _heads(like: Likeness) -> tuple[FloatArray, FloatArray]:
    """What a contour is off the mean head, (n,), and how its points vary together in heads, mm."""
    mean, spread = _spread()
    slopes = like.slopes[CORE]
    off = like.misfit[CORE] - mean + slopes[:, 4:] @ like.shape
    variances = np.r_[np.full(4, _PLACE), np.full(slopes.shape[1] - 4, _SHAPE)]
    return off, (slopes * variances) @ slopes.T + spread


def with_departures(
    covers: tuple[Cover, ...], departures: Departures, like: Likeness, doubt_mm: FloatArray
) -> tuple[Cover, ...]:
    """Return the covers of a contour with what departs from a head, or is not seen, among them.

    A stretch that departs reaches to the next points of the model on either side, which follow
    from the rest.

    Parameters
    ----------
    covers : tuple of Cover
    departures : Departures
    like : Likeness
    doubt_mm : (n,) float64 array
        Standard deviation across the contour.
    """
    first, last = (int(like.nearest[end]) for end in (CORE.start, CORE.stop - 1))
    spacing = _LENGTH_MM / max(last - first, 1)
    unsure = doubt_mm > _UNSURE_MM
    unsure[:first] = unsure[last:] = False
    unseen = np.zeros(len(doubt_mm), np.bool_)
    for start, end in stretches(unsure):
        if (end - start) * spacing >= _UNSURE_RUN_MM:
            unseen[start:end] = True
    where = np.zeros(len(doubt_mm), np.bool_)
    for first, end in stretches(departures.where):
        # A contour that goes round a thing may come by a point of the model twice.
        passed = like.nearest[CORE.start + first - 1 : CORE.start + end + 1]
        where[int(passed.min()) + 1 : int(passed.max())] = True
    taken = where | unseen
    for cover in covers:
        taken[cover.first : cover.last + 1] = True
    for (_, end), (start, _) in pairwise(stretches(taken)):
        unclear = (where | unseen)[[end - 1, start]].any()
        if start - end <= (_GAP_MM if unclear else _GAP_OF_COLOUR_MM) / spacing:
            where[end:start] = True
    return _with_unclear(covers, where | unseen)


def _with_unclear(covers: tuple[Cover, ...], where: BoolArray) -> tuple[Cover, ...]:
    """The covers, and what is unclear beside them, from the forehead down."""
    kinds = np.where(where, "unclear", "").astype("<U8")
    for cover in covers:
        kinds[cover.first : cover.last + 1] = cover.kind
    edges = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(kinds)]
    return tuple(
        Cover(str(kinds[a]), int(a), int(b) - 1)  # type: ignore[arg-type]
        for a, b in zip(starts, ends, strict=True)
        if kinds[a]
    )


def _hidden(covers: tuple[Cover, ...], like: Likeness, count: int) -> BoolArray:
    """Points of the model's core where something covers the contour, or it has ended."""
    where = np.ones(max(count, int(like.nearest.max()) + 1), np.bool_)
    where[:count] = False
    for cover in covers:
        where[cover.first : cover.last + 1] = True
    return np.asarray(where[like.nearest[CORE]])


def _oddest(off: FloatArray, together: FloatArray) -> tuple[int, int] | None:
    """First and end index of the stretch that follows least from the rest, if it is no head's.

    The distance of a stretch from what the others say of it, in its own standard deviations, comes
    from the inverse of the covariance of all.
    """
    inverse = np.linalg.inv(together)
    pulled = inverse @ off
    odd, best, found = 0.0, -np.inf, None
    for length in (length for length in _LENGTHS if length < len(off)):
        starts = np.arange(len(off) - length + 1)
        rows = starts[:, None] + np.arange(length)
        own = inverse[rows[:, :, None], rows[:, None, :]]
        away = np.linalg.solve(own, pulled[rows][..., None])[..., 0]
        square = (away * pulled[rows]).sum(axis=1)
        square[np.abs(away).max(axis=1) < _LEAST_MM] = 0.0
        most_of_heads = _MOST_LONG if length >= _LONG else _MOST
        odd = max(odd, float(((square - length) / np.sqrt(2.0 * length)).max()) / most_of_heads)
        worth = square - _PER_POINT * length
        most = int(worth.argmax())
        if worth[most] > best:
            best, found = float(worth[most]), (most, most + length)
    return found if odd > 1.0 else None


def _from_the_rest(
    off: FloatArray, together: FloatArray, out: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Distance of each point from what the points that are not ``out`` say, and its spread, mm."""
    kept = ~out
    ways = np.linalg.solve(together[np.ix_(kept, kept)], together[kept]).T
    away = off - ways @ off[kept]
    variance = np.diag(together) - (ways * together[:, kept]).sum(axis=1)
    return away, np.sqrt(np.maximum(variance, _GRAIN_MM**2))


def _grown(where: BoolArray, hidden: BoolArray, off: FloatArray, together: FloatArray) -> BoolArray:
    """The stretches from their first point that is off to their last, neighbours asked as well."""
    reach = np.ones(2 * _NEIGHBOURS + 1)
    wide = (np.convolve(where, reach, mode="same") > 0.5) & ~hidden
    if (~(wide | hidden)).sum() < _LEAST_LEFT * len(off):
        wide = where & ~hidden
    away, doubt = _from_the_rest(off, together, wide | hidden)
    odd = np.abs(away) > np.maximum(_GROWS_MM, np.where(where, 0.0, _GROWS * doubt))
    grown = np.zeros(len(off), np.bool_)
    for first, last in stretches(wide):
        own = np.flatnonzero(odd[first:last])
        if own.size:
            grown[max(0, first + own[0] - 1) : first + own[-1] + 2] = True
    return grown & ~hidden
