"""Whether the views of one patient are of one person: faces by network, profiles by geometry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import HeadFitError
from landmarkdiff.identity.people import (
    DOUBTFUL_MISFIT_MM,
    ComparedFace,
    PersonCheck,
    PersonComparison,
    PersonVerdict,
    compare_faces,
)
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.notices import Reason
from landmarkdiff.workflows.view_reading import frontal_of, with_frontal
from landmarkdiff.workflows.views import ViewPhoto, ViewSet

__all__ = ["compare_views", "person_record"]


def compare_views(photos: Sequence[ViewPhoto], configuration: Configuration) -> PersonCheck:
    """Compare the photos of a patient with the most frontal one.

    Parameters
    ----------
    photos : sequence of ViewPhoto
    configuration : Configuration
        Which network compares the faces.

    Returns
    -------
    PersonCheck
        Its places are those of the photos. A photo alone is compared with nothing.
    """
    frontal = frontal_of(photos)
    if frontal is None or frontal.prepared is None:
        why = Reason.of("person_without_frontal")
        alone = [PersonComparison(0, n, "not_compared", reason=why) for n in range(1, len(photos))]
        return PersonCheck.of(alone, configuration)
    chief = next(n for n, photo in enumerate(photos) if photo is frontal)
    faces = {
        place: ComparedFace(photo.prepared.image, photo.prepared.landmarks, photo.prepared.once)
        for place, photo in enumerate(photos)
        if photo.prepared is not None and not photo.from_the_side and not photo.misread
    }
    made = list(compare_faces(faces, chief, configuration))
    for place, photo in enumerate(photos):
        if isinstance(photo.prepared, PreparedProfile):
            made.append(_by_outline(photo.prepared, frontal.prepared.landmarks, chief, place))
        elif place not in faces:
            why = Reason.of("person_unread")
            made.append(PersonComparison(chief, place, "not_compared", reason=why))
    return PersonCheck.of(made, configuration)


def _by_outline(
    profile: PreparedProfile, frontal: FaceLandmarks, chief: int, place: int
) -> PersonComparison:
    """Judge a profile by how far its outline lies off the head that fits it and the frontal."""
    joined = with_frontal(profile, frontal)
    if isinstance(joined, HeadFitError):
        return PersonComparison(chief, place, "doubtful")
    misfit = joined.head.views[0].misfit_mm
    verdict: PersonVerdict = "doubtful" if misfit > DOUBTFUL_MISFIT_MM else "alike"
    return PersonComparison(chief, place, verdict, misfit_mm=misfit)


def person_record(
    person: PersonCheck, read: Sequence[ViewPhoto], views: ViewSet, *, confirmed: bool
) -> dict[str, Any]:
    """Return what results say of it: the comparisons by the names of the views.

    Parameters
    ----------
    person : PersonCheck
    read : sequence of ViewPhoto
        The photos whose places it tells.
    views : ViewSet
        The same photos, each in its place.
    confirmed : bool
        Whether somebody has said that they are of one person.
    """
    names = {id(photo): view.name if view else "unknown" for view, photo in views}
    return person.to_dict([names[id(photo)] for photo in read], confirmed=confirmed)
