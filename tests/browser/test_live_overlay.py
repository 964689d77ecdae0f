"""Scale bar and landmarks over the picture."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, blob
from live_viewer import HANDLE, box, events, looks, settle, view
from numpy.typing import ArrayLike, NDArray
from playwright.sync_api import Page, expect


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


def drawn_points(page: Page) -> int:
    """How many landmarks are drawn."""
    return int(page.locator(".ld-live-points path").get_attribute("d").count("M"))  # type: ignore[union-attr]


def around(points: NDArray[np.float64], place: ArrayLike, scale: float) -> int:
    """How many lie within 48 CSS pixels of a place, or the 16 nearest."""
    away = np.hypot(*(points - np.asarray(place)).T)
    return int((away <= max(48 / scale, np.sort(away)[15])).sum())


def test_the_mesh_shows_around_the_pointer_alone(viewer: Page, face: LiveFace) -> None:
    points = face.prepared.landmarks.points[:, :2]
    viewer.evaluate("points => preview.setLandmarks(points)", points.tolist())
    viewer.evaluate("preview.setLandmarkMode(true); preview.looking.comeNear(true)")
    settle(viewer)
    scale, x, y = view(viewer)
    assert drawn_points(viewer) == around(points, (x, y), scale)
    tip = points[1]
    seen = viewer.evaluate(
        "([x, y]) => preview.view.toStage({ x, y }, preview.view.panes()[0])", tip.tolist()
    )
    stage = box(viewer)
    viewer.mouse.move(stage["x"] + seen["x"] + 5, stage["y"] + seen["y"] - 10)
    settle(viewer)
    place = tip + np.array([5, -10]) / scale
    assert drawn_points(viewer) == around(points, place, scale) < len(points) / 2
    # Near enough, some show all the same.
    viewer.evaluate("preview.zoom(6)")
    viewer.mouse.move(stage["x"] + 200, stage["y"] + 150)
    settle(viewer)
    assert drawn_points(viewer) == 16
    # By keys it shows around the one that is chosen.
    viewer.locator(".ld-live-landmarks").focus()
    viewer.keyboard.press("ArrowDown")
    viewer.keyboard.press("ArrowUp")
    settle(viewer)
    assert 16 <= drawn_points(viewer) < len(points) / 2
    # Points with names are few, and all of them show.
    viewer.evaluate("preview.setLandmarks([[20, 20], [400, 500]], ['one', 'two'])")
    settle(viewer)
    assert drawn_points(viewer) == 2


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
