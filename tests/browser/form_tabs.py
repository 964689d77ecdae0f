"""The forms of tabs 2 to 4: found, filled in and answered."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from running_app import go_to_tab
from visits import Visit

__all__ = ["HELD", "HOLD", "answer", "form_of", "loaded", "ready", "saved"]

#: What the forms hold, by tab: each field's value, or whether its box is checked.
HELD = """() => Object.fromEntries(
    [...document.querySelectorAll('.ld-form-tab')].map((tab) => [tab.dataset.tab,
        [...tab.querySelector('form').elements].map((field) =>
            field.type === 'checkbox' ? field.checked : field.value)]))"""

#: Forget the answers, as with another photo, and let the forms hold what they held.
HOLD = """async (held) => {
    (await import('/ld/static/events.js')).emit('photo');
    for (const [name, values] of Object.entries(held)) {
        const form = document.querySelector(`[data-tab="${name}"] form`);
        for (const [number, field] of [...form.elements].entries()) {
            if (field.type === 'checkbox') field.checked = values[number];
            else field.value = values[number];
            field.dispatchEvent(new Event('input', { bubbles: true }));
        }
    }
}"""


def form_of(visit: Visit, tab: str) -> Locator:
    """Go to a tab and return it."""
    area = {"comparison": "compare"}.get(tab, tab)
    go_to_tab(visit.page, visit.texts(f"tab.{area}"))
    form = visit.page.locator(f"[data-tab={tab}]")
    expect(form).to_be_visible()
    return form


def ready(visit: Visit, tab: str) -> Locator:
    """Go to a tab that has a photo and return it."""
    form = form_of(visit, tab)
    expect(form).to_have_attribute("data-state", "ready")
    return form


def answer(form: Locator, button: str) -> None:
    """Click a button of a form and wait for its answer."""
    before = int(form.get_attribute("data-answered") or "0")
    form.get_by_role("button", name=button, exact=True).click()
    expect(form).to_have_attribute("data-answered", str(before + 1))
    expect(form.locator("form")).to_have_attribute("aria-busy", "false")


def loaded(part: Locator) -> list[int]:
    """Widths of the pictures of a part, once all are there."""
    part.page.wait_for_function(
        "(part) => [...part.querySelectorAll('img')].every((image) => image.complete)",
        arg=part.element_handle(),
    )
    found: list[int] = part.evaluate(
        "(part) => [...part.querySelectorAll('img')].map((image) => image.naturalWidth)"
    )
    return found


def saved(page: Page, link: Locator) -> tuple[str, bytes]:
    """Click a download link; return the file's name and content."""
    with page.expect_download() as waiting:
        link.click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()
