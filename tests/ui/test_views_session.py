"""The views of a session: photos that find their places, and what is forgotten when."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pypdfium2
import pytest
from turned_heads import VIEW_OF, turned_photo

from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.sessions import Owner, SessionLimits, SessionStore
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs.views.gallery import make_gallery, make_report, plan_settings, plan_words
from landmarkdiff.ui.tabs.views.photos import MAX_PIXELS, SessionViews
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.settings import ConsultationSettings

ENGLISH = Texts.load("en")
RHINOPLASTY = ConsultationSettings(procedures=("rhinoplasty",), intensity={"rhinoplasty": 80})


IGNORE = Telling(lambda done, total, what: None, lambda step: None)


@pytest.fixture(scope="module")
def pipeline():
    return LandmarkDiffPipeline().load()


@pytest.fixture
def session():
    return SessionStore(SessionLimits()).open(Owner("", "browser"))


@pytest.fixture
def views(session):
    return SessionViews.of(session)


def names(views):
    """Measured turns by place, rounded; None for a profile that only the detector saw."""
    return {
        view.name: None if photo.measured_yaw is None else round(photo.measured_yaw)
        for view, photo in views.views
        if view is not None
    }


def test_five_shuffled_photos_sort_themselves(views, pipeline):
    for yaw in (45, -80, 0, 80, -45):
        views.add(pipeline, turned_photo(yaw))
    places = {name: photo.photo.pixels for name, photo in views.views.places.items()}
    assert list(places) == list(VIEW_OF.values())
    for yaw, name in VIEW_OF.items():
        assert np.array_equal(places[name], turned_photo(yaw).pixels)
    assert not views.unsorted
    with pytest.raises(ParameterError, match="more photos than views"):
        views.add(pipeline, turned_photo(0))
    assert len(views.views) == 5


def test_a_photo_goes_where_it_is_put_and_can_be_sorted_again(views, pipeline):
    views.add(pipeline, turned_photo(0), "right_three_quarter")
    assert list(names(views)) == ["right_three_quarter"]
    assert views.unsorted
    views.add(pipeline, turned_photo(45))  # the nearest place that is free
    assert names(views)["frontal"] == pytest.approx(41, abs=4)
    views.sort()
    assert list(names(views)) == ["frontal", "right_three_quarter"]
    assert not views.unsorted


def test_photos_change_places(views, pipeline):
    views.add(pipeline, turned_photo(0))
    views.add(pipeline, turned_photo(45))
    first = views.kept(views.views.places["frontal"]).name
    views.move(first, "right_three_quarter")
    assert names(views)["right_three_quarter"] == pytest.approx(0, abs=3)
    assert names(views)["frontal"] == pytest.approx(41, abs=4)
    with pytest.raises(ParameterError, match="no such view"):
        views.move(first, "from_behind")
    with pytest.raises(ParameterError, match="no longer there"):
        views.move("unknown", "frontal")


def test_a_photo_that_says_nothing_waits_until_it_is_put_somewhere(views, pipeline):
    blank = replace(turned_photo(0), pixels=np.full((400, 300, 3), 120, np.uint8))
    views.add(pipeline, blank)
    (waiting,) = views.views.unplaced
    assert not views.views.places
    views.move(views.kept(waiting).name, "left_profile")
    assert not views.views.unplaced
    assert views.views.places["left_profile"] is waiting


def test_what_is_removed_is_forgotten(views, session, pipeline):
    views.add(pipeline, turned_photo(0))
    views.add(pipeline, turned_photo(45))
    views.keep(
        views.views, RHINOPLASTY, make_gallery(pipeline, views.views, RHINOPLASTY, ENGLISH, IGNORE)
    )
    kept = views.kept(views.views.places["frontal"])
    results = views.results.blobs()
    assert len(session.blobs) == 2 + 4 + 1  # thumbnails, two pairs, the gallery
    views.remove(kept.name)
    assert views.results is None
    assert len(session.blobs) == 1
    for name in (kept.blob, *results):
        with pytest.raises(Exception, match="no longer there"):
            session.blobs.get(name)
    views.clear()
    assert (len(session.blobs), len(views.views)) == (0, 0)


def test_a_photo_that_replaces_another_takes_its_place(views, session, pipeline):
    views.add(pipeline, turned_photo(0), "frontal")
    views.add(pipeline, turned_photo(45), "frontal")
    assert names(views)["frontal"] == pytest.approx(41, abs=4)
    assert len(session.blobs) == 1


def test_large_photos_are_kept_smaller(views, pipeline):
    large = cv2.resize(turned_photo(0).pixels, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    views.add(pipeline, replace(turned_photo(0), pixels=large))
    height, width = views.views.places["frontal"].photo.pixels.shape[:2]
    assert 0.99 * MAX_PIXELS < height * width <= MAX_PIXELS
    assert width / height == pytest.approx(4 / 3, abs=0.001)


def test_another_patients_photo_forgets_the_views(views, session, pipeline):
    views.add(pipeline, turned_photo(0))
    made = make_gallery(pipeline, views.views, RHINOPLASTY, ENGLISH, IGNORE)
    session.state.clear()  # what opening a photo in the first tab does
    with pytest.raises(WorkCancelled):
        views.keep(views.views, RHINOPLASTY, made)
    with pytest.raises(WorkCancelled):
        views.add(pipeline, turned_photo(45))
    assert SessionViews.of(session) is not views
    assert len(SessionViews.of(session).views) == 0


def test_results_of_other_photos_are_not_kept(views, pipeline):
    views.add(pipeline, turned_photo(0))
    before = views.views
    made = make_gallery(pipeline, before, RHINOPLASTY, ENGLISH, IGNORE)
    views.add(pipeline, turned_photo(45))
    with pytest.raises(WorkCancelled):
        views.keep(before, RHINOPLASTY, made)
    assert views.results is None


def test_the_first_tabs_plan_is_used_without_what_belongs_to_its_photo(session, pipeline):
    settings = ConsultationSettings(
        procedures=("mentoplasty", "rhinoplasty"),
        intensity={"mentoplasty": 30},
        side="left",
        nudges={4: (1.0, 0.0)},
        ipd_mm=62.0,
    )
    session.consultation = Consultation(pipeline, turned_photo(0), settings)
    found = plan_settings(session, {"procedure": "lip_lift", "intensity": 10})
    assert (found.procedures, found.side, found.ipd_mm) == (settings.procedures, "left", 62.0)
    assert found.nudges == {}
    assert plan_words(found, ENGLISH) == (
        "Mentoplasty (chin) (Intensity 30 %), Rhinoplasty (Intensity 60 %), left"
    )


def test_without_a_photo_in_the_first_tab_the_plan_is_chosen_here(session):
    found = plan_settings(session, {"procedure": "lip_lift", "intensity": 35})
    assert (found.procedures, found.intensity) == (("lip_lift",), {"lip_lift": 35.0})
    for wanted in ({}, {"procedure": 7}, {"procedure": "lip_lift", "intensity": "much"}):
        with pytest.raises(ParameterError):
            plan_settings(session, wanted)


def test_a_calibration_changes_the_plan_in_every_view(views, pipeline):
    for yaw in (0, 45):
        views.add(pipeline, turned_photo(yaw))
    calibrated = RHINOPLASTY.model_copy(update={"ipd_mm": 75.0})
    stages = []
    telling = replace(IGNORE, progress=lambda *stage: stages.append(stage[2]))
    make_gallery(pipeline, views.views, calibrated, ENGLISH, telling)
    assert stages[:2] == ["progress.landmarks"] * 2  # both photos are read anew
    assert list(dict.fromkeys(stages[2:]))[:2] == ["frontal", "right_three_quarter"]


def test_the_report_shows_the_simulated_views_and_names_the_others(views, pipeline):
    for yaw in (0, 45, 80):
        views.add(pipeline, turned_photo(yaw))
    german = Texts.load("de")
    data = make_report(pipeline, views.views, RHINOPLASTY, german, IGNORE, patient="Ana Pérez")
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)]
    text = " ".join(" ".join(pages).split())
    assert "Ana Pérez" in text
    for view in ("frontal", "right_three_quarter"):
        assert german.view(view) in text
    absent = f"{german.view('right_profile')}: {german('views.not_simulated')}"
    assert absent in text
    assert german.simulation_statement in text


def test_without_photos_there_is_nothing_to_apply(views, pipeline):
    with pytest.raises(ParameterError, match="no photo yet"):
        make_gallery(pipeline, views.views, RHINOPLASTY, ENGLISH, IGNORE)
