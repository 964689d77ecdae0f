"""Tab 1 on a plan: how much of it is shown, which way is more, and the patient's share of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ViewportSize, expect
from running_app import Served, add_photo
from visits import Visit

from landmarkdiff import weights

SIZE: ViewportSize = {"width": 1280, "height": 900}
PLANS: dict[str, dict[str, Any]] = {
    "typical": {"procedures": ["rhinoplasty"], "intensity": {"rhinoplasty": 60}, "effects": {}},
    "by hand": {
        "procedures": ["rhinoplasty"],
        "intensity": {"rhinoplasty": 0},
        "effects": {"rhinoplasty.tip_projection": 2.0, "rhinoplasty.tip_width": -1.0},
    },
    "beyond": {
        "procedures": ["rhinoplasty"],
        "intensity": {"rhinoplasty": 185},
        "effects": {},
        "unlock": True,
    },
}


@pytest.fixture(scope="module")
def opened(browser: Browser, app: Served) -> Iterator[Visit]:
    """A page with a photo, opened once for this file."""
    visit = Visit(browser.new_context(viewport=SIZE), app.url)
    add_photo(visit.page, Path(weights.obtain("astronaut")))
    yield visit
    visit.end()


@pytest.fixture
def visit(opened: Visit) -> Visit:
    opened.reset()
    return opened


def plan(visit: Visit, name: str) -> dict[str, float]:
    visit.tab("tab.change({...tab.settings, ...values[0]}, {structural: true})", PLANS[name])
    visit.settle()
    return visit.values


def slide(visit: Visit, slider: Any, value: float) -> None:
    """Move a slider and let it go, as a hand does."""
    slider.evaluate(
        """(one, value) => {
            one.value = value;
            one.dispatchEvent(new Event('input', { bubbles: true }));
            one.dispatchEvent(new Event('change', { bubbles: true }));
        }""",
        value,
    )
    visit.settle()


def test_the_sentence_is_that_of_the_picture_beside_it(visit: Visit) -> None:
    plan(visit, "typical")
    told = visit.page.locator(".ld-stage .ld-told")
    expect(told).to_contain_text("of the plan. ")
    expect(told).to_contain_text("look at the other views")
    expect(visit.page.locator(".ld-status").first).not_to_contain_text("plan")
    # What moves is another picture: nothing is said of it until it was measured.
    visit.tab("tab.effects.slideLevel('rhinoplasty', 100, false)")
    expect(told).to_have_text("")


def test_a_rising_intensity_moves_every_slider_to_the_right(visit: Visit) -> None:
    places = """[...document.querySelectorAll('input[data-effect]')].map((one) => {
        const share = (one.valueAsNumber - one.min) / (one.max - one.min);
        return [one.dataset.effect, one.dir === 'rtl' ? 1 - share : share];
    })"""
    for name in ("rhinoplasty", "orthognathic"):
        settings = {"procedures": [name], "intensity": {name: 0}, "effects": {}}
        visit.tab("tab.change({...tab.settings, ...values[0]}, {structural: true})", settings)
        visit.settle()
        before = dict(visit.page.evaluate(places))
        visit.tab(f"tab.effects.slideLevel('{name}', 100, false)")
        after = dict(visit.page.evaluate(places))
        assert len({key for key in after if after[key] > before[key] + 0.05}) >= 2
        assert {key for key in after if after[key] < before[key]} == set()


def test_the_ends_of_a_slider_are_named_and_the_keys_follow_them(visit: Visit) -> None:
    plan(visit, "typical")
    page = visit.page
    key = "rhinoplasty.alar_base_width"
    row = page.locator(f".ld-effect[data-key='{key}']")
    expect(row.locator(".ld-ends span")).to_have_text(["wider", "narrower"])
    left, right = (row.locator(".ld-ends span").nth(n).bounding_box()["x"] for n in (0, 1))
    assert left < right
    slider = row.locator("input[type=range]")
    for pressed, sign in (("ArrowRight", -1), ("ArrowUp", -1), ("ArrowLeft", 1), ("ArrowDown", 1)):
        before = visit.values[key]
        slider.press(pressed)
        assert 0 < sign * (visit.values[key] - before) < 0.1
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^-\d\.\d mm, narrower$"))
    slider.press("End")  # the far right: as much as the usual range allows
    low = visit.tab(f"tab.header.outline.find((one) => one.key === '{key}').band.high")
    assert visit.values[key] == pytest.approx(low, abs=0.05)  # a step of the slider
    visit.settle()
    words = page.locator(".ld-panel").inner_text() + page.locator("[data-results]").inner_text()
    assert "band" not in words.lower()
    assert "applied" not in words.lower()


@pytest.mark.parametrize("name", ["by hand", "beyond"])
def test_the_patient_s_slider_goes_from_the_photo_to_the_plan_and_back(
    visit: Visit, name: str
) -> None:
    whole = plan(visit, name)
    settings = visit.settings
    page = visit.page
    page.get_by_role("button", name="Patient view").click()
    slider = page.get_by_role("slider", name="How much?")
    expect(slider).to_have_value("100")
    slide(visit, slider, 0)
    assert set(visit.values.values()) == {0}
    assert set(visit.tab("tab.preview.values").values()) == {0}
    told = "Nothing is planned, so the picture is the photo."
    expect(page.locator(".ld-stage .ld-told")).to_have_text(told)
    slide(visit, slider, 40)
    assert visit.values == pytest.approx({k: 0.4 * v for k, v in whole.items()}, abs=1e-3)
    said = page.locator(".ld-patient-range")
    if name == "beyond":
        expect(said).to_have_text("The usual range ends at 48 % of the plan.")
        slide(visit, slider, 100)
        expect(said).to_have_text("Beyond the usual range, which ends at 48 % of the plan.")
    else:
        expect(said).to_have_text("All of it lies within the usual range.")
        slide(visit, slider, 100)
    assert visit.values == pytest.approx(whole)
    slide(visit, slider, 30)
    page.keyboard.press("Escape")
    visit.settle()
    # Looking changes nothing: the plan is what it was.
    assert visit.settings == settings
    assert visit.values == pytest.approx(whole)
