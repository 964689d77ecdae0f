"""Where fingers point, all that is pressed is 44 pixels each way, in every tab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from form_tabs import answer, form_of, ready
from playwright.sync_api import Browser, expect
from running_app import Served, add_photo, go_to_tab
from visits import Visit

#: What is pressed and seen, and is smaller than 44 pixels either way: its box, that of its label,
#: and what is drawn around it to be met.
SMALL = """() => {
    const met = (one) => {
        const around = getComputedStyle(one, '::after');
        const boxes = [one, ...(one.labels ?? [])].map((part) => part.getBoundingClientRect());
        return ['width', 'height'].map((side) => Math.max(
            ...boxes.map((box) => box[side]),
            around.content === 'none' ? 0 : parseFloat(around[side]) || 0));
    };
    const pressed = 'button, select, summary, a[href], input, textarea, [role=tab]';
    return [...document.querySelectorAll(pressed)]
        .filter((one) => one.checkVisibility({ visibilityProperty: true })
            && !one.closest('.ld-visually-hidden, .ld-shortcut, [aria-hidden=true]')
            && !one.matches('.ld-visually-hidden, [type=file]')
            && one.getBoundingClientRect().width)  // else its picture is yet to come
        .filter((one) => met(one).some((size) => size < 44))
        .map((one) => `${one.tagName}.${one.className} ${met(one)} ${one.textContent.trim()}`);
}"""


@pytest.fixture(scope="module")
def phone(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    """A German page with a photo on a phone."""
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, has_touch=True, is_mobile=True)
    visit = Visit(context, app.url, "de")
    assert visit.page.evaluate(SMALL) == []  # also where there is no photo yet
    add_photo(visit.page, portrait)
    yield visit
    visit.end()


def unfold(visit: Visit, part: str) -> None:
    """Open whatever can be opened of a part of the page."""
    visit.page.locator(f"{part} details").evaluate_all(
        "(all) => all.forEach((one) => one.open = true)"
    )


def test_the_consultation_is_met_by_a_finger(phone: Visit) -> None:
    go_to_tab(phone.page, phone.texts("tab.single"))
    unfold(phone, "#ld-single")
    expect(phone.page.get_by_role("toolbar", name=phone.texts("head.views"))).to_be_visible()
    assert phone.page.evaluate(SMALL) == []
    phone.page.locator(".ld-handout-other").click()
    assert phone.page.evaluate(SMALL) == []
    phone.page.keyboard.press("Escape")
    phone.tab("tab.patient.toggle(true)")
    phone.settle()
    assert phone.page.evaluate(SMALL) == []
    phone.tab("tab.patient.toggle(false)")


def test_results_of_the_other_tabs_are_met_by_a_finger(phone: Visit) -> None:
    page, texts = phone.page, phone.texts
    sweep = ready(phone, "sweep")
    answer(sweep, texts("sweep.run"))
    assert page.evaluate(SMALL) == []
    sweep.locator("[data-part=gallery] a.ld-swap").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate(SMALL) == []
    page.keyboard.press("Escape")
    ready(phone, "comparison")
    assert page.evaluate(SMALL) == []
    expect(form_of(phone, "analysis")).to_have_attribute("data-answered", "1")
    unfold(phone, "[data-tab=analysis]")
    assert page.evaluate(SMALL) == []
    go_to_tab(page, texts("tab.views"))
    page.wait_for_selector(".ld-place")
    assert page.evaluate(SMALL) == []


def test_the_menu_of_tabs_has_a_name_in_the_pages_language(phone: Visit) -> None:
    menu = phone.page.get_by_role("button", name=phone.texts("a11y.more_tabs"), exact=True)
    expect(menu).to_be_visible()
    phone.page.set_viewport_size({"width": 1280, "height": 844})
    expect(menu).to_be_hidden()
    phone.page.set_viewport_size({"width": 390, "height": 844})
    expect(menu).to_be_visible()


def test_the_tools_of_a_tablet_stand_in_one_row(
    browser: Browser, app: Served, portrait: Path
) -> None:
    size = {"width": 820, "height": 1180}
    visit = Visit(browser.new_context(viewport=size, has_touch=True), app.url)
    add_photo(visit.page, portrait)
    rows = """() => new Set([...document.querySelectorAll('.ld-live-tools button')]
        .map((one) => Math.round(one.getBoundingClientRect().top))).size"""
    assert visit.page.evaluate(rows) == 1
    visit.tab("tab.patient.toggle(true)")
    visit.settle()
    assert visit.page.evaluate(rows) == 1
    visit.end()
