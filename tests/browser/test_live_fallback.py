"""Without WebGL 2 the server draws, and the page says so."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, blob, open_live_page, png
from live_viewer import (
    STAGE,
    differing,
    events,
    looks,
    settle,
    show_with_stopped_clock,
    state,
    without_webgl,
)
from playwright.sync_api import Page, expect


@pytest.fixture
def flat(live_page: Page, face: LiveFace) -> Page:
    """The preview in a browser without WebGL 2."""
    with without_webgl(live_page):
        face.show(live_page, face.plan("rhinoplasty"))
    settle(live_page)
    return live_page


def test_without_webgl_the_server_draws_and_the_page_says_so(flat: Page, face: LiveFace) -> None:
    page = flat
    assert state(page, "webgl") is False
    expect(page.locator(".ld-live-notice")).to_be_visible()
    expect(page.locator(".ld-live-notice")).to_contain_text("no WebGL 2")
    settle(page)
    plain = looks(page, "before")
    assert np.array_equal(looks(page, "after"), plain)  # nothing was rendered yet

    plan = face.plan("rhinoplasty", 100)
    server = face.site.put("server.png", png(face.simulated(plan).image))
    page.evaluate("async path => preview.setFallback(await load(path))", server)
    after = looks(page, "after")
    assert differing(after, plain)[60:].any()
    shown = blob(page)
    line = shown.shape[1] // 2
    assert np.array_equal(shown[:, : line - 4], plain[:, : line - 4])
    assert not differing(shown[:, line + 4 :], after[:, line + 4 :]).any()
    page.evaluate("preview.setMode('after')")
    page.locator(STAGE).focus()
    page.keyboard.down("b")
    assert np.array_equal(blob(page), plain)
    page.keyboard.up("b")
    assert np.array_equal(blob(page), after)
    # The label is in the picture here, too.
    labelled = differing(after, plain)[:40]
    assert labelled[:, -120:].mean() > 0.2


def test_without_webgl_it_asks_the_server_four_times_a_second(page: Page, face: LiveFace) -> None:
    open_live_page(page, face.site)
    with without_webgl(page):
        show_with_stopped_clock(page, face, face.plan("rhinoplasty"))
    for step in range(50):
        page.evaluate("value => preview.setValues({ 'rhinoplasty.tip_rotation': value })", step + 1)
        page.clock.run_for(30)
    page.clock.run_for(1000)
    asked = events(page, "needrender")
    # The first at once, the others when 250 ms have passed, and one for what it came to rest at.
    assert [each["final"] for each in asked] == [False] * 6 + [True]
    assert asked[-1]["values"] == page.evaluate("preview.values")
