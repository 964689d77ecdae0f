"""The box above the sliders in a real browser: words set the sliders, and are told of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from running_app import Served, add_photo
from visits import Visit, faults, new_context

from landmarkdiff import weights
from landmarkdiff.workflows.output.archive import read_consultation


@pytest.fixture(scope="module")
def opened(browser: Browser, app: Served) -> Iterator[Visit]:
    """A page with a photo as it opens, shared by this file."""
    visit = Visit(new_context(browser), app.url)
    add_photo(visit.page, Path(weights.obtain("astronaut")), typical=False)
    yield visit
    visit.end()


@pytest.fixture
def untouched(opened: Visit) -> Iterator[Visit]:
    """The page as it is after its photo was opened, with a history of one step."""
    opened.tab(
        """await (async () => {
            const { settings } = (await import('/ld/static/page.js')).config();
            tab.history.reset({ ...settings });
            tab.apply(true);
        })()"""
    )
    opened.settle()
    yield opened
    opened.check()


def field(visit: Visit) -> Locator:
    return visit.page.get_by_role("textbox", name=visit.texts("words.title"), exact=True)


def say(visit: Visit, words: str) -> None:
    """Type words, and wait until they were answered and what they changed is drawn."""
    field(visit).fill(words)
    with visit.page.expect_response("**/ask/single/words"):
        field(visit).press("Enter")
    visit.tab("await tab.plans.words.asked")
    visit.settle()


def moved(visit: Visit) -> dict[str, float]:
    """What is not zero, by the effect's own name."""
    return {key.split(".")[1]: value for key, value in visit.values.items() if value}


def test_words_set_the_sliders_and_name_their_step(untouched: Visit) -> None:
    page, told = untouched.page, untouched.page.locator(".ld-words-told")
    say(untouched, "rotate the tip 4 degrees, flurb the chin")
    assert moved(untouched) == {"tip_rotation": 4.0}
    number = page.get_by_role("spinbutton", name="Tip rotation, °", exact=True)
    expect(number).to_have_value("4.0")
    expect(told).to_contain_text("Tip rotation +4.0°, typical is 4.9°")
    expect(told).to_contain_text("flurb")
    steps = page.locator(".ld-step-list button")
    expect(steps.last).to_have_text("rotate the tip 4 degrees, flurb the chin")
    say(untouched, "half of that")
    assert moved(untouched) == {"tip_rotation": 2.0}
    expect(steps.last).to_have_text("half of that")
    untouched.page.keyboard.press("Escape")
    untouched.tab("tab.travel(tab.history.undo())")
    untouched.settle()
    assert moved(untouched) == {"tip_rotation": 4.0}


def test_a_saved_consultation_keeps_the_words_of_its_steps(
    untouched: Visit, browser: Browser, tmp_path: Path
) -> None:
    say(untouched, "rotate the tip 4 degrees")
    say(untouched, "half of that")
    untouched.tab("tab.travel(tab.history.undo())")
    untouched.settle()
    names = untouched.page.locator(".ld-step-list button").all_text_contents()
    assert names[1:] == ["rotate the tip 4 degrees", "half of that"]
    file = tmp_path / "consultation.landmarkdiff"
    with untouched.page.expect_download() as saving:
        untouched.tab("(await tab.consultations.saveOpenly(), null)")
    saving.value.save_as(file)
    history = read_consultation(file.read_bytes()).history
    assert history.names == (None, "rotate the tip 4 degrees", "half of that")
    other = Visit(new_context(browser), untouched.url)
    other.page.set_input_files(".ld-intake input[type=file]", file)
    steps = other.page.locator(".ld-step-list button")
    expect(steps).to_have_text(names)
    other.settle()
    other.end()


def test_words_bring_another_procedure(untouched: Visit) -> None:
    say(untouched, "Bring the chin 3 mm forward, and smile.")
    assert moved(untouched)["pogonion"] == 3.0
    assert "mentoplasty" in untouched.settings["procedures"]
    number = untouched.page.locator("[data-key='mentoplasty.pogonion'] input[type=number]")
    expect(number).to_have_value("3.0")
    told = untouched.page.locator(".ld-words-told")
    expect(told).to_contain_text("expression: happy")


def test_a_gesture_is_a_step_with_a_picture_of_its_own(untouched: Visit) -> None:
    page, gesture = untouched.page, untouched.page.locator(".ld-gesture")
    before = untouched.settings
    expect(gesture).to_be_hidden()
    say(untouched, "smile slightly")
    asked = untouched.settings["gesture"]
    assert untouched.settings == before | {"gesture": asked}
    assert asked["expression"] == "happy"
    names = page.locator("[data-section=steps] ol button")
    assert names.last.text_content() == "smile slightly"
    pictures = gesture.locator("img[data-layer=final]")
    expect(pictures).to_have_count(2)
    page.wait_for_function(
        "[...document.querySelectorAll('.ld-gesture img')].every((one) => one.naturalWidth > 200)"
    )
    expect(gesture.get_by_text("SIMULATION")).to_be_visible()
    expect(gesture.locator("figcaption")).to_contain_text("expression: happy, 33 %")
    assert faults(page, ".ld-words") == []
    # It is that of the plan at hand, and says so once that is another.
    again = gesture.get_by_role("button", name=untouched.texts("words.draw"))
    expect(again).to_be_hidden()
    page.locator("[data-goal]").nth(1).click()
    expect(gesture).to_contain_text(untouched.texts("app.outdated"))
    again.click()
    expect(again).to_be_hidden()
    # A step back is one without it, or with it again.
    gesture.get_by_role("button", name=untouched.texts("common.remove")).click()
    expect(gesture).to_be_hidden()
    expect(field(untouched)).to_be_focused()
    assert untouched.settings["gesture"] is None
    untouched.tab("tab.plans.goTo(tab.history.all[1])")
    expect(pictures).to_have_count(2)
    untouched.tab("tab.plans.goTo(tab.history.all[0])")
    expect(gesture).to_be_hidden()
    untouched.settle()


def test_words_that_mean_nothing_change_nothing(untouched: Visit) -> None:
    before = untouched.settings
    say(untouched, "make the nose nicer")
    assert untouched.settings == before
    expect(untouched.page.locator(".ld-words-told")).to_contain_text("Not understood")


def test_the_box_can_be_used_by_all(untouched: Visit) -> None:
    say(untouched, "undo the chin")
    assert faults(untouched.page, ".ld-words") == []
    expect(untouched.page.locator(".ld-words-told")).to_have_attribute("role", "status")


def test_an_example_looks_unlike_what_was_said(untouched: Visit) -> None:
    example, said = field(untouched).evaluate(
        "(field) => ['::placeholder', null].map((part) => getComputedStyle(field, part).color)"
    )
    assert example != said


def test_a_long_name_of_an_effect_wraps_on_a_phone(untouched: Visit) -> None:
    page = untouched.page
    page.set_viewport_size({"width": 390, "height": 844})
    say(untouched, "rotate the tip 3 degrees")  # its value can be reset: a button more
    row = page.locator("[data-key='rhinoplasty.tip_rotation'] .ld-effect-head")
    over = row.evaluate(
        """(row, name) => {
            const span = row.querySelector("label > span");
            const own = span.textContent;
            span.textContent = name;
            const words = document.createRange();
            words.selectNodeContents(span);
            const right = words.getBoundingClientRect().right;
            const left = row.children[1].getBoundingClientRect().left;
            span.textContent = own;
            return right - left;
        }""",
        "Nasenspitzenrotation",
    )
    say(untouched, "rotate the " + 100 * "tip")  # and what is repeated wraps, too
    told = page.locator(".ld-words-told")
    expect(told).to_contain_text("tiptip")
    assert told.evaluate("(told) => told.scrollWidth - told.clientWidth") <= 0
    page.set_viewport_size({"width": 1280, "height": 900})
    assert over <= 0
