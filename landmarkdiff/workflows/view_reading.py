"""Reading the photos of one patient: a mesh or a contour in each, and one scale for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from landmarkdiff.errors import HeadFitError, NoFaceError, ProfileError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.coarse import glance
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.networks import FaceNetworks
from landmarkdiff.manipulation.on_profile import PreparedProfile, prepare_profile
from landmarkdiff.photo import Photo
from landmarkdiff.weights import read
from landmarkdiff.workflows.preparing import prepare_one_of_several
from landmarkdiff.workflows.progress import Progress, tell
from landmarkdiff.workflows.request import SimulationRequest
from landmarkdiff.workflows.views import ViewPhoto

__all__ = ["frontal_of", "glance_networks", "in_one_scale", "read_views", "with_frontal"]


@cache
def glance_networks() -> FaceNetworks:
    """Networks of their own for first looks, so that these wait for no simulation."""
    return FaceNetworks(read("face_landmarker"))


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
        seen = glance(glance_networks(), photo.pixels) if look else None
        try:
            prepared = prepare_one_of_several(pipeline, photo.pixels, request)
        except (NoFaceError, ProfileError, HeadFitError) as failure:
            # The traceback would keep the pictures.
            found.append(ViewPhoto(photo, None, seen, failure.with_traceback(None)))
        else:
            found.append(ViewPhoto(photo, prepared, seen))
    return in_one_scale(found)


def frontal_of(photos: Sequence[ViewPhoto]) -> ViewPhoto | None:
    """Return the most frontal photo whose mesh can be believed, None where there is none."""
    believed = [
        (abs(photo.prepared.landmarks.pose.yaw), place, photo)
        for place, photo in enumerate(photos)
        if photo.measurable and photo.prepared is not None and not photo.from_the_side
    ]
    return min(believed)[2] if believed else None


def in_one_scale(photos: Sequence[ViewPhoto]) -> tuple[ViewPhoto, ...]:
    """Give profiles the scale of the patient's most frontal photo, through one head of both.

    A profile that no head fits together with that photo stays as it is: its scale is that of an
    average head, which its notice says.
    """
    frontal = frontal_of(photos)
    if frontal is None or frontal.prepared is None:
        return tuple(photos)
    made = []
    for photo in photos:
        scaled = photo.prepared
        if isinstance(scaled, PreparedProfile):
            joined = with_frontal(scaled, frontal.prepared.landmarks)
            scaled = scaled if isinstance(joined, HeadFitError) else joined
        made.append(photo if scaled is photo.prepared else replace(photo, prepared=scaled))
    return tuple(made)


def with_frontal(
    profile: PreparedProfile, frontal: FaceLandmarks
) -> PreparedProfile | HeadFitError:
    """Return a profile with the head that fits it and a frontal photo, or why none does.

    The first view of that head is the profile; it is fitted once for each frontal photo. A
    profile with a scale of its own (a ruler) keeps it.
    """

    def fit() -> tuple[FaceLandmarks, PreparedProfile | HeadFitError]:
        scale = profile.landmarks.scale
        ruler = scale.mm_per_px if scale.source == "ruler" else None
        try:
            joined = prepare_profile(
                profile.image, profile.contour, mm_per_px=ruler, others=[frontal]
            )
        except HeadFitError as failure:
            # The traceback would keep the pictures.
            return frontal, failure.with_traceback(None)
        return frontal, joined.with_glasses(profile.glasses)

    # The frontal photo is kept with what was made of it, so that no other gets its identity.
    made: tuple[FaceLandmarks, PreparedProfile | HeadFitError]
    made = profile.once(("with frontal", id(frontal)), fit)
    return made[1]
