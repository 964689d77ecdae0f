"""The points of a profile among the views: shown to be dragged, and taken over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landmarkdiff.errors import ParameterError
from landmarkdiff.photo import encode_jpeg
from landmarkdiff.profile import ProfileCorrections
from landmarkdiff.ui.server.ask import Answer, Job
from landmarkdiff.ui.tabs.drawn_profile import contour_for_page, points_for_page
from landmarkdiff.ui.tabs.views.photos import ViewPhotos
from landmarkdiff.workflows.view_corrections import takes_profile_points
from landmarkdiff.workflows.views import ViewPhoto

__all__ = ["ProfileAnswer", "ProfilePoints", "place_points", "show_profile"]


@dataclass(frozen=True)
class ProfilePoints(Answer):
    """A profile as the page draws it.

    Attributes
    ----------
    points : list of dict
        Name, title, x and y of each; empty where no contour was found.
    contour : list of (x, y)
    placed : dict of str to (x, y)
        Those that a hand has placed.
    reason : str
        Why no contour was found; empty where one was.
    """

    points: list[dict[str, Any]]
    contour: list[list[float]]
    placed: dict[str, list[float]]
    reason: str


@dataclass(frozen=True)
class ProfileAnswer(ProfilePoints):
    """A profile with its photo: ``picture`` is its blob, ``width`` and ``height`` its pixels."""

    picture: str
    width: int
    height: int


def show_profile(job: Job, name: str) -> ProfileAnswer:
    """Return what the page needs to let the points of a photo's profile be dragged.

    Raises
    ------
    ParameterError
        The photo is no longer there, or shows no profile.
    """
    stored = ViewPhotos(job.session, job.case).named(name)
    if not takes_profile_points(stored.found):
        raise ParameterError("profile_points_of_no_profile")
    pixels = stored.photo.photo.pixels
    with job.files("views.profile") as put:
        blob = put(encode_jpeg(pixels, quality=92), "image/jpeg", "profile.jpg")
    height, width = pixels.shape[:2]
    return ProfileAnswer(**_drawn(job, stored.photo), picture=blob, width=width, height=height)


def place_points(job: Job, name: str, points: ProfileCorrections) -> ProfilePoints:
    """Let a photo's profile go through points; plan, pictures and head then follow.

    Raises
    ------
    ParameterError, HeadFitError
    """
    views = ViewPhotos(job.session, job.case)
    return ProfilePoints(**_drawn(job, views.correct(job.services.pipeline, name, points)))


def _drawn(job: Job, photo: ViewPhoto) -> dict[str, Any]:
    found = photo.prepared if photo.from_the_side else None
    named = None if found is None else points_for_page(found, job.texts)
    line = None if found is None else contour_for_page(found)
    failure = photo.failure or ParameterError("profile_points_of_no_profile")
    return {
        "points": named or [],
        "contour": line or [],
        "placed": photo.placed.to_dict(),
        "reason": "" if named else job.texts.error(failure),
    }
