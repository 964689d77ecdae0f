"""The page when the program does not answer, and results that no longer belong to the plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from running_app import Served, add_photo, go_to_tab
from visits import Visit, faults, new_context

from landmarkdiff import weights


@pytest.fixture(scope="module")
def opened(browser: Browser, app: Served) -> Iterator[Visit]:
    """A page with a photo and the typical change, shared by this file."""
    visit = Visit(new_context(browser), app.url)
    visit.expected.append("net::ERR_INTERNET_DISCONNECTED")
    add_photo(visit.page, Path(weights.obtain("astronaut")))
    yield visit
    visit.end()


@pytest.fixture
def visit(opened: Visit) -> Iterator[Visit]:
    """The page as it is after its photo was opened."""
    opened.context.set_offline(False)
    expect(opened.page.locator(".ld-offline:visible")).to_have_count(0)
    opened.reset()
    yield opened
    opened.check()


def banner(visit: Visit) -> Locator:
    return visit.page.locator(".ld-offline")


def level(visit: Visit, value: str) -> None:
    visit.page.get_by_role("slider", name="Intensity", exact=True).fill(value)


def form_of(visit: Visit, name: str) -> Locator:
    go_to_tab(visit.page, {"sweep": "Intensity sweep", "comparison": "Comparison"}[name])
    form = visit.page.locator(f".ld-form-tab[data-tab={name}]")
    expect(form).to_have_attribute("data-state", "ready")
    return form


def test_work_goes_on_once_the_program_answers_again(visit: Visit) -> None:
    page = visit.page
    visit.context.set_offline(True)
    expect(banner(visit)).to_be_visible()
    expect(banner(visit)).to_contain_text(visit.texts("app.offline"))
    assert faults(page, ".ld-offline") == []
    # It covers nothing of the picture, which stays in view while the sliders are looked for.
    for size in ((390, 844), (820, 1180), (1280, 900)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.locator("[data-section=mode] > summary").evaluate(
            "(one) => one.scrollIntoView({ block: 'end' })"
        )
        page.wait_for_function(
            """() => {
                const [banner, picture] = ['.ld-offline', '.ld-live-stage'].map((one) =>
                    document.querySelector(one).getBoundingClientRect());
                return picture.top >= banner.bottom - 1 && picture.bottom <= innerHeight;
            }"""
        )
    level(visit, "90")
    visit.settle()
    # The picture follows; the table and the steps are said to be of another plan.
    assert visit.values["rhinoplasty.tip_rotation"] > 7
    expect(page.locator(".ld-status-row")).not_to_contain_text(visit.texts("progress.generating"))
    expect(page.locator(".ld-outdated-note:has(+ [data-results])")).to_have_text(
        visit.texts("app.outdated")
    )
    checks = page.locator(".ld-single").get_attribute("data-checks")
    # A tab that was never opened is there all the same.
    go_to_tab(page, "Multiple angles")
    expect(page.locator(".ld-views-bar")).to_be_visible()
    visit.context.set_offline(False)
    expect(banner(visit)).to_be_hidden()
    go_to_tab(page, "Single procedure")
    expect(page.locator(".ld-single")).not_to_have_attribute("data-checks", str(checks))
    visit.settle()
    expect(page.locator(".ld-outdated-note:has(+ [data-results])")).to_have_count(0)
    expect(page.locator("[data-results] tbody tr").first).to_contain_text("7.6")


def test_a_tab_opened_without_the_program_fills_once_it_answers(visit: Visit) -> None:
    page = visit.page
    visit.context.set_offline(True)
    expect(banner(visit)).to_be_visible()
    go_to_tab(page, "Face analysis")
    form = page.locator(".ld-form-tab[data-tab=analysis]")
    expect(form.locator(".ld-status:visible").first).to_contain_text(visit.texts("app.offline"))
    visit.context.set_offline(False)
    expect(form).to_have_attribute("data-state", "ready")
    expect(form.locator("[data-part=measurements] table").first).to_be_visible()


def test_another_plan_marks_what_was_made_of_the_last(visit: Visit) -> None:
    page = visit.page
    form = form_of(visit, "sweep")
    form.get_by_role("slider", name="Steps").fill("3")
    form.get_by_role("button", name="Compute the sweep").click()
    status = form.locator("form .ld-status")
    expect(status).to_have_text(visit.texts("progress.done"))
    note = form.locator(".ld-outdated-note:has(+ [data-part=gallery])")
    expect(note).to_have_count(0)
    # A sweep goes through all intensities: another one changes nothing in it.
    go_to_tab(page, "Single procedure")
    level(visit, "70")
    visit.settle()
    form = form_of(visit, "sweep")
    expect(note).to_have_count(0)
    # Another procedure does, and so does an effect that is left out.
    go_to_tab(page, "Single procedure")
    page.get_by_label("Procedure", exact=True).select_option("mentoplasty")
    visit.settle()
    form_of(visit, "sweep")
    expect(note).to_have_text(visit.texts("app.outdated"))
    expect(status).to_have_text(visit.texts("app.outdated"))
    form.get_by_label("Procedure").select_option("rhinoplasty")
    expect(note).to_have_count(0)
    form.get_by_role("slider", name="Steps").fill("4")
    expect(note).to_have_count(1)
    form.get_by_role("slider", name="Steps").fill("3")
    expect(note).to_have_count(0)
    go_to_tab(page, "Single procedure")
    page.get_by_role("radio", name="left").first.check()
    visit.settle()
    form_of(visit, "sweep")
    expect(note).to_have_count(1)


def test_a_mode_that_is_not_here_names_whom_to_ask(visit: Visit) -> None:
    page = visit.page
    page.locator("[data-section=mode] > summary").click()
    modes = page.locator("[data-section=mode] .ld-greyed small")
    expect(modes.first).to_contain_text(visit.texts("mode.not_here"))
    assert not any(word in text for text in modes.all_inner_texts() for word in ("pip", "weights"))
