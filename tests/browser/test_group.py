"""Tab 1 and a photo of several people: each face is marked on it and can be chosen."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from running_app import Served, add_photo
from visits import Visit, faults, new_context

from landmarkdiff import weights
from landmarkdiff.photo import encode_png, read_photo


@pytest.fixture(scope="module")
def group(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three people beside one another, the second one the largest."""
    pilot = read_photo(weights.obtain("astronaut")).pixels[:320, 70:390]
    admiral = read_photo(weights.obtain("grace_hopper")).pixels[:512]
    photo = np.full((700, 1200, 3), 150, np.uint8)
    for column, (person, side) in enumerate([(pilot, 360), (admiral, 380), (pilot[:, ::-1], 330)]):
        small = cv2.resize(person, (side, side), interpolation=cv2.INTER_AREA)
        photo[150 : 150 + side, 20 + 400 * column :][:, :side] = small
    path = tmp_path_factory.mktemp("group") / "group.png"
    path.write_bytes(encode_png(photo))
    return path


def test_each_face_is_marked_and_can_be_chosen(browser: Browser, app: Served, group: Path) -> None:
    visit = Visit(new_context(browser), app.url)
    page = visit.page
    add_photo(page, group)
    marks = page.locator(".ld-face-mark")
    expect(marks).to_have_text(["1", "2", "3"])
    map_box = page.locator(".ld-face-map canvas").bounding_box()
    assert map_box is not None
    columns = []
    for mark in marks.all():
        box = mark.bounding_box()
        assert box is not None
        columns.append(int(3 * (box["x"] + box["width"] / 2 - map_box["x"]) / map_box["width"]))
    assert columns == [1, 0, 2]  # largest first
    assert [mark.get_attribute("aria-pressed") for mark in marks.all()] == [
        "true",
        "false",
        "false",
    ]
    page.get_by_role("button", name="Face 3").click()
    visit.settle()
    assert visit.settings["face"] == 2
    assert [mark.get_attribute("aria-pressed") for mark in marks.all()] == [
        "false",
        "false",
        "true",
    ]
    assert visit.tab("tab.header.boxes.face.x") > 800
    assert faults(page, ".ld-faces") == []
    # One person needs no choice.
    add_photo(page, Path(weights.obtain("astronaut")))
    expect(page.locator(".ld-faces")).to_be_hidden()
    visit.end()
