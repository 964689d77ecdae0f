"""Points of a profile that a hand has placed in one of several photos of a patient."""

from __future__ import annotations

from dataclasses import replace

from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.reading import correct_profile
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.profile import ProfileCorrections
from landmarkdiff.workflows.views import ViewPhoto

__all__ = ["correct_view", "takes_profile_points"]


def takes_profile_points(photo: ViewPhoto) -> bool:
    """Tell whether points of a profile can be placed in a photo.

    In a profile, and where neither a profile nor a face that can be believed was found.
    """
    return photo.from_the_side or photo.prepared is None or photo.misread


def correct_view(
    pipeline: LandmarkDiffPipeline, found: ViewPhoto, points: ProfileCorrections
) -> ViewPhoto:
    """Return a photo as it was found, with points that a hand has placed in it since.

    Parameters
    ----------
    pipeline : LandmarkDiffPipeline
    found : ViewPhoto
        As it was read, before any hand.
    points : ProfileCorrections
        None of them gives the photo back. Where no contour was found, at least three.

    Raises
    ------
    ParameterError
        The photo shows a face from the front (``profile_points_of_no_profile``), a point lies
        outside it, or the contour cannot follow.
    HeadFitError
        No head fits the contour that follows.
    """
    if not points:
        return found
    if not takes_profile_points(found):
        raise ParameterError("profile_points_of_no_profile")
    if isinstance(found.prepared, PreparedProfile):
        corrected = correct_profile(found.prepared, points)
    else:
        corrected = _through(pipeline, found, points)
    return replace(found, prepared=corrected, failure=None, placed=points)


def _through(
    pipeline: LandmarkDiffPipeline, found: ViewPhoto, points: ProfileCorrections
) -> PreparedProfile:
    """The profile that runs through points where none was found."""
    prepared = pipeline.prepare(found.photo.pixels, profile_points=points)
    if not isinstance(prepared, PreparedProfile):
        raise ParameterError("profile_points_of_no_profile")
    return prepared
