"""Faces without limit for the tokenizer: points of the CC0 head, posed and seen by a camera.

Every sample is a function of the seed and its number alone, so that a run that is resumed sees
what it would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.head.model import HeadModel, head_model
from landmarkdiff.landmarks.pose import rotation_from
from landmarkdiff.lato.tokenizer.points import MESH_POINTS, POINT_COUNT

__all__ = ["PointSampler"]

#: Standard deviations of the shares of shape: wider than people are, as the head's directions are
#: artists' and not a statistic of people.
_IDENTITY = 1.3
#: Smooth displacements that no direction holds: length of the waves and their size, mm.
_WAVES = ((60.0, 2.0), (25.0, 1.2))
_WAVE_COUNT = 16
#: Spread of the landmarks themselves, mm: that of eight passes is 0.2 % of the eye distance, of
#: one pass 0.4 %, of a covered point several times that.
_NOISE_MM = (0.1, 0.8)
#: Largest turns, degrees: yaw to what the landmarker finds, pitch and roll to what people hold.
_YAW, _PITCH, _ROLL = 60.0, 30.0, 35.0
#: From the camera, mm; a photo of oneself at the near end.
_DISTANCE_MM = (350.0, 3000.0)
#: Height of the face, hairline to chin being some 180 mm, as a share of the frame's longer side.
_FACE_SHARE = (0.2, 0.9)
_FACE_MM = 180.0


@dataclass(frozen=True)
class PointSampler:
    """Sets of 68 points by number.

    Attributes
    ----------
    seed : int
    """

    seed: int = 0

    @cached_property
    def _basis(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return _basis(head_model())

    def batch(self, start: int, count: int) -> tuple[Float32Array, Float32Array]:
        """Return some samples.

        Parameters
        ----------
        start : int
            Number of the first one.
        count : int

        Returns
        -------
        points : (count, 68, 2) float32 array
            Frame of tokens.
        present : (count, 68) float32 array
            1 where the point is given, 0 where it is missing: up to half of them, scattered, or
            those of a side, or those near a place.
        """
        drawn = [self._sample(start + number) for number in range(count)]
        return (
            np.stack([points for points, _ in drawn]).astype(np.float32),
            np.stack([present for _, present in drawn]).astype(np.float32),
        )

    def _sample(self, number: int) -> tuple[FloatArray, FloatArray]:
        rng = np.random.default_rng([self.seed, number])
        mean, identity, expression = self._basis
        shares = _IDENTITY * rng.normal(size=len(identity))
        points = mean + np.tensordot(shares, identity, axes=1)
        units = rng.choice(len(expression), size=rng.integers(0, 7), replace=False)
        points = points + np.tensordot(rng.random(len(units)), expression[units], axes=1)
        points = points * (1.0 + rng.normal(0.0, 0.04, 3))
        for length, size in _WAVES:
            points = points + rng.random() * size * _waves(mean, length, rng)
        points = points + rng.normal(0.0, rng.uniform(*_NOISE_MM), points.shape)
        seen = _seen(points, rng)
        return seen, _present(seen, rng)


def _seen(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Turn a head and look at it through a camera: (68, 2) in the frame of tokens."""
    yaw = rng.choice([rng.normal(0.0, 10.0), rng.uniform(-_YAW, _YAW)])
    pitch, roll = rng.uniform(-_PITCH, _PITCH), rng.normal(0.0, 10.0)
    turn = rotation_from(
        float(np.clip(yaw, -_YAW, _YAW)), float(pitch), float(np.clip(roll, -_ROLL, _ROLL))
    )
    seen = points @ turn.T
    distance = np.exp(rng.uniform(*np.log(_DISTANCE_MM)))
    flat = seen[:, :2] * (1.0, -1.0) * (distance / (distance - seen[:, 2:]))
    size = np.exp(rng.uniform(*np.log(_FACE_SHARE))) * 2.0 / _FACE_MM
    flat = (flat - (flat.min(axis=0) + flat.max(axis=0)) / 2.0) * size
    room = np.maximum(1.0 - np.ptp(flat, axis=0) / 2.0, 0.0)
    return np.asarray(flat + rng.uniform(-1.0, 1.0, 2) * room)


def _present(points: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Let points be missing: scattered, or what a hand, hair or the turn of the head covers."""
    count = int(rng.integers(1, POINT_COUNT // 2 + 1))
    way = rng.normal(size=2)
    order = [
        rng.random(POINT_COUNT),
        points @ way,
        np.linalg.norm(points - points[rng.integers(POINT_COUNT)], axis=1),
    ][rng.integers(3)]
    present = np.ones(POINT_COUNT)
    present[np.argsort(order)[:count]] = 0.0
    return present


def _waves(points: FloatArray, length: float, rng: np.random.Generator) -> FloatArray:
    """A smooth random displacement of unit variance: (n, 3)."""
    ways = rng.normal(size=(_WAVE_COUNT, 3)) / length
    phases = rng.uniform(0.0, 2.0 * np.pi, _WAVE_COUNT)
    size = rng.normal(size=(_WAVE_COUNT, 3)) * np.sqrt(2.0 / _WAVE_COUNT)
    return np.asarray(np.cos(points @ ways.T + phases) @ size)


def _basis(model: HeadModel) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean, directions of shape and units of expression at the 68 points: (68, 3), (k, 68, 3)."""

    def at_points(places: FloatArray) -> FloatArray:
        return np.asarray(model.landmarks.points(places)[..., MESH_POINTS, :], np.float64)

    identity = np.stack([at_points(one.astype(np.float64)) for one in model.identity])
    expression = np.stack([at_points(one.astype(np.float64)) for one in model.expression])
    return at_points(model.mean), identity, expression
