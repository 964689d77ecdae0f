"""The contour of a profile, from the forehead to the neck."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.notices import Reason
from landmarkdiff.profile.beside import with_beside
from landmarkdiff.profile.beyond import goes_on
from landmarkdiff.profile.covers import (
    MENTON,
    SUBLABIALE,
    SUBNASALE,
    Cover,
    find_covers,
    lit_skin,
    parts,
    with_hidden,
)
from landmarkdiff.profile.departures import find_departures, with_departures
from landmarkdiff.profile.edge import Band, Border, find_border, resampled
from landmarkdiff.profile.likeness import Likeness, likeness
from landmarkdiff.profile.outline import CORE, Scene, outline_model
from landmarkdiff.profile.search import FoundOutline
from landmarkdiff.profile.spectacles import (
    find_spectacles,
    laid_behind,
    with_spectacles,
    without_front,
)
from landmarkdiff.profile.windows import PhotoPyramid
from landmarkdiff.profile.within import edge_within

__all__ = ["ProfileContour", "ProfileSide", "Silhouette", "TracedContour", "trace"]

ProfileSide = Literal["left_profile", "right_profile"]

#: First a wide band about the outline, then a narrow one about what was found, mm.
_WIDE = Band(reach=7.0, step=0.35, spacing=0.7, blur=0.5, near=2.5, far=10.0)
_NARROW = Band(reach=1.6, step=0.12, spacing=0.3, blur=0.22, near=0.8, far=4.0)
#: Neither is finer than the photo: least step, spacing and blur, pixels.
_LEAST_STEP_PX, _LEAST_SPACING_PX, _LEAST_BLUR_PX = 0.4, 0.8, 0.8
#: Points of the contour lie so far apart, mm, but not closer than a pixel.
_SPACING_MM = 0.3
#: An edge below either of these is not seen.
_LEAST_CONTRAST, _LEAST_CHANGE = 1.5, 0.3
#: Uncertainty that is added where no edge is seen, mm.
_UNSEEN_MM = 2.0
#: Below the chin the contour ends where no edge is seen for so long, mm.
_LOST_MM = 2.0
#: What is farther from the model than this, mm, is uncertain by the rest: heads differ, but a
#: lamp or a bolt behind the chin may stick to it.
_ODD_MM = 3.0
#: Parts of the profile, and the point of the outline model that each begins with; one of which less
#: than so much is hidden, mm, is not named.
PARTS = {"forehead": 0, "nose": 19, "lips": SUBNASALE, "chin": SUBLABIALE, "neck": MENTON}
_PART_MM = 3.0
#: Part of a pixel, and of a millimetre, that even a clear edge is uncertain by.
_FLOOR_PX, _FLOOR_MM = 0.12, 0.05


@dataclass(frozen=True, eq=False)
class Silhouette:
    """A coarse mask of the person, a square of the photo.

    Attributes
    ----------
    mask : (n, n) float32 array
        Probability of a person, 0 to 1, good to a millimetre or two.
    corner : (2,) float64 array
        x and y of the first pixel's centre in the photo, pixels.
    step : float
        Photo pixels per pixel of the mask.
    """

    mask: NDArray[np.float32]
    corner: FloatArray
    step: float

    def laid_over(self, width: int, height: int) -> NDArray[np.float32]:
        """Return the mask at the photo's size, (height, width); 0 outside the square."""
        matrix = np.array(
            [
                [1 / self.step, 0.0, -self.corner[0] / self.step],
                [0.0, 1 / self.step, -self.corner[1] / self.step],
            ]
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        laid = cv2.warpAffine(self.mask, matrix, (width, height), flags=flags)
        return np.asarray(laid, np.float32)

    def mirrored(self, width: int) -> Silhouette:
        """Return the mask in the mirrored photo of that width, pixels."""
        last = self.corner[0] + (self.mask.shape[1] - 1) * self.step
        corner = np.array([width - 1 - last, self.corner[1]])
        return Silhouette(np.ascontiguousarray(self.mask[:, ::-1]), corner, self.step)


@dataclass(frozen=True, eq=False)
class ProfileContour:
    """The border of the skin against the background, seen from the side.

    Attributes
    ----------
    points : (n, 2) float64 array
        Image frame, pixels, from the forehead down to the neck, about 0.3 mm or a pixel apart.
    uncertainty : (n,) float64 array
        One standard deviation across the contour, pixels.
    covers : tuple of Cover
        Stretches where something hides the skin, from the forehead down.
    side : {"left_profile", "right_profile"}
        Side of the patient that the camera sees; in a left profile the nose points to the left
        edge of the picture.
    silhouette : Silhouette
        The person in the neighbourhood.
    face_box : tuple of float
        x, y, width, height of the face without hair and ears, pixels.
    px_per_mm : float
        Rough scale, that of a head of average size, give or take a tenth; a scale to measure
        with comes from elsewhere.
    roll : float
        Turn of the head in the picture, degrees, clockwise as seen, give or take five.
    distance : float
        How unlike a profile the contour is; see :class:`~landmarkdiff.profile.Likeness`.
    outline : (m, 2) float64 array
        The outline model that was laid over it, pixels: a coarse guide to where its parts are.
    placed : mapping of str to (float, float)
        Points that a hand has put where they belong, pixels; the contour passes through them.
    """

    points: FloatArray
    uncertainty: FloatArray
    covers: tuple[Cover, ...]
    side: ProfileSide
    silhouette: Silhouette
    face_box: tuple[float, float, float, float]
    px_per_mm: float
    roll: float
    distance: float
    outline: FloatArray
    placed: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @cached_property
    def covered(self) -> NDArray[np.bool_]:
        """Where something, or the photo's border, hides the skin, (n,)."""
        where = np.zeros(len(self.points), np.bool_)
        for cover in self.covers:
            where[cover.first : cover.last + 1] = True
        return where

    @cached_property
    def covered_parts(self) -> tuple[Reason, ...]:
        """The parts of the profile that something other than a beard hides, from above."""
        hidden = self.covered
        for cover in self.covers:
            if cover.kind == "beard":
                hidden = hidden & ~_between(cover.first, cover.last, len(hidden))
        homes = self.outline[list(PARTS.values())]
        starts = [int(np.hypot(*(self.points - home).T).argmin()) for home in homes]
        ends = [*starts[1:], len(hidden)]
        step = float(np.hypot(*np.diff(self.points, axis=0).T).mean()) / self.px_per_mm
        return tuple(
            Reason.of(f"contour_{part}")
            for part, start, end in zip(PARTS, starts, ends, strict=True)
            if hidden[start:end].sum() * step > _PART_MM
        )

    def mirrored(self, width: int) -> ProfileContour:
        """Return the contour in the mirrored photo of that width, pixels."""
        x, y, box_width, box_height = self.face_box
        return replace(
            self,
            points=_mirrored(self.points, width),
            side="right_profile" if self.side == "left_profile" else "left_profile",
            silhouette=self.silhouette.mirrored(width),
            face_box=(width - 1 - x - box_width, y, box_width, box_height),
            roll=-self.roll,
            outline=_mirrored(self.outline, width),
            placed={name: (width - 1 - x, y) for name, (x, y) in self.placed.items()},
        )


def _between(first: int, last: int, count: int) -> NDArray[np.bool_]:
    where = np.zeros(count, np.bool_)
    where[first : last + 1] = True
    return where


def _mirrored(points: FloatArray, width: int) -> FloatArray:
    """Places in the mirrored photo, (n, 2) pixels."""
    return np.stack([width - 1 - points[:, 0], points[:, 1]], axis=1)


@dataclass(frozen=True, eq=False)
class TracedContour:
    """A contour with what speaks for it and against it.

    Attributes
    ----------
    contour : ProfileContour
    likeness : Likeness
    seen : float
        Share of the stretch from the glabella to the neck, covers left out, along which an
        edge is seen.
    covered : float
        Share of that stretch that is covered by something that its colour or its bulge tells.
    """

    contour: ProfileContour
    likeness: Likeness
    seen: float
    covered: float


def trace(pyramid: PhotoPyramid, found: FoundOutline) -> TracedContour:
    """Find the contour next to an outline.

    Parameters
    ----------
    pyramid : PhotoPyramid
    found : FoundOutline
    """
    scale, facing = found.px_per_mm, found.facing
    curve = resampled(found.points, _WIDE.spacing * scale, 2.5 * scale)
    wide = find_border(pyramid, found.scene, curve, facing, scale, _WIDE)
    band = Band(
        reach=_NARROW.reach,
        step=max(_NARROW.step, _LEAST_STEP_PX / scale),
        spacing=max(_NARROW.spacing, _LEAST_SPACING_PX / scale),
        blur=max(_NARROW.blur, _LEAST_BLUR_PX / scale),
        near=_NARROW.near,
        far=_NARROW.far,
    )
    curve = resampled(wide.points, band.spacing * scale, 0.8 * scale)
    narrow = find_border(pyramid, found.scene, curve, facing, scale, band)
    return _traced(pyramid, found, wide, narrow)


def _traced(
    pyramid: PhotoPyramid, found: FoundOutline, wide: Border, narrow: Border
) -> TracedContour:
    scale = found.px_per_mm
    points = resampled(narrow.points, max(1.0, _SPACING_MM * scale), 0.15 * scale)
    like = likeness(points, found.points, found.facing)
    old, new = _shares(narrow.points), _shares(points)
    fields = [narrow.inner[:, k] for k in range(3)] + [narrow.spread]
    fields += [narrow.contrast, narrow.change]
    *inner, spread, contrast, change = (np.interp(new, old, field) for field in fields)
    ambiguity = np.interp(new, _shares(wide.points), wide.spread)
    seen = (contrast > _LEAST_CONTRAST) & (change > _LEAST_CHANGE)
    end = _end(seen, like, round(_LOST_MM * scale / max(1.0, _SPACING_MM * scale)))
    unclear = np.where(seen, 0.0, _UNSEEN_MM)
    floor = np.hypot(_FLOOR_PX, _FLOOR_MM * scale)
    odd = np.maximum(0.0, np.abs(_along_contour(like.misfit[CORE], like, len(points))) - _ODD_MM)
    doubt = np.sqrt(floor**2 + (spread**2 + ambiguity**2 + unclear**2 + odd**2) * scale**2)
    line = _Line(points, np.stack(inner, axis=1), doubt, like, end)
    read = _read(pyramid, found, line)
    front = find_spectacles(pyramid, points[:end], read.covers, like, found.facing)
    if front is not None:
        line = _behind(line, read.covers, front, found)
        read = _read(pyramid, found, line)
    points, like, covers = line.points[:end], line.like, read.covers
    contour = ProfileContour(
        points=points,
        uncertainty=read.doubt,
        covers=covers,
        side="left_profile" if found.facing > 0 else "right_profile",
        silhouette=_silhouette(found.scene),
        face_box=_face_box(found),
        px_per_mm=like.px_per_mm,
        roll=like.roll,
        distance=like.distance,
        outline=found.points,
    )
    core = slice(int(like.nearest[CORE.start]), min(int(like.nearest[CORE.stop]) + 1, end))
    free, covered = _shares_of(core, seen, read.told)
    return TracedContour(contour=contour, likeness=like, seen=free, covered=covered)


@dataclass(frozen=True, eq=False)
class _Line:
    """Points (n, 2) and doubt (n,) of a border, pixels, colours inside, (n, 3), and its end."""

    points: FloatArray
    colour: FloatArray
    doubt: FloatArray
    like: Likeness
    end: int
    front: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class _Read:
    """What hides a contour: by colour and bulge, and by everything; and its doubt (n,), pixels."""

    told: tuple[Cover, ...]
    covers: tuple[Cover, ...]
    doubt: FloatArray


def _read(pyramid: PhotoPyramid, found: FoundOutline, line: _Line) -> _Read:
    """Look for what hides a contour."""
    height, width = pyramid.photo.shape[:2]
    like, end = line.like, line.end
    points, colour, doubt = line.points[:end], line.colour[:end], line.doubt[:end]
    told = find_covers(points, colour, (width, height), like)
    if line.front is not None:
        told = with_spectacles(told, line.front)
    departures = find_departures(like, told, end)
    beyond = _beyond(pyramid, found, points, colour[:, 0], like)
    covers = with_hidden(told, colour, like, beyond)
    covers = with_departures(covers, departures, like, doubt / found.px_per_mm)
    covers = with_beside(covers, points, like)
    away = _along_contour(departures.away_mm, like, end)
    return _Read(told, covers, np.hypot(doubt, away * found.px_per_mm))


def _behind(
    line: _Line, covers: tuple[Cover, ...], front: tuple[int, int], found: FoundOutline
) -> _Line:
    """The line behind the front of spectacles: where the rest of it and the model say."""
    points, like, front, spread = laid_behind(
        line.points, line.end, line.like, covers, front, found.points, found.facing
    )
    across = _along_contour(spread, like, len(points))
    hidden = _between(*front, len(points))
    doubt = np.where(hidden, np.hypot(across, _FLOOR_MM) * found.px_per_mm, line.doubt)
    colour = without_front(line.colour, front, parts(len(points), like))
    return _Line(points, colour, doubt, like, line.end, front)


def _shares_of(core: slice, seen: BoolArray, told: tuple[Cover, ...]) -> tuple[float, float]:
    """How much of the uncovered core is seen, and how much of the core is covered: 0 to 1."""
    hidden = np.zeros(len(seen), np.bool_)
    for cover in told:  # of the others shape and edge speak: likeness, and ``seen``
        hidden[cover.first : cover.last + 1] = True
    hidden = hidden[core]
    free = seen[core][~hidden]
    return (
        float(free.mean()) if free.size else 0.0,
        float(hidden.mean()) if hidden.size else 1.0,
    )


def _beyond(
    pyramid: PhotoPyramid,
    found: FoundOutline,
    points: FloatArray,
    lightness: FloatArray,
    like: Likeness,
) -> NDArray[np.bool_]:
    """Where the person goes on outside of a contour, or its own border lies within: (n,)."""
    tip = int(like.nearest[outline_model().tip])
    beyond = goes_on(pyramid, found.scene, points, tip, found.facing, like.px_per_mm)
    part = parts(len(points), like)
    lit = lit_skin(lightness, part)
    if lit is not None:
        beyond |= edge_within(pyramid, points, part, found.facing, like.px_per_mm, lit)
    return beyond


def _along_contour(values: FloatArray, like: Likeness, count: int) -> FloatArray:
    """Values of the model's core at each point of the contour; 0 past where it was fitted."""
    nearest = np.maximum.accumulate(like.nearest[CORE])
    keep = np.concatenate([[True], np.diff(nearest) > 0])
    at = np.arange(count)
    return np.asarray(np.interp(at, nearest[keep], values[keep], left=0.0, right=0.0))


def _end(seen: NDArray[np.bool_], like: Likeness, lost: int) -> int:
    """Count of points up to where the neck ends in a collar, a shoulder or the shade."""
    first = int(like.nearest[CORE.stop])
    unseen = np.convolve(~seen[first:], np.ones(max(1, lost)), mode="valid") > lost - 0.5
    return first + int(unseen.argmax()) + 1 if unseen.any() else len(seen)


def _shares(points: FloatArray) -> FloatArray:
    """Length along a curve up to each point, 0 to 1."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    return np.asarray(along / max(along[-1], 1e-9))


def _silhouette(scene: Scene) -> Silhouette:
    return Silhouette(scene.mask, scene.corner + (scene.step - 1) / 2, scene.step)


def _face_box(found: FoundOutline) -> tuple[float, float, float, float]:
    """Box of the face by the place of the tip of the nose, as the detector draws it."""
    side = 120.0 * found.px_per_mm
    x = found.tip[0] + found.facing * 42.0 * found.px_per_mm
    y = found.tip[1] - 12.0 * found.px_per_mm
    return (float(x - side / 2), float(y - side / 2), side, side)
