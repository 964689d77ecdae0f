"""Head pose: the canonical face mesh fitted to the landmarks by a weighted similarity."""

from __future__ import annotations

from functools import cache

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import LATERAL_CANTHI, Pose
from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_REGIONS, topology

__all__ = ["angles_of", "fit_pose", "rotation_from"]


#: Regions that expression, jaw opening and weight move; they count less in the fit.
_SOFT_GROUPS = (
    "labiomental_sulcus", "chin_pad", "chin_border", "jaw_border", "jowl", "philtrum",
    "upper_lid_margin", "lower_lid_margin", "brow_upper_border", "brow_lower_border",
    "nasolabial_fold",
)  # fmt: skip
_SOFT_WEIGHT = 0.1
#: Rounds of reweighting; points far from the fit lose weight (Cauchy).
_ROUNDS = 4


def rotation_from(yaw: float, pitch: float, roll: float) -> FloatArray:
    """Return the rotation from the face frame to the camera frame.

    Parameters
    ----------
    yaw, pitch, roll : float
        Degrees, signs as in :class:`Pose`. Pitch turns first, about the eye axis; then yaw,
        about the vertical; roll last, in the image plane, so that turning the photo changes
        nothing but the roll.

    Returns
    -------
    (3, 3) float64 array
    """
    y, p, r = np.radians([yaw, pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, np.float64)


def angles_of(rotation: FloatArray) -> tuple[float, float, float]:
    """Return yaw, pitch and roll in degrees; the inverse of :func:`rotation_from`.

    Of the two triples that are one rotation, that without a head on its back: a head turned by a
    little more than 90 degrees has a yaw beyond 90, and is not pitched by 175.
    """
    yaw = float(np.degrees(np.arcsin(np.clip(-rotation[2, 0], -1, 1))))
    pitch = float(np.degrees(np.arctan2(-rotation[2, 1], rotation[2, 2])))
    roll = float(np.degrees(np.arctan2(-rotation[1, 0], rotation[0, 0])))
    if abs(pitch) > 90.0:
        yaw = float(np.copysign(180.0, yaw)) - yaw
        pitch -= float(np.copysign(180.0, pitch))
        roll -= float(np.copysign(180.0, roll))
    return yaw, pitch, roll


def fit_pose(points: FloatArray) -> Pose:
    """Fit the canonical mesh to landmarks.

    Parameters
    ----------
    points : (478, 3) float64 array
        Image frame, pixels, z away from the camera.

    Returns
    -------
    Pose
    """
    model = topology().vertices_mm
    seen = points[: len(model)] * (1.0, -1.0, -1.0)
    base = _rigidity()
    weights = base
    for _ in range(_ROUNDS):
        rotation, scale, shift = _similarity(model, seen, weights)
        distance = np.linalg.norm(seen - (scale * model @ rotation.T + shift), axis=1)
        spread = max(float(np.median(distance)), 1e-9)
        weights = base / (1.0 + (distance / (2.0 * spread)) ** 2)
    right, left = model[list(LATERAL_CANTHI)]
    interocular = scale * float(np.linalg.norm(left - right))
    yaw, pitch, roll = angles_of(rotation)
    return Pose(
        rotation=rotation,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
        residual=float(np.sqrt(np.mean(distance**2)) / interocular * 100.0),
        canonical_px_per_mm=scale,
    )


@cache
def _rigidity() -> FloatArray:
    """Weight of each canonical vertex, equal on both sides of the face."""
    shape = topology()
    weights = np.ones(len(shape.vertices_mm))
    soft = set(LANDMARK_REGIONS["lips"])
    for name in _SOFT_GROUPS:
        soft |= set(ANATOMICAL_GROUPS[name].points)
    # Below the mouth everything follows the jaw.
    mouth = shape.vertices_mm[[61, 291], 1].mean()
    soft |= set(np.flatnonzero(shape.vertices_mm[:, 1] < mouth).tolist())
    weights[sorted(soft)] = _SOFT_WEIGHT
    return weights


def _similarity(
    model: FloatArray, seen: FloatArray, weights: FloatArray
) -> tuple[FloatArray, float, FloatArray]:
    """Return rotation, scale and shift that best carry ``model`` to ``seen`` (Umeyama 1991)."""
    share = weights / weights.sum()
    model_mean, seen_mean = share @ model, share @ seen
    a, b = model - model_mean, seen - seen_mean
    u, stretch, vt = np.linalg.svd((b * share[:, None]).T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    rotation = (u * sign) @ vt
    scale = float((stretch * sign).sum() / (share @ (a**2).sum(axis=1)))
    return rotation, scale, seen_mean - scale * rotation @ model_mean
