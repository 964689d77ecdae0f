"""Whether views are of one person: faces by network, profiles by the head's geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn_views import DRAWN, drawn_view

from landmarkdiff.arrays import ImageArray
from landmarkdiff.configuration import Configuration
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.photo import Photo
from landmarkdiff.workflows import SimulationRequest
from landmarkdiff.workflows.view_persons import compare_views, person_record
from landmarkdiff.workflows.view_reading import read_views
from landmarkdiff.workflows.views import ViewPhoto, sort_views

CONFIGURATION = Configuration()


def _photo(pixels: ImageArray) -> Photo:
    return Photo(np.ascontiguousarray(pixels), "photo", "PNG")


@pytest.fixture(scope="module")
def five(pipeline: LandmarkDiffPipeline) -> tuple[ViewPhoto, ...]:
    """Frontal, both obliques and both profiles of one drawn head, in no order."""
    photos = [_photo(drawn_view(name)) for name in DRAWN]
    return read_views(pipeline, photos, SimulationRequest(passes=2))


def test_five_photos_sort_themselves_and_are_compared_with_the_frontal_one(
    five: tuple[ViewPhoto, ...],
) -> None:
    views = sort_views(five)
    names = {id(photo): view and view.name for view, photo in views}
    assert [names[id(photo)] for photo in five] == list(DRAWN)
    check = compare_views(five, CONFIGURATION)
    assert [(one.first, one.second) for one in check.comparisons] == [(2, n) for n in (0, 1, 3, 4)]
    assert [one.verdict for one in check.comparisons] == ["alike"] * 4 and not check.doubted
    assert check.notices == ()
    misfits = [one.misfit_mm for one in check.comparisons]
    assert all(0 < misfits[n] < 0.6 for n in (0, 2)) and misfits[1] is misfits[3] is None
    assert all(check.comparisons[n].similarity > 0.5 for n in (1, 3))
    record = person_record(check, five, views, confirmed=False)
    assert record["comparisons"][0]["photos"] == ["frontal", "left_profile"]


def test_profiles_have_the_scale_of_the_frontal_photo(five: tuple[ViewPhoto, ...]) -> None:
    for place in (0, 3):
        prepared = five[place].prepared
        assert prepared is not None and prepared.landmarks.scale.source == "head"


def test_another_face_is_told_and_asks_for_a_word(
    pipeline: LandmarkDiffPipeline,
    astronaut: ImageArray,
    grace_hopper: ImageArray,
) -> None:
    request = SimulationRequest(passes=1)
    read = read_views(pipeline, [_photo(astronaut), _photo(grace_hopper)], request, look=False)
    check = compare_views(read, CONFIGURATION)
    (one,) = check.comparisons
    assert one.verdict == "different" and one.similarity is not None and one.similarity < 0.2
    assert check.doubted and [notice.code for notice in check.notices] == ["person_doubtful"]


def test_what_cannot_be_compared_says_why(
    pipeline: LandmarkDiffPipeline, five: tuple[ViewPhoto, ...]
) -> None:
    (blank,) = read_views(
        pipeline, [_photo(np.full((300, 300, 3), 128, np.uint8))], SimulationRequest(), look=False
    )
    check = compare_views((five[2], blank), CONFIGURATION)
    assert [one.verdict for one in check.comparisons] == ["not_compared"] and not check.doubted
    assert "neither a face nor a profile" in check.notices[0].text
    alone = compare_views((five[0], five[3]), CONFIGURATION)
    assert "there is no frontal photo" in alone.notices[0].text
    assert compare_views(five[:1], CONFIGURATION).comparisons == ()


def test_a_profile_that_hardly_fits_is_a_doubt(five: tuple[ViewPhoto, ...]) -> None:
    profile = five[0].prepared
    assert isinstance(profile, PreparedProfile)
    contour = profile.contour
    # Half as wide again: no head has such an outline and the frontal photo's face.
    wide = replace(profile, contour=replace(contour, points=contour.points * (1.5, 1.0)), _found={})
    check = compare_views((five[2], replace(five[0], prepared=wide)), CONFIGURATION)
    assert check.comparisons[0].verdict == "doubtful"
    assert [notice.code for notice in check.notices] == ["person_outline_doubtful"]
