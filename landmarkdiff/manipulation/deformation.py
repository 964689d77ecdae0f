"""Moving the mesh by a plan.

Everything here happens in the face frame (millimetres, see ``landmarks/face.py``), so a plan
means the same at any image size, head tilt or view; the result is projected at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arguments import checked, instance_of, optional
from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import EHLERS_DANLOS_RADIUS_FACTOR, palsied_points
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points
from landmarkdiff.manipulation.handles import (
    COINCIDENT_MM,
    DeformationHandle,
    HandleInterpolation,
    distances,
)
from landmarkdiff.manipulation.motion import EffectDisplacement, EffectMotion, effect_motion
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan

__all__ = ["Deformation", "PlanMotion", "deform"]


#: Fixed landmarks nearer to each other than this (mm) count as one.
PIN_SPACING_MM = 1.5


@dataclass(frozen=True)
class Deformation:
    """The planned displacement of the whole mesh, before anything limits it.

    Attributes
    ----------
    displacement : (478, 3) float64 array
        Millimetres in the face frame.
    parts : (e, 478, 3) float64 array
        What each effect by itself has in it, in the order of ``effects``; they add up to it.
    full : (478, 3) float64 array
        The same if every effect went to the end of its band: alike at every value.
    effects : tuple of EffectDisplacement
    excluded : (478,) bool array
        Points that a clinical flag keeps where they are.
    moving, pinned : int arrays
        Indices of the handles that carry an effect, whatever its value, and of those that hold
        a landmark where it is.
    radii : (m,) float64 array
        Influence of the handles, the moving ones first, mm.
    carrying : int array
        Indices of the landmarks that carry an effect, sorted.
    """

    displacement: FloatArray
    parts: FloatArray
    full: FloatArray
    effects: tuple[EffectDisplacement, ...]
    excluded: BoolArray
    moving: IndexArray
    pinned: IndexArray
    radii: FloatArray
    carrying: IndexArray

    @property
    def handles(self) -> tuple[DeformationHandle, ...]:
        """Moving handles, then the fixed ones (zero displacement)."""
        indices = np.concatenate([self.moving, self.pinned])
        return tuple(
            DeformationHandle(int(index), (float(v[0]), float(v[1]), float(v[2])), float(r))
            for index, v, r in zip(indices, self.displacement[indices], self.radii, strict=True)
        )


@checked(
    plan=instance_of(SurgicalPlan),
    face=instance_of(FaceLandmarks),
    flags=optional(instance_of(ClinicalFlags)),
)
def deform(
    plan: SurgicalPlan, face: FaceLandmarks, flags: ClinicalFlags | None = None
) -> Deformation:
    """Return the planned displacement of all 478 landmarks of this face.

    With Bell's palsy the points of the palsied side do not move at all, and the healthy side
    does not drag them; with Ehlers-Danlos the influence reaches 1.5 times as far.

    Parameters
    ----------
    plan : SurgicalPlan
    face : FaceLandmarks
    flags : ClinicalFlags, optional

    Returns
    -------
    Deformation
        Millimetres in the face frame, before anything limits them.

    Raises
    ------
    DeformationError
        The handles of the plan are ill-conditioned on this face.

    Examples
    --------
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> deformation = deform(make_plan("mentoplasty", face, intensity=60), face)
    >>> deformation.displacement.shape
    (478, 3)
    >>> deformation.displacement[199].round(1).tolist()  # pogonion: forward by 3.8 mm
    [0.0, 0.0, 3.8]
    """
    return PlanMotion(plan, face.points_mm, flags or ClinicalFlags()).deform(plan)


class PlanMotion:
    """How a plan moves the mesh of one face, whatever the values of its effects.

    Made once, it deforms the mesh at any values.

    Parameters
    ----------
    plan : SurgicalPlan
    points : (478, 3) float64 array
        The mesh in the face frame, mm: of a photo, or on a head.
    flags : ClinicalFlags

    Attributes
    ----------
    moving, pinned : int arrays
        Landmarks that carry an effect, and those that are held where they are.
    radii : (m,) float64 array
        Influence of both, the moving ones first, mm.

    Raises
    ------
    DeformationError
        The handles of the plan are ill-conditioned on this face.
    """

    def __init__(self, plan: SurgicalPlan, points: FloatArray, flags: ClinicalFlags) -> None:
        self._effects = [
            effect_motion(item.effect, points, plan.side_of(item), one_sided=flags.bells_palsy)
            for item in plan.effects
        ]
        self._ends = [
            motion.vectors(item.effect.band.high)
            for motion, item in zip(self._effects, plan.effects, strict=True)
        ]
        listed = [motion.landmarks for motion in self._effects]
        self._carrying = np.unique(np.concatenate(listed)) if listed else np.empty(0, np.intp)
        self._excluded = palsied_points(flags)
        reach = self._reach(plan, flags)
        self.moving = np.flatnonzero(reach)
        self.pinned = np.empty(0, np.intp)
        self.radii = reach[self.moving]
        if len(self.moving):
            self._interpolate(plan, points)

    def _reach(self, plan: SurgicalPlan, flags: ClinicalFlags) -> FloatArray:
        """How far each landmark drags others, mm: 0 where it carries no effect."""
        factor = EHLERS_DANLOS_RADIUS_FACTOR if flags.ehlers_danlos else 1.0
        reach = np.zeros(LANDMARK_COUNT)
        for motion, item in zip(self._effects, plan.effects, strict=True):
            falloff = item.effect.falloff_mm * factor
            reach[motion.landmarks] = np.maximum(reach[motion.landmarks], falloff)
        reach[self._excluded] = 0.0
        return reach

    def _interpolate(self, plan: SurgicalPlan, points: FloatArray) -> None:
        moving = self.moving
        self._still = sorted(self._held(plan) - set(moving.tolist()))
        away = distances(points, points[moving])
        pins = _pins(self._still, points, away, self.radii)
        # Pins shape the falloff; they carry nothing of their own beyond the moving handles' reach.
        self._beyond = (away >= self.radii).all(axis=1)
        self.pinned = np.array(list(pins), np.intp)
        self.radii = np.array([*self.radii, *pins.values()])
        indices = np.concatenate([moving, self.pinned])
        self._interpolation = HandleInterpolation(points, indices, self.radii)

    def _held(self, plan: SurgicalPlan) -> set[int]:
        """Landmarks that stay: fixed by the procedure, palsied, or on the side not operated on."""
        held = {index for item in plan.procedures for index in item.fixed}
        held |= set(np.flatnonzero(self._excluded).tolist())
        for motion, item in zip(self._effects, plan.effects, strict=True):
            if plan.side_of(item) != "both" and not item.effect.midline:
                held |= set(mirror_points(motion.landmarks.tolist()))
        return held

    def effect_vectors(self, place: int, value: float) -> FloatArray:
        """Displacement of the moving handles by one effect alone: (m, 3), mm.

        Parameters
        ----------
        place : int
            Of the effect in the plan.
        value : float
            In its unit.
        """
        wanted = np.zeros((LANDMARK_COUNT, 3))
        motion = self._effects[place]
        wanted[motion.landmarks] = motion.vectors(value)
        return np.asarray(wanted[self.moving])

    def shares(self) -> FloatArray:
        """What every landmark takes of each moving handle's displacement: (478, m)."""
        return self._carried(np.eye(len(self.moving)))

    def deform(self, plan: SurgicalPlan) -> Deformation:
        """Return the displacement of the mesh by a plan of the same effects, at its values."""
        effects = tuple(
            EffectDisplacement(item, motion.landmarks, motion.vectors(item.value))
            for motion, item in self._pairs(plan)
        )
        asked = [self._wanted([effect.vectors], [effect.landmarks]) for effect in effects]
        every = [motion.landmarks for motion in self._effects]
        moved = self._carried(np.hstack([*asked, self._wanted(self._ends, every)]))
        parts = np.moveaxis(moved[:, :-3].reshape(LANDMARK_COUNT, len(effects), 3), 1, 0)
        return Deformation(
            displacement=parts.sum(axis=0),
            parts=parts,
            full=moved[:, -3:],
            effects=effects,
            excluded=self._excluded,
            moving=self.moving,
            pinned=self.pinned,
            radii=self.radii,
            carrying=self._carrying,
        )

    def _pairs(self, plan: SurgicalPlan) -> Iterator[tuple[EffectMotion, PlannedEffect]]:
        return zip(self._effects, plan.effects, strict=True)

    def _wanted(self, vectors: Sequence[FloatArray], landmarks: Sequence[IndexArray]) -> FloatArray:
        """Sum of what effects ask of the moving handles, by vectors of some landmarks: (m, 3)."""
        wanted = np.zeros((LANDMARK_COUNT, 3))
        for index, asked in zip(landmarks, vectors, strict=True):
            wanted[index] += asked
        return np.asarray(wanted[self.moving])

    def _carried(self, wanted: FloatArray) -> FloatArray:
        """Displacement of every landmark where the moving handles have (m, k): (478, k)."""
        if not len(self.moving):
            return np.zeros((LANDMARK_COUNT, wanted.shape[1]))
        held = np.zeros((len(self.pinned), wanted.shape[1]))
        moved = self._interpolation(np.concatenate([wanted, held]))
        moved[self._beyond] = 0.0
        moved[self._still] = 0.0
        return moved


def _pins(
    still: Sequence[int], points: FloatArray, away: FloatArray, reach_of: FloatArray
) -> dict[int, float]:
    """Of the landmarks that stay, those that a moving handle could drag, with a radius.

    ``away`` (478, m) is the distance of all landmarks to the moving ones, ``reach_of`` (m,)
    how far these reach, mm.
    """
    index = np.asarray(still, np.intp)
    least = away[index].min(axis=1)
    dragged = (away[index] < reach_of).any(axis=1) & (least > COINCIDENT_MM)
    index = index[dragged]
    apart = points[:, None][index] - points[index]
    beside = (apart**2).sum(axis=2) < PIN_SPACING_MM**2
    nearest = away[index].argmin(axis=1)
    pins: dict[int, float] = {}
    free = np.ones(len(index), np.bool_)
    for place, landmark in enumerate(index.tolist()):
        # A pin beside another one holds nothing more and spoils the conditioning.
        if free[place]:
            free &= ~beside[place]
            pins[landmark] = float(reach_of[nearest[place]])
    return pins
