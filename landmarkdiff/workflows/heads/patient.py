"""From photos of a patient to the one head that they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landmarkdiff.analysis.quality import camera_distance
from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import (
    HeadFitError,
    NoFaceError,
    ProfileError,
    WeightsError,
)
from landmarkdiff.head import FittedHead, HeadPhoto, fit_head
from landmarkdiff.head.simulation import HeadEffect, HeadSimulation
from landmarkdiff.head.texture import HeadTexture, TexturePhoto, head_texture
from landmarkdiff.identity.check import SMALLEST_FACE_PX
from landmarkdiff.identity.networks import NETWORKS, embedder
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks.face import FaceLandmarks, Scale
from landmarkdiff.landmarks.pose import fit_pose
from landmarkdiff.manipulation.on_head import HeadPlan
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.manipulation.refusals import refuse_child
from landmarkdiff.notices import Notice
from landmarkdiff.photo import Photo
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.profile import ProfileContour
from landmarkdiff.workflows.preparing import prepare_one_of_several
from landmarkdiff.workflows.request import SimulationRequest

__all__ = [
    "DressedHead",
    "HeadRead",
    "PatientHead",
    "dressed_head",
    "patient_head",
    "read_for_head",
]

#: Similarity below which two faces are two people's: rendered heads turned by 45 degrees stay above
#: 0.75 of their own frontal view, portraits of different people are below 0.2. Between it and the
#: network's own threshold it is a doubt.
_OTHER_PERSON = 0.2
#: Pixels per millimetre of the landmarks that a head without a frontal photo gets.
_OWN_PX_PER_MM, _OWN_PX = 4.0, 1200
#: Distances of a camera that a portrait is taken from, mm (general): what the focal length says
#: beyond them is that of a photo that was cut. Beyond the last there is no perspective to speak of.
_NEAREST_MM, _FARTHEST_MM = 200.0, 5000.0


@dataclass(frozen=True, eq=False)
class HeadRead:
    """A photo with what it says of the head.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 array
        RGB, upright.
    evidence : FaceLandmarks or ProfileContour
    ruler : Scale or None
        Of a profile with a ruler in the photo.
    distance_mm : float or None
        Of the camera, from the focal length that the photo's file names; None where it names none.
    notices : tuple of Notice
        What there is to mind of the photo and of the face that was found in it.
    """

    pixels: ImageArray
    evidence: FaceLandmarks | ProfileContour
    ruler: Scale | None = None
    distance_mm: float | None = None
    notices: tuple[Notice, ...] = ()

    @classmethod
    def of(cls, prepared: PreparedFace, photo: Photo) -> HeadRead:
        """Return what a prepared photo says of the head."""
        face = prepared.landmarks
        notices = (*photo.notices, *face.notices)
        if not isinstance(prepared, PreparedProfile):
            return cls(prepared.image, face, None, _distance_mm(face, photo), notices)
        ruler = face.scale if face.scale.source == "ruler" else None
        return cls(prepared.image, prepared.contour, ruler, notices=notices)

    @property
    def view(self) -> str:
        """Name of the view that it shows."""
        if isinstance(self.evidence, ProfileContour):
            return self.evidence.side
        return self.evidence.pose.view

    @property
    def without_own_scale(self) -> HeadRead:
        """The same beside photos that tell the scale: no average is needed."""
        kept = tuple(one for one in self.notices if one.code != "scale_of_average_head")
        return replace(self, notices=kept)

    @property
    def for_fit(self) -> HeadPhoto:
        """What the head is fitted to."""
        if isinstance(self.evidence, ProfileContour) and self.ruler is not None:
            return self.evidence, self.ruler
        return self.evidence


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
    likeness : tuple of float or None
        Similarity of each face to the most frontal one, -1 to 1; None for a profile, that face
        itself, and where it was not compared.
    notices : tuple of Notice
    """

    reads: tuple[HeadRead, ...]
    fitted: FittedHead
    simulation: HeadSimulation
    plan: SurgicalPlan | None
    likeness: tuple[float | None, ...]
    notices: tuple[Notice, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return what ``head.json`` says of the head and the plan."""
        record = self.fitted.to_dict()
        for view, read, alike in zip(record["views"], self.reads, self.likeness, strict=True):
            view["view"] = read.view
            view["similarity"] = None if alike is None else round(alike, 3)
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


def read_for_head(
    pipeline: LandmarkDiffPipeline, photos: Sequence[Photo], request: SimulationRequest
) -> tuple[HeadRead, ...]:
    """Find in each photo what it says of a head: landmarks, or the contour of a profile.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    photos : sequence of Photo
    request : SimulationRequest
        For ``face``, ``passes``, ``ipd_mm``, ``mm_per_px`` and ``profile_points``.

    Raises
    ------
    HeadFitError
        A photo shows neither a face nor a profile; it says which, and why.

    Examples
    --------
    >>> request = SimulationRequest()
    >>> photo = Photo(portrait, stem="portrait", format="PNG")
    >>> [read.view for read in read_for_head(request.pipeline(), [photo], request)]
    ['frontal']
    """
    reads = [
        _read(pipeline, photo, request, number) for number, photo in enumerate(photos, start=1)
    ]
    if _faces(reads):  # they give the profiles their scale, through the head
        return tuple(read.without_own_scale for read in reads)
    return tuple(reads)


def _read(
    pipeline: LandmarkDiffPipeline, photo: Photo, request: SimulationRequest, number: int
) -> HeadRead:
    try:
        return HeadRead.of(prepare_one_of_several(pipeline, photo.pixels, request), photo)
    except (NoFaceError, ProfileError, HeadFitError) as cause:
        raise HeadFitError("head_photo_unusable", cause=cause, number=number) from cause


def _distance_mm(face: FaceLandmarks, photo: Photo) -> float | None:
    """How far the camera was from a face, where the photo's focal length tells it."""
    if photo.focal_length_35mm is None:
        return None
    distance = 1000.0 * camera_distance(face, photo.focal_length_35mm).metres
    return distance if _NEAREST_MM <= distance <= _FARTHEST_MM else None


@dataclass(frozen=True, eq=False)
class DressedHead:
    """A head with its texture, before anything is planned on it.

    Attributes
    ----------
    reads : tuple of HeadRead
    fitted : FittedHead
    texture : HeadTexture
    likeness : tuple of float or None
    notices : tuple of Notice
        See :class:`PatientHead`.
    """

    reads: tuple[HeadRead, ...]
    fitted: FittedHead
    texture: HeadTexture
    likeness: tuple[float | None, ...]
    notices: tuple[Notice, ...]

    def with_plan(self, request: SimulationRequest) -> PatientHead:
        """Return it with the request's plan, or as it is where the request names none.

        Raises
        ------
        FaceUnusableError
            The plan is for adults, and the face is a child's.
        """
        plan: SurgicalPlan | None = None
        effects: tuple[HeadEffect, ...] = ()
        if request.plan is not None or request.procedures:
            faces = _faces(self.reads)
            face = faces[_most_frontal(faces)] if faces else _face_of(self.fitted)
            refuse_child(face, request.flags)
            plan = request.plan_for(face)
            effects = HeadPlan(self.fitted.surface, plan, request.flags).effects()
        simulation = HeadSimulation(
            self.fitted.surface, self.texture.pixels, self.texture.seen, effects
        )
        return PatientHead(self.reads, self.fitted, simulation, plan, self.likeness, self.notices)


def dressed_head(
    reads: Sequence[HeadRead], configuration: Configuration, *, texture_size: int = 1024
) -> DressedHead:
    """Fit one head to all photos, with their texture.

    Parameters
    ----------
    reads : sequence of HeadRead
    configuration : Configuration
        Which network compares the faces.
    texture_size : int
        Width and height of the texture, pixels.

    Raises
    ------
    HeadFitError
        Two people, different expressions, or a photo that does not fit.
    WeightsMissingError, WeightsCorruptError, WeightsError
        The head or a network is not in the store.
    """
    likeness, notices = _one_person(reads, configuration)
    fitted = fit_head(
        [read.for_fit for read in reads], distances_mm=[read.distance_mm for read in reads]
    )
    photos = [TexturePhoto(read.pixels, read.evidence) for read in reads]
    texture = head_texture(fitted, photos, texture_size)
    return DressedHead(tuple(reads), fitted, texture, likeness, notices)


def patient_head(reads: Sequence[HeadRead], request: SimulationRequest) -> PatientHead:
    """Fit one head to all photos, with their texture and the request's plan, if it has one.

    Raises
    ------
    LandmarkDiffError
        As of :func:`dressed_head` and :meth:`DressedHead.with_plan`.
    """
    return dressed_head(reads, request.configuration).with_plan(request)


def _faces(reads: Sequence[HeadRead]) -> dict[int, FaceLandmarks]:
    """The photos with landmarks, by their places."""
    return {
        place: read.evidence
        for place, read in enumerate(reads)
        if isinstance(read.evidence, FaceLandmarks)
    }


def _most_frontal(faces: Mapping[int, FaceLandmarks]) -> int:
    """Place of the most frontal photo."""
    return min(faces, key=lambda place: abs(faces[place].pose.yaw))


def _face_of(fitted: FittedHead) -> FaceLandmarks:
    """The head's own landmarks as a frontal photo would have them: for a plan from profiles."""
    points = fitted.landmarks_mm * (1.0, -1.0, -1.0) * _OWN_PX_PER_MM
    points[:, :2] += _OWN_PX / 2
    scale = Scale(1.0 / _OWN_PX_PER_MM, fitted.scale_uncertainty, "canonical_mesh")
    return FaceLandmarks(points, _OWN_PX, _OWN_PX, fit_pose(points), scale)


def _one_person(
    reads: Sequence[HeadRead], configuration: Configuration
) -> tuple[tuple[float | None, ...], tuple[Notice, ...]]:
    """Compare every face with the most frontal one; profiles are judged by the fit's geometry."""
    alike: list[float | None] = [None] * len(reads)
    faces = _faces(reads)
    if len(faces) < 2:
        return tuple(alike), ()
    chief = _most_frontal(faces)
    network = NETWORKS[configuration.identity.model]
    try:
        reader = embedder(configuration.identity.model, configuration)
    except WeightsError as error:
        return tuple(alike), (Notice.of("head_person_not_checked", reason=error),)
    embedded = {
        place: reader.embed(reads[place].pixels, face)
        for place, face in faces.items()
        if face.interocular_px >= SMALLEST_FACE_PX
    }
    notices = []
    for place in faces:
        if place == chief or chief not in embedded or place not in embedded:
            continue
        value = float(embedded[chief] @ embedded[place])
        alike[place] = value
        if value < _OTHER_PERSON:
            raise HeadFitError(
                "head_two_people",
                first=chief + 1,
                second=place + 1,
                similarity=value,
                least=_OTHER_PERSON,
            )
        if value < network.published_threshold:
            notices.append(Notice.of("head_person_doubtful", first=chief + 1, second=place + 1))
    return tuple(alike), tuple(notices)
