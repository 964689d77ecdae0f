"""The least-squares fit of one head to several photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.evidence import CAMERA_PARAMETERS, Evidence, turned
from landmarkdiff.head.fit.shape_prior import ShapePrior
from landmarkdiff.head.surface import HeadSurface

__all__ = ["Solution", "solve"]

#: Rounds with the cameras alone, then with the shape.
_CAMERA_ROUNDS, _ROUNDS = 6, 10
#: A step of the shape below this (standard deviations, root mean square) ends the rounds.
_SETTLED = 0.004


@dataclass(frozen=True, eq=False)
class Solution:
    """The most probable head.

    Attributes
    ----------
    shares : (P,) float64 array
        Of the prior's directions, standard deviations.
    system : (P + 6 k, P + 6 k) float64 array
        Normal equations of the last round: the shares, then six parameters of each camera.
    cameras : tuple of HeadCamera
    misfits_mm : tuple of float
        Root mean square distance of each photo's evidence from the head.
    surface : HeadSurface
    """

    shares: FloatArray
    system: FloatArray
    cameras: tuple[HeadCamera, ...]
    misfits_mm: tuple[float, ...]
    surface: HeadSurface


def _go_on() -> None:
    """Of whoever has nothing to wait for."""


def solve(
    prior: ShapePrior, photos: Sequence[Evidence], pause: Callable[[], object] | None = None
) -> Solution:
    """Fit the head and one camera for each photo (Gauss-Newton, robust weights).

    ``pause`` is called for each photo in each round; what it raises ends the work.
    """
    pause = pause or _go_on
    shares = np.zeros(prior.count)
    cameras = [photo.camera for photo in photos]
    surface = prior.average
    average = ShapePrior(prior.model, prior.directions[..., :0])  # of which no shape is free
    for place, photo in enumerate(photos):
        pause()
        for _ in range(_CAMERA_ROUNDS):
            rows = photo.rows(average, surface, cameras[place])
            normal = rows.camera.T @ rows.camera + 1e-6 * np.eye(CAMERA_PARAMETERS)
            step = np.asarray(np.linalg.solve(normal, rows.camera.T @ rows.residual))
            cameras[place] = turned(cameras[place], step)
    misfits: list[float] = []
    total = prior.count + CAMERA_PARAMETERS * len(photos)
    for _ in range(_ROUNDS):
        system, right = np.zeros((total, total)), np.zeros(total)
        system[: prior.count, : prior.count] = np.eye(prior.count)
        right[: prior.count] = -shares
        misfits = []
        for place, photo in enumerate(photos):
            pause()
            rows = photo.rows(prior, surface, cameras[place])
            own = slice(prior.count + CAMERA_PARAMETERS * place, None)
            own = slice(own.start, own.start + CAMERA_PARAMETERS)
            misfits.append(rows.misfit_mm)
            system[: prior.count, : prior.count] += rows.shape.T @ rows.shape
            across = rows.shape.T @ rows.camera
            system[: prior.count, own] += across
            system[own, : prior.count] += across.T
            system[own, own] += rows.camera.T @ rows.camera + 1e-6 * np.eye(CAMERA_PARAMETERS)
            right[: prior.count] += rows.shape.T @ rows.residual
            right[own] += rows.camera.T @ rows.residual
        step = np.asarray(np.linalg.solve(system, right), np.float64)
        shares = shares + step[: prior.count]
        for place, camera in enumerate(cameras):
            start = prior.count + CAMERA_PARAMETERS * place
            cameras[place] = turned(camera, step[start : start + CAMERA_PARAMETERS])
        surface = HeadSurface(prior.model.topology, prior.places(shares))
        if np.sqrt(np.mean(step[: prior.count] ** 2)) < _SETTLED:
            break
    return Solution(shares, system, tuple(cameras), tuple(misfits), surface)
