"""Moving the mesh by a plan.

Everything here happens in the face frame (millimetres, see ``landmarks/face.py``), so a plan
means the same at any image size, head tilt or view; the result is projected at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import EHLERS_DANLOS_RADIUS_FACTOR, palsied_points
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points, sides
from landmarkdiff.manipulation.handles import (
    COINCIDENT_MM,
    DeformationHandle,
    distances,
    interpolate,
)
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.procedures.procedure import Axis

__all__ = ["Deformation", "EffectDisplacement", "deform", "effect_displacement"]


#: Fixed landmarks nearer to each other than this (mm) count as one.
PIN_SPACING_MM = 1.5


@dataclass(frozen=True)
class EffectDisplacement:
    """What one planned effect asks of its landmarks.

    Attributes
    ----------
    planned : PlannedEffect
    landmarks : (n,) int array
        The carrying landmarks, on the sides the plan acts on.
    vectors : (n, 3) float64 array
        Planned displacement of each, mm in the face frame.
    """

    planned: PlannedEffect
    landmarks: IndexArray
    vectors: FloatArray


@dataclass(frozen=True)
class Deformation:
    """The planned displacement of the whole mesh, before anything limits it.

    Attributes
    ----------
    displacement : (478, 3) float64 array
        Millimetres in the face frame.
    full : (478, 3) float64 array
        The same if every effect went to the end of its band: alike at every value.
    effects : tuple of EffectDisplacement
    handles : tuple of DeformationHandle
        Moving handles, then the fixed ones (zero displacement).
    excluded : (478,) bool array
        Points that a clinical flag keeps where they are.
    moving, pinned : int arrays
        Indices of the handles that carry an effect, whatever its value, and of those that hold
        a landmark where it is.
    """

    displacement: FloatArray
    full: FloatArray
    effects: tuple[EffectDisplacement, ...]
    handles: tuple[DeformationHandle, ...]
    excluded: NDArray[np.bool_]
    moving: IndexArray
    pinned: IndexArray

    @property
    def carrying(self) -> IndexArray:
        """Indices of the landmarks that carry an effect, sorted."""
        listed = [effect.landmarks for effect in self.effects]
        return np.unique(np.concatenate(listed)) if listed else np.empty(0, np.intp)


def effect_displacement(
    planned: PlannedEffect, face: FaceLandmarks, side: str = "both"
) -> EffectDisplacement:
    """Return what one effect asks of its landmarks on this face.

    An effect of the midline has no sides: it acts whole whatever ``side`` is.
    """
    effect = planned.effect
    side_of = sides()
    chosen = {"both": None, "left": 1, "right": -1}[side]
    kept = [
        (index, share)
        for index, share in effect.landmarks.items()
        if chosen is None or effect.midline or side_of[index] == chosen
    ]
    landmarks = np.array([index for index, _ in kept], dtype=np.intp)
    shares = np.array([share for _, share in kept], np.float64)
    if effect.axis is not None:
        vectors = _rotation(face.points_mm, landmarks, effect.axis, planned.value * shares)
    else:
        value = planned.value / 2.0 if effect.measure == "total" else planned.value
        lateral, up, forward = effect.direction  # type: ignore[misc]  # checked by the loader
        outward = lateral * side_of[landmarks]
        vectors = (value * shares)[:, None] * np.stack(
            [outward, np.full(len(kept), up), np.full(len(kept), forward)], axis=1
        )
    return EffectDisplacement(planned, landmarks, vectors)


def _rotation(
    points_mm: FloatArray, landmarks: IndexArray, axis: Axis, degrees: FloatArray
) -> FloatArray:
    """Displacement by a rotation about an axis through the mean of anatomical points."""
    through = sorted({*axis.through, *mirror_points(axis.through)})
    pivot = points_mm[through].mean(axis=0)
    direction = np.asarray(axis.direction, np.float64)
    direction = direction / np.linalg.norm(direction)
    arm = points_mm[landmarks] - pivot
    angle = np.radians(degrees)[:, None]
    along = (arm @ direction)[:, None] * direction
    turned = (
        arm * np.cos(angle) + np.cross(direction, arm) * np.sin(angle) + along * (1 - np.cos(angle))
    )
    return np.asarray(turned - arm)


def deform(
    plan: SurgicalPlan, face: FaceLandmarks, flags: ClinicalFlags | None = None
) -> Deformation:
    """Return the planned displacement of all 478 landmarks of this face.

    With Bell's palsy the points of the palsied side do not move at all, and the healthy side
    does not drag them; with Ehlers-Danlos the influence reaches 1.5 times as far.

    Raises
    ------
    DeformationError
        The handles of the plan are ill-conditioned on this face.
    """
    flags = flags or ClinicalFlags()
    reach = EHLERS_DANLOS_RADIUS_FACTOR if flags.ehlers_danlos else 1.0
    excluded = palsied_points(flags)
    effects = tuple(effect_displacement(item, face, plan.side) for item in plan.effects)
    ends = tuple(effect_displacement(_at_its_end(item), face, plan.side) for item in plan.effects)
    total: dict[int, FloatArray] = {}
    radius: dict[int, float] = {}
    for effect, end in zip(effects, ends, strict=True):
        falloff = effect.planned.effect.falloff_mm * reach
        both = np.hstack([effect.vectors, end.vectors])
        for index, vectors in zip(effect.landmarks.tolist(), both, strict=True):
            if excluded[index]:
                continue
            total[index] = total.get(index, np.zeros(6)) + vectors
            radius[index] = max(radius.get(index, 0.0), falloff)
    if not total:
        nothing = np.zeros((LANDMARK_COUNT, 3))
        none = np.empty(0, np.intp)
        return Deformation(nothing, nothing, effects, (), excluded, none, none)
    points = face.points_mm
    still = sorted(_still(plan, effects, excluded) - set(total))
    moving = sorted(total)
    away = distances(points, points[moving])
    reach_of = np.array([radius[index] for index in moving])
    pins = _pins(still, points, away, reach_of)
    wanted = np.zeros((len(moving) + len(pins), 6))
    wanted[: len(moving)] = [total[index] for index in moving]
    indices = np.array([*moving, *pins], dtype=np.intp)
    radii = np.array([*reach_of, *pins.values()])
    moved = interpolate(points, indices, radii, wanted)
    # Pins shape the falloff; they carry nothing of their own beyond the moving handles' reach.
    moved[(away >= reach_of).all(axis=1)] = 0.0
    moved[still] = 0.0
    handles = tuple(
        DeformationHandle(int(index), (float(v[0]), float(v[1]), float(v[2])), float(r))
        for index, v, r in zip(indices, wanted, radii, strict=True)
    )
    count = len(moving)
    return Deformation(
        moved[:, :3], moved[:, 3:], effects, handles, excluded, indices[:count], indices[count:]
    )


def _at_its_end(planned: PlannedEffect) -> PlannedEffect:
    """Return the effect at the far end of its band."""
    return planned.model_copy(update={"value": planned.effect.band.high})


def _still(
    plan: SurgicalPlan, effects: Sequence[EffectDisplacement], excluded: NDArray[np.bool_]
) -> set[int]:
    """Landmarks that stay: fixed by the procedure, palsied, or on the side not operated on."""
    still = {index for item in plan.procedures for index in item.fixed}
    still |= set(np.flatnonzero(excluded).tolist())
    if plan.side != "both":
        for effect in effects:
            if not effect.planned.effect.midline:
                still |= set(mirror_points(effect.landmarks.tolist()))
    return still


def _pins(
    still: Sequence[int], points: FloatArray, away: FloatArray, reach_of: FloatArray
) -> dict[int, float]:
    """Of the landmarks that stay, those that a moving handle could drag, with a radius.

    ``away`` (478, m) is the distance of all landmarks to the moving ones, ``reach_of`` (m,)
    how far these reach, mm.
    """
    pins: dict[int, float] = {}
    taken: list[int] = []
    for index in still:
        if not np.any(away[index] < reach_of) or away[index].min() <= COINCIDENT_MM:
            continue
        # A pin beside another one holds nothing more and spoils the conditioning.
        apart = points[taken] - points[index]
        if not np.any((apart**2).sum(axis=1) < PIN_SPACING_MM**2):
            taken.append(index)
            pins[index] = float(reach_of[away[index].argmin()])
    return pins
