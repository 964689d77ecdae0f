"""Where the view opens, the whole face, and taking turns."""

from __future__ import annotations

import pytest
from live_faces import LiveFace
from live_viewer import STAGE, box, settle, state, view
from playwright.sync_api import Page, expect

#: Boxes of the photo as the app's server sends them: the nose of Grace Hopper and her face.
OPEN = """boxes => preview.looking.openOn(boxes)"""


@pytest.fixture
def boxes(face: LiveFace) -> dict[str, dict[str, float]]:
    x, y = (float(each) for each in face.prepared.landmarks.points[4, :2])
    keys = ("x", "y", "width", "height")
    own = face.prepared.landmarks.box
    return {
        "changed": {"x": x - 40, "y": y - 60, "width": 80, "height": 90},
        "region": {"x": x - 70, "y": y - 85, "width": 140, "height": 140},
        "face": dict(zip(keys, own, strict=True)),
    }


def seen(page: Page, one: dict[str, float]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a box of the photo, CSS pixels of the stage."""
    found = page.evaluate(
        """({ x, y, width, height }) => {
          const [pane] = preview.view.panes();
          const first = preview.view.toStage({ x, y }, pane);
          const last = preview.view.toStage({ x: x + width, y: y + height }, pane);
          return [first.x, first.y, last.x, last.y];
        }""",
        one,
    )
    left, top, right, bottom = found
    return left, top, right, bottom


@pytest.mark.parametrize(("width", "height"), [(900, 900), (390, 700), (700, 390)])
def test_it_opens_on_what_is_changed_with_the_divider_beside_it(
    viewer: Page, boxes: dict[str, dict[str, float]], width: int, height: int
) -> None:
    viewer.evaluate(OPEN, boxes)
    viewer.set_viewport_size({"width": width, "height": height})
    settle(viewer)
    stage = box(viewer)
    left, top, right, bottom = seen(viewer, boxes["region"])
    assert min(left, top) > -1
    assert right < stage["width"] + 1
    assert bottom < stage["height"] + 1
    # As large as it can be.
    assert max((right - left) / stage["width"], (bottom - top) / stage["height"]) > 0.97
    line = state(viewer, "divider") * stage["width"]
    assert 0 < line < seen(viewer, boxes["changed"])[0]
    # Side by side and back it is where it was.
    viewer.locator(STAGE).press("s")
    viewer.locator(STAGE).press("s")
    settle(viewer)
    assert state(viewer, "divider") * stage["width"] == pytest.approx(line, abs=1)


def test_the_whole_face_is_one_key_away(viewer: Page, boxes: dict[str, dict[str, float]]) -> None:
    viewer.evaluate(OPEN, boxes)
    settle(viewer)
    home = view(viewer)
    stage = viewer.locator(STAGE)
    fit = viewer.get_by_role("button", name="Fit; once more: the whole face")
    for way in ("keys", "button"):
        stage.press("w") if way == "keys" else fit.click()
        settle(viewer)
        left, top, right, bottom = seen(viewer, boxes["face"])
        assert min(left, top) > 0
        assert right < box(viewer)["width"]
        assert bottom < box(viewer)["height"]
        assert view(viewer)[0] < 0.8 * home[0]
        stage.press("0") if way == "keys" else fit.click()
        settle(viewer)
        assert view(viewer) == pytest.approx(home)


def test_what_the_user_has_chosen_stays_when_the_plan_changes(
    viewer: Page, boxes: dict[str, dict[str, float]]
) -> None:
    viewer.evaluate(OPEN, boxes)
    chin = {
        name: {**one, "y": one["y"] + 40} if name != "face" else one for name, one in boxes.items()
    }
    viewer.evaluate("boxes => preview.looking.openOn(boxes, { again: true })", chin)
    settle(viewer)
    moved = view(viewer)
    assert moved[2] == pytest.approx(chin["region"]["y"] + 70, abs=1)
    viewer.evaluate("preview.setDivider(0.7); preview.zoom(2)")
    settle(viewer)
    zoomed = view(viewer)
    viewer.evaluate("boxes => preview.looking.openOn(boxes, { again: true })", boxes)
    settle(viewer)
    assert view(viewer) == zoomed
    assert state(viewer, "divider") == 0.7
    # Home is the new part.
    viewer.evaluate("preview.fit()")
    settle(viewer)
    assert view(viewer)[2] == pytest.approx(boxes["region"]["y"] + 70, abs=1)
    assert state(viewer, "divider") == 0.7


def test_photo_and_simulation_take_turns(viewer: Page) -> None:
    stage = viewer.locator(STAGE)
    stage.press("k")
    button = viewer.get_by_role("button", name="Blink")
    expect(button).to_have_attribute("aria-pressed", "true")
    for _ in range(2):
        viewer.wait_for_function("preview.comparison.held")
        viewer.wait_for_function("!preview.comparison.held")
    # Nobody is told twice a second.
    expect(viewer.get_by_role("status")).to_have_text("")
    # It goes on while the focus is elsewhere, as on a slider; holding the photo ends it.
    viewer.wait_for_function("preview.comparison.held")
    viewer.evaluate("document.activeElement.blur()")
    assert state(viewer, "looking.blink.on") is True
    stage.focus()
    viewer.keyboard.down("b")
    assert state(viewer, "looking.blink.on") is False
    assert state(viewer, "comparison.held") is True
    viewer.keyboard.up("b")
    assert state(viewer, "comparison.held") is False
    stage.press("k")
    viewer.wait_for_function("preview.comparison.held")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    assert state(viewer, "comparison.held") is False


def test_nothing_blinks_where_less_motion_is_asked_for(viewer: Page) -> None:
    viewer.locator(STAGE).press("k")
    viewer.wait_for_function("preview.comparison.held")
    viewer.emulate_media(reduced_motion="reduce")
    viewer.wait_for_function("!preview.looking.blink.on && !preview.comparison.held")
    expect(viewer.get_by_role("button", name="Blink")).to_be_hidden()
    viewer.locator(STAGE).press("k")
    expect(viewer.get_by_role("status")).to_contain_text("asks for less motion")
    assert state(viewer, "looking.blink.on") is False
    viewer.emulate_media(reduced_motion="no-preference")
