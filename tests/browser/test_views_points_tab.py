"""The points of a profile in tab 5: dragged in a dialog, by pointer and by keys, and undone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect
from profile_photos import photo
from running_app import Served, go_to_tab
from visits import Visit, faults, new_context

from landmarkdiff.photo import write_png

_POINTS = "(await import('/ld/static/tabs/views/views.js')).mount(document).points"


@pytest.fixture
def visit(browser: Browser, app: Served, tmp_path: Path) -> Visit:
    path = tmp_path / "side.png"
    write_png(path, photo())
    visit = Visit(new_context(browser), app.url)
    go_to_tab(visit.page, "Multiple angles")
    visit.page.wait_for_selector(".ld-place")
    visit.page.set_input_files(".ld-views-bar input[type=file]", path)
    visit.page.wait_for_selector('.ld-views[data-count="1"]:not(.ld-working)')
    return visit


def place_of(visit: Visit, name: str) -> tuple[float, float]:
    """Where a point lies in the photo, pixels."""
    script = f"""async (name) => {{
        const point = {_POINTS}.points.find((one) => one.name === name);
        return [point.x, point.y];
    }}"""
    x, y = visit.page.evaluate(script, name)
    return x, y


def on_page(visit: Visit, name: str) -> tuple[float, float]:
    """Where it is seen, CSS pixels of the window."""
    script = f"""async (name) => {{
        const {{ points, preview }} = {_POINTS};
        const point = points.find((one) => one.name === name);
        const box = preview.stage.getBoundingClientRect();
        const at = preview.view.toStage(point, preview.view.panes()[0]);
        return [box.left + at.x, box.top + at.y];
    }}"""
    x, y = visit.page.evaluate(script, name)
    return x, y


def answered(dialog: Locator, placed: int, answers: int) -> None:
    """Wait until the server has answered so often, and so many points are placed."""
    expect(dialog).to_have_attribute("data-answers", str(answers))
    expect(dialog).to_have_attribute("data-placed", str(placed))


def test_points_are_dragged_undone_and_kept(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Points of the profile: Left profile").click()
    dialog = page.get_by_role("dialog", name="Points of the profile")
    answered(dialog, 0, 1)
    assert faults(page, "dialog.ld-profile-points") == []
    x, y = place_of(visit, "pronasale")
    across, down = on_page(visit, "pronasale")
    page.mouse.move(across, down)
    page.mouse.down()
    page.mouse.move(across - 8, down, steps=4)
    page.mouse.up()
    answered(dialog, 1, 2)
    moved, _ = place_of(visit, "pronasale")
    assert moved < x - 3
    page.keyboard.press("Control+z")
    answered(dialog, 0, 3)
    assert place_of(visit, "pronasale") == pytest.approx((x, y), abs=0.01)
    dialog.get_by_role("button", name="Redo").click()
    answered(dialog, 1, 4)
    assert place_of(visit, "pronasale")[0] == pytest.approx(moved, abs=0.01)
    dialog.get_by_role("button", name="Undo corrections").click()
    answered(dialog, 0, 5)
    # By keys: the first point is chosen, taken up, moved and put down.
    page.locator(".ld-profile-points .ld-live-landmarks").focus()
    for key in ("ArrowDown", "Enter", "Shift+ArrowLeft", "Enter"):
        page.keyboard.press(key)
    answered(dialog, 1, 6)
    dialog.get_by_role("button", name="Done").click()
    expect(dialog).to_have_count(0)
    expect(page.locator('[data-place="left_profile"] [data-action="points"]')).to_be_focused()
    visit.end()


def test_a_point_that_does_not_fit_goes_back(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Points of the profile: Left profile").click()
    dialog = page.get_by_role("dialog", name="Points of the profile")
    answered(dialog, 0, 1)
    page.evaluate(
        f"async () => {{ const tab = {_POINTS};"
        " const index = tab.points.findIndex(({ name }) => name === 'pronasale');"
        " tab.nudge({ index, dx: -80, dy: 0 }); }"
    )
    expect(dialog).to_have_attribute("data-refused", "1")
    expect(dialog.locator(".ld-status")).to_contain_text("mm from the contour")
    expect(dialog.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    visit.end()
