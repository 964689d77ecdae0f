"""Tab 1 and what must not get mixed up: two patients, two changes at once, the patient's view."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from running_app import Served, add_photo
from visits import Visit

from landmarkdiff import weights

FIRST, SECOND = "astronaut", "grace_hopper"


@pytest.fixture
def visit(browser: Browser, app: Served) -> Iterator[Visit]:
    visit = Visit(browser.new_context(viewport={"width": 1280, "height": 900}), app.url)
    add_photo(visit.page, Path(weights.obtain(FIRST)))
    yield visit
    visit.end()


def test_no_step_back_leads_to_the_last_patient(visit: Visit) -> None:
    page = visit.page
    visit.tab("tab.change({...tab.settings, ipd_mm: 70}, {structural: true})")
    visit.settle()
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    visit.tab("tab.brush.set(true)")
    visit.tab("tab.toggleNudge()")
    page.get_by_role("button", name="Patient view").click()
    # What the patient is shown changes nothing of the plan.
    assert visit.tab("tab.brush.on || tab.nudging") is False
    page.keyboard.press("Escape")
    visit.settle()
    add_photo(page, Path(weights.obtain(SECOND)))
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert visit.settings["ipd_mm"] is None
    # The plan stays, for a better photo of the same face, and that is said.
    assert visit.settings["intensity"] == {"rhinoplasty": 60}
    status = page.locator(".ld-stage .ld-status")
    expect(status).to_have_text(visit.texts("photo.plan_kept"))
    # An untouched plan is none.
    page.get_by_role("button", name="Reset", exact=True).click()
    visit.settle()
    add_photo(page, Path(weights.obtain(FIRST)), typical=False)
    expect(status).to_have_text("")


def test_an_effect_that_was_overtaken_is_shown_all_the_same(visit: Visit) -> None:
    key = "rhinoplasty.tip_projection"
    assert visit.tab("tab.header.outline.find((one) => one.key === values[0]).on", key) is False
    visit.tab(
        """(() => {
            const effects = { ...tab.settings.effects, [values[0]]: 2 };
            tab.change({ ...tab.settings, effects }, { structural: true });
            tab.change({ ...tab.settings, intensity: { rhinoplasty: 40 } });
        })()""",
        key,
    )
    visit.settle()
    assert visit.tab("tab.header.outline.find((one) => one.key === values[0]).on", key) is True
    assert visit.values[key] == 2


def test_a_photo_that_fails_half_way_leaves_the_shown_one_with_the_server(visit: Visit) -> None:
    page = visit.page
    before = visit.drawn(200)
    broken = [True]

    def failing(route):
        if broken:
            broken.clear()
            route.abort()
        else:
            route.continue_()

    visit.expected.append("ERR_FAILED")
    page.route("**/ask/single/model*", failing)
    checks = page.locator(".ld-single").get_attribute("data-checks")
    page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", weights.obtain(SECOND))
    # The photo that is shown was opened again, and its plan drawn and checked.
    page.wait_for_function(
        "(before) => document.querySelector('.ld-single').dataset.checks !== before", arg=checks
    )
    visit.settle()
    assert visit.tab("tab.photo.stem") == FIRST
    assert visit.tab("tab.resuming.astray") is False
    assert abs(visit.drawn(200) - before).mean() < 1.0
