"""Distances, angles, pen strokes and notes over the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from live_faces import LiveFace
from live_viewer import STAGE, box, events, settle, state, view
from playwright.sync_api import Page, expect

ENDS = ".ld-live-mark-end"


def kept(page: Page) -> list[dict[str, Any]]:
    """What the plan was last told to keep."""
    told: list[dict[str, Any]] = events(page, "annotate")[-1]["annotations"]
    return told


def middle(page: Page, selector: str) -> tuple[float, float]:
    found = box(page, selector)
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def test_a_distance_reads_millimetres_with_their_uncertainty(viewer: Page, face: LiveFace) -> None:
    scale = face.prepared.landmarks.scale
    viewer.locator(STAGE).press("r")
    reading = viewer.locator(".ld-live-mark-label.is-distance").first
    expect(reading).to_be_visible()
    pixels = 40.0 / scale.mm_per_px
    viewer.evaluate(
        """length => preview.annotating.set(
          [{ kind: "distance", points: [[200, 250], [200 + length, 250]] }])""",
        pixels,
    )
    error = 40.0 * scale.relative_uncertainty
    expect(reading).to_have_text(f"40.0 mm ± {error:.1f}")
    x, y = middle(viewer, f"{ENDS} >> nth=1")
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 60, y + 80, steps=3)
    viewer.mouse.up()
    zoom = view(viewer)[0]
    expected = np.hypot(pixels + 60 / zoom, 80 / zoom) * scale.mm_per_px
    [one] = kept(viewer)
    length = np.hypot(*np.subtract(*one["points"])) * scale.mm_per_px
    assert length == pytest.approx(expected, abs=0.1)
    expect(reading).to_have_text(f"{length:.1f} mm ± {length * scale.relative_uncertainty:.1f}")


def test_an_angle_reads_degrees_and_several_stand_beside_each_other(viewer: Page) -> None:
    viewer.get_by_role("button", name="Angle in degrees").click()
    viewer.locator(STAGE).press("a")
    viewer.locator(STAGE).press("r")
    assert [one["kind"] for one in kept(viewer)] == ["angle", "angle", "distance"]
    viewer.evaluate(
        """preview.annotating.set(preview.annotating.list.with(0,
          { kind: "angle", points: [[300, 200], [250, 200], [250, 130]] }))"""
    )
    expect(viewer.locator(".ld-live-mark-label.is-angle").first).to_have_text("90°")
    places = {tuple(one["points"][0]) for one in kept(viewer)}
    assert len(places) == 3


def test_keys_move_a_point_and_remove_all_of_it(viewer: Page) -> None:
    viewer.locator(STAGE).press("r")
    first = kept(viewer)[0]["points"]
    expect(viewer.locator(ENDS).first).to_be_focused()
    viewer.keyboard.press("ArrowLeft")
    viewer.keyboard.press("Shift+ArrowDown")
    moved = kept(viewer)[0]["points"]
    scale = view(viewer)[0]
    assert np.subtract(moved[0], first[0]) == pytest.approx((-1 / scale, 10 / scale), abs=0.11)
    assert moved[1] == first[1]
    viewer.keyboard.press("Delete")
    assert kept(viewer) == []
    expect(viewer.locator(ENDS)).to_have_count(0)
    expect(viewer.locator(STAGE)).to_be_focused()


def test_a_button_beside_it_removes_what_is_chosen(viewer: Page) -> None:
    viewer.locator(STAGE).press("r")
    viewer.locator(STAGE).press("a")
    viewer.locator(f"{ENDS}.is-distance").first.focus()
    settle(viewer)
    viewer.get_by_role("button", name="Remove this drawing").click()
    assert [one["kind"] for one in kept(viewer)] == ["angle"]


def test_the_pen_draws_where_the_pointer_goes(viewer: Page) -> None:
    viewer.locator(STAGE).press("p")
    pen = viewer.get_by_role("button", name="Pen", exact=True)
    expect(pen).to_have_attribute("aria-pressed", "true")
    stage = box(viewer)
    viewer.mouse.move(stage["x"] + 300, stage["y"] + 120)
    viewer.mouse.down()
    for turn in np.linspace(0, 2 * np.pi, 60):
        viewer.mouse.move(
            stage["x"] + 300 + 60 * np.sin(turn), stage["y"] + 180 - 60 * np.cos(turn)
        )
    viewer.mouse.up()
    [stroke] = kept(viewer)
    assert stroke["kind"] == "pen"
    assert 8 < len(stroke["points"]) < 60
    seen = [
        viewer.evaluate("([x, y]) => preview.view.toStage({ x, y }, preview.view.panes()[0])", at)
        for at in stroke["points"]
    ]
    radii = [np.hypot(at["x"] - 300, at["y"] - 180) for at in seen]
    assert np.abs(np.array(radii) - 60).max() < 1.5
    # Escape puts it away; what is drawn is moved as a whole.
    viewer.locator(STAGE).press("Escape")
    expect(pen).to_have_attribute("aria-pressed", "false")
    viewer.locator(ENDS).focus()
    viewer.keyboard.press("ArrowRight")
    shifts = np.subtract(kept(viewer)[0]["points"], stroke["points"])
    assert shifts == pytest.approx(np.tile([1 / view(viewer)[0], 0], (len(shifts), 1)), abs=0.11)


def test_keys_draw_with_the_pen(viewer: Page) -> None:
    viewer.locator(STAGE).press("p")
    expect(viewer.get_by_role("status")).to_contain_text("Enter puts it down")
    tip = viewer.locator(".ld-live-pen-tip")
    expect(tip).to_be_hidden()
    framed = view(viewer)
    viewer.keyboard.press("Shift+ArrowLeft")
    expect(tip).to_be_visible()
    assert state(viewer, "annotating.list") == []  # it is not down yet
    assert view(viewer) == framed  # and moves instead of the picture
    viewer.keyboard.press("Enter")
    for key in (*["Shift+ArrowRight"] * 4, *["ArrowDown"] * 5):
        viewer.keyboard.press(key)
    viewer.keyboard.press("Enter")
    expect(viewer.get_by_role("status")).to_have_text("The stroke is kept")
    [stroke] = kept(viewer)
    assert stroke["kind"] == "pen"
    scale = view(viewer)[0]
    first, corner, last = np.array(stroke["points"])
    assert corner - first == pytest.approx((60 / scale, 0), abs=0.3)
    assert last - corner == pytest.approx((0, 15 / scale), abs=0.3)
    # One that is given up is not kept; Escape then puts the pen away.
    for key in ("Enter", "ArrowUp", "ArrowUp", "Escape"):
        viewer.keyboard.press(key)
    assert kept(viewer) == [stroke]
    expect(viewer.get_by_role("status")).to_have_text("Nothing was drawn")
    viewer.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(viewer.get_by_role("button", name="Pen", exact=True)).to_have_attribute(
        "aria-pressed", "false"
    )
    viewer.keyboard.press("ArrowLeft")  # the picture's again
    assert kept(viewer) == [stroke]


def test_the_picture_comes_along_with_the_pen(viewer: Page) -> None:
    viewer.evaluate("preview.zoom(3)")
    settle(viewer)
    viewer.locator(STAGE).press("p")
    x = view(viewer)[1]
    for _ in range(60):
        viewer.keyboard.press("Shift+ArrowRight")
    settle(viewer)
    assert view(viewer)[1] > x
    tip, stage = box(viewer, ".ld-live-pen-tip"), box(viewer)
    assert stage["x"] < tip["x"] < stage["x"] + stage["width"]
    viewer.keyboard.press("Escape")


def test_a_note_is_typed_and_changed(viewer: Page) -> None:
    viewer.locator(STAGE).press("t")
    field = viewer.get_by_label("Words of the note")
    expect(field).to_be_focused()
    # Letters are the note's and not the viewer's.
    viewer.keyboard.type("soft as before")
    assert state(viewer, "mode") == "divider"
    viewer.keyboard.press("Enter")
    expect(viewer.locator(".ld-live-mark-label.is-text").first).to_have_text("soft as before")
    assert kept(viewer)[0]["text"] == "soft as before"
    viewer.keyboard.press("Enter")
    field.fill("<b>softer</b>")
    viewer.get_by_role("button", name="Set").click()
    expect(viewer.locator(".ld-live-mark-label.is-text").first).to_have_text("<b>softer</b>")
    viewer.locator(STAGE).press("t")
    viewer.keyboard.press("Escape")
    expect(field).to_be_hidden()
    assert len(kept(viewer)) == 1


def test_in_a_mirror_they_lie_on_the_same_skin(viewer: Page) -> None:
    viewer.locator(STAGE).press("r")
    before = kept(viewer)[0]["points"]
    viewer.evaluate("preview.looking.setMirrored(true)")
    settle(viewer)
    x, y = middle(viewer, f"{ENDS} >> nth=0")
    viewer.mouse.move(x, y)
    viewer.mouse.down()
    viewer.mouse.move(x + 40, y, steps=2)
    viewer.mouse.up()
    after = kept(viewer)[0]["points"]
    shift = np.subtract(after[0], before[0])
    assert shift == pytest.approx((-40 / view(viewer)[0], 0), abs=0.2)


def test_there_is_room_for_so_many(viewer: Page) -> None:
    viewer.evaluate(
        """preview.annotating.set(
          Array.from({ length: 30 }, () => ({ kind: "text", points: [[9, 9]], text: "a" })))"""
    )
    viewer.locator(STAGE).press("r")
    expect(viewer.get_by_role("status")).to_contain_text("at most 30 drawings")
    assert len(state(viewer, "annotating.list")) == 30


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_serious(viewer: Page, dark: bool) -> None:
    viewer.evaluate("dark => document.body.classList.toggle('dark', dark)", dark)
    for key in ("r", "a", "t"):
        viewer.locator(STAGE).press(key)
    viewer.evaluate("preview.setMode('blend'); preview.looking.setMirrored(true)")
    settle(viewer)
    found = Axe().run(viewer, ".ld-live").response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
