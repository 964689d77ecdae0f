"""Zoom, pan, framing and full screen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from live_faces import LiveFace
from live_viewer import STAGE, box, events, settle, under, view
from playwright.sync_api import Page, expect


def test_the_wheel_zooms_at_the_pointer(viewer: Page) -> None:
    stage = box(viewer)
    x, y = round(stage["x"] + 0.6 * stage["width"]), round(stage["y"] + 0.4 * stage["height"])
    viewer.mouse.move(x, y)
    # From inside the photo on every side, so that no edge holds the view back.
    viewer.evaluate("preview.zoom(2)")
    settle(viewer)
    before, scale = under(viewer, x, y), view(viewer)[0]
    moves = len(events(viewer, "view"))
    viewer.mouse.wheel(0, -240)
    viewer.wait_for_function(
        "moves => events.filter(([name]) => name === 'view').length > moves", arg=moves
    )
    settle(viewer)
    assert view(viewer)[0] == pytest.approx(scale * np.exp(240 * 0.0016), rel=1e-3)
    assert under(viewer, x, y) == pytest.approx(before, abs=0.01)
    # At its smallest the picture leaves the wheel to the page.
    viewer.evaluate("preview.fit()")
    settle(viewer)
    viewer.evaluate(
        "addEventListener('wheel', (event) => { window.taken = event.defaultPrevented; })"
    )
    viewer.mouse.wheel(0, 200)
    viewer.wait_for_function("window.taken === false")
    viewer.mouse.wheel(0, -200)
    viewer.wait_for_function("window.taken === true")


def test_keys_and_buttons_zoom_pan_and_fit(viewer: Page) -> None:
    home = view(viewer)
    stage = viewer.locator(STAGE)
    stage.press("+")
    settle(viewer)
    assert view(viewer)[0] == pytest.approx(1.25 * home[0])
    viewer.get_by_role("button", name="Zoom in").click()
    settle(viewer)
    scale, x, y = view(viewer)
    assert scale == pytest.approx(1.25 * 1.4 * home[0])
    stage.press("ArrowDown")
    settle(viewer)
    assert view(viewer) == pytest.approx([scale, x, y + 40 / scale], abs=0.01)
    stage.press("-")
    viewer.get_by_role("button", name="Zoom out").click()
    settle(viewer)
    stage.press("0")
    settle(viewer)
    assert view(viewer) == pytest.approx(home)
    # Quick presses add up, whatever of the motion is still to come.
    for _ in range(10):
        viewer.evaluate("preview.zoom(1.6)")
    settle(viewer)
    assert view(viewer)[0] == 12
    viewer.get_by_role("button", name="Fit").click()
    settle(viewer)
    assert view(viewer) == pytest.approx(home)
    assert events(viewer, "view")[-1]["scale"] == pytest.approx(home[0])


def test_a_drag_pans_what_does_not_fit(viewer: Page) -> None:
    viewer.evaluate("preview.setMode('after'); preview.zoom(2.5)")
    settle(viewer)
    stage = box(viewer)
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    grabbed = under(viewer, x, y)
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 30, y + 20, steps=3)
    viewer.mouse.up()
    settle(viewer)
    assert under(viewer, x + 30, y + 20) == pytest.approx(grabbed, abs=0.01)


def test_a_framed_face_fills_the_stage(viewer: Page, face: LiveFace) -> None:
    left, top, width, height = (float(each) for each in face.prepared.landmarks.box)
    face_box = {"x": left, "y": top, "width": width, "height": height}
    viewer.evaluate("box => preview.frameFace(box)", face_box)
    settle(viewer)
    stage, (scale, _, y) = box(viewer), view(viewer)
    assert 0.5 < height * scale / stage["height"] < 0.8
    assert y == pytest.approx(top + height / 2, abs=1.0)
    framed = view(viewer)
    viewer.evaluate("preview.zoom(0.5)")
    settle(viewer)
    assert view(viewer)[0] < framed[0]
    viewer.evaluate("preview.fit()")
    settle(viewer)
    assert view(viewer) == pytest.approx(framed)
    viewer.set_viewport_size({"width": 600, "height": 500})
    settle(viewer)
    assert view(viewer)[0] < framed[0]
    assert view(viewer)[2] == pytest.approx(framed[2], abs=1.0)


def test_full_screen_by_key_and_button(viewer: Page) -> None:
    viewer.locator(STAGE).press("f")
    viewer.wait_for_function("preview.fullScreen")
    viewer.wait_for_function("preview.stage.clientWidth >= innerWidth - 2")
    button = viewer.get_by_role("button", name="Full screen")
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    viewer.wait_for_function("!preview.fullScreen")


def test_motion_can_be_reduced(viewer: Page) -> None:
    viewer.emulate_media(reduced_motion="reduce")
    scale = view(viewer)[0]
    assert viewer.evaluate("preview.zoom(2), preview.view.scale") == pytest.approx(2 * scale)
    viewer.emulate_media(reduced_motion="no-preference")
    assert viewer.evaluate("preview.zoom(0.5), preview.view.scale") == pytest.approx(2 * scale)


# -- the view by itself -----------------------------------------------------------------------

MAKE = """async (work) => {
  const { Viewport } = await import("/static/live/viewport.js");
  const stage = { clientWidth: 400, clientHeight: 300 };
  let moves = 0;
  const view = new Viewport(stage, () => { moves += 1; });
  view.setPhoto({ width: 1000, height: 500 });
  const at = () => [view.scale, view.x, view.y];
  return await new Function("view", "at", "stage", "moves", work)(view, at, stage, () => moves);
}"""


def viewport(page: Page, work: str) -> Any:
    """Run JavaScript on a viewport of 400 x 300 with a photo of 1000 x 500."""
    return page.evaluate(MAKE, work)


def test_the_whole_photo_is_home(live_page: Page) -> None:
    at, home, least, moves = viewport(live_page, "return [at(), view.atHome, view.least, moves()];")
    assert at == [0.4, 499.5, 249.5]  # the middle of the photo, from the middle of pixel (0, 0)
    assert home is True
    assert least == 0.4
    assert moves == 0  # nobody has moved it


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ((0.1, 0, 0), (0.4, 499.5, 249.5)),  # no smaller than the whole
        ((99, 10, 10), (12, 400 / 24 - 0.5, 300 / 24 - 0.5)),  # no larger than pixels can be seen
        ((1, 0, 250), (1, 199.5, 250)),  # nothing beside the left edge
        ((1, 2000, 2000), (1, 999.5 - 200, 499.5 - 150)),
        ((0.5, 300, 10), (0.5, 399.5, 249.5)),  # what fits is centred
    ],
)
def test_a_view_shows_no_more_beside_the_photo_than_it_must(
    asked: tuple[float, float, float], held: tuple[float, float, float], live_page: Page
) -> None:
    scale, x, y = asked
    found = viewport(live_page, f"view.take({{scale: {scale}, x: {x}, y: {y}}}); return at();")
    assert found == pytest.approx(held)


def test_what_is_zoomed_at_stays_where_it_is(live_page: Page) -> None:
    before, after, there, back = viewport(
        live_page,
        """view.take({ scale: 1, x: 400, y: 240 });
        const pane = view.panes()[0], place = { x: 310, y: 40 };
        const before = view.toPhoto(place, pane);
        view.take(view.zoomedAt(2.5, place));
        const after = view.toPhoto(place, pane);
        return [before, after, place, view.toStage(after, pane)];""",
    )
    assert after == pytest.approx(before)
    assert back == pytest.approx(there)


def test_a_glide_passes_between_and_ends_exactly(live_page: Page) -> None:
    steps, goal, moves, held = viewport(
        live_page,
        """view.take({ scale: 1, x: 300, y: 240 });
        view.glide({ scale: 3, x: 420, y: 200 }, 1000);
        const steps = [], place = { x: 200 + 1 * (360 - 300), y: 150 + 1 * (220 - 240) };
        for (const now of [1000, 1040, 1080, 1160, 1200]) {
          steps.push([view.step(now), ...at()]);
        }
        const goal = view.goal === view;
        view.glide({ scale: 1, x: 300, y: 240 }, 2000);
        view.step(2050);
        view.stop();
        const held = at();
        return [steps, goal, moves(), [held, view.step(2100), at()]];""",
    )
    assert [going for going, *_ in steps] == [True, True, True, False, False]
    scales = [scale for _, scale, *_ in steps]
    assert scales[0] == 1
    assert sorted(scales) == scales
    assert 1 < scales[1] < scales[2] < 3
    assert steps[3][1:] == steps[4][1:] == [3, 420, 200]
    assert goal is True
    assert moves == 4  # three steps of the first glide that changed something, one of the second
    stopped, going, still = held
    assert stopped == still
    assert going is False
    assert 1 < stopped[0] < 3


def test_home_stays_home_when_the_stage_changes(live_page: Page) -> None:
    resized, halves, panes, kept = viewport(
        live_page,
        """stage.clientWidth = 800;
        view.resized();
        const resized = at();
        view.setSideBySide(true);
        const halves = [...at(), view.atHome], panes = view.panes();
        view.setSideBySide(false);
        view.take({ scale: 2, x: 300, y: 240 });
        stage.clientHeight = 320;
        view.resized();
        return [resized, halves, panes, at()];""",
    )
    assert resized == [0.6, 499.5, 249.5]
    assert halves == [pytest.approx(399 / 1000), 499.5, 249.5, True]
    assert panes == [
        {"x": 0, "y": 0, "width": 399, "height": 300},
        {"x": 401, "y": 0, "width": 399, "height": 300},
    ]
    assert kept == [2, 300, 240]


def test_a_framed_box_is_home(live_page: Page) -> None:
    at, home, moves = viewport(
        live_page,
        """view.frameBox({ x: 300, y: 100, width: 100, height: 150 });
        return [at(), view.atHome, moves()];""",
    )
    assert at == pytest.approx([300 / (150 * 1.56), 350, 175])
    assert home is True
    assert moves == 1
