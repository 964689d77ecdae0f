"""The second screen in two browsers: it draws what tab 1 shows, and nothing once that is over."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chromium import new_page
from PIL import Image
from playwright.sync_api import Browser, FloatRect, Page, expect
from running_app import Served, add_photo
from visits import Visit, faults, visiting

from landmarkdiff import weights

#: Two stages of one size draw the same picture to the last bit, but for the divider's handle, which
#: only the page has: mean of the differences, levels of 255.
TOLERANCE = 0.5
#: What the page shows is what it has told the program.
TOLD = "tab.second.told === tab.second.state() && tab.second.number"


@pytest.fixture(scope="module")
def visit(browser: Browser, app: Served, portrait: Path) -> Iterator[Visit]:
    # In the dark, the ground around both pictures has one colour.
    look = {"color_scheme": "dark", "device_scale_factor": 1}  # the pixels of both are compared
    with visiting(browser, app.url, portrait, **look) as visit:
        visit.settle()
        yield visit


def shown_on(visit: Visit, browser: Browser, width: int = 800, height: int = 700) -> Page:
    """Join what a page shows by its code, as people do, on a device that is not logged in."""
    visit.page.get_by_role("button", name="Second screen").click()
    code = visit.page.locator(".ld-screen-code")
    if not code.is_visible():
        visit.page.get_by_role("button", name="Another code").click()
    expect(code).to_be_visible()
    context = browser.new_context(viewport={"width": width, "height": height}, locale="de-DE")
    screen = new_page(context)
    screen.goto(visit.page.locator(".ld-screen-address").inner_text())
    expect(screen.get_by_role("heading")).to_have_text("Zweiter Bildschirm")
    screen.get_by_label("Code").fill(code.inner_text().lower().replace("-", " "))
    screen.get_by_role("button").click()
    follow(visit, screen)
    expect(visit.page.locator(".ld-second-screen [role=status]")).to_have_text(
        visit.texts("screen.one")
    )
    expect(code).to_be_hidden()
    visit.page.keyboard.press("Escape")
    return screen


def follow(visit: Visit, screen: Page) -> None:
    """Wait until the screen has drawn what the page shows now."""
    while not (number := visit.tab(TOLD)):
        pass
    # Between two pages there is no body.
    screen.wait_for_function("(number) => Number(document.body?.dataset.number) >= number",
                             arg=number)  # fmt: skip
    screen.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def give_same_stage(visit: Visit, screen: Page) -> None:
    """Give the screen's picture the size of the page's."""
    size = visit.tab("[tab.preview.stage.clientWidth, tab.preview.stage.clientHeight]")
    head = screen.locator(".ld-screen-head").evaluate("(one) => one.offsetHeight")
    screen.set_viewport_size({"width": size[0], "height": size[1] + head})
    screen.wait_for_function(
        "(size) => { const { clientWidth: w, clientHeight: h } ="
        " document.querySelector('.ld-live-stage'); return w === size[0] && h === size[1]; }",
        arg=size,
    )


def pixels(page: Page) -> np.ndarray[Any, Any]:
    """What lies on the stage, as (H, W, 3) int."""
    box = page.locator(".ld-live-stage").first.bounding_box()
    assert box is not None
    # Where the stage lies between two rows, the browser draws it at the nearer one.
    clip = FloatRect(
        x=round(box["x"]), y=round(box["y"]), width=round(box["width"]), height=round(box["height"])
    )
    image = Image.open(io.BytesIO(page.screenshot(clip=clip)))
    return np.asarray(image.convert("RGB")).astype(int)


def test_it_draws_what_the_page_shows(visit: Visit, browser: Browser) -> None:
    screen = shown_on(visit, browser)
    wrong: list[str] = []
    screen.on("pageerror", lambda error: wrong.append(str(error)))
    screen.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    give_same_stage(visit, screen)
    before = pixels(screen)
    for change in (
        "tab.preview.setDivider(0.7)",
        "tab.preview.setMode('after')",
        # While a slider moves nothing comes from the program.
        "tab.preview.setValues({...tab.effects.values, 'rhinoplasty.alar_base_width': -4})",
        "tab.preview.setMode('side')",
        "tab.preview.looking.setMirrored(true)",
        "tab.preview.view.move({scale: 2.5 * tab.preview.view.scale, x: 230, y: 130})",
        "(tab.preview.setMode('blend'), tab.preview.looking.setOpacity(0.3))",
        "tab.preview.looking.setColours('movement')",
    ):
        visit.tab(f"({change}, null)")
        give_same_stage(visit, screen)
        follow(visit, screen)
        ours, theirs = pixels(visit.page), pixels(screen)
        assert np.abs(ours - theirs).mean() < TOLERANCE, change
        # The test could tell: it has become another picture each time.
        assert before.shape != theirs.shape or np.abs(before - theirs).mean() > 2 * TOLERANCE
        before = theirs
    # What the page holds up and lets take turns shows too.
    visit.tab("(tab.preview.setMode('after'), tab.preview.looking.setColours(null), null)")
    follow(visit, screen)
    expect(screen.locator(".ld-live-tag")).to_be_hidden()
    visit.tab("(tab.preview.holdBefore(true), null)")
    follow(visit, screen)
    expect(screen.locator(".ld-live-tag")).to_be_visible()
    visit.tab("(tab.preview.holdBefore(false), tab.preview.looking.setMirrored(false), null)")
    visit.tab("(tab.preview.setMode('divider'), tab.preview.fit(), null)")
    visit.tab("(tab.preview.setValues(tab.effects.values), null)")
    assert wrong == []
    screen.context.close()
    visit.tab("(await tab.second.end(), null)")


def test_it_is_looked_at_and_not_touched(visit: Visit, browser: Browser) -> None:
    screen = shown_on(visit, browser, 390, 844)
    # The only control is that of the full screen.
    assert screen.get_by_role("button").all_inner_texts() == ["Full screen"]
    assert screen.get_by_role("slider").count() == 0
    focused = []
    for _ in range(3):
        screen.keyboard.press("Tab")
        focused.append(screen.evaluate("document.activeElement.tagName"))
    assert set(focused) <= {"BUTTON", "BODY"}
    expect(screen.get_by_role("img", name=visit.texts("screen.picture"))).to_be_visible()
    expect(screen.get_by_role("heading")).to_have_text("SIMULATION")
    number = screen.evaluate("document.body.dataset.number")
    before = pixels(screen)
    screen.mouse.move(200, 400)
    screen.mouse.wheel(0, -600)
    for key in ("s", "x", "b", "+", "ArrowLeft"):
        screen.keyboard.press(key)
    assert screen.evaluate("document.body.dataset.number") == number
    assert np.array_equal(pixels(screen), before)
    for size in ((390, 844), (820, 1180), (1920, 1080)):
        screen.set_viewport_size({"width": size[0], "height": size[1]})
        assert faults(screen) == []
        assert screen.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        ) == list(size)
    names = screen.evaluate("document.body.innerText")
    assert "astronaut" not in names
    screen.context.close()
    visit.tab("(await tab.second.end(), null)")


def test_it_shows_what_stands_below_the_picture(visit: Visit, browser: Browser) -> None:
    page = visit.page
    screen = shown_on(visit, browser)
    sides = screen.locator(".ld-screen-side")
    expect(sides).to_have_count(0)
    page.locator("#ld-words").fill("smile slightly")
    page.locator("#ld-words").press("Enter")
    # An expression, in words that hold no name: what was typed stays on the page.
    expect(sides).to_have_count(2)
    expect(screen.get_by_text(" smile slightly")).to_have_count(0)
    expect(screen.locator("figcaption")).to_have_text(["expression: happy, 33 %"])
    visit.settle()
    visit.tab("(tab.plans.keepPlan(), null)")
    page.locator("[data-key='rhinoplasty.alar_base_width'] input[type=number]").fill("-2")
    page.keyboard.press("Tab")
    # That of another plan is not shown.
    expect(sides).to_have_count(0)
    expect(page.locator(".ld-told")).to_contain_text("%")
    visit.tab("(await tab.plans.comparePlans(), null)")
    labels = screen.locator(".ld-screen-side .ld-label")
    expect(labels).to_have_text(["Plan A", "SIMULATION", "Plan B", "SIMULATION"])
    for image in screen.locator(".ld-screen-side img").all():
        expect(image).not_to_have_js_property("naturalWidth", 0)
    for size in ((390, 844), (820, 1180), (1920, 1080)):
        screen.set_viewport_size({"width": size[0], "height": size[1]})
        assert faults(screen) == []
        for box in screen.locator(".ld-screen-side, .ld-live-stage").all():
            place = box.bounding_box()
            assert place and place["width"] >= 150 and place["height"] >= 150
            assert place["x"] + place["width"] <= size[0]
            assert place["y"] + place["height"] <= size[1]
    visit.tab("(tab.plans.dropPlan(), tab.plans.goTo(tab.history.all[0]), null)")
    expect(sides).to_have_count(0)
    visit.settle()
    screen.context.close()
    visit.tab("(await tab.second.end(), null)")


def test_windows_of_one_browser_do_not_push_one_another_out(visit: Visit, browser: Browser) -> None:
    screen = shown_on(visit, browser)
    windows = [screen, new_page(screen.context), new_page(screen.context)]
    asked: list[str] = []
    screen.context.on(
        "request", lambda one: asked.append(one.url) if "/screen/state" in one.url else None
    )
    for window in windows[1:]:
        window.goto(screen.url)
    for divider in (0.3, 0.6, 0.9):
        visit.tab(f"(tab.preview.setDivider({divider}), null)")
        for window in windows:
            follow(visit, window)
    # Each asks for a state and then for the next; nobody is sent away to ask again.
    assert len(asked) < 40
    screen.context.close()
    visit.tab("(await tab.second.end(), null)")


def test_it_ends_with_the_button_and_with_the_photo(visit: Visit, browser: Browser) -> None:
    page = visit.page
    first = shown_on(visit, browser)
    second = shown_on_another(visit, browser)
    button = page.get_by_role("button", name="Second screen")
    button.click()
    page.get_by_role("button", name="Stop showing").click()
    for screen in (first, second):
        expect(screen.get_by_role("alert")).to_have_text("Das Bild wird hier nicht mehr gezeigt.")
        assert faults(screen) == []
        screen.context.close()
    expect(button).to_have_attribute("aria-pressed", "false")
    # There is nothing more to do: the dialog goes, and below the picture stands what was done.
    expect(page.locator(".ld-second-screen")).to_be_hidden()
    said = visit.texts("screen.stopped")
    expect(page.locator(".ld-stage .ld-status")).to_have_text(said)
    expect(button).to_be_focused()
    third = shown_on(visit, browser)
    add_photo(page, Path(weights.obtain("grace_hopper")))
    expect(third.get_by_role("alert")).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "false")
    third.context.close()


def shown_on_another(visit: Visit, browser: Browser) -> Page:
    """A second device, by a code of its own."""
    visit.page.get_by_role("button", name="Second screen").click()
    visit.page.get_by_role("button", name="Another code").click()
    code = visit.page.locator(".ld-screen-code")
    expect(code).to_be_visible()
    assert faults(visit.page, ".ld-second-screen") == []
    screen = new_page(browser.new_context(locale="de-DE"))
    screen.goto(visit.page.locator(".ld-screen-address").inner_text())
    screen.get_by_label("Code").fill(code.inner_text())
    screen.get_by_role("button").click()
    expect(visit.page.locator(".ld-second-screen [role=status]")).to_have_text(
        visit.texts("screen.many", count=2)
    )
    visit.page.keyboard.press("Escape")
    return screen
