"""A plan on a head: how far it moves every place of the surface.

The mesh of 478 landmarks moves as it does in a photo
(:class:`~landmarkdiff.manipulation.deformation.PlanMotion`), here on the head's own landmarks.
The surface takes that up in two steps. The same handles are interpolated over it by the same
kernel, with distances along the skin, so that nothing follows what only touches it: the lower lip
the upper one, a lid the other lid, an ear the jaw. What the surface then lacks at the landmarks,
since its vertices lie elsewhere, is interpolated likewise over a short distance; the skin below
the jaw goes along with its border (:mod:`~landmarkdiff.manipulation.on_head.below_jaw`). All is
linear in the displacement of the handles: one matrix holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise

import numpy as np

from landmarkdiff.arguments import checked, instance_of, optional
from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import EffectError
from landmarkdiff.head.landmark_map import LandmarkMap, landmark_map
from landmarkdiff.head.simulation import HeadEffect
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.manipulation.deformation import PlanMotion
from landmarkdiff.manipulation.handles import damped_inverse, handle_kernel, handle_shares
from landmarkdiff.manipulation.lip_stretch import red_left_on_head
from landmarkdiff.manipulation.on_head.below_jaw import follows_border
from landmarkdiff.manipulation.on_head.ears import EarMotion
from landmarkdiff.manipulation.on_head.limits import limits_on_head
from landmarkdiff.manipulation.on_head.lining import lining_follows
from landmarkdiff.manipulation.on_head.parts import part_motions
from landmarkdiff.manipulation.on_head.skin_distance import SkinDistance
from landmarkdiff.procedures.effect import EARS, Effect
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.runtime.threads import one_blas_thread

__all__ = ["HeadPlan"]

#: Between knots this far apart (degrees) a point 30 mm from the axis errs by 0.01 mm.
_KNOT_DEG = 3.0
#: What the skin does not drag: teeth and tongue go along with their jaw alone.
RIGID_PARTS = ("left_eye", "right_eye", "upper_teeth", "lower_teeth", "tongue")
#: What the surface lacks at a landmark is made good over this distance, about that of the
#: landmarks of a cheek (mm).
MENDED_MM = 13.0
#: Landmarks may lie nearer to each other than vertices do, such as those of a lid and its margin
#: in a squint: where they ask for different things, so much is left to disagreement.
SLACK = 1e-3
#: A smaller share of a handle's displacement is none.
LEAST_SHARE = 1e-6
ROUNDS = 6


class HeadPlan:
    """How a plan moves a head, whatever the values of its effects.

    Parameters
    ----------
    surface : HeadSurface
    plan : SurgicalPlan
    flags : ClinicalFlags, optional
        Bell's palsy keeps the palsied side still, keloid-prone skin moves less, Ehlers-Danlos
        skin follows farther; vitiligo shows in a photo only, and limits the photo.
    points : LandmarkMap, optional
        Where the landmarks lie on the head, if it is not the embedded one.
    red_gives_way : bool
        Whether a thin upper lip holds the plan back as it does in a photo; where a photo of the
        head is made whose mask does so, not.

    Examples
    --------
    >>> from landmarkdiff.head.model import head_model
    >>> from landmarkdiff.procedures.planning import make_plan
    >>> head = head_model().surface()
    >>> hump = make_plan("rhinoplasty", face, intensity=0, effects={"dorsal_hump": -3.0})
    >>> moved = HeadPlan(head, hump).displacement()
    >>> landmark_map().anatomical(moved)["rhinion"].round().tolist()
    [0.0, 0.0, -3.0]
    """

    @checked(
        surface=instance_of(HeadSurface),
        plan=instance_of(SurgicalPlan),
        flags=optional(instance_of(ClinicalFlags)),
        points=optional(instance_of(LandmarkMap)),
    )
    def __init__(
        self,
        surface: HeadSurface,
        plan: SurgicalPlan,
        flags: ClinicalFlags | None = None,
        points: LandmarkMap | None = None,
        *,
        red_gives_way: bool = True,
    ) -> None:
        self.surface = surface
        self.plan = plan
        flags = flags or ClinicalFlags()
        points = points or landmark_map()
        with one_blas_thread():
            landmarks = points.points(surface.vertices)
            self._motion = PlanMotion(plan, landmarks, flags)
            self._on_mesh = self._motion.shares()
            shares = _shares_of_skin(surface, points, self._motion, self._on_mesh)
        left = limits_on_head(surface, points, flags)
        self._red = np.ones(len(surface.vertices))
        if red_gives_way:
            self._red = red_left_on_head(landmarks, plan.effects, surface.vertices)
        self._left = (left * self._red)[:, None]
        self._parts = [
            part_motions(surface, points, item.effect, plan.side_of(item)) for item in plan.effects
        ]
        self._moved = np.flatnonzero(shares.any(axis=1))
        self._shares = shares[self._moved] * self._left[self._moved]

    def displacement(self, values: Mapping[str, float] | None = None) -> FloatArray:
        """Return how far every vertex moves: (V, 3) float64, mm in the face frame.

        Parameters
        ----------
        values : mapping of str to float, optional
            ``procedure.effect`` to its value in its unit; an effect that is not named stays at 0.
            By default the plan's own values.

        Raises
        ------
        EffectError
            The plan has no such effect.
        """
        chosen = self._values(values)
        moved = self._on_skin(self._vectors(chosen))
        for place, value in chosen.items():
            for part in self._parts[place]:
                moved += part.displacement(value) * self._left
        return moved

    def mesh_displacement(self, values: Mapping[str, float] | None = None) -> FloatArray:
        """Return how far the 478 landmarks of the mesh move: (478, 3) float64, mm."""
        return np.asarray(self._on_mesh @ self._vectors(self._values(values)))

    def ear_distances(
        self, values: Mapping[str, float] | None = None
    ) -> dict[str, tuple[float, float]]:
        """Return how far the helix of each ear that is planned stands from the mastoid.

        Returns
        -------
        mapping of ``left_ear`` and ``right_ear`` to 2 floats
            Before and after, mm. After is more than planned where the ear would touch the head.
        """
        chosen = self._values(values)
        return {
            part.ear: (part.distance_mm, part.reached_mm(chosen.get(place, 0.0)))
            for place, parts in enumerate(self._parts)
            for part in parts
            if isinstance(part, EarMotion)
        }

    def red_shares(self) -> dict[str, float]:
        """Return what a thin upper lip leaves of each effect that it holds back, by its key.

        Shares, above 0 and below 1: of how far the skin moves, all in all. Empty where the lip can
        follow the plan.
        """
        shares = {}
        for item in self.plan.effects if self._red.min() < 1.0 else ():
            moved = np.linalg.norm(self.displacement({item.key: item.value}), axis=1)
            whole = float((moved / self._red).sum())
            if whole > 0.0 and moved.sum() < whole:
                shares[item.key] = float(moved.sum()) / whole
        return shares

    @cached_property
    def by_effect(self) -> dict[str, FloatArray]:
        """``procedure.effect`` to the displacement of every vertex at the end of its band.

        An effect in mm moves the vertices in proportion to its value. A rotation does so nearly:
        within 0.1 mm over its band.
        """
        return {
            item.key: self.displacement({item.key: item.effect.band.high})
            for item in self.plan.effects
        }

    def effects(self) -> tuple[HeadEffect, ...]:
        """Return every effect as a function of its value, from end to end of its band.

        An effect in mm is linear; a rotation is worked out every few degrees.
        """
        return tuple(
            HeadEffect(
                key=item.key,
                unit=item.effect.unit,
                value=item.value,
                knots=(knots := _knots(item.effect)),
                displacements=np.array(
                    [self.displacement({item.key: knot}) for knot in knots], np.float32
                ),
            )
            for item in self.plan.effects
        )

    def _on_skin(self, vectors: FloatArray) -> FloatArray:
        """Displacement of all vertices by that of the moving handles, (m, 3) mm."""
        moved = np.zeros((len(self.surface.vertices), 3))
        with one_blas_thread():
            moved[self._moved] = self._shares @ vectors
        # A product's last bit depends on its row; a seam must not open by it.
        return moved[self.surface.topology.twin]

    def _values(self, values: Mapping[str, float] | None) -> dict[int, float]:
        """Place of each effect that has a value, and the value."""
        if values is None:
            values = {item.key: item.value for item in self.plan.effects}
        places = {item.key: place for place, item in enumerate(self.plan.effects)}
        for name in values:
            if name not in places:
                raise EffectError("effect_not_in_plan", name=name, effects=list(places))
        return {places[key]: value for key, value in values.items() if value}

    def _vectors(self, values: Mapping[int, float]) -> FloatArray:
        """Displacement of the moving handles: (m, 3), mm."""
        total = np.zeros((len(self._motion.moving), 3))
        for place, value in values.items():
            total += self._motion.effect_vectors(place, value)
        return total


def _knots(effect: Effect) -> FloatArray:
    """Values of an effect, ascending, between which it is as good as linear (an ear turns, too)."""
    ends = sorted({effect.band.reverse, 0.0, effect.band.high})
    if effect.unit != "deg" and not EARS.keys() & set(effect.parts):
        return np.array(ends)
    parts = [
        np.linspace(low, high, 1 + max(1, round(float(high - low) / _KNOT_DEG)))
        for low, high in pairwise(ends)
    ]
    return np.unique(np.concatenate(parts))


def _shares_of_skin(
    surface: HeadSurface, points: LandmarkMap, motion: PlanMotion, on_mesh: FloatArray
) -> FloatArray:
    """What every vertex takes of each moving handle's displacement: (V, m)."""
    count = len(motion.moving)
    if not count:
        return np.zeros((len(surface.vertices), 0))
    handles = np.concatenate([motion.moving, motion.pinned])
    apart = _distances(surface, points, handles, float(motion.radii.max()))
    shares = handle_shares(apart.to_vertices, apart.between, motion.radii, SLACK)[:, :count]
    # Pins shape the falloff and carry nothing of their own, as on the mesh.
    reached = apart.to_vertices[:, :count] < motion.radii[:count]
    shares[~reached.any(axis=1)] = 0.0
    shares += _mended(surface, points, on_mesh, shares)
    shares = follows_border(surface, points, on_mesh, shares)
    shares = lining_follows(surface, shares, np.unique(points.vertices))
    for part in RIGID_PARTS:
        shares[surface.topology.parts[part]] = 0.0
    return np.asarray(shares[surface.topology.twin])


def _mended(
    surface: HeadSurface, points: LandmarkMap, wanted: FloatArray, shares: FloatArray
) -> FloatArray:
    """What the surface's shares (V, m) lack to meet those of the mesh (478, m): (V, m)."""
    lacking = wanted - points.points(shares)
    carried = (np.abs(wanted) + np.abs(lacking) > LEAST_SHARE).any(axis=1)
    around = np.setdiff1d(np.flatnonzero(carried), _on_rigid_parts(surface, points))
    apart = _distances(surface, points, around, MENDED_MM)
    near = np.flatnonzero((apart.to_vertices < MENDED_MM).any(axis=1))
    kernel = np.zeros_like(apart.to_vertices)
    kernel[near] = handle_kernel(apart.to_vertices[near] / MENDED_MM)
    corners, parts = points.vertices[around], points.weights[around]
    system = np.einsum("kc,kcj->kj", parts, kernel[corners])
    weights = np.zeros((len(around), shares.shape[1]))
    lacking = lacking[around]
    solved = damped_inverse(system, SLACK)
    for _ in range(ROUNDS):
        step = solved @ lacking
        weights += step
        lacking = lacking - system @ step
    more = np.zeros_like(shares)
    more[near] = kernel[near] @ weights
    return more


def _on_rigid_parts(surface: HeadSurface, points: LandmarkMap) -> IndexArray:
    """Landmarks of the irises, and others that lie on what does not move."""
    rigid = np.zeros(len(surface.vertices), np.bool_)
    for part in RIGID_PARTS:
        rigid[surface.topology.parts[part]] = True
    return np.flatnonzero(rigid[points.vertices].any(axis=1))


def _distances(
    surface: HeadSurface, points: LandmarkMap, landmarks: IndexArray, limit_mm: float
) -> SkinDistance:
    return SkinDistance.of(surface, points.vertices[landmarks], points.weights[landmarks], limit_mm)
