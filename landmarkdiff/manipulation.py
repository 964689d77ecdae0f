"""Moving the mesh: handles in millimetres, interpolated by Gaussian radial basis functions.

Everything here happens in the face frame (millimetres, see ``landmarks/face.py``), so a plan
means the same at any image size, head tilt or view; the result is projected at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.clinical.flags import EHLERS_DANLOS_RADIUS_FACTOR, palsied_points
from landmarkdiff.errors import DeformationError
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.landmarks.topology import mirror_points, sides
from landmarkdiff.planning import make_plan
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.procedures.procedure import Axis, Procedure, procedures

__all__ = [
    "PROCEDURE_LANDMARKS",
    "Deformation",
    "DeformationHandle",
    "EffectDisplacement",
    "apply_procedure_preset",
    "deform",
    "effect_displacement",
    "interpolate_handles",
]

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]

#: Width of the Gaussian as a share of the radius at which the influence ends.
GAUSSIAN_WIDTH = 1.0
#: Handles nearer to each other than this (mm) cannot carry different displacements.
COINCIDENT_MM = 1e-6
#: Fixed landmarks nearer to each other than this (mm) count as one.
PIN_SPACING_MM = 1.5
#: A worse conditioned system is refused: the interpolation would lose its accuracy.
MAX_CONDITION = 1e10


@dataclass(frozen=True)
class DeformationHandle:
    """A landmark that is moved, and how far around it the tissue follows.

    Attributes
    ----------
    landmark_index : int
    displacement : 3 floats
        Millimetres in the face frame: toward the patient's left, up, toward the camera.
    influence_radius : float
        Millimetres; at and beyond this distance from the handle nothing follows it.
    """

    landmark_index: int
    displacement: tuple[float, float, float]
    influence_radius: float


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


def interpolate_handles(points_mm: FloatArray, handles: Sequence[DeformationHandle]) -> FloatArray:
    """Interpolate handle displacements over points by compactly supported Gaussians.

    Each handle's landmark moves by exactly its displacement, overlapping handles do not add
    up, and points farther than ``influence_radius`` from every handle do not move.

    Parameters
    ----------
    points_mm : (n, 3) array
        Points in the face frame; handles refer to them by index.
    handles : sequence of DeformationHandle

    Returns
    -------
    (n, 3) float64 array
        Displacement of every point, mm.

    Raises
    ------
    DeformationError
        Two handles coincide, a radius is not positive, or the system is ill-conditioned.

    Notes
    -----
    The kernel is a Gaussian times Wendland's C2 function, which ends it smoothly at the radius
    and keeps the matrix positive definite for equal radii [1]_.

    References
    ----------
    .. [1] H. Wendland, Piecewise polynomial, positive definite and compactly supported radial
       functions of minimal degree, Adv. Comput. Math. 4 (1995).

    Examples
    --------
    >>> points = np.array([[0.0, 0, 0], [3, 0, 0], [20, 0, 0]])
    >>> handle = DeformationHandle(0, (0.0, 2.0, 0.0), 10.0)
    >>> interpolate_handles(points, [handle])[[0, 2]].tolist()
    [[0.0, 2.0, 0.0], [0.0, 0.0, 0.0]]
    """
    points = np.asarray(points_mm, np.float64)
    if not handles:
        return np.zeros_like(points)
    wanted = np.array([handle.displacement for handle in handles], np.float64)
    return _interpolate(
        points,
        np.array([handle.landmark_index for handle in handles]),
        np.array([handle.influence_radius for handle in handles], np.float64),
        wanted,
    )


def _interpolate(
    points: FloatArray, indices: IndexArray, radii: FloatArray, wanted: FloatArray
) -> FloatArray:
    """Interpolate ``wanted`` (m, k) at the handles over all points (n, 3): (n, k)."""
    if not np.all(radii > 0) or not np.all(np.isfinite(wanted)):
        raise DeformationError("a handle needs a positive radius and a finite displacement")
    distance = _distances(points, points[indices])
    between = distance[indices]
    np.fill_diagonal(between, np.inf)
    if between.min() < COINCIDENT_MM:
        first, second = np.unravel_index(between.argmin(), between.shape)
        raise DeformationError(
            f"the handles at landmarks {indices[first]} and {indices[second]} coincide"
        )
    kernel = _kernel(distance / radii)
    system = kernel[indices]
    try:
        inverse = np.linalg.inv(system)
        condition = float(np.linalg.norm(system, 1) * np.linalg.norm(inverse, 1))
    except np.linalg.LinAlgError:
        condition = np.inf
    if not condition < MAX_CONDITION:
        raise DeformationError(
            "the handles are too close together for their radii",
            value=f"condition number {condition:.1e}",
            allowed=f"below {MAX_CONDITION:.0e}",
        )
    moved = np.asarray(kernel @ (inverse @ wanted))
    moved[indices] = wanted
    return moved


def _distances(points: FloatArray, others: FloatArray) -> FloatArray:
    """Distance of each of ``points`` (n, 3) to each of ``others`` (m, 3): (n, m)."""
    square = np.zeros((len(points), len(others)))
    for axis in range(3):
        square += np.subtract.outer(points[:, axis], others[:, axis]) ** 2
    return np.sqrt(square)


def _kernel(distance: FloatArray) -> FloatArray:
    """Gaussian times Wendland C2 of the distance in radii; exactly zero from 1 on."""
    inside = np.clip(1.0 - distance, 0.0, None)
    wendland = inside**4 * (4.0 * distance + 1.0)
    return np.asarray(wendland * np.exp(-0.5 * (distance / GAUSSIAN_WIDTH) ** 2))


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
    away = _distances(points, points[moving])
    reach_of = np.array([radius[index] for index in moving])
    pins = _pins(still, points, away, reach_of)
    wanted = np.zeros((len(moving) + len(pins), 6))
    wanted[: len(moving)] = [total[index] for index in moving]
    indices = np.array([*moving, *pins], dtype=np.intp)
    radii = np.array([*reach_of, *pins.values()])
    moved = _interpolate(points, indices, radii, wanted)
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


def apply_procedure_preset(
    face: FaceLandmarks,
    procedure: str | Procedure,
    intensity: float = 60.0,
    *,
    clinical_flags: ClinicalFlags | None = None,
    **plan_options: Any,
) -> FaceLandmarks:
    """Return the landmarks as a procedure would move them.

    Parameters
    ----------
    face : FaceLandmarks
    procedure : str or Procedure
    intensity : float
        0 to 100; 60 is the typical published change.
    clinical_flags : ClinicalFlags, optional
    **plan_options
        Further arguments of :func:`landmarkdiff.planning.make_plan` (effects, side, unlock).

    Returns
    -------
    FaceLandmarks
        The same face with moved points (image frame, pixels).

    Examples
    --------
    >>> moved = apply_procedure_preset(face, "rhinoplasty", 60)  # doctest: +SKIP
    """
    plan = make_plan(procedure, face, intensity=intensity, **plan_options)
    deformation = deform(plan, face, clinical_flags)
    return face.with_points(face.points + face.project(deformation.displacement))


class _ProcedureLandmarks(Mapping[str, tuple[int, ...]]):
    """Name of a built-in procedure -> its carrying landmarks, from the presets."""

    def __getitem__(self, name: str) -> tuple[int, ...]:
        return procedures()[name].landmarks

    def __iter__(self) -> Any:
        return iter(procedures())

    def __len__(self) -> int:
        return len(procedures())


#: Name -> carrying landmarks of each built-in procedure, derived from the presets.
PROCEDURE_LANDMARKS: Mapping[str, tuple[int, ...]] = _ProcedureLandmarks()
