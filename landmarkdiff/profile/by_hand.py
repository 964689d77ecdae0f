"""The contour of a profile from a few points that a surgeon gives.

Where hair or a hand lies before the profile, or the background has the skin's colour, no search
finds it by itself. Three points or more tell the outline model where it lies; along it the edge is
sought as ever, and is believed where it is seen and agrees with the points. In between the model
stands, bent so that it passes through the points, with the uncertainty of a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray, IndexArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.profile.backdrop import plain_backdrop
from landmarkdiff.profile.contour import ProfileContour, trace
from landmarkdiff.profile.corrections import OUTLINE_PLACES, Place, ProfileCorrections
from landmarkdiff.profile.covers import Cover
from landmarkdiff.profile.edge import resampled
from landmarkdiff.profile.following import along, feet_on, follow, led_through
from landmarkdiff.profile.networks import ProfileNetworks
from landmarkdiff.profile.outline import ComplexArray, outline_model
from landmarkdiff.profile.search import LEAST_PX_PER_MM, FoundOutline, head_scene
from landmarkdiff.profile.spans import stretches
from landmarkdiff.profile.windows import PhotoPyramid

__all__ = ["LEAST_POINTS", "contour_by_hand", "profile_template"]

_TEMPLATE = ("glabella", "pronasale", "labrale_superius", "pogonion", "cervical_point")

#: So many points on the contour tell where a profile lies, and which way it looks.
LEAST_POINTS = 3
#: Standard deviation of a point from its place on the model, mm, and rounds of the fit.
_POINT_MM, _ROUNDS = 1.5, 25
#: Points farther than this from any profile of the model (root mean square, mm), or that ask for
#: a roll beyond this, degrees, are not those of a profile.
_MOST_MISFIT_MM, _MOST_ROLL = 6.0, 60.0
#: The edge is believed where it is less far from the model than the first, where its distance from
#: the points, in between by their distance, is below the second, and where its own standard
#: deviation is below the third, mm.
_NEAR_MM, _AGREES_MM, _SEEN_MM = 6.5, 1.5, 1.2
#: Standard deviation of the model where it stands alone, mm.
_MODEL_MM = 2.0
#: Edge and model give way to each other over this distance, mm; the edge is not believed over
#: shorter stretches than the second.
_BLEND_MM, _LEAST_RUN_MM = 2.0, 4.0
#: Where less of the way between the points shows the edge of skin, no profile is there.
_LEAST_BELIEVED = 0.25
#: Points of the line lie so far apart, mm, but not closer than a pixel.
_SPACING_MM = 0.3


@dataclass(frozen=True, eq=False)
class _Laid:
    """The outline model laid through points; places as a head that looks to the left has them."""

    facing: int
    factor: complex
    line: ComplexArray
    cost: float
    misfit_mm: float

    @property
    def points(self) -> FloatArray:
        """The outline in the photo, (n, 2)."""
        return np.stack([self.facing * self.line.real, self.line.imag], axis=1)


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
    facing = min((1, -1), key=lambda facing: _laid_through(corrections, facing).cost)
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
    laid = _laid_through(ProfileCorrections(points), 1)
    scale = abs(laid.factor)
    roll = float(np.degrees(np.angle(laid.factor)))
    if not (
        laid.misfit_mm <= _MOST_MISFIT_MM and abs(roll) <= _MOST_ROLL and scale > LEAST_PX_PER_MM
    ):
        raise ParameterError("profile_points_unlike")
    model, feet = _model_line(laid, points)
    tip = laid.points[outline_model().tip]
    scene = head_scene(networks, pyramid, tip, 1.0, scale, plain_backdrop(pyramid))
    found = FoundOutline(
        points=resampled_like(laid.points, model),
        facing=1,
        px_per_mm=scale,
        roll=roll,
        quality=1.0,
        offsets=np.zeros(len(laid.line)),
        strengths=np.zeros(len(laid.line)),
        scene=scene,
    )
    traced = trace(pyramid, found).contour
    contour = _merged(replace(traced, px_per_mm=scale, roll=roll), model, feet)
    height, width = pyramid.photo.shape[:2]
    return follow(_within(contour, width, height), points, confirms=False)


def resampled_like(outline: FloatArray, line: FloatArray) -> FloatArray:
    """The points of the line, (n, 2), at the shares of the outline's length, (n, 2)."""
    old, new = along(outline) / along(outline)[-1], along(line) / along(line)[-1]
    return np.stack([np.interp(old, new, line[:, axis]) for axis in range(2)], axis=1)


def _laid_through(corrections: ProfileCorrections, facing: int) -> _Laid:
    """The most probable outline through the points, for one side (Gauss-Newton)."""
    points = corrections.of("left_profile" if facing > 0 else "right_profile")
    on_line = {name: points[name] for name in OUTLINE_PLACES if name in points}
    if len(on_line) < LEAST_POINTS:
        if len(corrections.points) >= LEAST_POINTS:  # of the other side
            return _Laid(facing, 0j, np.zeros(0, np.complex128), np.inf, np.inf)
        raise ParameterError("profile_points_too_few", count=len(on_line), least=LEAST_POINTS)
    model = outline_model()
    index = [OUTLINE_PLACES[name] for name in on_line]
    held = np.array(list(on_line.values()))
    goal = facing * held[:, 0] + 1j * held[:, 1]
    mean = model.mean[index]
    own = mean - mean.mean()
    factor = complex((own.conj() @ (goal - goal.mean())) / (np.abs(own) ** 2).sum())
    place = complex(goal.mean() - factor * mean.mean())
    shape = np.zeros(len(model.modes))
    for _ in range(_ROUNDS):
        now = mean + shape @ model.modes[:, index]
        off = goal - factor * now - place
        parts = [factor * now, 1j * factor * now, np.ones_like(now), 1j * np.ones_like(now)]
        parts += [factor * mode[index] for mode in model.modes]
        slopes = np.stack([np.concatenate([part.real, part.imag]) for part in parts], axis=1)
        weight = 1.0 / (_POINT_MM * max(abs(factor), 1e-6)) ** 2
        prior = np.r_[np.full(4, 1e-9), np.ones(len(shape))]
        right = weight * slopes.T @ np.concatenate([off.real, off.imag])
        right[4:] -= shape
        step = np.linalg.solve(weight * slopes.T @ slopes + np.diag(prior), right)
        factor *= np.exp(complex(*np.clip(step[:2], -0.3, 0.3)))
        place += complex(step[2], step[3])
        shape = shape + step[4:]
    off = (goal - factor * (mean + shape @ model.modes[:, index]) - place) / abs(factor)
    cost = float((np.abs(off) ** 2).sum() / _POINT_MM**2 + (shape**2).sum())
    line = factor * (model.mean + shape @ model.modes) + place
    return _Laid(facing, factor, line, cost, float(np.sqrt(np.mean(np.abs(off) ** 2))))


def _model_line(laid: _Laid, points: Mapping[str, Place]) -> tuple[FloatArray, IndexArray]:
    """The model's line, evenly spaced and led through the points, and their places on it."""
    scale = abs(laid.factor)
    line = resampled(laid.points, max(1.0, _SPACING_MM * scale), 0.0)
    names = [name for name in OUTLINE_PLACES if name in points]
    places = np.array([points[name] for name in names])
    homes = laid.points[[OUTLINE_PLACES[name] for name in names]]
    feet = feet_on(line, places, homes, names, scale)
    return led_through(line, feet, places, names, scale), feet


def _merged(
    traced: ProfileContour,
    model: FloatArray,
    feet: IndexArray,
) -> ProfileContour:
    """The traced contour where it can be believed, the model's line elsewhere."""
    scale = traced.px_per_mm
    way = along(model)
    apart = np.hypot(*(model[:, None] - traced.points[None]).transpose(2, 0, 1))
    nearest, away = apart.argmin(axis=1), apart.min(axis=1) / scale
    error = np.interp(way, way[feet], away[feet])
    sure = traced.uncertainty[nearest] / scale < _SEEN_MM
    ended = (nearest == len(traced.points) - 1) | (nearest == 0)
    agrees = (error < _AGREES_MM) & (away < _NEAR_MM)
    believed = _long_runs(agrees & sure & ~ended, way, _LEAST_RUN_MM * scale)
    if believed[feet[0] : feet[-1] + 1].mean() < _LEAST_BELIEVED:
        raise ParameterError("profile_points_unlike")
    share = _box(believed.astype(np.float64), way, _BLEND_MM * scale)[:, None]
    line = model + share * (traced.points[nearest] - model)
    share = share[:, 0]
    doubt = share * traced.uncertainty[nearest] + (1.0 - share) * _MODEL_MM * scale
    # The contour ends with the neck that was traced, or with the lowest point.
    last = max(int(np.flatnonzero(nearest < len(traced.points) - 1)[-1]), int(feet[-1])) + 1
    covers = _covers(traced, nearest, believed, away > _AGREES_MM, last)
    return replace(
        traced,
        points=line[:last],
        uncertainty=doubt[:last],
        covers=covers,
        outline=resampled_like(traced.outline, model),
    )


def _covers(
    traced: ProfileContour,
    nearest: IndexArray,
    believed: BoolArray,
    apart: BoolArray,
    last: int,
) -> tuple[Cover, ...]:
    """What lies before the skin: the traced contour's covers, and edges that are not the line's.

    Where no edge is seen at all, the background has the skin's colour, and nothing lies before it.
    """
    kinds = np.full(last, "", dtype="<U8")
    for first, end in stretches(~believed[:last]):
        if apart[first:end].any():
            kinds[first:end] = "hand"
    for cover in traced.covers:
        inside = believed & (nearest >= cover.first) & (nearest <= cover.last)
        kinds[inside[:last]] = cover.kind
    edges = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
    starts, ends = np.r_[0, edges], np.r_[edges, last]
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


def _box(values: FloatArray, way: FloatArray, width: float) -> FloatArray:
    """Mean over a distance along the line."""
    half = max(1, round(width / 2 / max(way[-1] / len(way), 1e-9)))
    padded = np.pad(values, half, mode="edge")
    return np.convolve(padded, np.full(2 * half + 1, 1.0 / (2 * half + 1)), mode="valid")
