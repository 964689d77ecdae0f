"""Ruler, scale bar and landmarks over the picture."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, blob
from live_viewer import HANDLE, STAGE, box, events, looks, settle, state, under, view
from playwright.sync_api import Page, expect


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
