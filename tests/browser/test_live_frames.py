"""What is drawn and when: only what changes, the server's result, what rests."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, blob, png, values
from live_viewer import HANDLE, box, events, settle, show_with_stopped_clock, state, view
from playwright.sync_api import Browser, Page, ViewportSize, expect
from watched_page import fresh_page


def test_nothing_is_drawn_while_nothing_changes(viewer: Page, face: LiveFace) -> None:
    plan = face.plan("rhinoplasty", 100)
    frames, fits = state(viewer, "stats().frames"), state(viewer, "stats().fits")
    assert not state(viewer, "stats().pending")
    viewer.evaluate("frames(30)")
    face.set_values(viewer, plan)
    viewer.evaluate(
        "preview.setMode('divider'); preview.setDivider(0.5); preview.annotating.setPen(false)"
    )
    stage = box(viewer)
    viewer.mouse.move(stage["x"] + 30, stage["y"] + 30)
    viewer.mouse.move(stage["x"] + 130, stage["y"] + 60)
    viewer.evaluate("frames(10)")
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
                viewer.evaluate("frames(1)")
            settle(viewer)
            dragged = blob(viewer)
            viewer.evaluate("preview.setLabel('')")  # of which nothing may be kept
            assert np.array_equal(dragged, blob(viewer)), (mode, zoom)
            viewer.evaluate("preview.fit()")


def test_the_values_rest_once(page: Page, face: LiveFace) -> None:
    show_with_stopped_clock(page, face, face.plan("rhinoplasty", 100))
    for intensity in range(10, 60, 10):
        face.set_values(page, face.plan("rhinoplasty", intensity))
        page.clock.run_for(100)
    assert events(page, "rest") == []
    page.clock.run_for(1000)
    assert events(page, "rest") == [{"values": values(face.plan("rhinoplasty", 50))}]


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
    viewer.evaluate("preview.annotating.add('distance'); preview.zoom(3)")
    viewer.evaluate(
        "async path => preview.setPhoto(await load(path), {width: 4000, height: 3000})", path
    )
    settle(viewer)
    assert state(viewer, "model") is None
    assert state(viewer, "annotating.list") == []
    expect(viewer.locator(".ld-live-bar")).to_be_hidden()  # no scale is known
    expect(viewer.locator(HANDLE)).to_be_hidden()
    shown = blob(viewer)
    stage = box(viewer)
    assert view(viewer)[0] == pytest.approx(
        min(stage["width"] / 4000, stage["height"] / 3000), rel=1e-3
    )
    middle = shown[shown.shape[0] // 2]
    share = min(1.0, 4000 * view(viewer)[0] / stage["width"])
    assert (np.abs(middle[:, 0].astype(int) - 90) <= 1).mean() > 0.95 * share
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


def test_a_large_canvas_is_drawn_smaller_only_while_it_moves(
    browser: Browser, face: LiveFace
) -> None:
    large: ViewportSize = {"width": 900, "height": 1100}
    with fresh_page(browser, viewport=large, device_scale_factor=2) as page:
        show_with_stopped_clock(page, face, face.plan("rhinoplasty"))
        resting = state(page, "stats()")
        assert resting["width"] * resting["height"] > 2e6
        face.set_values(page, face.plan("rhinoplasty", 40))
        page.clock.run_for(50)
        moving = state(page, "stats()")
        assert moving["moving"]
        assert moving["frames"] > resting["frames"]
        assert moving["width"] * moving["height"] <= 1.31e6
        page.clock.run_for(1000)
        assert state(page, "stats().width") == resting["width"]


def test_destroyed_it_leaves_nothing(viewer: Page) -> None:
    frames = viewer.evaluate("preview.destroy(), preview.stats().frames")
    assert viewer.evaluate("document.querySelector('#place').children.length") == 0
    viewer.set_viewport_size({"width": 700, "height": 700})
    viewer.evaluate("frames(10)")
    assert state(viewer, "stats().frames") == frames
