"""What the effects of a plan do to the ears that a photo shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import LANDMARK_COUNT, FaceLandmarks
from landmarkdiff.manipulation.deformation import Deformation
from landmarkdiff.manipulation.ears.outward import brought_out
from landmarkdiff.manipulation.ears.seen import EarCause, EarInPhoto, ears_in_photo
from landmarkdiff.manipulation.effect_knots import effect_knots
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import polygon_distance
from landmarkdiff.manipulation.on_head.ears import EarMotion
from landmarkdiff.manipulation.on_head.limits import limits_on_head
from landmarkdiff.manipulation.pieces import MaskRegion
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.numerics import between_knots
from landmarkdiff.procedures.effect import EARS, moves_ear
from landmarkdiff.procedures.plan import PlannedEffect, SurgicalPlan
from landmarkdiff.profile.edge import outward_normals

__all__ = ["EarPlan", "EarSetback", "ear_plan"]

#: Controls of the warp on the outline of an ear, half-way to its root, on the root, and outside.
_ON_OUTLINE, _WITHIN, _ON_ROOT = 13, 4, 4
#: How many lie outside, at which share of the way to the end of the mask, and by which share they
#: go along.
_OUTSIDE = ((8, 0.12, 0.86), (6, 0.45, 0.45))
#: The picture of an ear is squeezed to no less than this share of its width.
_LEAST_WIDTH = 0.2
#: Values between which a set-back is linear, as well as can be seen.
_KNOTS = 13
#: Vertices of the widest part of an ear: those this share of its width beside the root, or more.
_WIDE_PART = 0.8
#: The direction in which an ear starts to move is that of a turn of so many degrees.
_SMALL_TURN_DEG = 8.0
#: Controls nearer to each other would bend the spline, mm; so would ways that differ by more than
#: this share of the distance between them.
_LEAST_APART_MM, _STEEPEST = 1.0, 0.9
#: The mask has ended so many times the longest way from the outline, and at least that far, mm: a
#: shorter way would fold. It is whole up to this share of that distance, begins at the root and is
#: whole there from this share of the ear's width on.
_FADING, _LEAST_FADING_MM, _SOLID, _ROOT_BAND = 2.0, 6.0, 0.45, 0.15
#: Hair and face stay at this share of the way to the end of the mask beyond the outline's ends.
_HELD = 0.35
#: In a hollow of the outline a point may lie nearer to it than it should; nearer than this share of
#: that distance it is left out.
_FREE = 0.9
#: Shares of its width by which an ear is brought out, where the inverse of a set-back is asked for.
_OUTWARD = (0.1, 0.2, 0.3)
#: Points that stay lie beyond the mask, so many times as far.
_BEYOND = 1.15
#: Points of the outline that draw the mask, and points around that stay.
_HULL_POINTS, _ANCHORS = 40, 9


@dataclass(frozen=True, eq=False)
class EarSetback:
    """How one effect moves one ear of a photo.

    Attributes
    ----------
    place : int
        Of the effect in the plan.
    key : str
        ``procedure.effect``.
    procedure : str
    ear : EarInPhoto
    knots : (k,) float64 array
        Values of the effect, mm, ascending, 0 among them.
    squeeze : (k,) float64 array
        Share of its width beside the root by which the ear's picture becomes narrower.
    reached : (k,) float64 array
        Change of the distance of the helix from the mastoid, mm: less than the value where the ear
        would touch the head, or where a clinical flag holds it back.
    visible : float
        Share of the way of the helix that lies in the picture plane, 0 to 1.
    """

    place: int
    key: str
    procedure: str
    ear: EarInPhoto
    knots: FloatArray
    squeeze: FloatArray
    reached: FloatArray
    visible: float

    @property
    def piece(self) -> str:
        """Name of its piece of the mask."""
        return f"{self.procedure}.{self.ear.side}_ear"

    @property
    def brought_out(self) -> bool:
        """Whether the ear comes to stand out more, as in the inverse of a set-back."""
        return bool(self.squeeze.max() <= 0.0)

    @property
    def controls(self) -> FloatArray:
        """Points that control the warp of the ear: (n, 2) pixels."""
        return self._controls[0]

    @cached_property
    def _controls(self) -> tuple[FloatArray, FloatArray]:
        """Controls, and their way when the ear becomes narrower by its whole width: (n, 2) each.

        They lie on the outline, half-way to the root, where the way is half as long, on the root,
        which stays, beyond the outline's ends, where hair and face stay, and outside, where the
        warp dies out.
        """
        ear = self.ear
        chosen = np.linspace(0, len(ear.points) - 1, _ON_OUTLINE).round().astype(int)
        within = np.linspace(0, len(ear.points) - 1, _WITHIN + 2).round().astype(int)[1:-1]
        foot = ear.points - ear.widths[:, None] * ear.lateral
        half = (ear.points + foot)[within] / 2.0
        root = np.linspace(foot[0], foot[-1], _ON_ROOT)
        ways = ear.ways
        held = np.concatenate([_beyond(ear, end, _HELD * self._end) for end in (0, -1)])
        still = np.concatenate([root, held])
        places = [ear.points[chosen], still, half]
        whole = [ways[chosen], np.zeros_like(still), ways[within] / 2.0]
        for count, out, along in _OUTSIDE:
            around, own = _around(ear, self._hull, out * self._end, count)
            places.append(around)
            whole.append(along * ways[own])
        most = float(np.abs(self.squeeze).max())
        return _apart(np.concatenate(places), np.concatenate(whole), most, ear.px_per_mm)

    @cached_property
    def _hull(self) -> FloatArray:
        """Outline of the ear, closed along its root: (n, 2) pixels."""
        ear = self.ear
        chosen = np.linspace(0, len(ear.points) - 1, _HULL_POINTS).round().astype(int)
        feet = (ear.points - ear.widths[:, None] * ear.lateral)[[-1, 0]]
        return np.concatenate([ear.points[chosen], feet])

    @property
    def _end(self) -> float:
        """Distance from the outline at which the mask has ended, pixels."""
        fading = _FADING * float(np.abs(self.squeeze).max()) * self.ear.width_px
        return max(fading, _LEAST_FADING_MM * self.ear.px_per_mm)

    @cached_property
    def region(self) -> MaskRegion:
        """Where the mask lets the ear move."""
        ear, hull, end = self.ear, self._hull, self._end
        return MaskRegion(
            hull=hull,
            solid=_SOLID * end,
            widening=end,
            root=ear.root,
            lateral=ear.lateral,
            band=_ROOT_BAND * ear.width_px,
            anchors=_around(ear, hull, _BEYOND * end, _ANCHORS)[0],
        )

    def steps(self, value: float) -> FloatArray:
        """How far the controls move at a value of the effect: (n, 2) pixels."""
        return np.asarray(self.squeeze_at(value) * self._controls[1])

    def squeeze_at(self, value: float) -> float:
        """Share of its width by which the ear becomes narrower at a value of the effect."""
        return float(between_knots(self.knots, self.squeeze, value))

    def carried(self, field: DisplacementField) -> float:
        """Share of its width by which a field makes the ear narrower: its outline's way."""
        ways = self.ear.ways
        made = field.forward(self.ear.points) - self.ear.points
        return float((ways * made).sum()) / float((ways**2).sum())

    def value_of(self, squeeze: float) -> float:
        """Value at which an ear that is brought out becomes narrower by this, which is below 0."""
        return float(np.interp(-squeeze, -self.squeeze[:-1], self.reached[:-1]))

    def reached_at(self, value: float) -> float:
        """Change of the distance of the helix from the mastoid at a value of the effect, mm."""
        return float(between_knots(self.knots, self.reached, value))


@dataclass(frozen=True, eq=False)
class EarPlan:
    """The ears of a plan on a photo, whatever the values of its effects.

    Attributes
    ----------
    setbacks : tuple of EarSetback
    hidden : mapping of str to str
        Key of each effect whose ear is not simulated in this photo, and why.
    """

    setbacks: tuple[EarSetback, ...] = ()
    hidden: Mapping[str, EarCause] | None = None

    def points(self, face: FaceLandmarks) -> FloatArray:
        """Landmarks and the ears' controls in the photo: (478 + n, 2) pixels."""
        return np.concatenate([face.points[:, :2], *(each.controls for each in self.setbacks)])

    def steps(self, deformation: Deformation, face: FaceLandmarks) -> FloatArray:
        """How far each effect moves those points: (e, 478 + n, 2) pixels."""
        on_mesh = face.project(deformation.parts)[..., :2]
        if not self.setbacks:
            return np.asarray(on_mesh)
        own = np.zeros((len(on_mesh), sum(len(each.controls) for each in self.setbacks), 2))
        for each, span in zip(self.setbacks, self.spans, strict=True):
            value = deformation.effects[each.place].planned.value
            own[each.place, span.start - LANDMARK_COUNT : span.stop - LANDMARK_COUNT] = each.steps(
                value
            )
        return np.concatenate([on_mesh, own], axis=1)

    def controls_of(self, piece: str) -> IndexArray:
        """Places among the points of the controls of a piece of the mask, by its name: (m,)."""
        spans = zip(self.setbacks, self.spans, strict=True)
        own = [np.arange(s.start, s.stop) for each, s in spans if each.piece == piece]
        return np.concatenate([np.empty(0, np.intp), *own])

    @property
    def regions(self) -> dict[str, list[MaskRegion]]:
        """Regions of the mask, by the names of its pieces: each ear has its own."""
        found: dict[str, list[MaskRegion]] = {}
        for each in self.setbacks:
            found.setdefault(each.piece, []).append(each.region)
        return found

    @cached_property
    def spans(self) -> tuple[slice, ...]:
        """Where the controls of each ear lie among the points."""
        ends = LANDMARK_COUNT + np.cumsum([0, *(len(each.controls) for each in self.setbacks)])
        return tuple(slice(int(a), int(b)) for a, b in pairwise(ends))


def _apart(
    places: FloatArray, ways: FloatArray, squeeze: float, px_per_mm: float
) -> tuple[FloatArray, FloatArray]:
    """Those places (n, 2), with their ways, that lie beside none before them that moves otherwise.

    ``squeeze`` is the largest share of the ways that is gone.
    """
    kept: list[int] = []
    for place in range(len(places)):
        away = np.hypot(*(places[kept] - places[place]).T)
        differ = squeeze * np.hypot(*(ways[kept] - ways[place]).T)
        if (away > np.maximum(_LEAST_APART_MM * px_per_mm, differ / _STEEPEST)).all():
            kept.append(place)
    return places[kept], ways[kept]


def _beyond(ear: EarInPhoto, end: int, margin: float) -> FloatArray:
    """Points that stay beyond an end of the outline (0 or -1), a margin up or down: (3, 2)."""
    down = (ear.root[1] - ear.root[0]) / np.hypot(*(ear.root[1] - ear.root[0]))
    away = -down if end == 0 else down
    foot = ear.points[end] - ear.widths[end] * ear.lateral
    half = (ear.points[end] + foot) / 2.0
    return np.array([half, foot + margin * away, ear.points[end] + margin * away])


def _around(
    ear: EarInPhoto, hull: FloatArray, margin: float, count: int
) -> tuple[FloatArray, IndexArray]:
    """Points at a distance from the outline of an ear, (n, 2) pixels, and what of it is nearest."""
    chosen = np.linspace(0, len(ear.points) - 1, count).round().astype(int)
    normals = outward_normals(ear.points, 1 if ear.lateral[0] < 0 else -1)[chosen]
    around = ear.points[chosen] + margin * normals
    away = -polygon_distance(around.astype(np.float32), hull)
    free = away > _FREE * margin
    return around[free], chosen[free]


def ear_plan(
    prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags, key: object
) -> EarPlan:
    """Return what a plan's effects do to the ears of a photo, made once for each ``key``.

    Parameters
    ----------
    prepared : PreparedFace
        Frontal or oblique.
    plan : SurgicalPlan
        Its values play no part.
    flags : ClinicalFlags
    key : hashable
        What of the plan decides it.
    """
    if not any(moves_ear(item.effect) for item in plan.effects):
        return EarPlan()
    made: EarPlan = prepared.once(("ear_plan", key), lambda: _made(prepared, plan, flags))
    return made


def _made(prepared: PreparedFace, plan: SurgicalPlan, flags: ClinicalFlags) -> EarPlan:
    found = ears_in_photo(prepared)
    setbacks, hidden = [], {}
    for place, item in enumerate(plan.effects):
        for part in item.effect.parts:
            side = EARS.get(part)
            if side is None or plan.side_of(item) not in ("both", side):
                continue
            ear, cause = found[side].ear, found[side].cause
            if cause is not None:
                hidden[item.key] = cause
            elif ear is not None:
                made = _set_out if item.effect.band.high > 0.0 else _setback
                setbacks.append(made(place, item, ear, flags))
    return EarPlan(tuple(setbacks), hidden)


def _flags_of(ear: EarInPhoto, flags: ClinicalFlags) -> ClinicalFlags:
    """The flags on the head of an ear: a left one is the right one of a mirrored patient."""
    if ear.side == "right" or not flags.bells_palsy:
        return flags
    other: Literal["left", "right"] = "right" if flags.bells_palsy_side == "left" else "left"
    return replace(flags, bells_palsy_side=other)


def _set_out(place: int, item: PlannedEffect, ear: EarInPhoto, flags: ClinicalFlags) -> EarSetback:
    """How an ear stood out before an effect set it back to where the photo has it.

    It is brought out by shares of its width, and each is asked by which value the ear that is then
    seen is set back to the photo's.
    """
    effect = item.effect.model_copy(update={"band": item.effect.band.scaled(-1.0)})
    forward = item.model_copy(update={"effect": effect})
    knots, squeeze = [0.0], [0.0]
    for share, before in brought_out(ear, _OUTWARD):
        back = _setback(place, forward, before, flags)
        ways = before.ways  # of its outline, which goes along a little otherwise
        needed = share * float((ear.ways * ways).sum()) / float((ways**2).sum())
        if needed >= back.squeeze.max():
            break
        value = -float(np.interp(-needed, -back.squeeze, back.knots))
        if value <= knots[-1]:
            break
        knots.append(value)
        squeeze.append(-share)
    # Ears in a photo mostly lie near the head: the band goes as far as they can have stood out.
    reached = np.array([*knots, knots[-1]])
    asked = np.array(knots) * max(item.effect.band.high / max(knots[-1], 1e-9), 1.0)
    return EarSetback(
        place=place,
        key=item.key,
        procedure=item.procedure,
        ear=ear,
        knots=np.append(asked, max(*effect_knots(item), asked[-1]) + 1.0),
        squeeze=np.array([*squeeze, squeeze[-1]]),
        reached=reached,
        visible=_setback(place, forward, ear, flags).visible,
    )


def _setback(place: int, item: PlannedEffect, ear: EarInPhoto, flags: ClinicalFlags) -> EarSetback:
    head, surface, members = ear.head, ear.surface, ear.members
    camera, points = head.views[0].camera, head.model.landmarks
    motion = EarMotion(surface, points, "right_ear", item.effect.falloff_mm)
    left = limits_on_head(surface, points, _flags_of(ear, flags))[members]
    seen = camera.project(surface.vertices[members])[:, :2]
    beside = seen @ ear.head_lateral
    named = points.anatomical(surface.vertices)
    root = camera.project(named["right_otobasion_superius"])[:2] @ ear.head_lateral
    wide = beside - root >= _WIDE_PART * (beside - root).max()

    own = ear.widths[ear.widths >= _WIDE_PART * ear.widths.max()]
    in_photo = float(own.mean())

    def moved(value: float) -> FloatArray:
        return np.asarray(motion.displacement(value)[members] * left[:, None])

    def squeeze(value: float) -> float:
        after = camera.project(surface.vertices[members] + moved(value))[:, :2]
        return float((beside - after @ ear.head_lateral)[wide].mean() / in_photo)

    ends = effect_knots(item)
    knots = np.union1d(np.linspace(min(ends), max(ends), _KNOTS), [0.0])
    narrower = np.array([squeeze(float(value)) for value in knots])
    reached = np.array([motion.reached_mm(float(value)) - motion.distance_mm for value in knots])
    most = 1.0 - _LEAST_WIDTH
    kept = np.minimum(1.0, most / np.maximum(narrower, 1e-9))
    way = camera.rotation @ motion.turned(_SMALL_TURN_DEG)[members][wide].mean(axis=0)
    return EarSetback(
        place=place,
        key=item.key,
        procedure=item.procedure,
        ear=ear,
        knots=knots,
        squeeze=np.minimum(narrower, most),
        reached=reached * float(left[wide].mean()) * np.where(narrower > 0, kept, 1.0),
        visible=float(np.hypot(*way[:2]) / max(float(np.linalg.norm(way)), 1e-9)),
    )
