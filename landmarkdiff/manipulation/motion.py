"""How one effect moves its landmarks: by a shift, or by a turn about an anatomical axis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points, sides
from landmarkdiff.manipulation.lips import shows_teeth
from landmarkdiff.procedures.effect import Axis, Effect
from landmarkdiff.procedures.plan import PlannedEffect

__all__ = ["EffectDisplacement", "EffectMotion", "effect_displacement", "effect_motion", "turned"]


@dataclass(frozen=True)
class EffectDisplacement:
    """What one planned effect asks of its landmarks.

    Attributes
    ----------
    planned : PlannedEffect
    landmarks : (n,) int array
        The carrying landmarks and those that follow, on the sides the plan acts on.
    vectors : (n, 3) float64 array
        Planned displacement of each, mm in the face frame.
    """

    planned: PlannedEffect
    landmarks: IndexArray
    vectors: FloatArray


def effect_displacement(
    planned: PlannedEffect, face: FaceLandmarks, side: str = "both"
) -> EffectDisplacement:
    """Return what one effect asks of its landmarks on this face.

    Parameters
    ----------
    planned : PlannedEffect
    face : FaceLandmarks
    side : {"both", "left", "right"}
        The patient's. An effect of the midline has no sides: it acts whole whatever it is.

    Returns
    -------
    EffectDisplacement
        Millimetres in the face frame.

    Examples
    --------
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> plan = make_plan("brow_lift", face, intensity=60)
    >>> asked = effect_displacement(plan.effects[0], face)
    >>> asked.landmarks[:8].tolist(), asked.vectors.shape  # and those that follow
    ([55, 107, 108, 221, 285, 336, 337, 441], (16, 3))
    """
    motion = effect_motion(planned.effect, face.points_mm, side)
    return EffectDisplacement(planned, motion.landmarks, motion.vectors(planned.value))


@dataclass(frozen=True)
class EffectMotion(ABC):
    """How an effect moves its landmarks on one face, at any value.

    Attributes
    ----------
    landmarks : (n,) int array
        The carrying landmarks and those that follow, on the sides the plan acts on.
    shares : (n,) float64 array
        Share of the effect that each is given.
    """

    landmarks: IndexArray
    shares: FloatArray

    @abstractmethod
    def vectors(self, value: float) -> FloatArray:
        """Displacement of each landmark at a value of the effect: (n, 3), mm."""


@dataclass(frozen=True)
class _Shift(EffectMotion):
    """An effect in mm along ``directions`` (n, 3), of which each side does ``part``."""

    directions: FloatArray
    part: float

    def vectors(self, value: float) -> FloatArray:
        return np.asarray((value * self.part * self.shares)[:, None] * self.directions)


@dataclass(frozen=True)
class _Turn(EffectMotion):
    """An effect in degrees about an axis, by Rodrigues' formula.

    ``arms`` (n, 3) lead from the axis to the landmarks, mm; ``along`` is their part along the
    axis, ``across`` the axis times them.
    """

    arms: FloatArray
    along: FloatArray
    across: FloatArray

    def vectors(self, value: float) -> FloatArray:
        angle = np.radians(value * self.shares)[:, None]
        cos, sin = np.cos(angle), np.sin(angle)
        turned = self.arms * cos + self.across * sin + self.along * (1 - cos)
        return np.asarray(turned - self.arms)


def turned(arms: FloatArray, axis: FloatArray, angle: float | FloatArray) -> FloatArray:
    """Turn vectors (n, 3) right-handed about an axis, by angles in radians, (n,) or one.

    Examples
    --------
    >>> turned(np.array([[1.0, 0, 0]]), np.array([0.0, 0, 2]), np.pi / 2).round(9).tolist()
    [[0.0, 1.0, 0.0]]
    """
    unit = axis / np.linalg.norm(axis)
    cos, sin = (np.reshape(part, (-1, 1)) for part in (np.cos(angle), np.sin(angle)))
    along = (arms @ unit)[:, None] * unit
    return np.asarray(arms * cos + np.cross(unit, arms) * sin + along * (1 - cos))


def effect_motion(
    effect: Effect, points_mm: FloatArray, side: str, *, one_sided: bool = False
) -> EffectMotion:
    """Return how an effect moves the landmarks of a face, (478, 3) mm, on the chosen side.

    With ``one_sided`` one of both sides does not take part, so what follows on the midline stays.
    An effect that needs teeth moves no landmark of a face with closed lips.
    """
    if effect.needs == "teeth" and not shows_teeth(points_mm):
        return _Shift(np.empty(0, np.intp), np.empty(0), np.empty((0, 3)), 1.0)
    side_of = sides()
    chosen = {"both": None, "left": 1, "right": -1}[side]
    kept = {
        index: share
        for index, share in effect.landmarks.items()
        if chosen is None or effect.midline or side_of[index] == chosen
    }
    kept |= {
        index: share
        for index, share in effect.follow.items()
        if (chosen is None and not (one_sided and side_of[index] == 0)) or side_of[index] == chosen
    }
    landmarks = np.array(list(kept), dtype=np.intp)
    shares = np.array(list(kept.values()), np.float64)
    if effect.axis is not None:
        return _turn(landmarks, shares, effect.axis, points_mm)
    # The depth of a fold moves nothing.
    lateral, up, forward = effect.direction or (0.0, 0.0, 0.0)
    directions = np.empty((len(kept), 3))
    directions[:, 0] = lateral * side_of[landmarks]
    directions[:, 1:] = up, forward
    return _Shift(landmarks, shares, directions, 0.5 if effect.measure == "total" else 1.0)


def _turn(
    landmarks: IndexArray, shares: FloatArray, axis: Axis, points_mm: FloatArray
) -> EffectMotion:
    """A rotation about an axis through the mean of anatomical points."""
    through = sorted({*axis.through, *mirror_points(axis.through)})
    direction = np.asarray(axis.direction, np.float64)
    direction = direction / np.linalg.norm(direction)
    arms = points_mm[landmarks] - points_mm[through].mean(axis=0)
    along = (arms @ direction)[:, None] * direction
    return _Turn(landmarks, shares, arms, along, np.cross(direction, arms))
