"""The outline model laid through points of a profile, and along stretches of its edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.profile.corrections import OUTLINE_PLACES, Place, ProfileCorrections
from landmarkdiff.profile.edge import resampled
from landmarkdiff.profile.following import along, feet_on, led_through
from landmarkdiff.profile.outline import CORE, ComplexArray, OutlineModel, outline_model

__all__ = ["LEAST_POINTS", "SPACING_MM", "LaidOutline", "laid_along", "laid_through"]

#: So many points on the contour tell where a profile lies, and which way it looks.
LEAST_POINTS = 3
#: Standard deviation of a point from its place on the model, and of the model from an edge, mm.
_POINT_MM, _EDGE_MM = 1.5, 0.8
#: Rounds of the fit through points alone, and of that along an edge.
_ROUNDS, _EDGE_ROUNDS = 25, 12
#: An edge farther from the model than the first, mm, or past its own end by the second, says
#: nothing of that place.
_REACH_MM, _PAST_MM = 4.0, 1.0
#: The line is led through places of the edge that lie so far apart along it, mm.
_EVERY_MM = 5.0
#: Points of the line lie so far apart, mm, but not closer than a pixel.
SPACING_MM = 0.3


@dataclass(frozen=True, eq=False)
class LaidOutline:
    """The outline model laid over a photo; places as a head that looks to the left has them.

    Attributes
    ----------
    facing : int
        1 looks to the left, -1 to the right.
    factor, place : complex
        Scale (pixels per mm) and roll, and where the model's own origin lies, pixels.
    shape : (k,) float64 array
        Standard deviations along the modes.
    cost : float
        Squared standard deviations in all.
    misfit_mm : float
        Root mean square of the points' distances, mm.
    """

    facing: int
    factor: complex
    place: complex
    shape: FloatArray
    cost: float
    misfit_mm: float

    @property
    def line(self) -> ComplexArray:
        """The outline as its head looks to the left, (n,), pixels."""
        model = outline_model()
        return np.asarray(self.factor * (model.mean + self.shape @ model.modes) + self.place)

    @property
    def points(self) -> FloatArray:
        """The outline in the photo, (n, 2), pixels."""
        line = self.line
        return np.stack([self.facing * line.real, line.imag], axis=1)

    def led(
        self, points: Mapping[str, Place], edge: FloatArray | None = None
    ) -> tuple[FloatArray, IndexArray]:
        """Return the line through the points, evenly spaced, and the points' places on it.

        Parameters
        ----------
        points : mapping of str to (float, float)
            Pixels.
        edge : (m, 2) float64 array, optional
            What is seen of the contour, pixels; the line follows it too.

        Raises
        ------
        ParameterError
            The points change their order along the line, or it would fold.
        """
        scale = abs(self.factor)
        line = resampled(self.points, max(1.0, SPACING_MM * scale), 0.0)
        names = [name for name in OUTLINE_PLACES if name in points]
        places = np.array([points[name] for name in names])
        homes = self.points[[OUTLINE_PLACES[name] for name in names]]
        feet = feet_on(line, places, homes, names, scale)
        if edge is None:
            return led_through(line, feet, places, names, scale), feet
        own, goals = _along_edge(line, feet, edge, scale)
        all_feet = np.concatenate([feet, own])
        order = np.argsort(all_feet, kind="stable")
        goals = np.concatenate([places, goals])[order]
        nearest = np.abs(all_feet[order][:, None] - feet).argmin(axis=1)
        all_names = [names[k] for k in nearest]
        return led_through(line, all_feet[order], goals, all_names, scale), feet


def laid_through(corrections: ProfileCorrections, facing: int) -> LaidOutline:
    """Return the most probable outline through points, for one side (Gauss-Newton).

    Parameters
    ----------
    corrections : ProfileCorrections
    facing : int
        1 looks to the left, -1 to the right.

    Raises
    ------
    ParameterError
        They are fewer than three (``profile_points_too_few``).
    """
    points = corrections.of("left_profile" if facing > 0 else "right_profile")
    index, goal = _goals(points, facing)
    if len(index) < LEAST_POINTS:
        if len(corrections.points) >= LEAST_POINTS:  # of the other side
            return LaidOutline(facing, 0j, 0j, np.zeros(0), np.inf, np.inf)
        raise ParameterError("profile_points_too_few", count=len(index), least=LEAST_POINTS)
    model = outline_model()
    mean = model.mean[index]
    own = mean - mean.mean()
    factor = complex((own.conj() @ (goal - goal.mean())) / (np.abs(own) ** 2).sum())
    place = complex(goal.mean() - factor * mean.mean())
    shape = np.zeros(len(model.modes))
    for _ in range(_ROUNDS):
        now = model.mean + shape @ model.modes
        rows, off = _of_points(model, factor, now, index, goal - factor * now[index] - place)
        factor, place, shape = _stepped(rows, off, factor, place, shape)
    left = (goal - factor * (mean + shape @ model.modes[:, index]) - place) / abs(factor)
    cost = float((np.abs(left) ** 2).sum() / _POINT_MM**2 + (shape**2).sum())
    misfit = float(np.sqrt(np.mean(np.abs(left) ** 2)))
    return LaidOutline(facing, factor, place, shape, cost, misfit)


def laid_along(laid: LaidOutline, points: Mapping[str, Place], edge: FloatArray) -> LaidOutline:
    """Return the outline laid through points and along what is seen of the edge.

    Parameters
    ----------
    laid : LaidOutline
        Where the fit begins.
    points : mapping of str to (float, float)
        Pixels.
    edge : (m, 2) float64 array
        Pixels.
    """
    model = outline_model()
    index, goal = _goals(points, laid.facing)
    seen = laid.facing * edge[:, 0] + 1j * edge[:, 1]
    factor, place, shape = laid.factor, laid.place, laid.shape
    for _ in range(_EDGE_ROUNDS):
        now = model.mean + shape @ model.modes
        line, scale = factor * now + place, abs(factor)
        rows, off = _of_points(model, factor, now, index, goal - line[index])
        ahead = np.gradient(line)
        ahead /= np.maximum(np.abs(ahead), 1e-9)
        apart = np.abs(line[:, None] - seen)
        away = (seen[apart.argmin(axis=1)] - line) * ahead.conj()  # along it, and across
        used = (apart.min(axis=1) < _REACH_MM * scale) & (np.abs(away.real) < _PAST_MM * scale)
        used[: CORE.start] = used[CORE.stop :] = False
        across = [(part * ahead.conj()).imag[used] for part in _parts(model, factor, now)]
        weight = 1.0 / (_EDGE_MM * scale)
        rows = np.concatenate([rows, weight * np.stack(across, axis=1)])
        off = np.concatenate([off, weight * away.imag[used]])
        factor, place, shape = _stepped(rows, off, factor, place, shape)
    return LaidOutline(laid.facing, factor, place, shape, laid.cost, laid.misfit_mm)


def _goals(points: Mapping[str, Place], facing: int) -> tuple[list[int], ComplexArray]:
    """Places of the points on the model, and where they are to lie as a head looks to the left."""
    on_line = [name for name in OUTLINE_PLACES if name in points]
    held = np.array([points[name] for name in on_line]).reshape(-1, 2)
    return [OUTLINE_PLACES[name] for name in on_line], facing * held[:, 0] + 1j * held[:, 1]


def _parts(model: OutlineModel, factor: complex, now: ComplexArray) -> list[ComplexArray]:
    """Way of every point of the outline with each parameter, pixels."""
    ones = np.ones_like(now)
    return [factor * now, 1j * factor * now, ones, 1j * ones, *(factor * model.modes)]


def _of_points(
    model: OutlineModel, factor: complex, now: ComplexArray, index: list[int], off: ComplexArray
) -> tuple[FloatArray, FloatArray]:
    """Rows of the equations that points give, and their right side, in standard deviations."""
    weight = 1.0 / (_POINT_MM * max(abs(factor), 1e-6))
    parts = [part[index] for part in _parts(model, factor, now)]
    rows = np.stack([np.concatenate([part.real, part.imag]) for part in parts], axis=1)
    return weight * rows, weight * np.concatenate([off.real, off.imag])


def _stepped(
    rows: FloatArray, off: FloatArray, factor: complex, place: complex, shape: FloatArray
) -> tuple[complex, complex, FloatArray]:
    """Scale and roll, place and shape after one step of Gauss-Newton."""
    prior = np.r_[np.full(4, 1e-9), np.ones(len(shape))]
    right = rows.T @ off
    right[4:] -= shape
    step = np.linalg.solve(rows.T @ rows + np.diag(prior), right)
    factor *= np.exp(complex(*np.clip(step[:2], -0.3, 0.3)))
    return factor, place + complex(step[2], step[3]), shape + step[4:]


def _along_edge(
    line: FloatArray, feet: IndexArray, edge: FloatArray, scale: float
) -> tuple[IndexArray, FloatArray]:
    """Points of the line that an edge leads, away from ``feet`` and each other, and where to."""
    apart = np.hypot(*(line[:, None] - edge[None]).transpose(2, 0, 1))
    nearest = apart.argmin(axis=1)
    ahead = np.gradient(line, axis=0)
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    past = np.abs(((edge[nearest] - line) * ahead).sum(axis=1))
    fits: BoolArray = (apart.min(axis=1) < _REACH_MM * scale) & (past < 0.5 * _PAST_MM * scale)
    way, taken = along(line), list(feet)
    for k in np.flatnonzero(fits):
        if np.abs(way[taken] - way[k]).min() >= _EVERY_MM * scale:
            taken.append(int(k))
    own = np.array(taken[len(feet) :], np.intp)
    return own, edge[nearest[own]]
