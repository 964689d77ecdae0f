"""Tabs 2 to 4 in a real browser: with a photo, without one, with another, at every width."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from form_tabs import answer, form_of, ready
from playwright.sync_api import Browser, Page, expect
from running_app import Served, add_photo, go_to_tab
from visits import Visit, faults, new_context, show_in

from landmarkdiff import weights


def test_without_a_photo_a_sentence_and_the_way_to_the_first_tab(empty: Visit) -> None:
    for tab in ("comparison", "sweep", "analysis"):
        form = form_of(empty, tab)
        expect(form.get_by_text("Choose a photo first.")).to_be_visible()
        expect(form.locator("form")).to_be_hidden()
        form.get_by_role("button", name="Choose a photo").click()
        expect(empty.page.locator(".ld-intake-start")).to_be_visible()


def test_results_go_with_their_photo(fresh: Visit) -> None:
    page, form = fresh.page, ready(fresh, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    analysis = ready(fresh, "analysis")
    expect(analysis).to_have_attribute("data-answered", "1")
    analysis.get_by_label("Set the Fitzpatrick type").select_option("VI")
    expect(analysis.locator("[data-part=findings]")).to_contain_text("Type VI")
    go_to_tab(page, "Single procedure")
    add_photo(page, Path(weights.obtain("grace_hopper")))
    form = ready(fresh, "comparison")
    expect(form.locator("[data-part=gallery]")).to_be_hidden()
    expect(form.locator("figure")).to_have_count(0)
    # What was chosen stays; what was said of the other patient does not.
    expect(form.get_by_role("checkbox", name="Brow lift")).to_be_checked()
    analysis = ready(fresh, "analysis")
    expect(analysis.locator("[data-part=findings]")).to_contain_text("Type III, from the photo")
    expect(analysis.get_by_label("Set the Fitzpatrick type")).to_have_value("")


#: Widths in pixels, each in light or in dark.
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (390, "light"),
    (768, "dark"),
    (1440, "light"),
)


def usable(page: Page, within: str | None = None) -> None:
    """Whatever the width and the scheme, nothing is cut off and axe-core finds no fault."""
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        show_in(page, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert faults(page, within) == []


def test_every_width_and_scheme_can_be_used(browser: Browser, app: Served, portrait: Path) -> None:
    visit = Visit(new_context(browser), app.url, "de")
    add_photo(visit.page, portrait)
    buttons = (("comparison", "compare.run"), ("comparison", "compare.combine"))
    for tab, button in (*buttons, ("sweep", "sweep.run")):
        form = ready(visit, tab)
        if tab == "comparison":
            form.locator("#ld-compare-mentoplasty").check()
        answer(form, visit.texts(button))
        # What stands around the tabs is the same for all of them.
        usable(visit.page, None if button == "compare.run" else f"[data-tab={tab}]")
    form = ready(visit, "analysis")
    expect(form).to_have_attribute("data-answered", "1")
    usable(visit.page, "[data-tab=analysis]")
    visit.end()
