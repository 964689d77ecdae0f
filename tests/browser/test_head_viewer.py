"""The head that turns: what is drawn, from where, and what keys, pointers and buttons do."""

from __future__ import annotations

import numpy as np
import pytest
from live_viewer import box
from playwright.sync_api import Page, expect
from small_heads import COLUMNS, nose_tip, rest_normals, small_head
from turned_head_page import STAGE, array, ask, pixel, rest, saved

from landmarkdiff.texts import Texts

HEAD = small_head()
TIP = nose_tip(HEAD.surface)
#: On the back of the head, in the height of the tip of the nose; and on the forehead.
BACK = TIP - COLUMNS // 2
FOREHEAD = int(HEAD.surface.topology.midline[2])
BRIDGE, CHIN = "rhinoplasty.bridge", "mentoplasty.chin"


@pytest.fixture
def page(head_page: Page) -> Page:
    return head_page


VALUES = [
    {BRIDGE: 2.0, CHIN: -3.0},
    {BRIDGE: -1.3, "rhinoplasty.tip_rotation": 7.0},
    {"rhinoplasty.tip_rotation": -14.0, CHIN: 1.5},
    {},
]


@pytest.mark.parametrize("values", VALUES)
def test_the_surface_is_the_servers(page: Page, values: dict[str, float]) -> None:
    page.evaluate("values => viewer.setValues(values)", values)
    shown = array(page, "viewer.shape.positions").reshape(-1, 3)
    simulated = HEAD.simulated(values)
    assert np.abs(shown - simulated.vertices).max() < 0.001
    normals = array(page, "viewer.shape.normals").reshape(-1, 3)
    assert np.abs(normals - rest_normals(simulated)).max() < 1e-4
    along = np.sum(HEAD.displacement(values) * rest_normals(HEAD.surface), axis=1)
    assert np.abs(array(page, "viewer.shape.heights") - along).max() < 0.001


def test_a_part_of_the_plan_moves_the_surface_by_that_part(page: Page) -> None:
    page.evaluate("viewer.setShare(0.25)")
    shown = array(page, "viewer.shape.positions").reshape(-1, 3)
    wanted = HEAD.surface.vertices + 0.25 * HEAD.displacement()
    assert np.abs(shown - wanted).max() < 0.001


@pytest.mark.parametrize(("key", "yaw", "side"), [("4", -90.0, -1), ("5", 90.0, 1)])
def test_a_key_turns_the_head_to_a_profile(page: Page, key: str, yaw: float, side: int) -> None:
    page.locator(STAGE).focus()
    page.keyboard.press(key)
    rest(page)
    assert page.evaluate("[viewer.camera.yaw, viewer.camera.pitch]") == [yaw, 0]
    picture = saved(page).astype(int)
    shown = np.abs(picture - picture[-3, 3]).max(axis=2) > 12
    columns = np.flatnonzero(shown[100:].any(axis=0))
    outermost = columns[0] if side < 0 else columns[-1]
    x, scale = page.evaluate(
        """vertex => [viewer.camera.project([
          ...viewer.shape.positions.subarray(3 * vertex, 3 * vertex + 3)]).x,
          viewer.canvas.width / viewer.stage.clientWidth]""",
        TIP,
    )
    # The tip of the nose is what is farthest on that side.
    assert outermost == pytest.approx(x * scale, abs=3)
    pressed = page.locator("[data-view][aria-pressed=true]")
    assert pressed.get_attribute("data-view") == ("left_profile" if side < 0 else "right_profile")


def test_each_view_has_a_button(page: Page) -> None:
    for name, (yaw, pitch) in {
        "left_three_quarter": (-45, 0),
        "below": (0, 65),
        "frontal": (0, 0),
    }.items():
        page.locator(f"[data-view={name}]").click()
        rest(page)
        assert page.evaluate("[viewer.camera.yaw, viewer.camera.pitch]") == [yaw, pitch]
    below = Texts.load("en")("head.view_below")
    expect(page.get_by_role("button", name=below)).to_have_attribute("aria-pressed", "false")


def test_a_view_is_glided_to_or_shown_at_once_where_motion_is_not_wanted(page: Page) -> None:
    path = "viewer.showView('left_profile'); viewer.camera.yaw"
    assert page.evaluate(path) == 0  # the first frame is still to come
    rest(page)
    assert page.evaluate("viewer.camera.yaw") == -90
    ask(page, "viewer.camera.take({ yaw: 0 }); viewer.cameraMoved()")
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(path) == -90
    page.emulate_media(reduced_motion="no-preference")


def test_keys_turn_zoom_and_fit(page: Page) -> None:
    page.locator(STAGE).focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowUp", "ArrowDown", "+"):
        page.keyboard.press(key)
    rest(page)
    assert page.evaluate("[viewer.camera.yaw, viewer.camera.pitch]") == [10, 10]
    assert page.evaluate("viewer.camera.zoom") == pytest.approx(1.25)
    page.keyboard.press("0")
    rest(page)
    assert page.evaluate("viewer.camera.zoom") == 1
    assert page.evaluate("viewer.camera.yaw") == 10


def test_a_drag_turns_and_with_shift_moves(page: Page) -> None:
    stage = box(page)
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 100, y - 20, steps=4)
    page.mouse.up()
    rest(page)
    # What was under the pointer goes with it: the nose to the left edge, and up.
    assert page.evaluate("viewer.camera.yaw") == pytest.approx(-45)
    assert page.evaluate("viewer.camera.pitch") == pytest.approx(9)
    before = page.evaluate("viewer.camera.project([0, 0, 0])")
    page.mouse.move(x, y)
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(x + 40, y + 30, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    rest(page)
    after = page.evaluate("viewer.camera.project([0, 0, 0])")
    assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((40, 30), abs=0.1)


def test_the_wheel_keeps_the_place_under_it(page: Page) -> None:
    stage = box(page)
    tip = [float(each) for each in HEAD.surface.vertices[TIP]]
    under = page.evaluate("place => viewer.camera.project(place)", tip)
    page.mouse.move(stage["x"] + under["x"], stage["y"] + under["y"])
    page.mouse.wheel(0, -200)
    rest(page)
    assert page.evaluate("viewer.camera.zoom") == pytest.approx(np.exp(0.32), rel=1e-3)
    again = page.evaluate("place => viewer.camera.project(place)", tip)
    assert (again["x"], again["y"]) == pytest.approx((under["x"], under["y"]), abs=0.6)


def test_two_fingers_make_it_larger_and_one_turns_it(page: Page) -> None:
    stage = box(page)
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": px, "y": py, "id": number} for number, (px, py) in enumerate(places)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x, y))
    touch("touchMove", (x + 60, y))
    touch("touchEnd")
    rest(page)
    assert page.evaluate("viewer.camera.yaw") == pytest.approx(27, abs=0.5)
    touch("touchStart", (x - 50, y), (x + 50, y))
    touch("touchMove", (x - 100, y), (x + 100, y))
    touch("touchEnd")
    rest(page)
    assert page.evaluate("viewer.camera.zoom") == pytest.approx(2.0, rel=0.01)
    assert page.evaluate("viewer.camera.yaw") == pytest.approx(27, abs=0.5)


def test_the_texture_is_drawn_and_what_no_photo_shows_is_gray(page: Page) -> None:
    face = pixel(page, saved(page), FOREHEAD)
    assert np.abs(face - (208, 164, 142)).max() <= 8
    ask(page, "viewer.camera.turn(180, 0); viewer.cameraMoved()")
    assert page.evaluate("Math.abs(viewer.camera.yaw)") == 180
    back = pixel(page, saved(page), BACK)
    assert back.max() - back.min() <= 1
    assert back[0] == pytest.approx(158, abs=4)
    gray = Texts.load("en")("head.unseen")
    expect(page.get_by_text(gray)).to_be_visible()


def test_the_colours_say_how_far_the_surface_moves(page: Page) -> None:
    assert page.evaluate("viewer.heatLimit") == 0
    ask(page, "viewer.setHeat(true)")
    far = {CHIN: -6.0}
    ask(page, "values => viewer.setValues(values)", far)
    along = np.sum(HEAD.displacement(far) * rest_normals(HEAD.surface), axis=1)
    limits = [1, 2, 3, 4, 6, 8]
    most = np.abs(along).max()
    assert page.evaluate("viewer.heatLimit") == next(each for each in limits if each >= most)
    ask(page, "values => viewer.setValues(values)", {BRIDGE: 2.0})
    assert page.evaluate("viewer.heatLimit") == 2
    picture = saved(page)
    # The ends of ColorBrewer's RdBu; white, softly shaded, where nothing moves.
    assert np.abs(pixel(page, picture, TIP) - (178, 24, 43)).max() <= 6
    shade = 0.8 + 0.2 * rest_normals(HEAD.surface)[FOREHEAD, 2]
    assert np.abs(pixel(page, picture, FOREHEAD) - 247 * shade).max() <= 3
    ask(page, "values => viewer.setValues(values)", {BRIDGE: -2.0})
    assert np.abs(pixel(page, saved(page), TIP) - (33, 102, 172)).max() <= 6
    # Half the plan, in the colours of the whole.
    ask(page, "viewer.setShare(0.5)")
    assert page.evaluate("viewer.heatLimit") == 2
    assert np.abs(pixel(page, saved(page), TIP) - (103, 169, 207)).max() <= 6
    expect(page.locator(".ld-headview-ends span").first).to_have_text("−2")


def test_the_light_can_be_moved(page: Page) -> None:
    unlit = pixel(page, saved(page), FOREHEAD)
    page.get_by_role("button", name=Texts.load("en")("head.light"), exact=True).click()
    sides = {}
    left, right = FOREHEAD - 10, FOREHEAD + 10
    for angle in ("-60", "60"):
        page.locator("[data-light=side]").fill(angle)
        rest(page)
        picture = saved(page)
        sides[angle] = pixel(page, picture, left).sum() - pixel(page, picture, right).sum()
    assert abs(sides["-60"] + sides["60"]) < 60
    assert abs(sides["-60"]) > 100
    assert sides["-60"] * sides["60"] < 0
    ask(page, "viewer.setLight(false)")
    assert np.abs(pixel(page, saved(page), FOREHEAD) - unlit).max() <= 1


def test_the_word_is_in_the_picture_from_every_side(page: Page) -> None:
    for yaw in (0, -90, 180):
        ask(page, "yaw => { viewer.camera.take({ yaw }); viewer.cameraMoved(); }", yaw)
        picture = saved(page)
        scale = page.evaluate("viewer.canvas.width / viewer.stage.clientWidth")
        plate = picture[int(10 * scale) : int(34 * scale), -int(110 * scale) : -int(14 * scale)]
        white = (plate.min(axis=2) > 225).mean()
        dark = (plate.max(axis=2) < 150).mean()
        assert 0.05 < white < 0.4
        assert dark > 0.4
    ask(page, "viewer.setShare(0)")
    again = saved(page)
    assert np.array_equal(again[: int(40 * scale)], picture[: int(40 * scale)])


def test_holding_shows_the_head_before(page: Page) -> None:
    front = f"viewer.shape.positions[{3 * TIP + 2}]"
    before = HEAD.surface.vertices[TIP, 2]
    assert page.evaluate(front) - before > 1.5
    page.locator(STAGE).focus()
    page.keyboard.down("b")
    assert page.evaluate(front) == pytest.approx(before, abs=1e-3)
    rest(page)
    expect(page.locator(".ld-live-tag")).to_be_visible()
    page.keyboard.up("b")
    assert page.evaluate(front) - before > 1.5
    button = page.get_by_role("button", name=Texts.load("en")("head.hold"))
    button.dispatch_event("click")  # as a screen reader does
    assert page.evaluate(front) == pytest.approx(before, abs=1e-3)
    button.dispatch_event("click")
    assert page.evaluate(front) - before > 1.5


def test_the_slider_goes_from_before_to_the_plan(page: Page) -> None:
    slider = page.locator(".ld-headview-row input").first
    slider.fill("40")
    rest(page)
    assert page.evaluate("viewer.share") == pytest.approx(0.4)
    expect(slider).to_have_attribute("aria-valuetext", "40 % of the plan")
    page.locator("[data-end=before]").click()
    rest(page)
    expect(page.locator(".ld-live-tag")).to_be_visible()
    expect(slider).to_have_value("0")
    page.locator("[data-end=after]").click()
    assert page.evaluate("viewer.share") == 1
    assert ["share", {"share": 1}] in page.evaluate("events")


def test_the_profile_lines_have_the_millimetres_between_them(page: Page) -> None:
    page.get_by_role("button", name=Texts.load("en")("head.profile"), exact=True).click()
    rest(page)
    midline = HEAD.surface.topology.midline
    midline = midline[HEAD.surface.vertices[midline, 1] <= 72.0]  # below the hairline
    before = HEAD.surface.vertices[midline][:, [2, 1]]
    moved = HEAD.displacement()[midline][:, [2, 1]]
    along = np.gradient(before, axis=0)
    along[[0, -1]] = [before[1] - before[0], before[-1] - before[-2]]
    outward = np.stack([-along[:, 1], along[:, 0]], axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    wanted = np.sum(moved * outward, axis=1)
    read = np.array(page.evaluate("viewer.profile.differences()"))
    assert np.abs(read - wanted).max() < 0.005
    most = wanted[np.abs(wanted).argmax()]
    sign = "−" if most < 0 else ""
    caption = f"Largest difference: {sign}{abs(most):.1f} mm"
    expect(page.locator(".ld-headview-profile figcaption")).to_have_text(caption)
    labels = page.locator(".ld-headview-mm").all_text_contents()
    assert f"{'−' if most < 0 else '+'}{abs(most):.1f}" in labels


def test_a_saved_picture_has_the_name_of_a_simulation(page: Page) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=Texts.load("en")("head.save")).click()
    assert waiting.value.suggested_filename == "head-simulation.png"
    with open(waiting.value.path(), "rb") as file:  # noqa: PTH123  # a path of the browser's
        assert file.read(8) == b"\x89PNG\r\n\x1a\n"
