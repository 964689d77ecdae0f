"""A profile in tab 1: its points are dragged, and found by hand where they cannot be seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from profile_photos import photo
from running_app import Served
from visits import TAB, Visit, faults, new_context, visiting

from landmarkdiff.photo import write_png


@pytest.fixture(scope="module")
def side(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("side") / "side.png"
    write_png(path, photo())
    return path


@pytest.fixture(scope="module")
def shared(browser: Browser, app: Served, side: Path) -> Iterator[Visit]:
    """A page with a profile, opened once for this file."""
    with visiting(browser, app.url, side) as visit:
        yield visit


@pytest.fixture
def profile(shared: Visit) -> Iterator[Visit]:
    shared.reset()
    shared.tab("tab.nudging.toggle()")
    # The view comes nearer in a few frames.
    shared.page.wait_for_function(
        f"async () => {{ const {{ view }} = {TAB}.preview; return view.goal === view; }}"
    )
    yield shared
    shared.check()


def points(visit: Visit) -> dict[str, tuple[float, float]]:
    named: list[dict[str, Any]] = visit.tab("tab.header.profile_points")
    return {each["name"]: (each["x"], each["y"]) for each in named}


def on_page(visit: Visit, viewer: str, x: float, y: float) -> tuple[float, float]:
    """Where a viewer shows a place of its photo, CSS pixels of the window."""
    place: list[float] = visit.tab(
        f"(() => {{ const {{ view, stage }} = {viewer};"
        " const box = stage.getBoundingClientRect();"
        " const at = view.toStage({ x: values[0], y: values[1] }, view.panes()[0]);"
        " return [box.left + at.x, box.top + at.y]; })()",
        x,
        y,
    )
    return place[0], place[1]


def drag(visit: Visit, start: tuple[float, float], way: tuple[float, float]) -> None:
    mouse = visit.page.mouse
    mouse.move(*start)
    mouse.down()
    mouse.move(start[0] + way[0], start[1] + way[1], steps=4)
    mouse.up()


def test_a_dragged_point_is_kept_and_the_contour_follows(profile: Visit) -> None:
    before = points(profile)
    scale = profile.tab("tab.preview.view.scale")
    way = (-4.0 * scale, 1.5 * scale)
    drag(profile, on_page(profile, "tab.preview", *before["pronasale"]), way)
    profile.settle()
    x, y = before["pronasale"]
    wanted = pytest.approx((x - 4.0, y + 1.5), abs=0.5)
    assert tuple(profile.settings["profile_points"]["pronasale"]) == wanted
    after = points(profile)
    assert after["pronasale"] == wanted  # as the server has it
    assert after["columella"][0] < before["columella"][0] - 1.0  # its neighbour follows
    line = np.array(profile.tab("tab.header.profile_contour"))
    assert np.hypot(*(line - after["pronasale"]).T).min() < 1.5  # it is drawn through the point
    assert after["pogonion"] == pytest.approx(before["pogonion"], abs=1.0)
    expect(profile.page.locator(".ld-notices")).to_contain_text(
        "Points of the profile placed by hand: 1"
    )
    profile.page.keyboard.press("Control+z")
    profile.settle()
    assert profile.settings["profile_points"] == {}
    assert points(profile)["pronasale"] == pytest.approx((x, y), abs=0.01)


def test_points_are_named_beside_the_face_and_moved_by_keys(profile: Visit) -> None:
    page = profile.page
    labels = page.locator(".ld-live-point-names text")
    expect(labels).to_have_count(len(points(profile)))
    expect(labels.filter(has_text="pronasale")).to_be_visible()
    boxes = labels.evaluate_all(
        "(all) => all.map((each) => each.getBBox()).map((b) => [b.x, b.y, b.width, b.height])"
    )
    for (x, y, width, height), (right, below, wide, tall) in combinations(boxes, 2):
        across = min(x + width, right + wide) - max(x, right)
        down = min(y + height, below + tall) - max(y, below)
        assert across < 0.5 or down < 0.5
    page.locator(".ld-live-landmarks").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    profile.settle()
    assert len(profile.settings["profile_points"]) == 1
    page.locator("summary", has_text="Scale").click()
    page.get_by_role("button", name="Undo corrections").click()
    profile.settle()
    assert profile.settings["profile_points"] == {}


def test_a_point_that_does_not_fit_is_said(profile: Visit) -> None:
    before = points(profile)["pronasale"]
    index = [*points(profile)].index("pronasale")
    profile.tab("tab.nudging.take({ index: values[0], dx: -60, dy: 0 })", index)
    expect(profile.page.locator(".ld-stage .ld-status")).to_contain_text("mm from the contour")
    profile.page.keyboard.press("Control+z")
    profile.settle()
    assert points(profile)["pronasale"] == pytest.approx(before, abs=0.01)


def test_a_profile_that_is_not_found_is_found_through_five_points(
    browser: Browser, app: Served, shared: Visit, tmp_path: Path
) -> None:
    known = points(shared)
    covered = photo().copy()
    mouth = known["stomion"]
    cv2.ellipse(
        covered, (round(mouth[0]), round(mouth[1])), (70, 45), 20, 0, 360, (190, 150, 125), -1
    )
    path = tmp_path / "covered.png"
    write_png(path, covered)
    visit = Visit(new_context(browser), app.url)
    visit.page.set_input_files(".ld-stage input[type=file]:not([hidden] *)", path)
    dialog = visit.page.get_by_role("dialog", name="Where is the profile?")
    expect(dialog).to_be_visible()
    visit.page.wait_for_function(
        "() => document.querySelectorAll('.ld-place-points .ld-live-point-names text').length === 5"
    )
    placed: list[dict[str, Any]] = visit.tab("tab.placePoints.points")
    # From the neck up, so that no point lies under another on its way.
    for each in reversed(placed):
        start = on_page(visit, "tab.placePoints.preview", each["x"], each["y"])
        end = on_page(visit, "tab.placePoints.preview", *known[each["name"]])
        drag(visit, start, (end[0] - start[0], end[1] - start[1]))
    assert faults(visit.page, "dialog.ld-place-points") == []
    dialog.get_by_role("button", name="Look for the contour").click()
    visit.page.wait_for_function(
        "() => document.querySelector('.ld-single').dataset.checks === '1'"
    )
    found = points(visit)
    for name in ("glabella", "pronasale", "pogonion"):
        assert np.hypot(*np.subtract(found[name], known[name])) < 4.0
    assert set(visit.settings["profile_points"]) == {each["name"] for each in placed}
    visit.end()
