"""Tab 1: the brush, its list, undo, the table of results; on a desk, a tablet and a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect
from visits import Visit, faults

#: A place of the cheek that shows when the page has opened on the nose.
CHEEK = 205


@pytest.fixture
def visit(with_photo: Visit) -> Visit:
    """The shared page on a desk, with its brush taken up."""
    with_photo.page.set_viewport_size({"width": 1440, "height": 900})
    with_photo.page.locator(".ld-brush summary").click()
    with_photo.page.get_by_role("button", name="Push with the brush").click()
    with_photo.page.wait_for_selector(".ld-live-stage.has-brush")
    with_photo.settle()
    return with_photo


def pushed_table(visit: Visit) -> Locator:
    """The table of what was pushed, which may lie in a folded part of the page."""
    return visit.page.locator("[data-results] table").filter(has_text="Radius")


def pull(visit: Visit, up: float) -> None:
    """Pull the skin of the cheek up, pixels of the window."""
    visit.tab("tab.preview.stage.scrollIntoView({ block: 'center' })")
    x, y = visit.tab(
        """await (async () => {
          // A window of another size is laid out, and its picture fitted, with the next frames.
          for (const _ of [1, 2]) await new Promise((drawn) => requestAnimationFrame(drawn));
          const [x, y] = tab.header.landmarks[values[0]];
          const { view, stage } = tab.preview;
          view.stop();
          const place = view.toStage({ x, y }, view.panes().at(-1));
          const box = stage.getBoundingClientRect();
          return [box.x + place.x, box.y + place.y];
        })()""",
        CHEEK,
    )
    mouse = visit.page.mouse
    mouse.move(x, y)
    mouse.down()
    mouse.move(x, y - up / 2)
    mouse.move(x, y - up)
    mouse.up()


def test_a_push_is_listed_computed_measured_and_undone(visit: Visit) -> None:
    page = visit.page
    pull(visit, 12)
    expect(page.locator(".ld-pushes li")).to_have_count(1)
    visit.settle()
    [push] = visit.settings["manual"]
    assert push["radius"] == 15
    row = page.locator(".ld-pushes li")
    expect(row).to_contain_text("Push 1:")
    table = pushed_table(visit)
    expect(table.locator("tbody tr")).to_have_count(1)
    expect(table.locator("tbody td").nth(3)).to_contain_text("mm")  # achieved
    page.keyboard.press("Control+z")
    expect(row).to_have_count(0)
    page.keyboard.press("Control+y")
    expect(row).to_have_count(1)
    page.get_by_role("button", name="Remove push 1").click()
    expect(row).to_have_count(0)
    visit.settle()
    expect(table).to_have_count(0)
    assert visit.settings["manual"] == []


def test_a_push_stays_when_the_sliders_move_and_the_brush_is_put_away(visit: Visit) -> None:
    page = visit.page
    page.get_by_label("Both sides alike").check()
    pull(visit, 12)
    page.get_by_role("button", name="Put the brush away").click()
    page.locator(".ld-panel input[type=range]").first.press("ArrowRight")
    visit.settle()
    assert [push["symmetric"] for push in visit.settings["manual"]] == [True]
    assert visit.tab("tab.preview.picture.pushed.any")
    expect(pushed_table(visit).locator("tbody tr")).to_have_count(1)
    page.get_by_label("Both sides alike").uncheck()


@pytest.mark.parametrize(("width", "height"), [(820, 1180), (390, 844)])
def test_the_brush_fits_a_tablet_and_a_phone(visit: Visit, width: int, height: int) -> None:
    page = visit.page
    page.set_viewport_size({"width": width, "height": height})
    pull(visit, 8)
    visit.settle()
    expect(page.locator(".ld-pushes li")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nobody_is_shut_out(visit: Visit) -> None:
    pull(visit, 12)
    visit.settle()
    assert faults(visit.page) == []
