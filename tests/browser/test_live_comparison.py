"""Before and simulation: divider, hold, label, side by side."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import blob
from live_viewer import HANDLE, STAGE, box, differing, events, looks, settle, state
from playwright.sync_api import Page, expect


def test_left_of_the_divider_is_before_and_right_is_the_simulation(viewer: Page) -> None:
    before, after = looks(viewer, "before"), looks(viewer, "after")
    changed = differing(before, after)
    columns = np.flatnonzero(changed[60:].any(axis=0)) / changed.shape[1]
    # Within the nose, so that the warp shows on both sides of the line.
    for position in np.quantile(columns, (0.2, 0.5, 0.8)).tolist():
        viewer.evaluate("position => preview.setDivider(position)", position)
        shown = blob(viewer)
        line = round(position * shown.shape[1])
        assert np.array_equal(shown[:, : line - 3], before[:, : line - 3])
        assert np.array_equal(shown[:, line + 3 :], after[:, line + 3 :])
        assert (shown[:, line - 1 : line + 1] == 255).all()
        assert changed[60:, : line - 3].any()
        assert changed[60:, line + 3 :].any()


def test_the_divider_follows_mouse_and_keys(viewer: Page) -> None:
    stage, handle = box(viewer), box(viewer, HANDLE)
    x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x - 150, y - 200, steps=4)
    viewer.mouse.up()
    assert state(viewer, "divider") == pytest.approx(0.5 - 150 / stage["width"], abs=0.003)
    # The line itself can be gripped, at any height, and keeps its distance to the pointer.
    line = stage["x"] + state(viewer, "divider") * stage["width"]
    viewer.mouse.move(line + 9, stage["y"] + 40)
    viewer.mouse.down()
    viewer.mouse.move(line + 109, stage["y"] + 40)
    viewer.mouse.up()
    assert state(viewer, "divider") == pytest.approx(0.5 - 50 / stage["width"], abs=0.003)

    slider = viewer.get_by_role("slider")
    slider.focus()
    viewer.keyboard.press("Home")
    assert state(viewer, "divider") == 0
    viewer.keyboard.press("End")
    assert state(viewer, "divider") == 1
    viewer.keyboard.press("ArrowLeft")
    viewer.keyboard.press("Shift+ArrowLeft")
    assert state(viewer, "divider") == pytest.approx(0.88)
    expect(slider).to_have_attribute("aria-valuenow", "88")
    text = "Before on 88 %, simulation on 12 % of the picture"
    expect(slider).to_have_attribute("aria-valuetext", text)
    assert events(viewer, "divider")[-1] == {"position": pytest.approx(0.88)}


def test_holding_shows_before_and_letting_go_does_not(viewer: Page) -> None:
    viewer.evaluate("preview.setMode('after')")
    before, after = looks(viewer, "before"), looks(viewer, "after")
    assert differing(before, after)[60:].any()
    button = viewer.get_by_role("button", name="Hold to see before")
    place = box(viewer, ".ld-live-hold")
    viewer.mouse.move(place["x"] + 20, place["y"] + 20)
    viewer.mouse.down()
    assert np.array_equal(blob(viewer), before)
    expect(button).to_have_attribute("aria-pressed", "true")
    viewer.mouse.up()
    assert np.array_equal(blob(viewer), after)
    viewer.locator(STAGE).focus()
    for key in ("b", "B", " "):
        viewer.keyboard.down(key)
        assert np.array_equal(blob(viewer), before), key
        expect(viewer.get_by_role("status")).to_have_text("The photo before is shown")
        viewer.keyboard.up(key)
        assert np.array_equal(blob(viewer), after), key
    # Nobody is left with the photo before when the focus goes while the key is down.
    viewer.keyboard.down("b")
    viewer.evaluate("document.activeElement.blur()")
    assert np.array_equal(blob(viewer), after)
    viewer.keyboard.up("b")
    # A screen reader clicks, and cannot hold.
    button.focus()
    viewer.keyboard.press("Enter")
    assert np.array_equal(blob(viewer), before)
    viewer.keyboard.press("Enter")
    assert np.array_equal(blob(viewer), after)


def label_box(page: Page) -> tuple[int, int, int, int] | None:
    """Where the label is in the picture (left, top, right, bottom): all that differs at rest."""
    shown = blob(page)
    mode = state(page, "mode")
    divider = state(page, "divider")
    plain = looks(page, "before")
    # Corners of the mesh are snapped to parts of a pixel: not every pixel stays the same.
    different = differing(shown, plain, 40)
    if mode == "divider":
        line = round(divider * shown.shape[1])
        different[:, max(line - 3, 0) : line + 3] = False
    rows, columns = np.flatnonzero(different.any(axis=1)), np.flatnonzero(different.any(axis=0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def test_the_word_simulation_is_in_the_picture_wherever_it_shows(viewer: Page) -> None:
    viewer.evaluate("preview.setValues({})")
    settle(viewer)
    width = state(viewer, "stats().width")
    for mode, position in (("after", 0.5), ("divider", 0.0), ("divider", 0.5)):
        viewer.evaluate("mode => preview.setMode(mode)", mode)
        viewer.evaluate("position => preview.setDivider(position)", position)
        found = label_box(viewer)
        assert found is not None
        left, top, right, bottom = found
        assert right - left > 80
        assert width - 24 < right < width
        assert 16 < bottom - top < 40
        assert top < 20
    # Where it does not fit upright it stands along the edge, and does not go away.
    for position in (0.93, 0.985, 0.999):
        viewer.evaluate("position => preview.setDivider(position)", position)
        found = label_box(viewer)
        assert found is not None
        left, top, right, bottom = found
        assert bottom - top > 60, position
        assert left > width - 60
    # Nothing of the simulation shows, so nothing says so.
    viewer.evaluate("preview.setDivider(1)")
    assert label_box(viewer) is None
    viewer.evaluate("preview.setMode('before')")
    assert label_box(viewer) is None


def test_the_label_may_be_in_another_language(viewer: Page) -> None:
    viewer.evaluate("preview.setValues({}); preview.setMode('after')")
    settle(viewer)
    english = label_box(viewer)
    viewer.evaluate("preview.setLabel('SIMULATION · 模拟')")
    both = label_box(viewer)
    assert english is not None
    assert both is not None
    assert both[0] < english[0] - 20
    # An empty text does not take it away.
    viewer.evaluate("preview.setLabel('')")
    assert label_box(viewer) == english


def test_side_by_side_shows_the_same_framing_twice(viewer: Page) -> None:
    viewer.get_by_role("button", name="Side by side").click()
    assert state(viewer, "mode") == "side"
    assert events(viewer, "mode") == [{"mode": "side"}]
    expect(viewer.locator(HANDLE)).to_be_hidden()
    settle(viewer)
    shown = blob(viewer)
    half = shown.shape[1] // 2
    left, right = shown[:, : half - 1], shown[:, half + 1 :]
    width = min(left.shape[1], right.shape[1])
    different = differing(left[:, :width], right[:, :width])
    assert different[60:].any()
    viewer.evaluate("preview.setValues({})")
    settle(viewer)
    shown = blob(viewer)
    same = differing(shown[:, : half - 1][:, :width], shown[:, half + 1 :][:, :width])
    assert same[60:].mean() < 0.01
    viewer.evaluate("preview.zoom(2)")
    settle(viewer)
    shown = blob(viewer)
    same = differing(shown[:, : half - 1][:, :width], shown[:, half + 1 :][:, :width])
    assert same[60:].mean() < 0.01
    viewer.locator(STAGE).press("s")
    assert state(viewer, "mode") == "divider"


# -- what shows where -------------------------------------------------------------------------

ONE, TWO = [{"x": 0, "width": 400}], [{"x": 0, "width": 199}, {"x": 201, "width": 199}]


@pytest.mark.parametrize(
    ("mode", "divider", "held", "simulated", "landmarks", "froms", "line"),
    [
        ("divider", 0.25, False, True, False, [100], 100),
        ("divider", 0.0, False, True, False, [0], 0),
        ("divider", 1.0, False, True, False, [None], 400),  # nothing of it shows, but it is there
        ("divider", 0.25, True, True, False, [None], None),
        ("divider", 0.25, False, False, False, [None], None),
        ("divider", 0.25, False, True, True, [None], None),
        ("after", 0.25, False, True, False, [0], None),
        ("after", 0.25, True, True, False, [None], None),
        ("before", 0.25, False, True, False, [None], None),
        ("side", 0.25, False, True, False, [None, 201], None),
        ("side", 0.25, False, True, True, [None, 201], None),
        ("side", 0.25, True, True, False, [None, None], None),
        ("side", 0.25, False, False, False, [None, None], None),
    ],
)
def test_where_the_simulation_begins(
    mode: str,
    divider: float,
    held: bool,
    simulated: bool,
    landmarks: bool,
    froms: list[float | None],
    line: float | None,
    live_page: Page,
) -> None:
    found = live_page.evaluate(
        """async ([state, panes, given]) => {
          const { Comparison } = await import("/static/live/comparison.js");
          return Object.assign(new Comparison(), state).layout(panes, given);
        }""",
        [
            {"mode": mode, "divider": divider, "held": held},
            TWO if mode == "side" else ONE,
            {"simulated": simulated, "landmarks": landmarks},
        ],
    )
    assert found == {"froms": froms, "line": line}


def test_an_unknown_mode_is_refused(viewer: Page) -> None:
    refused = "mode => { try { preview.setMode(mode); } catch (error) { return error.message; } }"
    message = "mode upside down; one of divider, side, blend, after, before"
    assert viewer.evaluate(refused, "upside down") == message
    assert state(viewer, "mode") == "divider"
