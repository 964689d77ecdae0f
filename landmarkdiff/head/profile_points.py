"""The named points of a profile: the fitted head's, snapped to the photo's own contour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.start import ALAR_CREASES
from landmarkdiff.head.fitted import FittedHead
from landmarkdiff.profile import ProfileContour
from landmarkdiff.profile.corrections import CREASE, HAND_MM, OUTLINE_PLACES, Place
from landmarkdiff.profile.edge import resampled

__all__ = ["ProfilePoint", "UprightContour", "profile_points", "upright_contour"]

#: Points along the contour lie so far apart, and noise along it is smoothed over so much, mm.
SPACING_MM, SMOOTHING_MM = 0.15, 0.45
#: Points that are extremes: in which direction, forward and up, and how far along the contour
#: from the head's own, mm. The gnathion is the foremost and lowest of the chin.
EXTREMES = {
    "glabella": ((1.0, 0.0), 5.0),
    "pronasale": ((1.0, 0.0), 6.0),
    "labrale_superius": ((1.0, 0.0), 3.5),
    "labrale_inferius": ((1.0, 0.0), 3.5),
    "pogonion": ((1.0, 0.0), 7.0),
    "gnathion": ((0.7, -0.7), 5.0),
}
#: Points that lie deepest behind, or farthest in front of, the chord between two others, and how
#: far from the head's own, mm. The menton is where the chin turns into the floor of the mouth:
#: the lowest point slides by centimetres as the head nods.
CHORDS = {
    "nasion": ("glabella", "rhinion", "behind", 6.0),
    "subnasale": ("pronasale", "labrale_superius", "behind", 4.0),
    "stomion": ("labrale_superius", "labrale_inferius", "behind", 4.0),
    "sublabiale": ("labrale_inferius", "pogonion", "behind", 5.0),
    "cervical_point": ("gnathion", "neck", "behind", 6.0),
    "menton": ("pogonion", "cervical_point", "before", 5.0),
}
#: The neck's direction is taken up to this far below the cervical point of the head, and is no
#: direction below the second length, mm.
NECK_MM, LEAST_NECK_MM = 18.0, 6.0
#: Of two equal extremes the one nearer to the head's own point counts: so much is taken off for
#: the square of the way from it, 1/mm. Flat stretches have no extreme worth the name. Twice as much
#: draws the tip of another family's nose 0.1 mm from its extreme. The root of a nose is flat, and
#: so is the glabella that its chord begins at: drawn as little, it lay 1.3 mm too low (119 heads).
NEARNESS = 0.01
NEARNESS_OF = {"nasion": 0.06}
#: A parabola through this much of the contour to each side tells the place of an extreme, mm.
SUMMIT_MM = 1.2
#: What a surgeon's own hand differs by along a flat stretch, mm: no point is surer, and an
#: extreme is never less sure than the head's own point.
LEAST_MM, MOST_MM = 0.3, 3.0
#: Of a point that two edges meet in, where neither is an extreme of the skin, and of one that
#: nothing but its share of the dorsum tells, mm.
LEAST_OF = {"stomion": 1.0, "rhinion": 1.0}


@dataclass(frozen=True)
class ProfilePoint:
    """A named point of a profile.

    Attributes
    ----------
    name : str
    place : tuple of float
        Image frame, pixels.
    upright : tuple of float
        Forward and up in the head's own frame, mm, from midway between the eyes.
    uncertainty_mm : float
        One standard deviation, along and across the contour together.
    covered : bool
        Whether something hides the contour there.
    by_hand : bool
        Whether a hand has placed it.
    """

    name: str
    place: tuple[float, float]
    upright: tuple[float, float]
    uncertainty_mm: float
    covered: bool = False
    by_hand: bool = False

    def to_list(self) -> list[Any]:
        """Return what ``result.json`` says of it: x, y in pixels, uncertainty in mm."""
        x, y = self.place
        return [round(x, 2), round(y, 2), round(self.uncertainty_mm, 2)]


@dataclass(frozen=True, eq=False)
class UprightContour:
    """A contour in the head's own frame: turned upright, the nose pointing forward.

    Attributes
    ----------
    points : (n, 2) float64 array
        Forward and up, mm, evenly spaced.
    spread_mm : (n,) float64 array
        Standard deviation across.
    covered : (n,) bool array
        Where something hides the contour.
    camera : HeadCamera
    """

    points: FloatArray
    spread_mm: FloatArray
    covered: BoolArray
    camera: HeadCamera

    @property
    def axes(self) -> FloatArray:
        """Forward and up as unit vectors of the image frame: (2, 2)."""
        return _axes(self.camera)

    def in_photo(self, upright: FloatArray) -> FloatArray:
        """Return the place in the photo of upright points, (..., 2)."""
        return np.asarray(upright * self.camera.px_per_mm @ self.axes + self.camera.shift)

    def from_photo(self, places: FloatArray) -> FloatArray:
        """Return the upright points of places in the photo, (..., 2)."""
        return np.asarray((places - self.camera.shift) @ self.axes.T / self.camera.px_per_mm)


def _axes(camera: HeadCamera) -> FloatArray:
    forward = camera.rotation[:2, 2] * (1.0, -1.0)
    forward = forward / np.linalg.norm(forward)
    up = np.array([forward[1], -forward[0]])
    if camera.rotation[:2, 1] * (1.0, -1.0) @ up < 0:
        up = -up
    return np.stack([forward, up])


def upright_contour(contour: ProfileContour, camera: HeadCamera) -> UprightContour:
    """Turn a contour upright, evenly spaced and smoothed along its length."""
    scale = camera.px_per_mm
    points = resampled(contour.points, SPACING_MM * scale, SMOOTHING_MM * scale)
    old = np.linspace(0.0, 1.0, len(contour.points))
    new = np.linspace(0.0, 1.0, len(points))
    upright = (points - camera.shift) @ _axes(camera).T / scale
    return UprightContour(
        upright,
        np.interp(new, old, contour.uncertainty) / scale,
        np.interp(new, old, contour.covered.astype(np.float64)) > 0.5,
        camera,
    )


def profile_points(
    contour: ProfileContour, head: FittedHead, camera: HeadCamera
) -> Mapping[str, ProfilePoint]:
    """Find the named points of a profile.

    The fitted head says about where each lies; extremes and deepest places are then sought along
    the contour itself. ``alar_crease`` is the head's own point within the face, and ``neck`` a
    place on the contour below the cervical point. A point that a hand has placed stays where it
    is, and those above and below it stay above and below.

    Parameters
    ----------
    contour : ProfileContour
    head : FittedHead
        Fitted to it, alone or with other photos.
    camera : HeadCamera
        How the photo sees the head.

    Returns
    -------
    mapping of str to ProfilePoint
        From the forehead down; a point that the contour does not reach is missing.
    """
    line = upright_contour(contour, camera)
    finder = _Finder(line, head, contour.placed)
    found = dict(finder.placed)
    for name in ("glabella", "rhinion", "pronasale", "columella", "labrale_superius",
                 "labrale_inferius", "pogonion", "gnathion"):  # fmt: skip
        if name not in found:
            finder.add(found, name)
    if "neck" not in found:
        finder.add_neck(found)
    for name, (above, below, side, reach) in CHORDS.items():
        if name not in found and above in found and below in found:
            finder.add_deepest(found, name, found[above], found[below], side, reach)
    if "rhinion" not in finder.placed:
        finder.divide(found, "rhinion", "nasion", "pronasale")
    if CREASE not in found:
        found[CREASE] = _crease(line, head, contour.side)
    order = np.argsort([-point.upright[1] for point in found.values()])
    names = list(found)
    return {names[place]: found[names[place]] for place in order}


def _crease(line: UprightContour, head: FittedHead, side: str) -> ProfilePoint:
    """The alar crease of the side that is seen."""
    place = line.camera.project(head.landmarks_mm[ALAR_CREASES[side]])[:2]
    return ProfilePoint(CREASE, _pair(place), _pair(line.from_photo(place)), MOST_MM / 2)


def _pair(values: FloatArray) -> tuple[float, float]:
    return float(values[0]), float(values[1])


class _Finder:
    """Places points along an upright contour."""

    def __init__(self, line: UprightContour, head: FittedHead, placed: Mapping[str, Place]) -> None:
        self.line = line
        self.placed = {
            name: ProfilePoint(
                name, place, _pair(line.from_photo(np.array(place))), HAND_MM, by_hand=True
            )
            for name, place in placed.items()
        }
        self.fixed = {
            name: int(np.hypot(*(line.points - point.upright).T).argmin())
            for name, point in self.placed.items()
            if name != CREASE
        }
        held = head.model.landmarks.anatomical(head.surface.vertices)
        axes, camera = line.axes, line.camera
        self.known = {
            name: (camera.project(place)[:2] - camera.shift) @ axes.T / camera.px_per_mm
            for name, place in held.items()
        }
        self.spread = {name: point.uncertainty_mm for name, point in head.points.items()}
        self.spacing = float(np.hypot(*np.diff(line.points, axis=0).T).mean())

    def _start(self, name: str) -> int | None:
        """Index of the contour's point nearest to the head's own."""
        away = np.hypot(*(self.line.points - self.known[name]).T)
        low, high = self._room(name)
        nearest = low + int(away[low:high].argmin())
        return nearest if away[nearest] < 6.0 else None

    def _room(self, name: str) -> tuple[int, int]:
        """First and end index of the contour that placed points leave to another."""
        order = list(OUTLINE_PLACES)
        low, high = 0, len(self.line.points)
        for other, index in self.fixed.items():
            if order.index(other) < order.index(name):
                low = max(low, index + 1)
            else:
                high = min(high, index)
        return (low, high) if low < high else (min(low, high), min(low, high) + 1)

    def add(self, found: dict[str, ProfilePoint], name: str) -> None:
        """Add a point that the head knows, at the extreme near it where it is one."""
        start = self._start(name)
        if start is None:
            return
        if name not in EXTREMES:
            found[name] = self._point(name, float(start), None)
            return
        way, reach = EXTREMES[name]
        found[name] = self._summit(name, self.line.points @ np.array(way), start, reach)

    def add_neck(self, found: dict[str, ProfilePoint]) -> None:
        """Add a place on the neck, where the contour reaches one."""
        start = self._start("cervical_point")
        if start is None:
            return
        last = min(len(self.line.points) - 1, start + round(NECK_MM / self.spacing))
        if (last - start) * self.spacing >= LEAST_NECK_MM:
            found["neck"] = self._point("neck", float(last), None)

    def add_deepest(
        self,
        found: dict[str, ProfilePoint],
        name: str,
        above: ProfilePoint,
        below: ProfilePoint,
        side: str,
        reach: float,
    ) -> None:
        """Add the point farthest from the chord between two others."""
        start = self._start(name)
        if start is None:
            return
        chord = np.subtract(below.upright, above.upright)
        chord /= max(float(np.hypot(*chord)), 1e-9)
        behind = np.array([chord[1], -chord[0]])  # of a chord that runs down the profile
        signal = (self.line.points - above.upright) @ behind
        found[name] = self._summit(name, signal if side == "behind" else -signal, start, reach)

    def divide(self, found: dict[str, ProfilePoint], name: str, above: str, below: str) -> None:
        """Move a point that is no extreme to where it divides the way between two that are.

        In the proportion of the head's own: along a straight dorsum nothing else tells it.
        """
        if not {name, above, below} <= found.keys():
            return
        first, last = (np.array(found[end].upright) for end in (above, below))
        own = self.known[below] - self.known[above]
        share = (self.known[name] - self.known[above]) @ own / (own @ own)
        way = last - first
        along = (self.line.points - first) @ way / (way @ way)
        inside = np.flatnonzero((along > 0.0) & (along < 1.0))
        if inside.size:
            nearest = inside[np.abs(along[inside] - share).argmin()]
            found[name] = self._point(name, float(nearest), None)

    def _summit(self, name: str, signal: FloatArray, start: int, reach: float) -> ProfilePoint:
        """The greatest value near a start, between samples by a parabola."""
        steps = round(reach / self.spacing)
        away = (np.arange(len(signal)) - start) * self.spacing
        nearness = NEARNESS_OF.get(name, NEARNESS)
        signal = signal - nearness * away**2
        first, end = self._room(name)
        low, high = max(first, start - steps), min(end, start + steps + 1)
        best = low + int(signal[low:high].argmax())
        half = round(SUMMIT_MM / self.spacing)
        if not (low < best < high - 1) or best < half or best >= len(signal) - half:
            return self._point(name, float(start), None)
        at = np.arange(-half, half + 1) * self.spacing
        bend, slope, _ = np.polyfit(at, signal[best - half : best + half + 1], 2)
        if bend >= -1e-6:
            return self._point(name, float(best), None)
        shift = float(np.clip(-slope / (2.0 * bend), -SUMMIT_MM, SUMMIT_MM))
        return self._point(name, best + shift / self.spacing, -2.0 * float(bend) - 2.0 * nearness)

    def _point(self, name: str, index: float, bend: float | None) -> ProfilePoint:
        """A point at a fractional index; ``bend`` is the curvature of its extreme, 1/mm."""
        whole = np.arange(len(self.line.points))
        place = np.array([np.interp(index, whole, self.line.points[:, k]) for k in range(2)])
        across = float(np.interp(index, whole, self.line.spread_mm))
        along = self.spread.get(name, MOST_MM)
        if bend is not None:
            # The slope is as uncertain as the contour over the stretch of the parabola.
            along = min(across / (SUMMIT_MM * max(bend, 1e-6)), MOST_MM)
        return ProfilePoint(
            name,
            _pair(self.line.in_photo(place)),
            _pair(place),
            float(np.sqrt(across**2 + along**2 + LEAST_OF.get(name, LEAST_MM) ** 2)),
            bool(self.line.covered[round(index)]),
        )
