"""The page of predicted landmarks in a browser: scored by keys, saved as CSV, without a server."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from landmarkdiff.evaluation.rating import RatedFace, write_rating_page
from landmarkdiff.evaluation.rating_scores import read_scores
from landmarkdiff.manipulation.prepared import PreparedFace


def test_scores_given_on_the_page_are_read_back(
    page: Page, prepared_portraits: dict[str, PreparedFace], tmp_path: Path
) -> None:
    face = RatedFace("photo.jpg", prepared_portraits["grace_hopper"])
    path, key = write_rating_page([face], tmp_path, per_face=3)
    page.goto(path.as_uri())
    expect(page.locator("#picture circle")).to_have_count(68)
    page.keyboard.press("1")
    page.keyboard.press("0")
    expect(page.locator("#place")).to_have_text("3 of 3; 2 scored")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#told")).to_have_text("Give a name or a code first.")
    page.keyboard.type("Dr 10, Berta")  # digits of the name are no scores
    page.get_by_role("button", name="1 Right").click()
    page.keyboard.press("ArrowLeft")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save").click()
    saved.value.save_as(tmp_path / "scores.csv")
    (found,) = read_scores([tmp_path / "scores.csv"], key)
    assert (found.method, found.scores, found.raters) == ("kinematics", 3, 1)
    assert round(found.accuracy * 3) == 2
