"""What tests ask of the live preview on a page, and what they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from live_faces import LiveFace, blob
from numpy.typing import NDArray
from playwright.sync_api import Page

from landmarkdiff.arrays import ImageArray
from landmarkdiff.procedures.plan import SurgicalPlan

STAGE = ".ld-live-stage"
HANDLE = ".ld-live-handle"


def settle(page: Page) -> None:
    """Wait until nothing moves and nothing is left to draw."""
    page.evaluate("settled()")


def show_with_stopped_clock(page: Page, face: LiveFace, plan: SurgicalPlan) -> None:
    """Show a plan on a fresh page, at rest; from then on time passes by ``page.clock`` alone."""
    page.clock.install()
    face.show(page, plan)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1.0)
    page.clock.run_for(1000)


@contextmanager
def without_webgl(page: Page) -> Iterator[None]:
    """Previews that are made meanwhile find no WebGL 2."""
    page.evaluate(
        """() => {
          const own = HTMLCanvasElement.prototype.getContext;
          window.ownContext = own;
          HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
            return kind === "webgl2" ? null : own.call(this, kind, ...more);
          };
        }"""
    )
    yield
    page.evaluate("() => { HTMLCanvasElement.prototype.getContext = ownContext; }")


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


def view(page: Page) -> tuple[float, float, float]:
    return page.evaluate("[preview.view.scale, preview.view.x, preview.view.y]")  # type: ignore[no-any-return]


def under(page: Page, x: float, y: float) -> tuple[float, float]:
    """The photo place under a place of the window."""
    stage, (scale, centre_x, centre_y) = box(page), view(page)
    middle = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    return centre_x + (x - middle[0]) / scale, centre_y + (y - middle[1]) / scale
