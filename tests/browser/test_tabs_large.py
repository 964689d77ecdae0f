"""Pictures of a tab shown large: zoomed and moved together, each named a simulation once."""

from __future__ import annotations

import numpy as np
from form_tabs import answer, ready
from playwright.sync_api import Locator, Page, expect
from visits import SCHEMES, Visit, faults, show_in

from landmarkdiff.photo.label import label_box

TRANSFORMS = """() => [...document.querySelectorAll('.ld-large-pane img')]
    .map((image) => image.style.transform)"""


def assert_covered(dialog: Locator) -> None:
    """Check that the one word in sight is the page's own, over what is seen of the drawn one."""
    pane = dialog.locator(".ld-large-pane").last
    own = pane.get_by_text("SIMULATION")
    expect(own).to_be_visible()
    box, room, shown = (corners(one) for one in (own, pane, pane.locator("img")))
    size = pane.locator("img").evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
    drawn = label_box((size[0], size[1]), "bottom-right")
    for axis in (0, 1):
        scale = (shown[axis + 2] - shown[axis]) / size[axis]
        inside = room[axis], room[axis + 2]
        first = shown[axis] + scale * drawn[axis]
        ends = np.clip([first, first + scale * drawn[axis + 2]], *inside)
        assert box[axis] <= ends[0] + 1 and box[axis + 2] >= ends[1] - 1
        assert box[axis] >= inside[0] - 1 and box[axis + 2] <= inside[1] + 1


def corners(element: Locator) -> tuple[float, float, float, float]:
    """Where an element begins and ends: left, top, right, bottom."""
    box = element.bounding_box()
    assert box
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def faults_in_both(page: Page) -> list[str]:
    """What is found of the large pictures, in light and in dark."""
    found: list[str] = []
    for scheme in SCHEMES:
        show_in(page, scheme)
        found += faults(page, ".ld-large")
    return found


def test_pictures_open_large_and_are_zoomed_and_moved_together(with_forms: Visit) -> None:
    page, form = with_forms.page, ready(with_forms, "comparison")
    form.get_by_role("checkbox", name="Brow lift").check()
    answer(form, "Compare")
    links = form.locator("[data-part=gallery] a.ld-swap")
    links.first.click()
    dialog = page.get_by_role("dialog", name="Show large")
    expect(dialog).to_have_attribute("data-shown", "0")
    expect(dialog.get_by_role("status")).to_contain_text("(1/2)")
    panes = [pane.bounding_box() for pane in dialog.locator(".ld-large-pane").all()]
    tile = links.first.locator("img").first.bounding_box()
    assert tile and all(pane and pane["height"] > 1.3 * tile["height"] for pane in panes)
    # It stands in the picture, and so once: the page's own word covers it.
    assert_covered(dialog)
    before, after = page.evaluate(TRANSFORMS)
    assert before == after
    left, top, right, bottom = corners(dialog.locator(".ld-large-pane").nth(1))
    middle = (left + right) / 2, (top + bottom) / 2
    page.mouse.move(*middle)
    page.mouse.wheel(0, -600)
    page.wait_for_function(f"(first) => ({TRANSFORMS})()[0] !== first", arg=before)
    page.mouse.down()
    page.mouse.move(middle[0] + 50, middle[1] + 30, steps=3)
    page.mouse.up()
    page.keyboard.press("ArrowDown")
    zoomed = page.evaluate(TRANSFORMS)
    assert zoomed[0] == zoomed[1] != before
    assert_covered(dialog)  # or stands at the edge, where the picture's own is out of sight
    # Held, both sides show the photo.
    sources = "[...document.querySelectorAll('.ld-large-pane img')].map((image) => image.src)"
    first = page.evaluate(sources)
    assert first[0] != first[1]
    page.keyboard.down("b")
    assert page.evaluate(sources) == [first[0], first[0]]
    expect(dialog.get_by_text("SIMULATION")).to_be_hidden()
    page.keyboard.up("b")
    assert page.evaluate(sources) == first
    # The next picture stands in the same view; the whole face in its own.
    dialog.get_by_role("button", name="Next picture").click()
    expect(dialog).to_have_attribute("data-shown", "1")
    assert page.evaluate(TRANSFORMS) == zoomed
    assert page.evaluate(sources)[1] not in first
    expect(dialog.get_by_role("button", name="Next picture")).to_be_disabled()
    dialog.get_by_role("button", name="Show the whole face").click()
    page.wait_for_function(f"(zoomed) => ({TRANSFORMS})()[0] !== zoomed", arg=zoomed[0])
    shown = page.evaluate(sources)
    assert shown[1].endswith(str(links.last.get_attribute("data-whole")))
    for _ in range(8):  # until the drawn word has left the pane, by and by
        assert_covered(dialog)
        page.keyboard.press("ArrowUp")
        page.keyboard.press("+")
    assert faults_in_both(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
