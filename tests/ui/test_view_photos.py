"""The views of a case: photos that find their places, and what is forgotten when."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pypdfium2
import pytest
from asking import OWNER
from pydantic import ValidationError
from turned_heads import VIEW_OF, turned_photo

from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask import Job
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.tabs.views.gallery import make_gallery, make_report, plan_in_words
from landmarkdiff.ui.tabs.views.photos import MAX_PIXELS, ViewPhotos
from landmarkdiff.ui.tabs.views.tab import PlanQuestion, plan_settings
from landmarkdiff.workflows.consultation import Consultation
from landmarkdiff.workflows.settings import ConsultationSettings

ENGLISH = Texts.load("en")
RHINOPLASTY = ConsultationSettings(procedures=("rhinoplasty",), intensity={"rhinoplasty": 80})


@pytest.fixture(scope="module")
def pipeline(services):
    return services.pipeline


@pytest.fixture
def session(services):
    return services.store.open(OWNER)


@pytest.fixture
def views(session):
    return ViewPhotos(session, session.case)


@pytest.fixture
def job(services, session):
    return job_of(services, session)


def job_of(services, session, language="en", stages=None):
    """Work for a page; ``stages`` hears how far it is."""

    def progress(done, total, what):
        if stages is not None:
            stages.append(what)

    texts = Texts.load(language)
    return Job(services, session, session.case, texts, progress, lambda step: None, lambda: None)


def names(views):
    """Measured turns by place, rounded; None for a profile that only the detector saw."""
    return {
        view.name: None if photo.measured_yaw is None else round(photo.measured_yaw)
        for view, photo in views.photos
        if view is not None
    }


def test_five_shuffled_photos_sort_themselves(views, pipeline):
    for yaw in (45, -80, 0, 80, -45):
        views.add(pipeline, turned_photo(yaw))
    places = {name: photo.photo.pixels for name, photo in views.photos.places.items()}
    assert list(places) == list(VIEW_OF.values())
    for yaw, name in VIEW_OF.items():
        assert np.array_equal(places[name], turned_photo(yaw).pixels)
    assert not views.unsorted
    with pytest.raises(ParameterError, match="more photos than views"):
        views.add(pipeline, turned_photo(0))
    assert len(views.photos) == 5


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
    first = views.stored(views.photos.places["frontal"]).name
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
    (waiting,) = views.photos.unplaced
    assert not views.photos.places
    views.move(views.stored(waiting).name, "left_profile")
    assert not views.photos.unplaced
    assert views.photos.places["left_profile"] is waiting


def test_what_is_removed_is_forgotten(views, session, pipeline, job):
    views.add(pipeline, turned_photo(0))
    views.add(pipeline, turned_photo(45))
    views.keep(views.photos, RHINOPLASTY, make_gallery(job, views.photos, RHINOPLASTY))
    kept = views.stored(views.photos.places["frontal"])
    results = session.blobs.in_slot("views.results")
    assert len(session.blobs) == 2 + 4 + 1  # thumbnails, two pairs, the gallery
    views.remove(kept.name)
    assert views.results is None
    assert len(session.blobs) == 1
    for name in (kept.blob, *results):
        with pytest.raises(Exception, match="no longer there"):
            session.blobs.get(name)
    views.clear()
    assert (len(session.blobs), len(views.photos)) == (0, 0)


def test_a_photo_that_replaces_another_takes_its_place(views, session, pipeline):
    views.add(pipeline, turned_photo(0), "frontal")
    views.add(pipeline, turned_photo(45), "frontal")
    assert names(views)["frontal"] == pytest.approx(41, abs=4)
    assert len(session.blobs) == 1


def test_large_photos_are_kept_smaller(views, pipeline):
    large = cv2.resize(turned_photo(0).pixels, (4000, 3000), interpolation=cv2.INTER_LINEAR)
    views.add(pipeline, replace(turned_photo(0), pixels=large))
    height, width = views.photos.places["frontal"].photo.pixels.shape[:2]
    assert 0.99 * MAX_PIXELS < height * width <= MAX_PIXELS
    assert width / height == pytest.approx(4 / 3, abs=0.001)


def test_another_patients_photo_forgets_the_views(views, session, pipeline, job):
    views.add(pipeline, turned_photo(0))
    made = make_gallery(job, views.photos, RHINOPLASTY)
    session.begin(Case())  # what opening a photo in the first tab does
    with pytest.raises(WorkCancelled):
        views.keep(views.photos, RHINOPLASTY, made)
    with pytest.raises(WorkCancelled):
        views.add(pipeline, turned_photo(45))
    with pytest.raises(WorkCancelled):
        views.clear()
    assert len(ViewPhotos(session, session.case).photos) == 0


def test_results_of_other_photos_are_not_kept(views, pipeline, job):
    views.add(pipeline, turned_photo(0))
    before = views.photos
    made = make_gallery(job, before, RHINOPLASTY)
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
    session.begin(Case(Consultation(pipeline, turned_photo(0), settings)))
    found = plan_settings(session.case, PlanQuestion(procedure="lip_lift", intensity=10))
    assert (found.procedures, found.side, found.ipd_mm) == (settings.procedures, "left", 62.0)
    assert found.nudges == {}
    assert plan_in_words(found, ENGLISH) == (
        "Mentoplasty (chin) (Intensity 30 %), Rhinoplasty (Intensity 60 %), left"
    )


def test_without_a_photo_in_the_first_tab_the_plan_is_chosen_here(session):
    found = plan_settings(session.case, PlanQuestion(procedure="lip_lift", intensity=35))
    assert (found.procedures, found.intensity) == (("lip_lift",), {"lip_lift": 35.0})
    with pytest.raises(ParameterError):
        plan_settings(session.case, PlanQuestion())
    for wrong in ({"procedure": 7}, {"procedure": "lip_lift", "intensity": "much"}):
        with pytest.raises(ValidationError):
            PlanQuestion(**wrong)


def test_a_calibration_changes_the_plan_in_every_view(views, pipeline, services, session):
    for yaw in (0, 45):
        views.add(pipeline, turned_photo(yaw))
    calibrated = RHINOPLASTY.model_copy(update={"ipd_mm": 75.0})
    stages = []
    make_gallery(job_of(services, session, stages=stages), views.photos, calibrated)
    assert stages[:2] == ["progress.landmarks"] * 2  # both photos are read anew
    assert list(dict.fromkeys(stages[2:]))[:2] == ["frontal", "right_three_quarter"]


def test_the_report_shows_the_simulated_views_and_names_the_others(
    views, pipeline, services, session
):
    for yaw in (0, 45, 80):
        views.add(pipeline, turned_photo(yaw))
    german = Texts.load("de")
    job = job_of(services, session, "de")
    data = make_report(job, views.photos, RHINOPLASTY, patient="Ana Pérez")
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(data)]
    text = " ".join(" ".join(pages).split())
    assert "Ana Pérez" in text
    for view in ("frontal", "right_three_quarter"):
        assert german.view(view) in text
    absent = f"{german.view('right_profile')}: {german('views.not_simulated')}"
    assert absent in text
    assert german.simulation_statement in text


def test_without_photos_there_is_nothing_to_apply(views, job):
    with pytest.raises(ParameterError, match="no photo yet"):
        make_gallery(job, views.photos, RHINOPLASTY)
