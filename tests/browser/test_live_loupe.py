"""The loupe: before beside the simulation at one place, by pointer, finger and keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from live_faces import LiveFace, blob, png
from live_viewer import STAGE, box, differing, settle, state, without_webgl
from playwright.sync_api import Browser, Page, expect
from watched_page import fresh_page

from landmarkdiff.arrays import ImageArray

LENS = ".ld-live-lens"


def smooth(face: LiveFace) -> ImageArray:
    """A photo whose colours tell the place: red across, green down."""
    height, width = face.prepared.image.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    return np.stack([255 * xs / width, 255 * ys / height, 0 * xs + 90], 2).round().astype(np.uint8)


def halves(page: Page) -> tuple[ImageArray, ImageArray]:
    """Before and simulation as the loupe shows them, canvas pixels."""
    scene = page.evaluate("preview.overlay.loupe.scene(preview.view, preview.view.panes(), true)")
    picture = blob(page)
    ratio = picture.shape[1] / page.evaluate("preview.stage.clientWidth")
    found = []
    for pane in scene["panes"]:
        x, y = round(ratio * pane["x"]), round(ratio * pane["y"])
        width, height = round(ratio * pane["width"]), round(ratio * pane["height"])
        found.append(picture[y : y + height, x : x + width])
    return found[0], found[1]


@pytest.fixture
def told(live_page: Page, face: LiveFace) -> Page:
    """The photo that tells places, under a rhinoplasty."""
    plan = face.plan("rhinoplasty", 100)
    face.show(live_page)
    photo = face.site.put("places.png", png(smooth(face)))
    given = {"photo": photo, "facts": face.facts, "model": face.serve(plan)}
    live_page.evaluate("given => show(given)", given)
    face.set_values(live_page, plan)
    settle(live_page)
    return live_page


@pytest.mark.parametrize("more", [0, 3])
def test_it_shows_the_place_larger_before_and_after(told: Page, face: LiveFace, more: int) -> None:
    told.locator(STAGE).press("m")
    expect(told.locator(LENS)).to_be_visible()
    x, y = face.prepared.landmarks.points[4, :2].tolist()
    for _ in range(more):
        told.locator(STAGE).press("+")
    told.evaluate("([x, y]) => preview.looking.moveLoupe({ x, y })", [x, y])
    settle(told)
    factor = [3, 4, 6, 8][more]
    assert state(told, "overlay.loupe.factor") == factor
    before, after = halves(told)
    height, width = face.prepared.image.shape[:2]
    ratio = told.evaluate("preview.stats().width / preview.stage.clientWidth")
    zoom = factor * state(told, "view.scale") * ratio
    middle = before.shape[0] // 2, before.shape[1] // 2
    for down, across in ((0, 0), (24, 0), (0, -30), (20, 40)):
        own = before[middle[0] + down, middle[1] + across].astype(float)
        place = own[0] / 255 * width, own[1] / 255 * height
        assert place[0] == pytest.approx(x + across / zoom, abs=2.0)
        assert place[1] == pytest.approx(y + down / zoom, abs=2.0)
    # The simulation comes from where the field says.
    moved = told.evaluate(
        """([x, y]) => {
          const { displacement, mask: { grid } } = preview.model;
          grid.findCorners(x, y);
          return [0, 1].map((k) => grid.corner.reduce(
            (sum, node, c) => sum + grid.weight[c] * displacement[2 * node + k], 0));
        }""",
        [x, y],
    )
    assert np.hypot(*moved) > 3
    own = after[middle].astype(float)
    assert own[0] / 255 * width == pytest.approx(x + moved[0], abs=2.0)
    assert own[1] / 255 * height == pytest.approx(y + moved[1], abs=2.0)
    mm = np.hypot(*moved) * face.prepared.landmarks.scale.mm_per_px
    expect(told.locator(LENS)).to_contain_text(f"{factor} × · moved {mm:.1f} mm")
    expect(told.locator(LENS)).to_contain_text("Before")
    # The word is in the simulation's half: white letters that the photo does not have.
    assert (after[:40].min(axis=2) > 230).sum() > 40
    assert not (before[:40].min(axis=2) > 230).any()


def test_keys_move_it_and_escape_closes_it(viewer: Page) -> None:
    stage = viewer.locator(STAGE)
    viewer.get_by_role("button", name="Loupe").click()
    expect(stage).to_be_focused()
    expect(viewer.get_by_role("status")).to_contain_text("Arrow keys move it")
    place, view = state(viewer, "overlay.loupe.place"), state(viewer, "view.scale")
    stage.press("ArrowRight")
    stage.press("Shift+ArrowDown")
    settle(viewer)
    assert state(viewer, "overlay.loupe.place") == {
        "x": pytest.approx(place["x"] + 6 / view),
        "y": pytest.approx(place["y"] + 30 / view),
    }
    expect(viewer.get_by_role("status")).to_contain_text("mm")
    for key, factor in (("+", 4), ("+", 6), ("+", 8), ("+", 8), ("-", 6)):
        stage.press(key)
        assert state(viewer, "overlay.loupe.factor") == factor
    assert state(viewer, "view.scale") == view  # the picture itself stays
    stage.press("Escape")
    expect(viewer.locator(LENS)).to_be_hidden()
    expect(viewer.get_by_role("status")).to_have_text("The loupe is closed")
    stage.press("+")
    settle(viewer)
    assert state(viewer, "view.scale") > view


def test_it_follows_the_pointer_and_does_not_cover_its_place(viewer: Page) -> None:
    viewer.locator(STAGE).press("m")
    stage = box(viewer)
    for across, down in ((0.3, 0.2), (0.5, 0.5), (0.7, 0.85), (0.02, 0.98)):
        x, y = stage["x"] + across * stage["width"], stage["y"] + down * stage["height"]
        viewer.mouse.move(x, y)
        settle(viewer)
        place = viewer.evaluate(
            "preview.view.toStage(preview.overlay.loupe.place, preview.view.panes()[0])"
        )
        held = viewer.evaluate("preview.view.toStage({ x: 0, y: 0 }, preview.view.panes()[0])")
        # No farther than the photo.
        assert place["x"] == pytest.approx(max(x - stage["x"], held["x"]), abs=1.0)
        lens = box(viewer, LENS)
        assert not lens["y"] <= y <= lens["y"] + lens["height"]
        assert lens["x"] >= stage["x"]
        assert lens["x"] + lens["width"] <= stage["x"] + stage["width"]


@pytest.fixture
def phone(browser: Browser, face: LiveFace) -> Iterator[Page]:
    size = {"width": 390, "height": 844}
    with fresh_page(browser, viewport=size, has_touch=True) as page:
        plan = face.plan("rhinoplasty", 100)
        face.show(page, plan)
        face.set_values(page, plan)
        settle(page)
        yield page


def test_a_finger_moves_it_and_nothing_else(phone: Page) -> None:
    phone.evaluate("preview.looking.setLoupe(true)")
    settle(phone)
    assert phone.evaluate("preview.stage.style.touchAction") == "none"
    stage = box(phone)
    view, divider = state(phone, "view.x"), state(phone, "divider")
    session = phone.context.new_cdp_session(phone)
    for kind, x in (("touchStart", 90), ("touchMove", 120), ("touchMove", 150)):
        points = [{"x": stage["x"] + x, "y": stage["y"] + 200, "id": 0}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    place = phone.evaluate(
        "preview.view.toStage(preview.overlay.loupe.place, preview.view.panes()[0])"
    )
    assert place == {"x": pytest.approx(150, abs=1), "y": pytest.approx(200, abs=1)}
    assert state(phone, "view.x") == view
    assert state(phone, "divider") == divider


def test_without_webgl_it_shows_the_servers_picture(live_page: Page, face: LiveFace) -> None:
    plan = face.plan("rhinoplasty", 100)
    with without_webgl(live_page):
        face.show(live_page, plan)
    server = face.site.put("server.png", png(face.simulated(plan).image))
    live_page.evaluate("async path => preview.setFallback(await load(path))", server)
    live_page.locator(STAGE).press("m")
    x, y = face.prepared.landmarks.points[4, :2].tolist()
    live_page.evaluate("([x, y]) => preview.looking.moveLoupe({ x, y })", [x, y])
    settle(live_page)
    before, after = halves(live_page)
    assert differing(before, after, 12)[60:].mean() > 0.02
    # What is known without the field is the magnification alone.
    expect(live_page.locator(".ld-live-lens-text")).to_have_text("3 ×")
