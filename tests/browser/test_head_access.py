"""The head that turns, on every screen, on a slow machine, and where there is no WebGL 2."""

from __future__ import annotations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from live_viewer import without_webgl
from loopback import Site
from playwright.sync_api import Browser, Page, expect
from turned_head_page import ask, open_head, open_page, rest, saved
from watched_page import fresh_page

from landmarkdiff.texts import Texts


@pytest.fixture
def page(head_page: Page) -> Page:
    return head_page


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [360, 700, 1100])
def test_axe_finds_nothing_serious(page: Page, dark: bool, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    page.evaluate("viewer.setProfile(true); viewer.setLight(true); viewer.setMeasure('ruler')")
    rest(page)
    found = Axe().run(page, ".ld-headview").response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 800, "height": 700})


PACE = """async (gaps) => {
  const { Pace } = await import("/static/head/pace.js");
  const pace = new Pace({ most: 800, least: 200 });
  let now = 0;
  return gaps.map((gap) => { now += gap; pace.note(now); return pace.pixels; });
}"""


def test_a_slow_processor_draws_fewer_pixels_while_something_moves(page: Page) -> None:
    slow = page.evaluate(PACE, [40] * 60)
    assert slow[:5] == [800] * 5
    assert slow[5:11] == [600] * 5 + [450]
    assert slow[-1] == 200
    # After a pause nothing is judged, and what is quick is drawn finer again.
    again = page.evaluate(PACE, [40] * 11 + [400] * 8 + [16] * 20)
    assert again[18] == 450
    assert again[-1] == 800
    steady = page.evaluate(PACE, [26] * 40)
    assert set(steady) == {800}


def test_a_lost_context_comes_back(page: Page) -> None:
    before = saved(page)
    page.evaluate("window.lose = viewer.picture.gl.getExtension('WEBGL_lose_context')")
    page.evaluate("lose.loseContext()")
    page.wait_for_function("events.some(([name]) => name === 'contextlost')")
    page.evaluate("lose.restoreContext()")
    page.wait_for_function("events.some(([name]) => name === 'contextrestored')")
    rest(page)
    assert np.array_equal(saved(page), before)


def test_without_webgl_there_is_a_sentence(browser: Browser, site: Site) -> None:
    with fresh_page(browser) as page:
        path = open_page(page, site, "de")
        with without_webgl(page):
            page.evaluate("path => show(path)", path)
        assert page.evaluate("viewer.webgl") is False
        expect(page.get_by_role("note")).to_have_text(Texts.load("de")("head.no_webgl"))
        expect(page.locator("canvas")).to_have_count(0)
        page.evaluate("viewer.setShare(0.5); viewer.destroy()")
        expect(page.get_by_role("note")).to_have_count(0)


def test_another_head_is_seen_from_where_the_last_one_was(browser: Browser, site: Site) -> None:
    with fresh_page(browser, device_scale_factor=3, viewport={"width": 390, "height": 844}) as page:
        path = open_page(page, site)
        page.evaluate("path => show(path, { view: 'right_profile' })", path)
        rest(page)
        assert page.evaluate("viewer.camera.yaw") == 90
        ask(page, "viewer.camera.turn(-30, 12); viewer.zoom(1.5)")
        page.evaluate("path => show(path, { camera: viewer.camera.state, values: {} })", path)
        rest(page)
        state = page.evaluate("viewer.camera.state")
        assert (state["yaw"], state["pitch"], state["zoom"]) == (60, 12, 1.5)
        assert page.evaluate("viewer.values") == {}
        # A fine screen gets its own pixels, and no more.
        width = page.evaluate("viewer.canvas.width / viewer.stage.clientWidth")
        assert width == pytest.approx(3.0, abs=0.01)


def test_its_words_are_those_of_the_pages_language(browser: Browser, site: Site) -> None:
    french = Texts.load("fr")
    with fresh_page(browser) as page:
        open_head(page, site, "fr")
        expect(page.get_by_role("group", name=french("head.viewer"))).to_be_visible()
        expect(page.get_by_role("button", name=french("head.view_below"))).to_be_visible()
        page.evaluate("viewer.setMeasure('ruler')")
        expect(page.locator("output")).to_contain_text(",")
