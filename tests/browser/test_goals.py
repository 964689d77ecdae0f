"""The goals of tab 1 in a real browser: the untouched face, chips that set effects, their words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect
from running_app import Served
from visits import Visit, new_context

from landmarkdiff import weights


@pytest.fixture(scope="module")
def opened(browser: Browser, app: Served) -> Iterator[Visit]:
    """A page with a photo as it opens, chosen by a button with the focus, shared by this file."""
    visit = Visit(new_context(browser), app.url)
    page = visit.page
    page.locator(".ld-intake-start button").first.focus()
    # Without the dialog of the browser, of which a busy machine does not always hear.
    page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", weights.obtain("astronaut"))
    page.wait_for_selector(".ld-single[data-checks]")
    # The button that had the focus is gone; its photo has it now.
    expect(page.locator(".ld-live-stage")).to_be_focused()
    yield visit
    visit.end()


@pytest.fixture
def untouched(opened: Visit) -> Iterator[Visit]:
    """The page as it is after its photo was opened."""
    opened.tab("tab.patient.shown && tab.patient.toggle(false)")
    opened.tab(
        """await (async () => {
            const { settings } = (await import('/ld/static/page.js')).config();
            tab.change({ ...settings }, { structural: true });
        })()"""
    )
    opened.settle()
    yield opened
    opened.check()


def chip(visit: Visit, title: str) -> Locator:
    return visit.page.locator(".ld-goals").get_by_role("button", name=title, exact=True)


def moved(visit: Visit) -> dict[str, float]:
    """What is not zero, by the effect's own name."""
    return {key.split(".")[1]: value for key, value in visit.values.items() if value}


def test_the_page_opens_with_the_untouched_face(untouched: Visit) -> None:
    page = untouched.page
    assert moved(untouched) == {}
    assert len(untouched.values) == 4
    expect(page.locator(".ld-goals [role=status]")).to_have_text(untouched.texts("goals.none"))
    expect(page.locator(".ld-goals [aria-pressed=true]")).to_have_count(0)
    expect(page.locator(".ld-told")).to_have_text(
        "Nothing is planned, so the picture is the photo."
    )
    # A sign tells a way: what is nothing goes none.
    planned, *_ = page.locator("[data-results] tbody tr").first.locator("td").all_inner_texts()
    assert planned == "0.00°"
    shown = untouched.drawn(240)
    untouched.tab("tab.preview.holdBefore(true)")
    before = untouched.drawn(240)
    untouched.tab("tab.preview.holdBefore(false)")
    # The divider's line goes with the simulation; the rest is the photo.
    assert (np.abs(shown - before).max(axis=2) > 8).mean() < 0.05
    page.get_by_role("button", name="Patient view").click()
    dialog = page.get_by_role("dialog", name="Patient view")
    expect(dialog).to_contain_text(untouched.texts("patient.untouched"))


def test_goals_set_effects_are_combined_and_taken_back(untouched: Visit) -> None:
    page, said = untouched.page, untouched.page.locator(".ld-goals [role=status]")
    chip(untouched, "Refine the tip").click()
    untouched.settle()
    assert moved(untouched) == {"tip_width": -1.5}
    expect(said).to_have_text("Refine the tip: Tip width -1.5 mm")
    expect(page.locator("[data-results] tbody tr")).to_have_count(4)
    chip(untouched, "Build up the bridge").click()
    untouched.settle()
    assert moved(untouched) == {"tip_width": -1.5, "dorsal_hump": 2.0}
    # The other way round takes its place; an effect that acts by name alone joins in.
    chip(untouched, "Lower the bridge").click()
    chip(untouched, "Narrow the bridge").click()
    untouched.settle()
    assert moved(untouched) == {"tip_width": -1.5, "dorsal_hump": -2.0, "dorsal_width": -1.5}
    expect(chip(untouched, "Build up the bridge")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-results] tbody tr")).to_have_count(5)
    for title in ("Refine the tip", "Lower the bridge", "Narrow the bridge"):
        expect(chip(untouched, title)).to_have_attribute("aria-pressed", "true")
        chip(untouched, title).click()
    untouched.settle()
    assert moved(untouched) == {}
    assert untouched.settings["effects"] == {}
    page.keyboard.press("Control+z")
    untouched.settle()
    assert moved(untouched) == {"dorsal_width": -1.5}
    expect(chip(untouched, "Narrow the bridge")).to_have_attribute("aria-pressed", "true")


def test_the_typical_change_is_one_goal_of_several(untouched: Visit) -> None:
    chip(untouched, "Lower the bridge").click()
    chip(untouched, "Typical published change").click()
    untouched.settle()
    assert untouched.settings["intensity"] == {"rhinoplasty": 60}
    assert set(moved(untouched)) == {"tip_rotation", "alar_base_width", "dorsal_hump", "tip_width"}
    level = untouched.page.get_by_role("slider", name="Intensity", exact=True)
    assert level.input_value() == "60"
    # A slider that leaves the goal's value leaves the goal.
    slider = untouched.page.locator("[data-effect='rhinoplasty.dorsal_hump']")
    slider.focus()
    untouched.page.keyboard.press("ArrowLeft")
    untouched.settle()
    expect(chip(untouched, "Lower the bridge")).to_have_attribute("aria-pressed", "false")
    chip(untouched, "Typical published change").click()
    untouched.settle()
    assert set(moved(untouched)) == {"dorsal_hump"}


def test_another_procedure_begins_untouched_with_goals_of_its_own(untouched: Visit) -> None:
    chip(untouched, "Typical published change").click()
    untouched.settle()
    untouched.page.get_by_label("Procedure", exact=True).select_option("orthognathic")
    untouched.settle()
    assert moved(untouched) == {}
    chip(untouched, "Bring the lower jaw forward").click()
    untouched.settle()
    # What is coupled to the jaw follows it.
    assert moved(untouched) == {"mandible": 6.7, "upper_lip": pytest.approx(1.0)}
    untouched.page.get_by_role("button", name="Reset", exact=True).click()
    untouched.settle()
    assert moved(untouched) == {}
    assert untouched.settings["procedures"] == ["orthognathic"]


def test_an_intensity_that_nothing_follows_is_not_said_to_set_anything(untouched: Visit) -> None:
    said = untouched.page.locator(".ld-goals [role=status]")
    chip(untouched, "Typical published change").click()
    expect(said).to_contain_text("Tip rotation 4.9°")
    untouched.tab("tab.change({ ...tab.settings, effects: { ...tab.effects.values } })")
    expect(said).not_to_contain_text("Typical published change")
    untouched.settle()


def test_the_typical_change_is_ticked_only_while_the_plan_is_that(untouched: Visit) -> None:
    typical = chip(untouched, "Typical published change")
    typical.click()
    expect(typical).to_have_attribute("aria-pressed", "true")
    # The tip's goal is the typical change of the tip: both are what the plan is.
    chip(untouched, "Refine the tip").click()
    expect(typical).to_have_attribute("aria-pressed", "true")
    # A value of one's own: the others are typical still.
    slider = untouched.page.locator("[data-effect='rhinoplasty.dorsal_hump']")
    slider.press("ArrowLeft")
    expect(typical).to_have_attribute("aria-pressed", "mixed")
    untouched.tab(
        "tab.change({ ...tab.settings, effects: { ...tab.effects.values,"
        " 'rhinoplasty.dorsal_hump': -1 } })"
    )
    expect(typical).to_have_attribute("aria-pressed", "false")
    # Chosen again it takes their place: a press that changes nothing would be none.
    typical.click()
    expect(typical).to_have_attribute("aria-pressed", "true")
    untouched.settle()
    assert untouched.settings["effects"] == {}


def test_a_value_is_rounded_alike_wherever_it_stands(untouched: Visit) -> None:
    values = [step / 20 for step in range(-61, 62)] + [-0.04, 8.125, 2.5e-7]
    written = untouched.page.evaluate(
        """async (values) => {
            const { fixed, number } = await import('/ld/static/page.js');
            const all = (write) =>
                [0, 1, 2].map((digits) => values.map((value) => write(value, digits)));
            return [all(fixed), all(number)];
        }""",
        values,
    )
    server = [[untouched.texts.number(value, digits) for value in values] for digits in range(3)]
    assert written == [server, server]
    # Beside the slider, in the name of the step, and above the table.
    untouched.tab("tab.change({ ...tab.settings, effects: { 'rhinoplasty.tip_width': -1.25 } })")
    untouched.settle()
    number = untouched.page.locator("[data-key='rhinoplasty.tip_width'] input[type=number]")
    expect(number).to_have_value("-1.2")
    expect(untouched.page.locator(".ld-step-list button").last).to_contain_text("-1.2 mm")
    expect(untouched.page.locator("[data-results]")).to_contain_text("Tip width -1.2 mm")
