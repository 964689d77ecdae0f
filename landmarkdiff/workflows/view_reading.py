"""Reading the photos of one patient: a mesh or a contour in each, and one scale for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from landmarkdiff.errors import HeadFitError, NoFaceError, ProfileError
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.landmarks.coarse import glance
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.networks import FaceNetworks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.manipulation.on_profile import PreparedProfile, prepare_profile
from landmarkdiff.photo import Photo
from landmarkdiff.weights import obtain
from landmarkdiff.workflows.preparing import prepare_one_of_several
from landmarkdiff.workflows.progress import Progress, tell
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.views import ViewPhoto

__all__ = ["glance_networks", "read_views"]


@cache
def glance_networks() -> FaceNetworks:
    """Networks of their own for first looks, so that these wait for no simulation."""
    return FaceNetworks(obtain("face_landmarker"))


def read_views(
    pipeline: LandmarkDiffPipeline,
    photos: Sequence[Photo],
    request: SimulationRequest,
    *,
    look: bool = True,
    progress: Progress | None = None,
) -> tuple[ViewPhoto, ...]:
    """Find the face in each photo; a photo without one is no error.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    photos : sequence of Photo
    request : SimulationRequest
        For ``face``, ``passes``, ``ipd_mm`` and ``profile_points``.
    look : bool
        Let the face detector look, too: it sees the side of most profiles, where the mesh gives
        up, and exposes a mesh that misread one.
    progress : callable, optional
        Is told ``progress.landmarks``.
    """
    found = []
    for done, photo in enumerate(photos):
        tell(progress, done, len(photos), "progress.landmarks")
        prepared = _prepared(pipeline, photo, request)
        seen = glance(glance_networks(), photo.pixels) if look else None
        found.append(ViewPhoto(photo, prepared, seen))
    return _to_scale(found)


def _prepared(
    pipeline: LandmarkDiffPipeline, photo: Photo, request: SimulationRequest
) -> PreparedFace | None:
    """The photo with its face, None where neither mesh nor contour can be read."""
    try:
        return prepare_one_of_several(pipeline, photo.pixels, request)
    except (NoFaceError, ProfileError, HeadFitError):
        return None


def _to_scale(photos: Sequence[ViewPhoto]) -> tuple[ViewPhoto, ...]:
    """Give profiles the scale of the patient's most frontal photo, through one head of both."""
    faces = [
        photo.prepared.landmarks
        for photo in photos
        if photo.prepared is not None
        and not photo.from_the_side
        and not photo.misread
        and photo.prepared.landmarks.pose.residual <= MAXIMUM_RESIDUAL
    ]
    if not faces:
        return tuple(photos)
    frontal = min(faces, key=lambda face: abs(face.pose.yaw))
    return tuple(_of_one_head(photo, frontal) for photo in photos)


def _of_one_head(photo: ViewPhoto, frontal: FaceLandmarks) -> ViewPhoto:
    """A profile with the scale of a frontal photo; as it is where no head fits both."""
    profile = photo.prepared
    if not isinstance(profile, PreparedProfile):
        return photo
    try:
        scaled = prepare_profile(profile.image, profile.contour, others=[frontal])
    except HeadFitError:  # the scale stays that of an average head, which its notice says
        return photo
    return replace(photo, prepared=scaled.with_glasses(profile.glasses))
