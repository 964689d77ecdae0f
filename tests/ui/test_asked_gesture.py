"""An expression and a turn of the head by words, as the page asks for their picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from asking import Page, make_services, photo_of
from profile_photos import photo as profile

from landmarkdiff.arrays import ImageArray
from landmarkdiff.workflows.settings import ConsultationSettings

TYPICAL = ConsultationSettings().to_dict()


@pytest.fixture(scope="module")
def page(grace_hopper: ImageArray, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page with a photo."""
    page = Page(make_services())
    page.open_photo(photo_of(grace_hopper, tmp_path_factory.mktemp("photo")))
    return page


def test_words_change_the_gesture_one_after_the_other(page: Page) -> None:
    said = page.answer("single/words", words="look 4 degrees to the left", settings=TYPICAL)
    assert said["gesture"] is True
    assert (said["plan"], said["told"]) == (None, [])
    words = ["look 4 degrees to the left", "turn the head 30 degrees to the left"]
    one = page.answer("single/gesture", words=words[:1], settings=TYPICAL)
    before, after = (page.picture(one[name]).astype(int) for name in ("before", "after"))
    assert before.shape == after.shape
    assert np.abs(before - after).mean() > 1.0
    assert ["from one photo" in sentence for sentence in one["told"]] == [True]
    far = page.answer("single/gesture", words=words, settings=TYPICAL)
    # The second replaces the first, and one photo does not show so much of a side.
    assert (far["before"], far["after"]) == ("", "")
    assert any("15" in sentence for sentence in far["told"])


def test_it_leaves_plan_and_picture_of_the_page(page: Page) -> None:
    page.answer("single/warp", **TYPICAL)
    made = page.consultation.prediction
    page.answer("single/gesture", words=["smile slightly"], settings=TYPICAL)
    assert page.consultation.prediction is made
    assert made is not None and made.gesture is None


def test_nothing_of_it_is_drawn_on_a_profile(page: Page, tmp_path: Path) -> None:
    other = Page(page.services)
    other.open_photo(photo_of(profile(), tmp_path))
    made = other.answer("single/gesture", words=["smile"], settings=TYPICAL)
    assert made["after"] == ""
    assert len(made["told"]) == 1


def test_words_without_a_gesture_ask_for_no_picture(page: Page) -> None:
    said = page.answer("single/words", words="rotate the tip 4 degrees", settings=TYPICAL)
    assert said["gesture"] is False
