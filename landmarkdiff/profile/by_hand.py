"""The contour of a profile from a few points that a surgeon gives.

Where hair or a hand lies before the profile, or the background has the skin's colour, no search
finds it by itself. Three points or more tell the outline model where it lies; along it the edge is
sought as ever, and is believed where it is seen and agrees with the points. The model is then laid
along that edge too, the edge is sought again, and what now lies on the model's line is believed as
well. In between the line stands, through the points, with the uncertainty of a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray, IndexArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.profile.backdrop import plain_backdrop
from landmarkdiff.profile.contour import ProfileContour, trace
from landmarkdiff.profile.corrections import OUTLINE_PLACES, Place, ProfileCorrections
from landmarkdiff.profile.covers import BY_SHAPE, Cover
from landmarkdiff.profile.following import along, follow
from landmarkdiff.profile.laid import LEAST_POINTS, LaidOutline, laid_along, laid_through
from landmarkdiff.profile.networks import ProfileNetworks
from landmarkdiff.profile.outline import outline_model
from landmarkdiff.profile.search import LEAST_PX_PER_MM, FoundOutline, head_scene
from landmarkdiff.profile.spans import stretches
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["LEAST_POINTS", "contour_by_hand", "profile_template"]

_TEMPLATE = ("glabella", "pronasale", "labrale_superius", "pogonion", "cervical_point")

#: Points farther than this from any profile of the model (root mean square, mm), or that ask for
#: a roll beyond this, degrees, are not those of a profile.
_MOST_MISFIT_MM, _MOST_ROLL = 6.0, 60.0
#: The edge is believed where it is less far from the model than the first, where its distance from
#: the points, in between by their distance, is below the second, and where its own standard
#: deviation is below the third, mm.
_NEAR_MM, _AGREES_MM, _SEEN_MM = 6.5, 1.5, 1.2
#: Standard deviation of the model where it stands alone, mm.
_MODEL_MM = 1.5
#: Edge and model give way to each other over this distance, mm; the edge is not believed over
#: shorter stretches than the second.
_BLEND_MM, _LEAST_RUN_MM = 2.0, 4.0
#: Where less of the way between the points shows the edge of skin, no profile is there.
_LEAST_BELIEVED = 0.25
#: An edge as near as the first, mm, to a line that was laid along the rest is believed too; as
#: the second, where it was sought beside that line. So often is more of it looked for.
_ON_LINE_MM, _ROUNDS = (0.7, 0.5), 3
#: Fewer points of an edge say nothing more about the line.
_LEAST_SEEN = 10


def profile_template() -> dict[str, Place]:
    """Return five points that tell a profile best, as an average one that looks left has them.

    Returns
    -------
    dict of str to (float, float)
        x to the right and y down from their middle, in heights from the first to the last.

    Examples
    --------
    >>> template = profile_template()
    >>> list(template)
    ['glabella', 'pronasale', 'labrale_superius', 'pogonion', 'cervical_point']
    >>> round(template["cervical_point"][1] - template["glabella"][1], 3)
    1.0
    """
    line = outline_model().mean[[OUTLINE_PLACES[name] for name in _TEMPLATE]]
    line = (line - (line.real.mean() + 1j * line.imag.mean())) / (line[-1] - line[0]).imag
    line -= 1j * (line[0] + line[-1]).imag / 2
    return {
        name: (round(float(place.real), 4), round(float(place.imag), 4))
        for name, place in zip(_TEMPLATE, line, strict=True)
    }


def contour_by_hand(
    networks: ProfileNetworks, image: ImageArray, corrections: ProfileCorrections
) -> ProfileContour:
    """Find the contour of a profile through points that a hand has placed.

    Parameters
    ----------
    networks : ProfileNetworks
    image : (H, W, 3) uint8 array
        RGB.
    corrections : ProfileCorrections
        At least three points on the contour.

    Raises
    ------
    ParameterError
        They are too few, do not lie like those of a profile, or would fold the contour.
    """
    facing = min((1, -1), key=lambda facing: laid_through(corrections, facing).cost)
    points = corrections.of("left_profile" if facing > 0 else "right_profile")
    if facing > 0:
        return _of_left_profile(networks, PhotoPyramid(image), points)
    # The nose always points left for the networks, so that mirrored photos give mirrored contours.
    width = image.shape[1]
    mirrored = {name: (width - 1 - x, y) for name, (x, y) in points.items()}
    pyramid = PhotoPyramid(np.ascontiguousarray(image[:, ::-1]))
    return replace(
        _of_left_profile(networks, pyramid, mirrored).mirrored(width), placed=dict(points)
    )


def _of_left_profile(
    networks: ProfileNetworks, pyramid: PhotoPyramid, points: Mapping[str, Place]
) -> ProfileContour:
    laid = laid_through(ProfileCorrections(points), 1)
    _check(laid)
    line, feet = laid.led(points)
    traced = _traced(networks, pyramid, laid, line)
    seen = _agreeing(traced, line, feet)
    # Along what agrees the model lies closer, and the edge is sought from there.
    laid, (line, feet, _) = _grown(laid, points, traced, (line, feet, seen), _ON_LINE_MM[0])
    traced, near = _traced(networks, pyramid, laid, line), _ON_LINE_MM[1]
    seen = _on(traced, line, near)
    _, (line, feet, seen) = _grown(laid, points, traced, (line, feet, seen), near)
    contour = _merged(traced, line, feet, seen)
    height, width = pyramid.photo.shape[:2]
    return follow(_within(contour, width, height), points, confirms=False)


def _check(laid: LaidOutline) -> None:
    """Raise ParameterError where points are not those of a profile."""
    roll = float(np.degrees(np.angle(laid.factor)))
    if not (
        laid.misfit_mm <= _MOST_MISFIT_MM
        and abs(roll) <= _MOST_ROLL
        and abs(laid.factor) > LEAST_PX_PER_MM
    ):
        raise ParameterError("profile_points_unlike")


def _traced(
    networks: ProfileNetworks, pyramid: PhotoPyramid, laid: LaidOutline, line: FloatArray
) -> ProfileContour:
    """The edge beside a line."""
    scale, roll = abs(laid.factor), float(np.degrees(np.angle(laid.factor)))
    tip = laid.points[outline_model().tip]
    found = FoundOutline(
        points=resampled_like(laid.points, line),
        facing=1,
        px_per_mm=scale,
        roll=roll,
        quality=1.0,
        offsets=np.zeros(len(laid.points)),
        strengths=np.zeros(len(laid.points)),
        scene=head_scene(networks, pyramid, tip, 1.0, scale, plain_backdrop(pyramid)),
    )
    return replace(trace(pyramid, found).contour, px_per_mm=scale, roll=roll)


#: A line, the points' places on it, and where the traced contour is seen.
_Led = tuple[FloatArray, IndexArray, BoolArray]


def _grown(
    laid: LaidOutline, points: Mapping[str, Place], traced: ProfileContour, led: _Led, near: float
) -> tuple[LaidOutline, _Led]:
    """The model laid along what is seen, more of which then lies on it, and so on."""
    line, feet, seen = led
    for _ in range(_ROUNDS):
        if seen.sum() < _LEAST_SEEN:
            break
        try:
            closer = laid_along(laid, points, traced.points[seen])
            line, feet = closer.led(points, traced.points[seen])
        except ParameterError:
            break  # edge and points together would fold the line: it stays as it is
        laid, seen = closer, _on(traced, line, near)
    return laid, (line, feet, seen)


def _agreeing(traced: ProfileContour, line: FloatArray, feet: IndexArray) -> BoolArray:
    """Where the edge can be believed that was sought beside a model laid through points: (n,)."""
    scale = traced.px_per_mm
    apart = np.hypot(*(traced.points[:, None] - line[None]).transpose(2, 0, 1))
    nearest = apart.argmin(axis=1)
    way = along(line)
    error = np.interp(way, way[feet], apart.min(axis=0)[feet])[nearest]
    agrees = (error < _AGREES_MM * scale) & (apart.min(axis=1) < _NEAR_MM * scale)
    agrees &= (traced.uncertainty < _SEEN_MM * scale) & ~traced.covered
    agrees &= (nearest > feet[0]) & (nearest < feet[-1])
    return _long_runs(agrees, along(traced.points), _LEAST_RUN_MM * scale)


def _on(traced: ProfileContour, line: FloatArray, near: float) -> BoolArray:
    """Where the edge lies so near a line, mm, and no other colour before it: (n,)."""
    scale = traced.px_per_mm
    apart = np.hypot(*(traced.points[:, None] - line[None]).transpose(2, 0, 1))
    nearest = apart.argmin(axis=1)
    on = (apart.min(axis=1) < near * scale) & (nearest > 0) & (nearest < len(line) - 1)
    for cover in traced.covers:
        if cover.kind not in BY_SHAPE:
            on[cover.first : cover.last + 1] = False
    return _long_runs(on, along(traced.points), _LEAST_RUN_MM * scale)


def resampled_like(outline: FloatArray, line: FloatArray) -> FloatArray:
    """The points of the line, (n, 2), at the shares of the outline's length, (n, 2)."""
    old, new = along(outline) / along(outline)[-1], along(line) / along(line)[-1]
    return np.stack([np.interp(old, new, line[:, axis]) for axis in range(2)], axis=1)


@dataclass(frozen=True, eq=False)
class _Piece:
    """A stretch of the contour: places (n, 2) and uncertainty (n,), pixels, and what covers it."""

    points: FloatArray
    doubt: FloatArray
    kinds: NDArray[np.str_]


def _merged(
    traced: ProfileContour, line: FloatArray, feet: IndexArray, seen: BoolArray
) -> ProfileContour:
    """The traced contour where it is seen, the model's line elsewhere."""
    scale = traced.px_per_mm
    apart = np.hypot(*(line[:, None] - traced.points[None]).transpose(2, 0, 1))
    # The contour ends with the neck that was traced, or with the lowest point.
    ended = apart.argmin(axis=1) == len(traced.points) - 1
    last = max(int(np.flatnonzero(~ended)[-1]), int(feet[-1])) + 1
    pieces, begin, joint = [], 0, np.zeros(2)
    believed = np.zeros(len(line), np.bool_)
    for first, end in stretches(seen):
        start, stop = int(apart[:, first].argmin()), int(apart[:, end - 1].argmin())
        if begin <= start < stop < last:
            into = traced.points[first] - line[start]
            pieces.append(_of_line(line, slice(begin, start), (joint, into), apart, scale))
            pieces.append(_of_edge(traced, first, end))
            begin, joint = stop + 1, traced.points[end - 1] - line[stop]
            believed[start:begin] = True
    pieces.append(_of_line(line, slice(begin, last), (joint, np.zeros(2)), apart, scale))
    if believed[feet[0] : feet[-1] + 1].mean() < _LEAST_BELIEVED:
        raise ParameterError("profile_points_unlike")
    return replace(
        traced,
        points=np.concatenate([piece.points for piece in pieces]),
        uncertainty=np.concatenate([piece.doubt for piece in pieces]),
        covers=_covers(np.concatenate([piece.kinds for piece in pieces])),
        outline=resampled_like(traced.outline, line),
    )


def _of_edge(traced: ProfileContour, first: int, end: int) -> _Piece:
    """A stretch of the traced contour, with what its colour says lies before the skin."""
    kinds = np.full(len(traced.points), "", dtype="<U8")
    for cover in traced.covers:
        if cover.kind not in BY_SHAPE:
            kinds[cover.first : cover.last + 1] = cover.kind
    doubt = np.minimum(traced.uncertainty, _ON_LINE_MM[0] * traced.px_per_mm)
    chosen = slice(first, end)
    return _Piece(traced.points[chosen], doubt[chosen], kinds[chosen])


def _of_line(
    line: FloatArray,
    chosen: slice,
    joints: tuple[FloatArray, FloatArray],
    apart: FloatArray,
    scale: float,
) -> _Piece:
    """A stretch of the model's line, bent at its ends to what goes before and what follows.

    Where no edge is seen at all, the background has the skin's colour, and nothing lies before it;
    where one is that is not the line's, a hand does.
    """
    points = line[chosen]
    kinds = np.full(len(points), "", dtype="<U8")
    if not len(points):
        return _Piece(points, np.zeros(0), kinds)
    if (apart[chosen].min(axis=1) > _ON_LINE_MM[0] * scale).any():
        kinds[:] = "hand"
    way = along(points) / (_BLEND_MM * scale)
    before, after = (np.maximum(1.0 - far, 0.0)[:, None] for far in (way, way[-1] - way))
    points = points + before * joints[0] + after * joints[1]
    return _Piece(points, np.full(len(points), _MODEL_MM * scale), kinds)


def _covers(kinds: NDArray[np.str_]) -> tuple[Cover, ...]:
    """Stretches of one kind each, from the forehead down."""
    edges = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, len(kinds)]
    return tuple(
        Cover(str(kinds[a]), int(a), int(b) - 1)  # type: ignore[arg-type]
        for a, b in zip(starts, ends, strict=True)
        if kinds[a]
    )


def _within(contour: ProfileContour, width: int, height: int) -> ProfileContour:
    """The contour without its ends where they lie beyond the photo."""
    points = contour.points
    inside = ((points >= 0) & (points <= (width - 1, height - 1))).all(axis=1)
    tip = int(np.hypot(*(points - contour.outline[outline_model().tip]).T).argmin())
    outside = np.flatnonzero(~inside)
    first = int(max((place for place in outside if place < tip), default=-1)) + 1
    last = int(min((place for place in outside if place >= tip), default=len(points)))
    covers = tuple(
        Cover(cover.kind, max(cover.first, first) - first, min(cover.last, last - 1) - first)
        for cover in contour.covers
        if cover.last >= first and cover.first < last
    )
    kept = slice(first, last)
    return replace(
        contour, points=points[kept], uncertainty=contour.uncertainty[kept], covers=covers
    )


def _long_runs(where: BoolArray, way: FloatArray, least: float) -> BoolArray:
    """The stretches that are at least so long."""
    kept = np.zeros(len(where), np.bool_)
    for first, end in stretches(where):
        if way[end - 1] - way[first] >= least:
            kept[first:end] = True
    return kept
