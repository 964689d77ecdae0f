"""The surgeon's own presets in a real browser: kept, used, taken back, renamed, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from running_app import Served
from visits import Visit, new_context


@pytest.fixture
def visit(with_photo: Visit, own_presets: Path) -> Iterator[Visit]:
    """The shared page with its section of own presets open, which go with the test."""
    with_photo.page.locator(".ld-own-section > summary").click()
    yield with_photo
    own_presets.unlink(missing_ok=True)
    with_photo.tab("await tab.own.ask('presets')")


def chips(visit: Visit) -> Locator:
    return visit.page.locator(".ld-own .ld-goal-chips button")


def keep(visit: Visit, name: str) -> None:
    visit.page.get_by_label(visit.texts("goals.own_name")).fill(name)
    visit.page.get_by_role("button", name=visit.texts("goals.own_save")).click()


def test_a_plan_is_kept_and_used_again(visit: Visit, own_presets: Path) -> None:
    page = visit.page
    page.locator("[data-goal='rhinoplasty.refine_tip']").click()
    page.locator("[data-goal=typical]").click()
    visit.settle()
    before = {key: value for key, value in visit.values.items() if value}
    assert before == {"rhinoplasty.tip_width": -1.5}
    keep(visit, "Soft <b>tip</b>")
    expect(chips(visit)).to_have_text(["Soft <b>tip</b>"])
    expect(chips(visit)).to_have_attribute("aria-pressed", "true")
    (preset,) = json.loads(own_presets.read_text("utf-8"))["users"][""]["presets"]
    assert preset["effects"] == {"rhinoplasty.tip_width": 1.0}
    # Another procedure, then the preset, then back to nothing.
    page.get_by_label("Procedure", exact=True).select_option("mentoplasty")
    visit.settle()
    expect(chips(visit)).to_have_attribute("aria-pressed", "false")
    chips(visit).click()
    expect(chips(visit)).to_have_attribute("aria-pressed", "true")
    visit.settle()
    assert visit.settings["procedures"] == ["rhinoplasty"]
    assert {key: value for key, value in visit.values.items() if value} == before
    chips(visit).click()
    visit.settle()
    assert not any(visit.values.values())


def test_presets_are_renamed_and_removed_and_names_checked(visit: Visit) -> None:
    page = visit.page
    said = page.locator(".ld-own-section [role=status]")
    keep(visit, "One")
    expect(said).to_have_text(visit.texts("goals.own_saved", name="One"))
    keep(visit, "Two")
    expect(chips(visit)).to_have_text(["One", "Two"])
    keep(visit, "   ")
    expect(said).to_contain_text("name of a preset")
    field = page.get_by_label(visit.texts("goals.own_rename", name="One"))
    field.fill("Two")
    field.press("Enter")
    expect(said).to_contain_text("Another preset")
    expect(field).to_have_value("One")
    field.fill("First")
    field.press("Enter")
    expect(chips(visit)).to_have_text(["First", "Two"])
    page.get_by_role("button", name=visit.texts("goals.own_remove", name="Two")).click()
    expect(chips(visit)).to_have_text(["First"])


def test_the_page_opens_with_the_chosen_procedure(
    visit: Visit, browser: Browser, app: Served
) -> None:
    begin = visit.page.get_by_label(visit.texts("goals.own_begin"))
    expect(begin).to_be_checked()
    visit.page.get_by_label("Procedure", exact=True).select_option("lip_lift")
    visit.settle()
    expect(begin).not_to_be_checked()
    begin.check()
    expect(begin).to_be_disabled()
    other = Visit(new_context(browser), app.url)
    expect(other.page.locator(".ld-panel-head select")).to_have_value("lip_lift")
    assert other.settings["intensity"] == {"lip_lift": 0}
    other.end()
