"""The live preview on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from live_faces import LiveFace
from live_viewer import HANDLE, box, settle, state, under, view
from playwright.sync_api import Browser, Page, ViewportSize, expect
from watched_page import fresh_page


@pytest.fixture
def phone(browser: Browser, face: LiveFace) -> Iterator[Page]:
    """A phone of 390 pixels with a touch screen."""
    small: ViewportSize = {"width": 390, "height": 844}
    with fresh_page(browser, viewport=small, device_scale_factor=2, has_touch=True) as page:
        plan = face.plan("rhinoplasty", 100)
        face.show(page, plan)
        face.set_values(page, plan)
        settle(page)
        yield page


def touch(page: Page, *steps: list[tuple[float, float]]) -> None:
    """Put fingers down at the first places, move them, and lift them."""
    session = page.context.new_cdp_session(page)
    for number, places in enumerate(steps):
        points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_a_finger_moves_the_divider_and_two_zoom(phone: Page) -> None:
    stage, handle = box(phone), box(phone, HANDLE)
    x, y = handle["x"] + 22, handle["y"] + 22
    touch(phone, [(x, y)], [(x + 30, y)], [(x + 60, y)])
    assert state(phone, "divider") == pytest.approx(0.5 + 60 / stage["width"], abs=0.01)
    middle = stage["x"] + stage["width"] / 2, stage["y"] + 120
    scale = view(phone)[0]
    fingers = [[(middle[0] - d, middle[1]), (middle[0] + d, middle[1])] for d in (30, 45, 60)]
    touch(phone, *fingers)
    settle(phone)
    assert view(phone)[0] == pytest.approx(2 * scale, rel=0.02)
    # Zoomed in, one finger pans.
    x, y = middle[0] - 80, middle[1]
    grabbed = under(phone, x, y)
    touch(phone, [(x, y)], [(x - 10, y)], [(x - 30, y)])
    settle(phone)
    assert under(phone, x - 30, y) == pytest.approx(grabbed, abs=1.0)


def test_everything_is_reached_on_a_phone(phone: Page) -> None:
    phone.evaluate("preview.annotating.add('distance')")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    buttons = phone.locator(".ld-live button:visible")
    expect(buttons).to_have_count(
        21
    )  # 17 tools, the divider, both ends of a distance and its removal
    rows = set()
    for k in range(buttons.count()):
        buttons.nth(k).scroll_into_view_if_needed()  # the tools are one row that moves sideways
        place = buttons.nth(k).bounding_box()
        assert place is not None
        assert place["width"] >= 40
        assert place["height"] >= 40
        assert buttons.nth(k).get_attribute("aria-label")
        if "ld-live-tool" in (buttons.nth(k).get_attribute("class") or ""):
            rows.add(round(place["y"]))
            assert place["x"] >= 0
            assert place["x"] + place["width"] <= 390
    assert len(rows) == 1
    # A screen of double density, drawn by the processor: fine at rest, within bounds in motion.
    stats = state(phone, "stats()")
    assert stats["width"] == pytest.approx(2 * box(phone)["width"], abs=2)
