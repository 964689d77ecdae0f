"""The least-squares fit of one head to several photos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.fit.evidence import CAMERA_PARAMETERS, Evidence, Rows, turned
from landmarkdiff.head.fit.shape_prior import ShapePrior
from landmarkdiff.head.surface import HeadSurface

__all__ = ["Solution", "solve"]

#: Rounds with the cameras alone, then with the shape.
_CAMERA_ROUNDS, _ROUNDS = 6, 10
#: A step of the shape below this (standard deviations, root mean square) ends the rounds.
_SETTLED = 0.004
#: What keeps the equations of a camera solvable.
_LEAST = 1e-6 * np.eye(CAMERA_PARAMETERS)


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

    Steps are damped by what the second derivatives may be (:attr:`Rows.bend`), so that they do
    not grow where the first ones vanish.

    ``pause`` is called for each photo in each round; what it raises ends the work.
    """
    pause = pause or _go_on
    shares = np.zeros(prior.count)
    surface = prior.average
    cameras = _first_cameras(prior, photos, pause)
    for _ in range(_ROUNDS):
        every = []
        for photo, camera in zip(photos, cameras, strict=True):
            pause()
            every.append(photo.rows(prior, surface, camera))
        system, right = _equations(shares, every)
        bend = np.concatenate([np.zeros(prior.count), *(rows.bend for rows in every)])
        step = np.asarray(np.linalg.solve(system + np.diag(bend), right), np.float64)
        shares = shares + step[: prior.count]
        moves = step[prior.count :].reshape(len(cameras), CAMERA_PARAMETERS)
        cameras = [turned(camera, move) for camera, move in zip(cameras, moves, strict=True)]
        surface = HeadSurface(prior.model.topology, prior.places(shares))
        if np.sqrt(np.mean(step[: prior.count] ** 2)) < _SETTLED:
            break
    misfits = tuple(rows.misfit_mm for rows in every)
    return Solution(shares, system, tuple(cameras), misfits, surface)


def _first_cameras(
    prior: ShapePrior, photos: Sequence[Evidence], pause: Callable[[], object]
) -> list[HeadCamera]:
    """Cameras that see the average head as each photo shows it."""
    average = ShapePrior(prior.model, prior.directions[..., :0])  # of which no shape is free
    cameras = []
    for photo in photos:
        pause()
        camera = photo.camera
        for _ in range(_CAMERA_ROUNDS):
            rows = photo.rows(average, prior.average, camera)
            normal = rows.camera.T @ rows.camera + _LEAST + np.diag(rows.bend)
            step = np.asarray(np.linalg.solve(normal, rows.camera.T @ rows.residual))
            camera = turned(camera, step)
        cameras.append(camera)
    return cameras


def _equations(shares: FloatArray, every: Sequence[Rows]) -> tuple[FloatArray, FloatArray]:
    """Normal equations of the shares and all cameras, prior included, and their right side."""
    count = len(shares)
    total = count + CAMERA_PARAMETERS * len(every)
    system, right = np.zeros((total, total)), np.zeros(total)
    system[:count, :count] = np.eye(count)
    right[:count] = -shares
    for place, rows in enumerate(every):
        start = count + CAMERA_PARAMETERS * place
        own = slice(start, start + CAMERA_PARAMETERS)
        system[:count, :count] += rows.shape.T @ rows.shape
        across = rows.shape.T @ rows.camera
        system[:count, own] += across
        system[own, :count] += across.T
        system[own, own] += rows.camera.T @ rows.camera + _LEAST
        right[:count] += rows.shape.T @ rows.residual
        right[own] += rows.camera.T @ rows.residual
    return system, right
