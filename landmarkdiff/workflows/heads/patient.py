"""From photos of a patient to the one head that they show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landmarkdiff.configuration import Configuration
from landmarkdiff.head import FittedHead, fit_head
from landmarkdiff.head.simulation import HeadEffect, HeadSimulation
from landmarkdiff.head.texture import HeadTexture, TexturePhoto, head_texture
from landmarkdiff.identity.people import ComparedFace, PersonCheck, compare_faces, most_frontal
from landmarkdiff.inference.notices import ceiling_notices, thin_lip_notices
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.refusals import refuse_eye_distance
from landmarkdiff.notices import Notice
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.workflows.heads.reading import HeadRead, faces_of
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["DressedHead", "PatientHead", "dressed_head", "patient_head"]

#: Pixels per millimetre of the landmarks that a head without a frontal photo gets.
_OWN_PX_PER_MM, _OWN_PX = 4.0, 1200


@dataclass(frozen=True, eq=False)
class PatientHead:
    """A patient's head with what is planned on it.

    Attributes
    ----------
    reads : tuple of HeadRead
        In the order of the photos.
    fitted : FittedHead
    simulation : HeadSimulation
        With its texture, and the effects of the plan.
    plan : SurgicalPlan or None
    person : PersonCheck
        The faces compared with one another; profiles are judged by the fit.
    of_plan : tuple of Notice
        What of the plan gives way.
    """

    reads: tuple[HeadRead, ...]
    fitted: FittedHead
    simulation: HeadSimulation
    plan: SurgicalPlan | None
    person: PersonCheck
    of_plan: tuple[Notice, ...] = ()

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What there is to mind of the photos together, and of the plan."""
        return (*self.person.notices, *self.of_plan)

    def to_dict(self) -> dict[str, Any]:
        """Return what ``head.json`` says of the head and the plan."""
        record = self.fitted.to_dict()
        alike = {one.second: one.similarity for one in self.person.comparisons}
        for place, (view, read) in enumerate(zip(record["views"], self.reads, strict=True)):
            similarity = alike.get(place)
            view["view"] = read.view
            view["similarity"] = None if similarity is None else round(similarity, 3)
            view["camera_distance_mm"] = read.distance_mm and round(read.distance_mm)
            view["warnings"] = [notice.to_dict() for notice in read.notices]
        return {
            **record,
            "simulation": self.plan is not None,
            "plan": self.plan and self.plan.to_dict(),
            "plan_hash": self.plan and self.plan.hash,
            "effects": self._effects(),
            "warnings": [notice.to_dict() for notice in self.notices],
        }

    def _effects(self) -> list[dict[str, Any]]:
        """How far each effect moves the skin, and the points that it moves most."""
        held = self.fitted.model.landmarks
        listed = []
        for effect in self.simulation.effects:
            moved = effect.at(effect.value)
            points = {
                name: [round(float(value), 2) for value in place]
                for name, place in held.anatomical(moved).items()
                if np.linalg.norm(place) >= 0.05
            }
            listed.append(
                {
                    "effect": effect.key,
                    "value": round(effect.value, 3),
                    "unit": effect.unit,
                    "largest_displacement_mm": round(float(np.linalg.norm(moved, axis=1).max()), 3),
                    "points_mm": points,
                }
            )
        return listed


@dataclass(frozen=True, eq=False)
class DressedHead:
    """A head with its texture, before anything is planned on it.

    Attributes
    ----------
    reads : tuple of HeadRead
    fitted : FittedHead
    texture : HeadTexture
    person : PersonCheck
        See :class:`PatientHead`.
    """

    reads: tuple[HeadRead, ...]
    fitted: FittedHead
    texture: HeadTexture
    person: PersonCheck

    @property
    def face(self) -> FaceLandmarks:
        """The face that a plan is made on: the most frontal photo's, or the head's own."""
        faces = faces_of(self.reads)
        return faces[most_frontal(faces)] if faces else _face_of(self.fitted)

    def plan(self, request: SimulationRequest) -> SurgicalPlan:
        """Return the request's plan for this head.

        Raises
        ------
        FaceUnusableError
            The plan is for adults, and the face is a child's.
        """
        face = self.face
        refuse_eye_distance(face, request.flags)
        return request.plan_for(face)

    def with_plan(self, request: SimulationRequest) -> PatientHead:
        """Return it with the request's plan, or as it is where the request names none.

        Raises
        ------
        FaceUnusableError
            The plan is for adults, and the face is a child's.
        """
        plan: SurgicalPlan | None = None
        effects: tuple[HeadEffect, ...] = ()
        notices: tuple[Notice, ...] = ()
        if request.plan is not None or request.procedures:
            plan = self.plan(request)
            on_head = HeadPlan(self.fitted.surface, plan, request.flags)
            effects = on_head.effects()
            notices = (*ceiling_notices(plan), *thin_lip_notices(on_head))
        simulation = HeadSimulation(
            self.fitted.surface, self.texture.pixels, self.texture.seen, effects
        )
        return PatientHead(self.reads, self.fitted, simulation, plan, self.person, notices)


def dressed_head(
    reads: Sequence[HeadRead],
    configuration: Configuration,
    *,
    same_person: bool = False,
    texture_size: int = 1024,
    pause: Callable[[], object] | None = None,
) -> DressedHead:
    """Fit one head to all photos, with their texture.

    Parameters
    ----------
    reads : sequence of HeadRead
    configuration : Configuration
        Which network compares the faces.
    same_person : bool
        Somebody has looked: the photos are of one person, however unlike the faces.
    texture_size : int
        Width and height of the texture, pixels.
    pause : callable, optional
        Called between the steps of the fit and of the texture; what it raises ends the work.

    Raises
    ------
    HeadFitError
        Two people, different expressions, or a photo that does not fit.
    WeightsMissingError, WeightsCorruptError, WeightsError
        The head or a network is not in the store.
    """
    person = _one_person(reads, configuration)
    if not same_person:
        person.require_one_person()
    fitted = fit_head(
        [read.for_fit for read in reads],
        distances_mm=[read.distance_mm for read in reads],
        pause=pause,
    )
    if pause is not None:
        pause()
    photos = [TexturePhoto(read.pixels, read.evidence) for read in reads]
    texture = head_texture(fitted, photos, texture_size)
    return DressedHead(tuple(reads), fitted, texture, person)


def patient_head(
    reads: Sequence[HeadRead], request: SimulationRequest, *, same_person: bool = False
) -> PatientHead:
    """Fit one head to all photos, with their texture and the request's plan, if it has one.

    Raises
    ------
    LandmarkDiffError
        As of :func:`dressed_head` and :meth:`DressedHead.with_plan`.
    """
    dressed = dressed_head(reads, request.configuration, same_person=same_person)
    return dressed.with_plan(request)


def _face_of(fitted: FittedHead) -> FaceLandmarks:
    """The head's own landmarks as a frontal photo would have them: for a plan from profiles."""
    points = fitted.landmarks_mm * (1.0, -1.0, -1.0) * _OWN_PX_PER_MM
    points[:, :2] += _OWN_PX / 2
    scale = Scale(1.0 / _OWN_PX_PER_MM, fitted.scale_uncertainty, "canonical_mesh")
    return FaceLandmarks(points, _OWN_PX, _OWN_PX, fit_pose(points), scale)


def _one_person(reads: Sequence[HeadRead], configuration: Configuration) -> PersonCheck:
    """Compare every face with the most frontal one; profiles are judged by the fit."""
    found = faces_of(reads)
    if not found:
        return PersonCheck.of((), configuration)
    faces = {place: ComparedFace(reads[place].pixels, face) for place, face in found.items()}
    return PersonCheck.of(compare_faces(faces, most_frontal(found), configuration), configuration)
