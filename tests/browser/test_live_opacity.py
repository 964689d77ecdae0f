"""One picture through the other: the slider mixes photo and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, blob
from live_viewer import STAGE, looks, settle, state, without_webgl
from playwright.sync_api import Page, expect

#: Rows at the top of the stage in which the word "simulation" stands, CSS pixels.
LABELLED = 44


def test_the_slider_mixes_photo_and_simulation(viewer: Page) -> None:
    before, after = (looks(viewer, mode)[LABELLED:].astype(float) for mode in ("before", "after"))
    viewer.locator(STAGE).press("o")
    slider = viewer.get_by_role("slider", name="How much of the simulation shows")
    expect(slider).to_have_attribute("aria-valuetext", "50 % simulation")
    for percent in (25, 50, 90):
        slider.fill(str(percent))
        settle(viewer)
        share = percent / 100
        mixed = blob(viewer)[LABELLED:]
        assert np.abs(mixed - (before + share * (after - before))).max() <= 2
        assert np.abs(mixed - before).max() > 5
    slider.fill("100")
    settle(viewer)
    assert np.array_equal(blob(viewer)[LABELLED:], after)
    slider.fill("0")
    settle(viewer)
    # All photo: it is not called a simulation.
    assert np.array_equal(blob(viewer), looks(viewer, "before"))
    expect(viewer.locator(".ld-live-tag", has_text="Before")).to_be_visible()


def test_keys_move_the_slider_and_not_the_picture(viewer: Page) -> None:
    button = viewer.get_by_role("button", name="One through the other")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    slider = viewer.get_by_role("slider", name="How much of the simulation shows")
    slider.focus()
    before = viewer.evaluate("[preview.view.x, preview.view.y]")
    viewer.keyboard.press("ArrowRight")
    assert state(viewer, "comparison.opacity") == pytest.approx(0.51)
    viewer.keyboard.press("End")
    assert state(viewer, "comparison.opacity") == 1
    settle(viewer)
    assert viewer.evaluate("[preview.view.x, preview.view.y]") == before
    viewer.keyboard.press("o")
    expect(slider).to_be_hidden()
    assert state(viewer, "mode") == "divider"


def test_the_servers_picture_is_mixed_without_webgl(live_page: Page, face: LiveFace) -> None:
    with without_webgl(live_page):
        face.show(live_page, face.plan("rhinoplasty"))
    live_page.evaluate(
        """() => {
          const { width, height } = preview.photo;
          const canvas = Object.assign(document.createElement("canvas"), { width, height });
          canvas.getContext("2d").fillRect(0, 0, width, height); // black
          preview.setFallback(canvas);
          preview.setMode("blend");
          preview.looking.setOpacity(0.4);
        }"""
    )
    settle(live_page)
    mixed = blob(live_page)[LABELLED:].astype(float)
    photo = looks(live_page, "before")[LABELLED:].astype(float)
    inside = mixed[100:200, 380:480]
    # The label keeps its own strength; the picture is darker by its share.
    assert np.abs(inside - 0.6 * photo[100:200, 380:480]).max() <= 2
