"""Words, labels for screen readers, contrast in light and dark."""

from __future__ import annotations

import io
from contextlib import nullcontext

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from live_faces import LiveFace, blob
from live_viewer import HANDLE, settle, state, without_webgl
from PIL import Image
from playwright.sync_api import Page, expect

from landmarkdiff.texts import Texts


def test_light_and_dark_change_the_ground(viewer: Page) -> None:
    light = blob(viewer)[5, 5]
    assert light.min() > 200
    viewer.evaluate("document.body.classList.add('dark')")
    settle(viewer)
    with Image.open(io.BytesIO(viewer.locator(".ld-live-canvas").screenshot())) as image:
        dark = np.array(image.convert("RGB"))
    assert dark[-5, 200].max() < 60


def test_the_words_are_those_of_the_pages_language(page: Page, face: LiveFace) -> None:
    german = Texts.load("de")
    face.show(page, language="de")
    page.evaluate("preview.annotating.add('distance')")
    expect(page.locator(".ld-live-tag")).to_have_text(german("live.before"))
    slider = page.locator(HANDLE)
    expect(slider).to_have_attribute("aria-label", german("live.divider"))
    expect(page.locator(".ld-live-mark-label").first).to_contain_text(",")


def test_a_text_that_is_missing_is_an_error(live_page: Page) -> None:
    message = live_page.evaluate(
        """async () => {
          const { LivePreview } = await import("/static/live/preview.js");
          const { t, number } = await import("/static/page.js");
          const lacking = (key) => t(key.replace("live.ruler", "live.no_ruler"));
          try {
            new LivePreview(document.querySelector("#place"), { t: lacking, number });
          } catch (error) {
            return error.message;
          }
        }"""
    )
    assert message == "the page has no text live.no_ruler"


def test_it_is_labelled_for_screen_readers(viewer: Page) -> None:
    stage = viewer.get_by_role("group", name="Live preview of the simulation")
    described = stage.get_attribute("aria-describedby")
    assert "Hold B or the space bar" in viewer.locator(f"#{described}").inner_text()
    expect(viewer.get_by_role("toolbar")).to_have_attribute("aria-label", "Tools of the preview")
    stage.focus()
    viewer.keyboard.press("Tab")
    expect(viewer.get_by_role("slider")).to_be_focused()
    assert viewer.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


@pytest.mark.parametrize("fallback", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(
    fallback: bool, dark: bool, live_page: Page, face: LiveFace
) -> None:
    with without_webgl(live_page) if fallback else nullcontext():
        face.show(live_page, face.plan("rhinoplasty"))
    assert state(live_page, "webgl") is not fallback
    live_page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    live_page.evaluate("preview.annotating.add('distance'); preview.setLandmarks([[200, 200]])")
    for mode in ("divider", "side", "blend"):
        live_page.evaluate("mode => preview.setMode(mode)", mode)
        for landmarks in (False, True):
            live_page.evaluate("on => preview.setLandmarkMode(on)", landmarks)
            settle(live_page)
            found = Axe().run(live_page, ".ld-live").response["violations"]
            assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
