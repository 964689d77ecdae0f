"""The viewer as a mirror: what is drawn, pointed at and moved is turned, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, blob
from live_viewer import STAGE, box, events, looks, settle, state, view, without_webgl
from playwright.sync_api import Page, expect

from landmarkdiff.arrays import ImageArray

#: Rows at the top of the stage in which the word "simulation" stands, CSS pixels.
LABELLED = 44


def turned_difference(shown: ImageArray, mirrored: ImageArray) -> float:
    """Mean difference of levels between a picture and another one turned, below the labels."""
    first = shown[LABELLED:].astype(int)
    return float(np.abs(first - mirrored[LABELLED:, ::-1].astype(int)).mean())


@pytest.mark.parametrize("mode", ["after", "before"])
def test_the_picture_is_turned(viewer: Page, mode: str) -> None:
    shown = looks(viewer, mode)
    viewer.evaluate("preview.looking.setMirrored(true)")
    settle(viewer)
    mirrored = looks(viewer, mode)
    assert turned_difference(shown, mirrored) < 0.5
    assert turned_difference(shown, mirrored[:, ::-1]) > 5.0


def test_before_stays_on_the_left_and_the_word_can_be_read(viewer: Page) -> None:
    viewer.evaluate("preview.setMode('side')")
    settle(viewer)
    shown = blob(viewer)
    viewer.locator(STAGE).press("x")
    settle(viewer)
    mirrored = blob(viewer)
    half = shown.shape[1] // 2 - 1
    for part in (np.s_[:, :half], np.s_[:, -half:]):
        assert turned_difference(shown[part], mirrored[part]) < 1.0
    # The label is where it was, letter for letter.
    label = np.s_[12:32, -60:-20]
    light = [picture[label].min(axis=2) > 200 for picture in (shown, mirrored)]
    assert light[0].sum() > 20
    assert (light[0] ^ light[1]).sum() < 0.2 * light[0].sum()


def test_key_and_button_say_how_the_face_is_seen(viewer: Page) -> None:
    button = viewer.get_by_role("button", name="As in a mirror")
    tag = viewer.locator(".ld-live-mirrored")
    expect(tag).to_be_hidden()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(tag).to_have_text("As in a mirror")
    expect(viewer.get_by_role("status")).to_contain_text("shown as in a mirror")
    viewer.locator(STAGE).press("x")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(viewer.get_by_role("status")).to_contain_text("shown as others see it")


def test_the_place_under_the_pointer_stays_there(viewer: Page) -> None:
    viewer.evaluate("preview.looking.setMirrored(true); preview.zoom(3)")
    settle(viewer)
    stage = box(viewer)
    x, y = stage["x"] + 200, stage["y"] + 150
    pointed = "([x, y]) => preview.view.toPhoto({ x, y }, preview.view.panes()[0])"
    grabbed = viewer.evaluate(pointed, [200, 150])
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 30, y + 20, steps=3)
    viewer.mouse.up()
    moved = viewer.evaluate(pointed, [230, 170])
    assert (moved["x"], moved["y"]) == pytest.approx((grabbed["x"], grabbed["y"]), abs=0.01)
    viewer.mouse.wheel(0, -200)
    settle(viewer)
    zoomed = viewer.evaluate(pointed, [230, 170])
    assert (zoomed["x"], zoomed["y"]) == pytest.approx((moved["x"], moved["y"]), abs=0.01)
    # To the right is to the right of what is seen.
    before = view(viewer)[1]
    viewer.locator(STAGE).press("ArrowRight")
    settle(viewer)
    assert view(viewer)[1] < before


def test_a_landmark_follows_the_pointer(viewer: Page, face: LiveFace) -> None:
    points = face.prepared.landmarks.points[:, :2]
    viewer.evaluate("points => preview.setLandmarks(points)", [points[1].tolist()])
    viewer.evaluate("preview.looking.setMirrored(true); preview.setLandmarkMode(true)")
    settle(viewer)
    seen = viewer.evaluate(
        "([x, y]) => preview.view.toStage({ x, y }, preview.view.panes()[0])", points[1].tolist()
    )
    stage = box(viewer)
    viewer.mouse.move(stage["x"] + seen["x"], stage["y"] + seen["y"])
    viewer.mouse.down()
    viewer.mouse.move(stage["x"] + seen["x"] + 20, stage["y"] + seen["y"], steps=3)
    viewer.mouse.up()
    [nudge] = events(viewer, "nudge")
    assert nudge["dx"] == pytest.approx(-20 / view(viewer)[0], abs=0.1)


def test_server_pictures_are_turned_too(live_page: Page, face: LiveFace) -> None:
    with without_webgl(live_page):
        face.show(live_page, face.plan("rhinoplasty"))
    shown = looks(live_page, "before")
    live_page.evaluate("preview.looking.setMirrored(true)")
    settle(live_page)
    assert turned_difference(shown, looks(live_page, "before")) < 0.5
    assert state(live_page, "webgl") is False
