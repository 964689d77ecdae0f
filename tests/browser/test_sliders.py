"""Sliders of tab 1 that come back to where they began, which browsers tell no change of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from running_app import Served
from visits import Visit, visiting

TIP, ALAR = "rhinoplasty.tip_rotation", "rhinoplasty.alar_base_width"


@pytest.fixture(scope="module")
def shared(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    with visiting(browser, app.url, portrait) as visit:
        yield visit


@pytest.fixture
def visit(shared: Visit) -> Iterator[Visit]:
    shared.reset()
    yield shared
    shared.check()


def take(visit: Visit, slider: Locator) -> tuple[float, float]:
    """Press where the thumb of a slider is; return that place."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    share = slider.evaluate(
        "({ value, min, max, dir }) => { const at = (value - min) / (max - min);"
        " return dir === 'rtl' ? 1 - at : at; }"
    )
    place = box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2
    visit.page.mouse.move(*place)
    visit.page.mouse.down()
    return place


def drag_and_come_back(visit: Visit, slider: Locator) -> None:
    """Move the thumb away, and let it go where it was taken, beside its track."""
    start = slider.input_value()
    x, y = take(visit, slider)
    before = visit.tab("tab.effects.values")
    visit.page.mouse.move(x + 60, y, steps=4)
    assert visit.tab("tab.draft !== null")
    assert visit.tab("tab.effects.values") != before
    # A thumb is some steps wide.
    for at in range(-12, 12):
        visit.page.mouse.move(x + at / 2, y + 40)
        if slider.input_value() == start:
            break
    assert slider.input_value() == start
    checks = visit.page.locator(".ld-single").get_attribute("data-checks")
    visit.page.mouse.up()
    visit.page.wait_for_function(
        "(before) => document.querySelector('.ld-single').dataset.checks !== before", arg=checks
    )
    visit.settle()


@pytest.mark.parametrize(
    "name", ["[data-procedure=rhinoplasty]", f"[data-effect='{TIP}']", f"[data-effect='{ALAR}']"]
)
def test_a_slider_that_comes_back_has_changed_nothing(visit: Visit, name: str) -> None:
    page = visit.page
    told = page.locator(".ld-told")
    sentence, before, drawn = told.inner_text(), visit.settings, visit.drawn(200)
    values = visit.values
    assert sentence
    drag_and_come_back(visit, page.locator(f"input[type=range]{name}"))
    assert visit.tab("[tab.draft, tab.history.past.length]") == [None, 0]
    # Not even by hand: an effect that followed the intensity still does.
    assert (visit.settings, visit.values) == (before, values)
    assert visit.tab("tab.preview.values") == values
    expect(told).to_have_text(sentence)
    assert abs(visit.drawn(200) - drawn).mean() < 0.5
    # Nothing of it goes along with the next slider.
    drag = page.locator("input[type=range][data-effect='rhinoplasty.tip_width']")
    x, y = take(visit, drag)
    page.mouse.move(x - 50, y, steps=4)
    page.mouse.up()
    visit.settle()
    assert list(visit.settings["effects"]) == ["rhinoplasty.tip_width"]


def test_the_patients_share_is_drawn_where_it_comes_back(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Patient view").click()
    slider = page.locator(".ld-patient-slider input")
    slider.fill("50")
    visit.settle()
    half = visit.tab("tab.preview.values")
    drag_and_come_back(visit, slider)
    assert visit.tab("tab.preview.values") == half
    assert slider.input_value() == "50"
    page.keyboard.press("Escape")
    visit.settle()
    assert visit.tab("tab.draft") is None
