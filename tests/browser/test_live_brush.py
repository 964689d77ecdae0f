"""The brush in the browser: the server's numbers and pixels, by pointer, finger and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from chromium import new_page
from live_faces import LiveFace, handed, open_live_page, png
from live_viewer import box, events, settle, state
from playwright.sync_api import Browser, Page, expect

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.manipulation.push_live import encode_pushes
from landmarkdiff.manipulation.push_room import push_room
from landmarkdiff.manipulation.pushes import CarriedPushes, carry_pushes
from landmarkdiff.procedures import Push

FLAGS = ClinicalFlags()
JAW, CHIN, MOUTH, LID = 172, 152, 61, 159

DRAW = """async ([width, height]) =>
  handOver(await drawnSimulation({ width, height }, { pushes: true }))"""


@pytest.fixture(scope="module")
def brushed(browser: Browser, faces: dict[str, LiveFace]) -> Iterator[Page]:
    """One page for this file, with a face whose plan moves nothing, and its brush."""
    face = faces["astronaut"]
    context = browser.new_context(has_touch=True)
    page = new_page(context)
    open_live_page(page, face.site, "en")
    height, width = face.prepared.image.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    # Enough in it to show a push, and so smooth that ways to resample agree.
    waves = 40 * np.sin(xs / 9) + 40 * np.cos(ys / 11)
    photo = np.stack([120 + waves, 110 + waves / 2, 130 - waves], 2).astype(np.uint8)
    address = face.site.put("waves.png", png(photo))
    model = kind_of(face.prepared).live_model(face.plan("rhinoplasty", 0), FLAGS, light=False)
    parts = face.site.put("brush.bin", encode_pushes(face.prepared, FLAGS))
    given = {
        "photo": address,
        "facts": face.facts,
        "model": face.site.put("brush-model.bin", model.encode()),
    }
    page.evaluate("given => show(given)", given)
    page.evaluate(
        """async (path) => {
          const { readPushes } = await import("/static/live/pushes.js");
          const buffer = await (await fetch(path)).arrayBuffer();
          preview.brush.setParts(readPushes(buffer));
        }""",
        parts,
    )
    settle(page)
    yield page
    context.close()


@pytest.fixture
def page(brushed: Page) -> Page:
    """That page as it was."""
    brushed.evaluate(
        """() => {
          preview.brush.on = false;
          Object.assign(preview.brush, { radius: 15, symmetric: false });
          preview.setPushes([]);
          preview.setMode("divider");
          preview.fit();
          events.length = 0;
        }"""
    )
    settle(brushed)
    return brushed


@pytest.fixture(scope="module")
def face(faces: dict[str, LiveFace]) -> LiveFace:
    return faces["astronaut"]


def push_at(face: LiveFace, landmark: int, across: float, up: float, radius: float) -> Push:
    start = face.prepared.landmarks.points_mm[landmark].round(3).tolist()
    return Push(start=tuple(start), vector=(across, up, 0.0), radius=radius)


def several(face: LiveFace) -> list[Push]:
    """On both sides, upon one another, so that one gives way, and beside an eye."""
    jaw = push_at(face, JAW, 3.0, 1.0, 16.0).model_copy(update={"symmetric": True})
    chin = push_at(face, CHIN, 0.0, 3.5, 12.0).model_copy(update={"symmetric": True})
    mouth = push_at(face, MOUTH, 0.0, 2.5, 9.0)
    against = push_at(face, MOUTH, 1.0, -2.5, 9.0)
    lid = push_at(face, LID, 0.0, 2.0, 8.0)
    return [jaw, chin, mouth, against, mouth, lid]


def carried(face: LiveFace, pushes: list[Push]) -> CarriedPushes:
    return carry_pushes(face.prepared, push_room(face.prepared, FLAGS), pushes)


def kept(page: Page, pushes: list[Push]) -> None:
    page.evaluate("given => preview.setPushes(given)", [push.model_dump() for push in pushes])


def taken_up(page: Page, **options: Any) -> None:
    page.evaluate("given => Object.assign(preview.brush, given, { on: true })", options)
    settle(page)


def place_of(page: Page, face: LiveFace, landmark: int) -> tuple[float, float]:
    """Where a landmark is seen in the window."""
    x, y = face.prepared.landmarks.points[landmark, :2].tolist()
    seen = page.evaluate(
        "([x, y]) => preview.view.toStage({ x, y }, preview.view.panes().at(-1))", [x, y]
    )
    stage = box(page)
    return stage["x"] + seen["x"], stage["y"] + seen["y"]


def px_per_mm(page: Page, face: LiveFace) -> float:
    return float(state(page, "view.scale")) / face.prepared.landmarks.scale.mm_per_px


def test_the_browser_works_out_the_servers_numbers(page: Page, face: LiveFace) -> None:
    pushes = several(face)
    kept(page, pushes)
    page.evaluate("preview.flush()")
    page.evaluate("handOver(preview.picture.pushed.pushes.displacement)")
    expected = carried(face, pushes)
    found = np.frombuffer(handed(page), "<f4").reshape(*expected.field.grid.shape, 2)
    assert expected.shares.min() < 0.95  # one gave way, and the browser's as far
    assert np.abs(found - expected.field.displacement).max() < 0.03  # a halving of the last step
    assert np.abs(expected.field.displacement).max() > 1.0


def test_the_pixels_are_the_servers_to_one_level(page: Page, face: LiveFace) -> None:
    height, width = face.prepared.image.shape[:2]

    def drawn() -> ImageArray:
        page.evaluate(DRAW, [width, height])
        return np.frombuffer(handed(page), np.uint8).reshape(height, width, 4)[..., :3]

    plain = drawn()
    pushes = several(face)
    kept(page, pushes)
    expected = carried(face, pushes).warp(np.ascontiguousarray(plain))
    changed = (expected != plain).any(axis=2)
    found = drawn()
    away = np.abs(found.astype(int) - expected.astype(int)).max(axis=2)
    assert np.percentile(away[changed], 99) <= 1
    assert np.percentile(np.abs(plain.astype(int) - expected).max(axis=2)[changed], 90) > 4
    assert not away[~changed].any()


def test_a_drag_pushes_what_lies_under_it_and_the_plan_gets_it(page: Page, face: LiveFace) -> None:
    taken_up(page, radius=15)
    assert state(page, "mode") == "after"
    x, y = place_of(page, face, JAW)
    far = 3.0 * px_per_mm(page, face)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - far / 2)
    page.mouse.move(x, y - far)
    expect(page.locator(".ld-live-brush-text")).to_have_text("3.0 mm")
    page.mouse.up()
    [event] = events(page, "push")
    push = Push(**event["push"])
    assert push.radius == 15
    assert push.length == pytest.approx(3.0, abs=0.05)
    stroke = carried(face, [push]).strokes[0]
    landmark = face.prepared.landmarks.points[JAW, :2]
    assert np.hypot(*(stroke.starts[0] - landmark)) < 0.6  # pixels: where it was put down
    assert stroke.vectors[0][1] < 0
    assert abs(stroke.vectors[0][0]) < 0.05


def test_a_drag_beyond_the_bound_stops_there_and_says_so(page: Page, face: LiveFace) -> None:
    taken_up(page, radius=12)
    x, y = place_of(page, face, JAW)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 9.0 * px_per_mm(page, face))
    expect(page.locator(".ld-live-brush-text")).to_contain_text("as far as a brush")
    page.mouse.up()
    [event] = events(page, "push")
    assert Push(**event["push"]).length == pytest.approx(0.33 * 12, abs=0.01)


def test_a_tap_and_a_second_finger_push_nothing(page: Page, face: LiveFace) -> None:
    taken_up(page)
    page.mouse.click(*place_of(page, face, JAW))
    x, y = place_of(page, face, CHIN)
    touch = page.context.new_cdp_session(page)
    one = {"x": x, "y": y, "id": 1}

    def send(kind: str, *points: dict[str, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    send("touchStart", one)
    send("touchMove", {**one, "y": y - 20})
    send("touchStart", {**one, "y": y - 20}, {"x": x + 60, "y": y, "id": 2})
    send("touchEnd")
    settle(page)
    assert events(page, "push") == []
    assert not state(page, "picture.pushed.any")


def test_a_finger_pushes(page: Page, face: LiveFace) -> None:
    taken_up(page, symmetric=True)
    x, y = place_of(page, face, JAW)
    touch = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x, "y": y - 3.0 * px_per_mm(page, face)}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.wait_for_function("events.some(([name]) => name === 'push')")
    [event] = events(page, "push")
    assert event["push"]["symmetric"] is True
    assert Push(**event["push"]).length == pytest.approx(3.0, abs=0.1)


def test_keys_push_too(page: Page, face: LiveFace) -> None:
    taken_up(page)
    page.mouse.move(*place_of(page, face, JAW))
    page.locator(".ld-live-brush").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Escape")
    assert not state(page, "picture.pushed.any")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    [event] = events(page, "push")
    assert Push(**event["push"]).length == pytest.approx(2 / px_per_mm(page, face), abs=0.05)


def test_the_photo_before_and_outside_the_pushes_stays(page: Page, face: LiveFace) -> None:
    def canvas() -> ImageArray:
        settle(page)
        shape = page.evaluate(
            """async () => {
              preview.flush();
              const { gl, canvas } = preview.picture;
              const pixels = new Uint8Array(4 * canvas.width * canvas.height);
              gl.readPixels(0, 0, canvas.width, canvas.height, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
              await handOver(pixels);
              return [canvas.height, canvas.width, 4];
            }"""
        )
        return np.frombuffer(handed(page), np.uint8).reshape(shape)[::-1, :, :3].astype(int)

    x, y = face.prepared.landmarks.points[CHIN, :2].tolist()
    page.evaluate("([x, y]) => preview.view.move({ scale: 5, x, y })", [x, y])
    x, _ = place_of(page, face, CHIN)
    divided = (x - box(page)["x"]) / box(page)["width"]
    page.evaluate("at => preview.setDivider(at)", divided)
    plain = canvas()
    chin = push_at(face, CHIN, 3.0, 0.0, 14.0)
    kept(page, [chin])
    pushed = canvas()
    changed = np.abs(pushed - plain).max(axis=2) > 3
    columns = np.flatnonzero(changed.any(axis=0))
    line = round(divided * plain.shape[1])
    assert len(columns) > 10
    assert columns.min() >= line - 3  # left of the divider is the photo
    kept(page, [])
    assert np.array_equal(canvas(), plain)
