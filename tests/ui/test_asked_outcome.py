"""A result beside its plan as the page asks for it."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from asking import Page, make_services, photo_of
from later_photos import taken_later

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline, PreparedFace
from landmarkdiff.photo import Photo
from landmarkdiff.workflows.output.archive import read_consultation
from landmarkdiff.workflows.settings import ConsultationSettings

TYPICAL = ConsultationSettings().to_dict()


@pytest.fixture(scope="module")
def later(pipeline: LandmarkDiffPipeline, prepared_portraits: dict[str, PreparedFace]) -> Photo:
    """What came of less than the typical change, another day."""
    made = pipeline.generate(prepared_portraits["grace_hopper"], "rhinoplasty", 35, light=False)
    return Photo(taken_later(made.image), "later", "PNG")


@pytest.fixture(scope="module")
def opened(grace_hopper: ImageArray, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page with a photo."""
    page = Page(make_services())
    page.open_photo(photo_of(grace_hopper, tmp_path_factory.mktemp("photo")))
    return page


@pytest.fixture
def page(opened: Page, later: Photo) -> Page:
    """The page with the typical change, which holds the later photo."""
    consultation = opened.consultation
    if consultation.prediction is None or consultation.settings.to_dict() != TYPICAL:
        opened.answer("single/warp", **TYPICAL)
    consultation.later = later
    return opened


def test_the_later_photo_is_laid_beside_the_plan(page: Page) -> None:
    answer = page.answer("single/outcome_again")
    for crop in ("region", "face"):
        shapes = {page.picture(blob).shape for blob in answer[crop].values()}
        assert set(answer[crop]) == {"before", "simulated", "result"}
        assert len(shapes) == 1
    assert answer["label"] == "SIMULATION"
    assert 'data-verdict="less"' in answer["results"]
    assert "±" in answer["results"]
    assert page.texts("outcome.causes") in answer["results"]


def test_its_files_are_those_of_the_plan_at_hand(page: Page) -> None:
    page.answer("single/outcome_again")
    read = page.consultation.outcome
    made = page.answer("single/outcome_file", format="png")
    assert page.consultation.outcome is read  # nothing is read twice
    assert made["filename"].endswith("plan-and-result.png")
    page.answer("single/warp", **{**TYPICAL, "intensity": {"rhinoplasty": 30.0}})
    page.answer("single/outcome_file", format="pdf")
    other = page.consultation.outcome
    assert other is not None
    assert other is not read
    assert {effect.planned for effect in other.effects} != {
        effect.planned for effect in (read.effects if read else ())
    }


def test_it_goes_into_the_file_of_the_consultation_and_out_of_it(
    page: Page, later: Photo, tmp_path: Path
) -> None:
    before = page.session.case.photo_bytes
    saved = page.answer("single/download", file="consultation")
    kept = read_consultation(page.session.blobs.get(saved["blob"]).data)
    assert kept.later is not None
    assert kept.later.pixels.shape == later.pixels.shape
    resumed = page.answer("single/resume")
    assert resumed["later"] is True
    page.answer("single/outcome_forget")
    assert page.session.case.photo_bytes == before - later.pixels.nbytes
    assert page.answer("single/resume")["later"] is False
    assert page.error("single/outcome_again")["code"] == "NoPhotoError"


def test_a_photo_that_cannot_be_compared_leaves_the_last_one(
    page: Page, later: Photo, astronaut: ImageArray
) -> None:
    page.consultation.later = Photo(astronaut, "another", "PNG")
    assert page.ask("single/outcome_again")[-1]["code"] == "ParameterError"
    page.consultation.later = later
    another = Photo(astronaut, "another", "PNG")
    with pytest.raises(Exception, match="express"):
        page.consultation.compare(another)
    assert page.consultation.later is later
    refused = weakref.ref(another)
    del another
    gc.collect()
    assert refused() is None  # nobody holds a photo that was refused
