"""The viewer does what its controls say: asserted by pixels, by state and by events."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from live_faces import LiveFace, blob, png, values
from loopback import Site
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline

STAGE = ".ld-live-stage"
HANDLE = ".ld-live-handle"


@pytest.fixture(scope="module")
def face(grace_hopper: ImageArray, site: Site) -> LiveFace:
    return LiveFace.on(site, LandmarkDiffPipeline().load(), "grace_hopper", grace_hopper)


@pytest.fixture
def viewer(page: Page, face: LiveFace) -> Page:
    """The viewer with a rhinoplasty at 100 %, at rest."""
    plan = face.plan("rhinoplasty", 100)
    face.show(page, plan)
    face.set_values(page, plan)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until nothing moves and nothing is left to draw."""
    page.wait_for_function("!preview.stats().moving")
    frames = -1
    while frames != (frames := page.evaluate("preview.stats().frames")):
        page.wait_for_timeout(120)


def state(page: Page, what: str) -> Any:
    return page.evaluate(f"preview.{what}")


def events(page: Page, name: str) -> list[dict[str, Any]]:
    return [detail for kind, detail in page.evaluate("events") if kind == name]


def box(page: Page, selector: str = STAGE) -> dict[str, float]:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return dict(found)


def looks(page: Page, mode: str) -> ImageArray:
    """The canvas in another mode; the mode is put back."""
    before = state(page, "mode")
    page.evaluate("mode => preview.setMode(mode)", mode)
    shown = blob(page)
    page.evaluate("mode => preview.setMode(mode)", before)
    return shown


def differing(first: ImageArray, second: ImageArray, threshold: int = 2) -> NDArray[np.bool_]:
    return np.asarray(np.abs(first.astype(int) - second.astype(int)).max(axis=2) > threshold)


# -- divider, hold, label ---------------------------------------------------------------------


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


# -- zoom, pan, keys --------------------------------------------------------------------------


def view(page: Page) -> tuple[float, float, float]:
    return page.evaluate("[preview.view.scale, preview.view.x, preview.view.y]")  # type: ignore[no-any-return]


def under(page: Page, x: float, y: float) -> tuple[float, float]:
    """The photo place under a place of the window."""
    stage, (scale, centre_x, centre_y) = box(page), view(page)
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    return centre_x + (x - middle[0]) / scale, centre_y + (y - middle[1]) / scale


def test_the_wheel_zooms_at_the_pointer(viewer: Page) -> None:
    stage = box(viewer)
    x, y = round(stage["x"] + 0.6 * stage["width"]), round(stage["y"] + 0.4 * stage["height"])
    viewer.mouse.move(x, y)
    # From inside the photo on every side, so that no edge holds the view back.
    viewer.evaluate("preview.zoom(2)")
    settle(viewer)
    before, scale = under(viewer, x, y), view(viewer)[0]
    viewer.mouse.wheel(0, -240)
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
    viewer.evaluate("box => preview.frameFace(box)", [left, top, width, height])
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
    viewer.set_viewport_size({"width": 600, "height": 700})
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


# -- drawing only what changes ----------------------------------------------------------------


def test_nothing_is_drawn_while_nothing_changes(viewer: Page, face: LiveFace) -> None:
    plan = face.plan("rhinoplasty", 100)
    frames, fits = state(viewer, "stats().frames"), state(viewer, "stats().fits")
    viewer.wait_for_timeout(600)
    face.set_values(viewer, plan)
    viewer.evaluate("preview.setMode('divider'); preview.setDivider(0.5); preview.setRuler(false)")
    stage = box(viewer)
    viewer.mouse.move(stage["x"] + 30, stage["y"] + 30)
    viewer.mouse.move(stage["x"] + 130, stage["y"] + 60)
    viewer.wait_for_timeout(300)
    assert state(viewer, "stats().frames") == frames
    face.set_values(viewer, face.plan("rhinoplasty", 50))
    settle(viewer)
    drawn = state(viewer, "stats().frames") - frames
    assert 1 <= drawn <= 2
    assert state(viewer, "stats().fits") == fits + 1


def test_a_drag_draws_the_same_as_a_fresh_picture(viewer: Page, face: LiveFace) -> None:
    """Only the mesh is drawn again while a slider moves: nothing old may stay, no label double."""
    for mode in ("divider", "after", "side"):
        viewer.evaluate("mode => preview.setMode(mode)", mode)
        for zoom in (1.0, 2.6):
            viewer.evaluate("zoom => preview.zoom(zoom)", zoom)
            settle(viewer)
            for intensity in (90, 10, 70, 40):
                face.set_values(viewer, face.plan("rhinoplasty", intensity))
                viewer.evaluate("new Promise((done) => requestAnimationFrame(done))")
            settle(viewer)
            dragged = blob(viewer)
            viewer.evaluate("preview.picture.drawn = null")
            assert np.array_equal(dragged, blob(viewer)), (mode, zoom)
            viewer.evaluate("preview.fit()")


def test_the_values_rest_once(viewer: Page, face: LiveFace) -> None:
    start = len(events(viewer, "rest"))
    for intensity in range(10, 60, 10):
        face.set_values(viewer, face.plan("rhinoplasty", intensity))
        viewer.wait_for_timeout(20)
    settle(viewer)
    rested = events(viewer, "rest")[start:]
    assert rested == [{"values": values(face.plan("rhinoplasty", 50))}]


def test_the_servers_result_is_shown_until_a_value_changes(viewer: Page, face: LiveFace) -> None:
    viewer.evaluate("preview.setMode('after')")
    warp = blob(viewer)
    result = np.zeros_like(face.prepared.image)
    result[..., 1] = 200
    path = face.site.put("result.png", png(result))
    current = values(face.plan("rhinoplasty", 100))
    late = values(face.plan("rhinoplasty", 90))
    take = "async ([path, values]) => preview.setResult(await load(path), values)"
    assert viewer.evaluate(take, [path, late]) is False
    assert np.array_equal(blob(viewer), warp)
    assert viewer.evaluate(take, [path, current]) is True
    shown = blob(viewer)
    height, width = shown.shape[:2]
    assert tuple(shown[height // 2, width // 2]) == (0, 200, 0)
    assert (shown[14:34, -60:-20].min(axis=2) > 200).any()  # the label is over it
    viewer.evaluate("preview.setResult(null)")
    assert np.array_equal(blob(viewer), warp)
    viewer.evaluate(take, [path, current])
    face.set_values(viewer, face.plan("rhinoplasty", 90))
    assert state(viewer, "stats().result") is False
    settle(viewer)
    assert tuple(blob(viewer)[height // 2, width // 2]) != (0, 200, 0)


def test_another_photo_starts_anew(viewer: Page, face: LiveFace) -> None:
    plain = np.full((300, 400, 3), 90, np.uint8)
    path = face.site.put("plain.png", png(plain))
    viewer.evaluate("preview.setRuler(true); preview.zoom(3)")
    viewer.evaluate(
        "async path => preview.setPhoto(await load(path), {width: 4000, height: 3000})", path
    )
    settle(viewer)
    assert state(viewer, "model") is None
    assert state(viewer, "ruler") is None
    expect(viewer.locator(".ld-live-bar")).to_be_hidden()  # no scale is known
    expect(viewer.locator(HANDLE)).to_be_hidden()
    shown = blob(viewer)
    stage = box(viewer)
    assert view(viewer)[0] == pytest.approx(
        min(stage["width"] / 4000, stage["height"] / 3000), rel=1e-3
    )
    middle = shown[shown.shape[0] // 2]
    assert (np.abs(middle[:, 0].astype(int) - 90) <= 1).mean() > 0.95
    # Without a model there is no simulation, and no label that says so.
    assert (shown[14:34, -60:-20].min(axis=2) < 240).all()


def test_a_fit_without_solution_is_told_and_the_picture_stays(viewer: Page, face: LiveFace) -> None:
    before = blob(viewer)
    viewer.evaluate(
        """() => {
          const model = preview.model;
          for (let i = 2; i < model.controls.length; i += 2) {
            model.controls[i] = model.controls[0];
            model.controls[i + 1] = model.controls[1];
          }
          for (const effect of model.effects) effect.vectors.fill(1);
        }"""
    )
    face.set_values(viewer, face.plan("rhinoplasty", 40))
    settle(viewer)
    assert len(events(viewer, "error")) == 1
    assert np.array_equal(blob(viewer), before)


# -- ruler and scale --------------------------------------------------------------------------


def test_the_ruler_reads_millimetres_with_their_uncertainty(viewer: Page, face: LiveFace) -> None:
    scale = face.prepared.landmarks.scale
    viewer.locator(STAGE).press("r")
    reading = viewer.locator(".ld-live-ruler-text")
    expect(reading).to_be_visible()
    pixels = 40.0 / scale.mm_per_px
    viewer.evaluate(
        "length => preview.setRulerEnds({x: 200, y: 250}, {x: 200 + length, y: 250})", pixels
    )
    error = 40.0 * scale.relative_uncertainty
    expect(reading).to_have_text(f"40.0 mm ± {error:.1f}")
    end = box(viewer, ".ld-live-ruler-end >> nth=1")
    x, y = end["x"] + end["width"] / 2, end["y"] + end["height"] / 2
    assert under(viewer, x, y) == pytest.approx((200 + pixels, 250), abs=0.6)
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 60, y + 80, steps=3)
    viewer.mouse.up()
    zoom = view(viewer)[0]
    expected = np.hypot(pixels + 60 / zoom, 80 / zoom) * scale.mm_per_px
    assert state(viewer, "ruler.mm") == pytest.approx(expected, abs=0.5)
    shown = state(viewer, "ruler.mm")
    expect(reading).to_have_text(f"{shown:.1f} mm ± {shown * scale.relative_uncertainty:.1f}")
    viewer.locator(".ld-live-ruler-end >> nth=0").focus()
    viewer.keyboard.press("ArrowLeft")
    assert state(viewer, "ruler.ends")[0]["x"] == pytest.approx(200 - 1 / zoom)
    viewer.get_by_role("button", name="Ruler in millimetres").click()
    expect(reading).to_be_hidden()


def test_the_scale_bar_follows_the_zoom(viewer: Page, face: LiveFace) -> None:
    mm_per_px = face.prepared.landmarks.scale.mm_per_px
    lengths = []
    for zoom in (1.0, 1.7, 2.2):
        viewer.evaluate("zoom => preview.zoom(zoom)", zoom)
        settle(viewer)
        text = viewer.locator(".ld-live-bar-text").inner_text()
        length = float(text.removesuffix(" mm"))
        width = box(viewer, ".ld-live-bar-line")["width"]
        assert width == pytest.approx(length * view(viewer)[0] / mm_per_px, abs=0.2)
        assert 35 < width <= 104.5
        lengths.append(length)
    assert lengths[0] > lengths[-1]


# -- landmarks --------------------------------------------------------------------------------


def test_a_landmark_is_nudged_by_the_mouse(viewer: Page, face: LiveFace) -> None:
    points = face.prepared.landmarks.points[:, :2]
    viewer.evaluate("points => preview.setLandmarks(points)", points.tolist())
    expect(viewer.locator(".ld-live-landmarks")).to_be_hidden()
    viewer.evaluate("preview.setLandmarkMode(true); preview.zoom(3)")
    settle(viewer)
    scale, x, y = view(viewer)
    stage = box(viewer)
    near = int(np.argmin(np.hypot(points[:, 0] - x, points[:, 1] - y)))
    place = (
        stage["x"] + stage["width"] / 2 + (points[near, 0] - x) * scale,
        stage["y"] + stage["height"] / 2 + (points[near, 1] - y) * scale,
    )
    viewer.mouse.move(place[0] + 2, place[1] - 1)
    viewer.mouse.down()
    viewer.mouse.move(place[0] + 20, place[1] + 8, steps=3)
    viewer.mouse.up()
    [nudge] = events(viewer, "nudge")
    index = nudge["index"]
    grabbed = np.hypot(*(points[index] - points[near])) * scale
    assert grabbed < 3
    assert (nudge["dx"], nudge["dy"]) == pytest.approx((18 / scale, 9 / scale), abs=0.02)
    # Away from every point a drag pans, and nudges nothing.
    gap = viewer.evaluate(
        """() => {
          const { stage } = preview, { left, top } = stage.getBoundingClientRect();
          return [left + 12, top + 60];
        }"""
    )
    before = view(viewer)
    viewer.mouse.move(*gap)
    viewer.mouse.down()
    viewer.mouse.move(gap[0] + 30, gap[1])
    viewer.mouse.up()
    assert len(events(viewer, "nudge")) == 1
    assert view(viewer) != before


def test_a_landmark_is_nudged_by_keys(viewer: Page) -> None:
    viewer.evaluate("preview.setLandmarks([[200, 200], [260, 205], [230, 260], [100, 100]])")
    viewer.evaluate("preview.setLandmarkMode(true)")
    status = viewer.get_by_role("status")
    viewer.locator(".ld-live-landmarks").focus()
    expect(status).to_have_text("Landmark 0")
    viewer.keyboard.press("ArrowRight")
    expect(status).to_have_text("Landmark 1")
    viewer.keyboard.press("ArrowDown")
    expect(status).to_have_text("Landmark 2")
    viewer.keyboard.press("Enter")
    viewer.keyboard.press("ArrowLeft")
    viewer.keyboard.press("ArrowLeft")
    viewer.keyboard.press("Shift+ArrowUp")
    viewer.keyboard.press("Enter")
    scale = view(viewer)[0]
    [nudge] = events(viewer, "nudge")
    assert nudge["index"] == 2
    assert (nudge["dx"], nudge["dy"]) == pytest.approx((-2 / scale, -5 / scale))
    viewer.keyboard.press("Enter")
    viewer.keyboard.press("ArrowLeft")
    viewer.keyboard.press("Escape")
    viewer.keyboard.press("Enter")
    viewer.keyboard.press("Enter")
    assert len(events(viewer, "nudge")) == 1


def test_landmarks_lie_on_the_photo_before(viewer: Page) -> None:
    viewer.evaluate("preview.setLandmarks([[200, 200]]); preview.setLandmarkMode(true)")
    assert np.array_equal(blob(viewer), looks(viewer, "before"))
    viewer.evaluate("preview.setLandmarkMode(false)")
    expect(viewer.locator(HANDLE)).to_be_visible()


# -- touch, small screens, themes, words ------------------------------------------------------


@pytest.fixture
def phone(browser: Browser, face: LiveFace) -> Iterator[Page]:
    """A phone of 390 pixels with a touch screen."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True
    )
    page = context.new_page()
    plan = face.plan("rhinoplasty", 100)
    face.show(page, plan)
    face.set_values(page, plan)
    settle(page)
    yield page
    context.close()


def touch(page: Page, *steps: list[tuple[float, float]]) -> None:
    """Put fingers down at the first places, move them, and lift them."""
    session = page.context.new_cdp_session(page)
    for number, places in enumerate(steps):
        points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(places)]
        kind = "touchMove" if number else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def test_a_finger_moves_the_divider_and_two_zoom(phone: Page) -> None:
    stage, handle = box(phone), box(phone, HANDLE)
    x, y = handle["x"] + 22, handle["y"] + 22
    touch(phone, [(x, y)], [(x + 30, y)], [(x + 60, y)])
    assert state(phone, "divider") == pytest.approx(0.5 + 60 / stage["width"], abs=0.01)
    middle = stage["x"] + stage["width"] / 2, stage["y"] + 120
    scale = view(phone)[0]
    fingers = [[(middle[0] - d, middle[1]), (middle[0] + d, middle[1])] for d in (30, 45, 60)]
    touch(phone, *fingers)
    settle(phone)
    assert view(phone)[0] == pytest.approx(2 * scale, rel=0.02)
    # Zoomed in, one finger pans.
    x, y = middle[0] - 80, middle[1]
    grabbed = under(phone, x, y)
    touch(phone, [(x, y)], [(x - 10, y)], [(x - 30, y)])
    settle(phone)
    assert under(phone, x - 30, y) == pytest.approx(grabbed, abs=1.0)


def test_everything_is_reached_on_a_phone(phone: Page) -> None:
    phone.evaluate("preview.setRuler(true)")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    buttons = phone.locator(".ld-live button:visible")
    expect(buttons).to_have_count(11)  # eight tools, the divider and both ends of the ruler
    rows = set()
    for k in range(buttons.count()):
        place = buttons.nth(k).bounding_box()
        assert place is not None
        assert place["width"] >= 40
        assert place["height"] >= 40
        assert buttons.nth(k).get_attribute("aria-label")
        if "ld-live-tool" in (buttons.nth(k).get_attribute("class") or ""):
            rows.add(round(place["y"]))
            assert place["x"] + place["width"] <= 390
    assert len(rows) == 1
    # A screen of double density, drawn by the processor: fine at rest, within bounds in motion.
    stats = state(phone, "stats()")
    assert stats["width"] == pytest.approx(2 * box(phone)["width"], abs=2)


def test_a_large_canvas_is_drawn_smaller_only_while_it_moves(
    browser: Browser, face: LiveFace
) -> None:
    context = browser.new_context(viewport={"width": 900, "height": 1100}, device_scale_factor=2)
    page = context.new_page()
    face.show(page, face.plan("rhinoplasty"))
    settle(page)
    resting = state(page, "stats()")
    assert resting["width"] * resting["height"] > 2e6
    face.set_values(page, face.plan("rhinoplasty", 40))
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    moving = state(page, "stats()")
    if moving["moving"]:  # on a machine that is busy it may rest again by now
        assert moving["width"] * moving["height"] <= 1.31e6
    settle(page)
    assert state(page, "stats().width") == resting["width"]
    context.close()


def test_light_and_dark_change_the_ground(viewer: Page) -> None:
    light = blob(viewer)[5, 5]
    assert light.min() > 200
    viewer.evaluate("document.body.classList.add('dark')")
    viewer.wait_for_timeout(200)
    settle(viewer)
    with Image.open(io.BytesIO(viewer.locator(".ld-live-canvas").screenshot())) as image:
        dark = np.array(image.convert("RGB"))
    assert dark[-5, 200].max() < 60


def test_the_page_gives_the_words(page: Page, face: LiveFace) -> None:
    page.goto(f"{face.site.url}/pages/live_page.html")
    page.wait_for_function("window.ready")
    page.evaluate(
        """async ([photo, facts]) => {
          const words = { "live.before": "Vorher", "live.divider_value": "{before} zu {after}" };
          window.preview = live.createLivePreview(document.querySelector("#place"), {
            t: (key) => words[key],
          });
          document.documentElement.lang = "de";
          preview.setPhoto(await load(photo), facts);
          preview.setRulerEnds({ x: 0, y: 0 }, { x: 100, y: 0 });
        }""",
        [face.photo, face.facts],
    )
    expect(page.locator(".ld-live-tag")).to_have_text("Vorher")
    expect(page.get_by_role("slider", include_hidden=True)).to_have_attribute(
        "aria-label", "Divider between before and simulation"
    )
    expect(page.locator(".ld-live-ruler-text")).to_contain_text(",")


def test_it_is_labelled_for_screen_readers(viewer: Page) -> None:
    stage = viewer.get_by_role("group", name="Live preview of the simulation")
    described = stage.get_attribute("aria-describedby")
    assert "Hold B or the space bar" in viewer.locator(f"#{described}").inner_text()
    expect(viewer.get_by_role("toolbar")).to_have_attribute("aria-label", "Tools of the preview")
    stage.focus()
    viewer.keyboard.press("Tab")
    expect(viewer.get_by_role("slider")).to_be_focused()
    assert viewer.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_destroyed_it_leaves_nothing(viewer: Page) -> None:
    frames = viewer.evaluate("preview.destroy(), preview.stats().frames")
    assert viewer.evaluate("document.querySelector('#place').children.length") == 0
    viewer.set_viewport_size({"width": 700, "height": 700})
    viewer.wait_for_timeout(200)
    assert state(viewer, "stats().frames") == frames


# -- without WebGL 2 --------------------------------------------------------------------------


def test_without_webgl_the_server_draws_and_the_page_says_so(page: Page, face: LiveFace) -> None:
    face.show(page, face.plan("rhinoplasty"), forceFallback=True)
    assert state(page, "webgl") is False
    expect(page.locator(".ld-live-notice")).to_be_visible()
    expect(page.locator(".ld-live-notice")).to_contain_text("no WebGL 2")
    settle(page)
    plain = looks(page, "before")
    assert np.array_equal(looks(page, "after"), plain)  # nothing was rendered yet

    plan = face.plan("rhinoplasty", 100)
    server = face.site.put("server.png", png(face.simulated(plan).image))
    page.evaluate("async path => preview.setFallback(await load(path))", server)
    after = looks(page, "after")
    assert differing(after, plain)[60:].any()
    shown = blob(page)
    line = shown.shape[1] // 2
    assert np.array_equal(shown[:, : line - 4], plain[:, : line - 4])
    assert not differing(shown[:, line + 4 :], after[:, line + 4 :]).any()
    page.evaluate("preview.setMode('after')")
    page.locator(STAGE).focus()
    page.keyboard.down("b")
    assert np.array_equal(blob(page), plain)
    page.keyboard.up("b")
    assert np.array_equal(blob(page), after)
    # The label is in the picture here, too.
    labelled = differing(after, plain)[:40]
    assert labelled[:, -120:].mean() > 0.2


def test_without_webgl_it_asks_the_server_four_times_a_second(page: Page, face: LiveFace) -> None:
    face.show(page, face.plan("rhinoplasty"), forceFallback=True)
    settle(page)
    start = len(events(page, "needrender"))
    spent = page.evaluate(
        """async () => {
          const started = performance.now();
          for (let i = 1; performance.now() - started < 1500; i++) {
            preview.setValues({ "rhinoplasty.tip_rotation": 0.01 * i });
            await new Promise((done) => setTimeout(done, 15));
          }
          return (performance.now() - started) / 1000;
        }"""
    )
    settle(page)
    asked = events(page, "needrender")[start:]
    assert [each["final"] for each in asked] == [False] * (len(asked) - 1) + [True]
    assert 3 <= len(asked) <= 4 * spent + 2
    assert asked[-1]["values"] == page.evaluate("preview.values")


def test_a_browser_without_webgl_falls_back_by_itself(page: Page, face: LiveFace) -> None:
    page.add_init_script(
        """const own = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
          return kind === "webgl2" ? null : own.call(this, kind, ...more);
        };"""
    )
    face.show(page, face.plan("rhinoplasty"))
    assert state(page, "webgl") is False
    expect(page.locator(".ld-live-notice")).to_be_visible()


@pytest.mark.parametrize("fallback", [False, True])
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(fallback: bool, dark: bool, page: Page, face: LiveFace) -> None:
    face.show(page, face.plan("rhinoplasty"), forceFallback=fallback)
    page.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    page.evaluate("preview.setRuler(true); preview.setLandmarks([[200, 200]])")
    for mode in ("divider", "side"):
        page.evaluate("mode => preview.setMode(mode)", mode)
        for landmarks in (False, True):
            page.evaluate("on => preview.setLandmarkMode(on)", landmarks)
            settle(page)
            found = Axe().run(page, ".ld-live").response["violations"]
            assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
