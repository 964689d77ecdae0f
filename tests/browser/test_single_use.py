"""Tab 1 in a real browser: for a patient, without WebGL, by the keyboard, at every width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from running_app import Served, add_photo
from visits import SCHEMES, Visit, faults, new_context, show_in


def test_the_patient_view_has_two_faces_a_slider_and_no_table(with_photo: Visit) -> None:
    page = with_photo.page
    page.get_by_role("button", name="Patient view").click()
    dialog = page.get_by_role("dialog", name="Patient view")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("not a prediction of your result")
    expect(dialog.locator("canvas").first).to_be_visible()
    assert dialog.locator("table").count() == 0
    how_much = dialog.get_by_role("slider", name="How much?")
    how_much.focus()
    for _ in range(10):
        page.keyboard.press("ArrowLeft")
    expect(how_much).to_have_attribute("aria-valuetext", "90 % of the plan")
    with_photo.settle()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert page.locator(".ld-stage .ld-viewer").is_visible()


def test_without_webgl_the_server_draws(browser: Browser, app: Served, portrait: Path) -> None:
    context = new_context(browser)
    context.add_init_script(
        """const original = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith('webgl') ? null : original.call(this, kind, ...rest);
        };"""
    )
    visit = Visit(context, app.url)
    page = visit.page
    add_photo(page, portrait)
    visit.settle()
    expect(page.get_by_text("no WebGL 2")).to_be_visible()
    first = visit.drawn(240)
    intensity = page.get_by_role("slider", name="Intensity", exact=True)
    intensity.fill("100")
    visit.settle()
    second = visit.drawn(240)
    assert np.abs(first - second).max() > 20
    visit.end()


def faults_in_both(visit: Visit) -> list[str]:
    """Faults in light and in dark."""
    found = []
    for scheme in SCHEMES:
        show_in(visit.page, scheme)
        found += faults(visit.page)
    return found


def tabbed_through(page: Page) -> dict[str, bool]:
    """What gets the focus by the Tab key, and whether that is drawn round it."""
    page.locator("body").click(position={"x": 2, "y": 2})
    step = """(focused) => {
        const { activeElement: one } = document;
        const again = one === document.body || focused.has(one);
        const frame = getComputedStyle(one, '::before').borderTopStyle;
        const ring = getComputedStyle(one).outlineStyle;
        if (!again) focused.set(one, ring !== 'none' || frame !== 'none');
        return again;
    }"""
    focused = page.evaluate_handle("() => new Map()")
    page.keyboard.press("Tab")
    while not focused.evaluate(step):
        page.keyboard.press("Tab")
    names = "(all) => [...all].map(([{ outerHTML }, seen], at) => [`${at} ${outerHTML}`, seen])"
    return dict(focused.evaluate(names))


def test_axe_has_no_serious_finding(empty: Visit, portrait: Path) -> None:
    page = empty.page
    found = faults_in_both(empty)
    add_photo(page, portrait)
    empty.settle()
    for summary in page.locator(".ld-panel summary, .ld-fold > summary").all():
        summary.click()
    found += faults_in_both(empty)
    ringed = tabbed_through(page)
    assert len(ringed) > 60
    assert [what for what, seen in ringed.items() if not seen] == []
    page.get_by_role("button", name="Patient view").click()
    found += faults_in_both(empty)
    assert found == []


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_nothing_is_cut_off_at_any_width(with_photo: Visit, width: int) -> None:
    page = with_photo.page
    page.set_viewport_size({"width": width, "height": 900})
    # What is drawn to measure follows the page's new width in the next frames.
    page.wait_for_function(
        """() => [...document.querySelectorAll('main *')].every((element) => {
            const box = element.getBoundingClientRect();
            const inside = element.closest('.ld-table-box, .ld-visually-hidden, '
                + '.ld-live, .ld-patient, .ld-bubble, .tab-wrapper, .overflow-menu');
            return inside || box.width === 0 || box.right <= innerWidth + 1;
        })"""
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
