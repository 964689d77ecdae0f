"""Finding the face in one of several photos of a patient."""

from __future__ import annotations

from dataclasses import replace

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    HeadFitError,
    LandmarkDiffError,
    NoFaceError,
    ParameterError,
    ProfileError,
)
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.profile import NO_CORRECTIONS
from landmarkdiff.workflows.request import SimulationRequest

__all__ = ["prepare_one_of_several"]

#: Points that say nothing of this photo: they are another one's, or too few to find it by.
_NOT_ITS_OWN = {"profile_points_unlike", "profile_points_too_few", "profile_points_of_no_profile"}


def prepare_one_of_several(
    pipeline: LandmarkDiffPipeline, pixels: ImageArray, request: SimulationRequest
) -> PreparedFace:
    """Find the face in a photo, with what the request says of photos like it.

    The distance of the pupils is that of the photos that show both, and points of a profile are
    those of profiles.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    pixels : (H, W, 3) uint8 array
        RGB, upright.
    request : SimulationRequest

    Raises
    ------
    NoFaceError, FaceIndexError, ProfileError, HeadFitError, ParameterError
    """
    plain = replace(request, profile_points=NO_CORRECTIONS)
    failure: LandmarkDiffError | None = None
    try:
        found = _without_pupils(pipeline, pixels, plain)
    except (NoFaceError, ProfileError, HeadFitError) as error:
        if not request.profile_points:
            raise
        failure = error
    else:
        if not isinstance(found, PreparedProfile):
            return found
        if not request.profile_points.of(found.contour.side):
            return found
    try:
        return _without_pupils(pipeline, pixels, request)
    except ParameterError as error:
        if failure is None or error.code not in _NOT_ITS_OWN:
            raise
        raise failure from error


def _without_pupils(
    pipeline: LandmarkDiffPipeline, pixels: ImageArray, request: SimulationRequest
) -> PreparedFace:
    try:
        return request.prepare(pipeline, pixels)
    except ParameterError as error:
        if error.code != "profile_without_pupils":
            raise
    # The distance of the pupils is the other photos'; through the head it scales the profile, too.
    return replace(request, ipd_mm=None).prepare(pipeline, pixels)
