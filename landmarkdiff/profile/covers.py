"""What hides the skin along a profile contour: hair, clothing, a hand, the photo's border.

The colour just inside the contour is compared with that of the face. Light changes along a
profile, so that the ratios of the colours are compared, which shade leaves as they are; hair
is further told by its brightness on the forehead, where light changes little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray
from landmarkdiff.profile.likeness import Likeness
from landmarkdiff.profile.outline import CORE, outline_model
from landmarkdiff.profile.skin import LIGHTNESS_SPREAD, colour_ratios, shines, unlike
from landmarkdiff.profile.spans import runs

__all__ = [
    "FACE",
    "Cover",
    "CoverKind",
    "find_covers",
    "lit_skin",
    "parts",
    "with_hidden",
    "with_stretches",
]

CoverKind = Literal["hair", "beard", "glasses", "hand", "clothing", "border", "unclear"]
#: What the contour's shape tells, and a hand that knows better may deny.
BY_SHAPE: tuple[CoverKind, ...] = ("hand", "unclear")

#: Points of the outline model: glabella, rhinion, subnasale, below the lips, menton, front of the
#: neck.
GLABELLA, RHINION, SUBNASALE, SUBLABIALE, MENTON, CERVICAL = 13, 26, 39, 54, 63, 71
#: Distance from the skin's colours, in such spreads, beyond which it is something else.
_OTHER = 2.6
#: Points of the model whose colours say what the skin's are: forehead to upper lip, so that neither
#: glasses nor a beard tell it.
FACE = (5.0, 45.0)
#: Hair is never this blue, nor so red or so purple: logarithms of red and of blue over green.
_BLUISH, _REDDEST, _PURPLE = -0.2, 2.0, 0.6
#: Shaded skin is redder than lit skin and a little bluer, but not by more than this.
_REDDER_SHADE, _BLUER_SHADE = 0.6, 0.5
#: What is darker than this share of the skin's lightness, in CIELAB, over more than this length,
#: mm, between brow and upper lip is hair: rendered heads with bare faces (six skins, three lights)
#: have 0.64 and more there. What lies beside it within this, mm, is not believed.
_DARK, _DARK_MM, _BESIDE_MM = 0.55, 3.0, 2.0
#: Points of the model there, on the upper lip, and on the chin.
_NOSE, _UPPER_LIP, _CHIN = (15.0, 38.5), (39.5, 42.0), (54.0, 60.0)
#: The same from below the lips to the menton, where it is a beard, or strands that fall over the
#: chin: on 34 bare rendered profiles every point had 0.62 and more there, hair at most 0.45. It is
#: followed from there up to the lower lip and down to the neck.
_DARK_CHIN, _LIP, _DARK_CHIN_MM = 0.53, 46.0, 2.0
#: A moustache is darker than this share of the lit skin's lightness, or yellower (logarithm of blue
#: over green), over this length, mm: on 36 bare rendered profiles the upper lip's middle had 0.94
#: and more, and -0.05.
_DARK_LIP, _YELLOW_LIP, _MOUSTACHE_MM = 0.5, -0.3, 2.0
#: Below the nose nothing of the skin is so many times lighter than lit skin, or so much bluer (the
#: logarithm of blue over green; painted lips more) over this length, mm: on 30 bare rendered
#: profiles none was above 1.1 and 0.28. What has the skin's own ratios may be lighter, up to the
#: second: light from above shines on the fold below the lip, 1.3 times on a scanned head.
_LIGHTER, _LIGHTER_SKIN, _BLUER, _BLUER_LIPS, _HOLLOW_MM = 1.25, 1.45, 0.6, 1.0, 1.5
_MOUSTACHE, _HOLLOWS, _LIPS = (39.0, 43.0), (39.0, 74.0), (41.0, 52.0)
#: A hand or an arm lies outside the outline by more than this over more than this length, mm.
_BULGE_MM = 4.0
_BULGE_LENGTH_MM = 8.0
#: Shortest stretches that are told, mm: on the forehead, and below it, where lips, nostrils and
#: shade under the chin have colours of their own.
_UPPER_MM, _LOWER_MM = 3.0, 10.0
#: Length of the model's core on an average head, mm.
_CORE_MM = 200.0
#: Nearer to the photo's edge than this, pixels, the contour is cut.
_EDGE_PX = 2.0


@dataclass(frozen=True)
class Cover:
    """A stretch of the contour where something hides the skin.

    Attributes
    ----------
    kind : {"hair", "beard", "glasses", "hand", "clothing", "border", "unclear"}
        What it seems to be; clothing stands for a mask or a plaster too, glasses for their front.
        What is unclear has no edge that is seen, or none of a head's (:mod:`.departures`).
    first, last : int
        Indices of its points, both included.
    """

    kind: CoverKind
    first: int
    last: int


def find_covers(
    points: FloatArray,
    inner: FloatArray,
    size: tuple[int, int],
    like: Likeness,
) -> tuple[Cover, ...]:
    """Return the covered stretches, from the forehead down.

    Parameters
    ----------
    points : (n, 2) float64 array
        The contour, pixels.
    inner : (n, 3) float64 array
        LAB colour just inside.
    size : tuple of int
        Width and height of the photo, pixels.
    like : Likeness
        The model on this contour: which point belongs to which part of the profile.
    """
    spacing = float(np.hypot(*np.diff(points, axis=0).T).mean()) / like.px_per_mm
    part = parts(len(points), like)
    ratios = colour_ratios(inner)
    face = _within(part, FACE)
    skin = np.median(ratios[face], axis=0)
    light = _skin_light(inner[:, 0], part)
    away = unlike(ratios, skin)
    shade = (inner[:, 0] - light) / LIGHTNESS_SPREAD
    above = part < GLABELLA
    other = np.where(above, np.hypot(away, shade), away) > _OTHER
    other &= above | ~shines(ratios, skin, inner[:, 0] - light)
    odd = other
    other = odd & ~_of_skin(part, ratios - skin)
    hair, beard, cloth = (np.zeros(len(points), np.bool_) for _ in range(3))
    hair |= _from_above(other & above, part, round(_UPPER_MM / spacing))
    hair |= _falling(hair, inner[:, 0], part)
    hair |= _dark_on_nose(inner[:, 0], part, spacing)
    cloth |= _to_the_end(other & (part > CERVICAL), round(_LOWER_MM / spacing))
    for first, last in runs(other & ~above & (part <= CERVICAL), round(_LOWER_MM / spacing)):
        run = slice(first, last + 1)
        red, blue = np.median(ratios[run], axis=0)
        if red < _BLUISH or red > _REDDEST or blue > _PURPLE:
            # A thing that begins over the lips is no lip there.
            cloth[_whole(odd, first, last)] = True
        elif part[(first + last) // 2] > SUBNASALE:
            beard[run] = True
        else:
            hair[run] = True
    width, height = size
    edge = (points < _EDGE_PX).any(axis=1) | (
        points > np.array([width, height]) - 1 - _EDGE_PX
    ).any(axis=1)
    hand = _bulges(part, like, spacing) & ~hair & ~cloth & ~beard
    kinds: dict[CoverKind, NDArray[np.bool_]] = {
        "border": np.asarray(edge),
        "hand": hand,
        "hair": hair,
        "beard": beard,
        "clothing": cloth,
    }
    return with_stretches((), kinds, len(points))


def with_hidden(
    covers: tuple[Cover, ...], inner: FloatArray, like: Likeness, beyond: NDArray[np.bool_]
) -> tuple[Cover, ...]:
    """Return the covers, and beside them beards as dark as hair and what the person ends in.

    What is lighter than lit skin, or bluer, for a few millimetres lies beyond the skin.

    Their colour may be that of skin, and they may hide a shape that is no head's: what departs
    from one is looked for before.

    Parameters
    ----------
    covers : tuple of Cover
        As found by their colour.
    inner : (n, 3) float64 array
        LAB colour just inside the contour.
    like : Likeness
    beyond : (n,) bool array
        Where the person goes on outside of the contour (:mod:`landmarkdiff.profile.beyond`).
    """
    lightness = inner[:, 0]
    part = parts(len(lightness), like)
    spacing = _CORE_MM / max(int(like.nearest[CORE.stop - 1] - like.nearest[CORE.start]), 1)
    kinds: dict[CoverKind, NDArray[np.bool_]] = {
        "beard": _dark_on_chin(lightness, part, spacing) | _on_lip(inner, part, spacing),
        "clothing": np.asarray(beyond & (part > SUBLABIALE)),
        "unclear": beyond | _no_skin(inner, part, spacing),
    }
    return with_stretches(covers, kinds, len(lightness))


def with_stretches(
    covers: tuple[Cover, ...], kinds: dict[CoverKind, NDArray[np.bool_]], count: int
) -> tuple[Cover, ...]:
    """Return the covers, and stretches of more kinds where nothing is yet, from the forehead down.

    Parameters
    ----------
    covers : tuple of Cover
    kinds : dict of str to (n,) bool array
        Where there is more of each kind; what comes first counts.
    count : int
        Of the contour's points.
    """
    found = list(covers)
    taken = np.zeros(count, np.bool_)
    for cover in covers:
        taken[cover.first : cover.last + 1] = True
    for kind, where in kinds.items():
        for first, last in runs(where & ~taken):
            found.append(Cover(kind, first, last))
            taken[first : last + 1] = True
    return tuple(sorted(found, key=lambda cover: cover.first))


def _whole(where: NDArray[np.bool_], first: int, last: int) -> slice:
    """The whole of a stretch of which a part is known, its ends included."""
    for one, end in runs(where, 1):
        if one <= first and last <= end:
            return slice(one, end + 1)
    return slice(first, last + 1)


def _of_skin(part: FloatArray, beyond: FloatArray) -> NDArray[np.bool_]:
    """What is of another colour and yet of the skin: lips, however painted, and shade below them.

    ``beyond`` are the ratios (n, 2) less those of the skin.
    """
    redder = beyond[:, 0] > 0
    lips = (part > SUBNASALE) & (part < SUBLABIALE) & redder
    shade = (part >= SUBLABIALE) & (part <= CERVICAL) & redder
    return np.asarray(lips | (shade & (beyond < (_REDDER_SHADE, _BLUER_SHADE)).all(axis=1)))


def parts(count: int, like: Likeness) -> FloatArray:
    """Return the place of each point of the contour along the model, as a fractional index.

    Parameters
    ----------
    count : int
        Of the points.
    like : Likeness

    Returns
    -------
    (n,) float64 array
    """
    nearest = np.maximum.accumulate(like.nearest)
    keep = np.concatenate([[True], np.diff(nearest) > 0])
    at = np.arange(len(outline_model().mean), dtype=np.float64)
    return np.asarray(np.interp(np.arange(count), nearest[keep], at[keep]))


def _skin_light(lightness: FloatArray, part: FloatArray) -> float:
    """Lightness of the skin from glabella to rhinion, where hair hardly ever is."""
    near = (part >= GLABELLA) & (part <= RHINION)
    return float(np.median(lightness[near] if near.any() else lightness))


def _from_above(where: NDArray[np.bool_], part: FloatArray, shortest: int) -> NDArray[np.bool_]:
    """The hair that comes down from above; brows do not count.

    Below more bare skin than hair it is no hairline, but a strand or the rim of glasses.
    """
    found = np.zeros(len(where), np.bool_)
    for first, last in runs(where & (part < GLABELLA - 2), shortest):
        found[0 if where[: last + 1].mean() > 0.5 else first : last + 1] = True
    return found


def _falling(hair: NDArray[np.bool_], lightness: FloatArray, part: FloatArray) -> NDArray[np.bool_]:
    """Hair that goes on below the forehead, down to the tip of the nose: as dark as there.

    Black hair has no colour whose ratios would tell; it is nearer to the hair above it than to
    the skin below.
    """
    found = np.zeros(len(hair), np.bool_)
    end = int(hair.sum())
    below = (part > RHINION) & (part < CERVICAL)
    if not hair[:end].all() or not end or not below.any():
        return found
    middle = (np.median(lightness[:end]) + np.median(lightness[below])) / 2
    if np.median(lightness[below]) - middle < LIGHTNESS_SPREAD / 2:
        return found
    last = end
    while last < len(hair) and part[last] < SUBNASALE and lightness[last] < middle:
        last += 1
    found[end:last] = True
    return found


def _dark_on_nose(lightness: FloatArray, part: FloatArray, spacing: float) -> NDArray[np.bool_]:
    """Strands of hair across the nose, far darker than skin is by shade alone.

    On very dark skin they have its colour, and their edge may pass for the dorsum's.
    """
    found = np.zeros(len(part), np.bool_)
    skin = lit_skin(lightness, part)
    if skin is None:
        return found
    beside = round(_BESIDE_MM / spacing)
    dark = _within(part, _NOSE) & (lightness < _DARK * skin)
    for first, last in runs(dark, round(_DARK_MM / spacing)):
        found[max(0, first - beside) : last + beside + 1] = True
    return found


def _dark_on_chin(lightness: FloatArray, part: FloatArray, spacing: float) -> NDArray[np.bool_]:
    """A beard, or strands over the chin, whose ratios of colour are those of the skin."""
    found = np.zeros(len(part), np.bool_)
    skin = lit_skin(lightness, part)
    if skin is None:
        return found
    beside = round(_BESIDE_MM / spacing)
    chin = (part > SUBLABIALE) & (part < MENTON + 1)
    dark = (part > _LIP) & (part < CERVICAL) & (lightness < _DARK_CHIN * skin)
    for first, last in runs(dark, round(_DARK_CHIN_MM / spacing)):
        if runs((dark & chin)[first : last + 1], round(_DARK_CHIN_MM / spacing)):
            found[max(0, first - beside) : last + beside + 1] = True
    return found


def _on_lip(inner: FloatArray, part: FloatArray, spacing: float) -> NDArray[np.bool_]:
    """A moustache: what grows on the upper lip."""
    found = np.zeros(len(part), np.bool_)
    skin = lit_skin(inner[:, 0], part)
    if skin is None:
        return found
    hair = (inner[:, 0] < _DARK_LIP * skin) | (_bluer(inner, part) < _YELLOW_LIP)
    beside = round(_BESIDE_MM / spacing)
    for first, last in runs(_within(part, _MOUSTACHE) & hair, round(_MOUSTACHE_MM / spacing)):
        found[max(0, first - beside) : last + beside + 1] = True
    return found


def _bluer(inner: FloatArray, part: FloatArray) -> FloatArray:
    """Logarithm of blue over green beside that of the face, (n,)."""
    blue = colour_ratios(inner)[:, 1]
    return np.asarray(blue - np.median(blue[(part >= GLABELLA) & (part <= SUBNASALE)]))


def _no_skin(inner: FloatArray, part: FloatArray, spacing: float) -> NDArray[np.bool_]:
    """What lies before the skin in a hollow of the profile, and no lip or shade looks like."""
    found = np.zeros(len(part), np.bool_)
    skin = lit_skin(inner[:, 0], part)
    if skin is None:
        return found
    bluer = _bluer(inner, part)
    most = np.where(_within(part, _LIPS), _BLUER_LIPS, _BLUER)
    ratios = colour_ratios(inner)
    away = unlike(ratios, np.median(ratios[_within(part, FACE)], axis=0))
    lightest = np.where(away < _OTHER, _LIGHTER_SKIN, _LIGHTER) * skin
    odd = _within(part, _HOLLOWS) & ((inner[:, 0] > lightest) | (bluer > most))
    for first, last in runs(odd, round(_HOLLOW_MM / spacing)):
        found[first : last + 1] = True
    return found


def _within(part: FloatArray, ends: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((part > ends[0]) & (part < ends[1]))


def lit_skin(lightness: FloatArray, part: FloatArray) -> float | None:
    """Return the lightness of skin that the light reaches.

    Parameters
    ----------
    lightness, part : (n,) float64 arrays
        Of the contour's points: CIELAB just inside, and the place along the outline model.

    Returns
    -------
    float or None
        None where a part of the face is missing.
    """
    nose, lip, chin = (lightness[_within(part, ends)] for ends in (_NOSE, _UPPER_LIP, _CHIN))
    if not (len(nose) and len(lip) and len(chin)):
        return None
    lit = np.percentile(nose, 75.0), np.median(lip), np.median(chin)
    return float(np.median(lit))


def _to_the_end(where: NDArray[np.bool_], shortest: int) -> NDArray[np.bool_]:
    """Everything from the first stretch on after which most is of its kind."""
    found = np.zeros(len(where), np.bool_)
    for first, _ in runs(where, shortest):
        if where[first:].mean() > 0.7:
            found[first:] = True
            break
    return found


def _bulges(part: FloatArray, like: Likeness, spacing: float) -> NDArray[np.bool_]:
    """Where the contour lies outside the model over a long stretch, below the nose."""
    misfit = np.interp(part, np.arange(len(like.misfit)), like.misfit)
    out = (misfit > _BULGE_MM) & (part > SUBNASALE) & (part < CERVICAL)
    where = np.zeros(len(part), np.bool_)
    for first, last in runs(out, max(1, round(_BULGE_LENGTH_MM / spacing))):
        where[first : last + 1] = True
    return where
