"""An expression and a turn of the head by words, as the page asks for their picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asking import Page, make_services, photo_of
from profile_photos import photo as profile

from landmarkdiff.arrays import ImageArray
from landmarkdiff.workflows.gesture_settings import GestureSettings
from landmarkdiff.workflows.plan_history import PlanHistory
from landmarkdiff.workflows.settings import ConsultationSettings

TYPICAL = ConsultationSettings().to_dict()
SMILE = ConsultationSettings(gesture=GestureSettings(expression="happy", strength=0.33)).to_dict()


@pytest.fixture(scope="module")
def page(grace_hopper: ImageArray, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """A page with a photo."""
    page = Page(make_services())
    page.open_photo(photo_of(grace_hopper, tmp_path_factory.mktemp("photo")))
    return page


def gesture_of(page: Page, words: str, settings: dict[str, Any] = TYPICAL) -> dict[str, Any]:
    """The settings with what words ask for."""
    said = page.answer("single/words", words=words, settings=settings)
    assert said["plan"].keys() == {"gesture"}
    return settings | said["plan"]


def test_words_change_the_gesture_one_after_the_other(page: Page) -> None:
    turned = gesture_of(page, "look 4 degrees to the left")
    assert turned["gesture"] == {
        "expression": None,
        "strength": 0.0,
        "yaw": 4.0,
        "pitch": 0.0,
        "roll": 0.0,
    }
    one = page.answer("single/gesture", **turned)
    before, after = (page.picture(one[name]).astype(int) for name in ("before", "after"))
    assert before.shape == after.shape
    assert np.abs(before - after).mean() > 1.0
    assert ["from one photo" in sentence for sentence in one["told"]] == [True]
    smiling = gesture_of(page, "smile slightly", turned)["gesture"]
    assert (smiling["expression"], smiling["yaw"]) == ("happy", 4.0)
    kept = ConsultationSettings.from_dict(turned | {"gesture": smiling})
    history = PlanHistory(past=(kept,), kept=kept)
    assert PlanHistory.from_dict(history.to_dict()) == history
    assert kept.to_dict()["gesture"] == smiling


def test_what_one_photo_does_not_show_is_no_step(page: Page) -> None:
    words = "turn the head 30 degrees to the left"
    said = page.answer("single/words", words=words, settings=TYPICAL)
    assert said["plan"] is None
    assert any("15" in sentence for sentence in said["told"])


def test_it_leaves_plan_and_picture_of_the_page(page: Page) -> None:
    page.answer("single/warp", **TYPICAL)
    made = page.consultation.prediction
    page.answer("single/gesture", **SMILE)
    assert page.consultation.prediction is made
    assert made is not None and made.gesture is None


def test_nothing_of_it_is_drawn_on_a_profile(page: Page, tmp_path: Path) -> None:
    other = Page(page.services)
    other.open_photo(photo_of(profile(), tmp_path))
    made = other.answer("single/gesture", **SMILE)
    assert made["after"] == ""
    assert len(made["told"]) == 1


def test_words_without_a_gesture_leave_the_present_one(page: Page) -> None:
    said = page.answer("single/words", words="rotate the tip 4 degrees", settings=SMILE)
    assert "gesture" not in said["plan"]
