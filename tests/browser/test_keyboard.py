"""The page by the keyboard alone: ways past its controls, rows of buttons, where the focus is."""

from __future__ import annotations

import pytest
from form_tabs import form_of
from playwright.sync_api import Locator, Page, expect
from running_app import go_to_tab
from visits import Visit

#: Buttons of a row that the Tab key stops at.
STOPS = "(row) => [...row.querySelectorAll('button')].filter((one) => one.tabIndex >= 0).length"


def focused(page: Page) -> Locator:
    return page.locator(":focus")


def presses_to(page: Page, goal: Locator, most: int) -> int:
    """How often Tab is pressed until something has the focus."""
    for pressed in range(most + 1):
        if goal.evaluate("(goal) => goal === document.activeElement"):
            return pressed
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by {most} presses of Tab")


@pytest.mark.parametrize("way", ["picture", "handout"])
def test_a_press_past_the_goals_lies_a_way_past_the_sliders(with_photo: Visit, way: str) -> None:
    page = with_photo.page
    goals = {
        "picture": page.locator(".ld-live-stage"),
        "handout": page.get_by_role("button", name=with_photo.texts("handout.button"), exact=True),
    }
    page.locator("[data-goal]").first.focus()
    name = with_photo.texts(f"single.to_{way}")
    shortcut = page.locator(".ld-panel").get_by_role("button", name=name)
    presses = presses_to(page, shortcut, 3)
    # Who has the focus on it sees it, inside the window.
    expect(shortcut).to_be_in_viewport(ratio=1)
    page.keyboard.press("Enter")
    expect(goals[way]).to_be_focused()
    assert presses + 1 <= 25


def test_from_the_top_of_the_page_ways_lead_past_the_picture(with_photo: Visit) -> None:
    page = with_photo.page
    page.locator("[data-language]").focus()
    name = with_photo.texts("single.to_plan")
    assert presses_to(page, page.get_by_role("button", name=name), 8) <= 4
    page.keyboard.press("Enter")
    expect(page.locator("[data-goal][tabindex='0']")).to_be_focused()


def test_without_a_photo_there_is_nothing_to_go_to(empty: Visit) -> None:
    for way in ("picture", "plan", "handout"):
        shortcut = empty.page.locator(".ld-shortcut", has_text=empty.texts(f"single.to_{way}"))
        expect(shortcut.first).to_be_hidden()


@pytest.mark.parametrize("row", [".ld-live-tools", ".ld-goal-chips >> nth=0"])
def test_a_row_of_buttons_is_one_stop_and_arrows_go_along_it(with_photo: Visit, row: str) -> None:
    page, bar = with_photo.page, with_photo.page.locator(row)
    expect(bar).to_have_role("toolbar")
    buttons = bar.locator("button:enabled")
    count = buttons.count()
    assert count > 5
    assert bar.evaluate(STOPS) == 1
    buttons.first.focus()
    for key, at in (
        ("ArrowRight", 1),
        ("End", count - 1),
        ("ArrowRight", 0),
        ("ArrowLeft", count - 1),
        ("Home", 0),
        ("ArrowRight", 1),
    ):
        page.keyboard.press(key)
        expect(buttons.nth(at)).to_be_focused()
    page.keyboard.press("Tab")
    assert not bar.evaluate("(bar) => bar.contains(document.activeElement)")
    page.keyboard.press("Shift+Tab")
    expect(buttons.nth(1)).to_be_focused()
    assert bar.evaluate(STOPS) == 1


def test_the_keys_of_a_toolbar_do_not_move_the_picture(with_photo: Visit) -> None:
    page = with_photo.page
    view = "[tab.preview.view.goal.x, tab.preview.view.goal.y, tab.preview.divider]"
    before = with_photo.tab(view)
    page.locator(".ld-live-tools button").first.focus()
    for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
        page.keyboard.press(key)
    assert with_photo.tab(view) == before


def test_a_stop_that_is_switched_off_leaves_the_row_another(with_photo: Visit) -> None:
    page, bar = with_photo.page, with_photo.page.locator(".ld-live-tools")
    loupe = bar.locator(".ld-live-loupe")
    loupe.focus()
    try:
        loupe.evaluate("(one) => { one.disabled = true; }")
        page.wait_for_function(
            f"({STOPS})(document.querySelector('.ld-live-tools')) === 1"
            " && document.querySelector('.ld-live-loupe').tabIndex < 0"
        )
    finally:
        loupe.evaluate("(one) => { one.disabled = false; }")


def test_arrows_go_from_tab_to_tab(fresh: Visit) -> None:
    page = fresh.page
    tabs = page.get_by_role("tab")
    assert page.get_by_role("tablist").evaluate(STOPS) == 1
    tabs.first.focus()
    page.keyboard.press("End")
    expect(tabs.last).to_be_focused()
    expect(tabs.last).to_have_attribute("aria-selected", "true")
    expect(page.locator(".ld-views")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(tabs.first).to_be_focused()
    expect(page.locator(".ld-live-stage")).to_be_visible()
    # A tab that is chosen in another way is the stop from then on.
    form_of(fresh, "sweep")
    expect(tabs.nth(2)).to_have_attribute("tabindex", "0")
    assert page.get_by_role("tablist").evaluate(STOPS) == 1


def test_the_focus_goes_to_what_an_addition_brought(fresh: Visit) -> None:
    page = fresh.page
    go_to_tab(page, fresh.texts("tab.views"))
    add = page.get_by_role("button", name=fresh.texts("views.first_photo"))
    add.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-place=frontal][data-photo]")).to_be_visible()
    expect(page.locator("[data-place=frontal] button").first).to_be_focused()
    run = page.get_by_role("button", name=fresh.texts("views.run"))
    run.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ld-view-results img").first).to_be_visible()
    expect(run).to_be_focused()
    page.get_by_role("button", name=fresh.texts("views.remove_all")).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ld-views-bar button").first).to_be_focused()
