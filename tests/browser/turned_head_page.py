"""The page of the head that turns, and what tests ask of it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from live_faces import handed
from loopback import Site
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page
from small_heads import small_head

from landmarkdiff.arrays import ImageArray
from landmarkdiff.head.payload import encode_payload

STAGE = ".ld-live-stage"
#: How far a ``viewer``'s head has moved most from ``window.before``, mm: here, since thirty
#: thousand numbers take their time on the way to the test.
FARTHEST = """viewer.shape.positions.reduce(
    (most, place, at) => Math.max(most, Math.abs(place - window.before[at])), 0)"""


def open_page(page: Page, site: Site, language: str = "en") -> str:
    """Load the page without a head; return the path of the small one."""
    path = site.put("small-head.bin", encode_payload(small_head()))
    page.goto(f"{site.url}/pages/head_page.html?{language}")
    page.wait_for_function("window.ready")
    return path


def open_head(page: Page, site: Site, language: str = "en") -> None:
    """Load the page with the small head, at rest."""
    page.evaluate("path => show(path)", open_page(page, site, language))
    rest(page)


def show_as_at_first(page: Page) -> None:
    """Take back what tests have done to the viewer, its camera and the page."""
    page.mouse.move(0, 0)
    page.evaluate(
        """() => {
          viewer.setHeat(false);
          viewer.setProfile(false);
          viewer.setLight(false);
          viewer.setMeasure(null);
          viewer.setValues(viewer.planned);
          viewer.setShare(1);
          viewer.camera.stop();
          viewer.camera.take({ yaw: 0, pitch: 0, zoom: 1, x: 0, y: 0 });
          document.body.classList.remove("dark");
        }"""
    )
    rest(page)


def rest(page: Page) -> None:
    """Wait until nothing moves and nothing is left to draw."""
    page.evaluate("settled()")


def ask(page: Page, what: str, given: Any = None) -> Any:
    """Evaluate something of the viewer, and wait until it rests."""
    answer = page.evaluate(what, given)
    rest(page)
    return answer


def saved(page: Page) -> ImageArray:
    """The picture that is saved: (H, W, 3) uint8."""
    page.evaluate("viewer.toBlob().then(handOver)")
    with Image.open(io.BytesIO(handed(page))) as image:
        return np.array(image.convert("RGB"))


def pixel(page: Page, picture: ImageArray, vertex: int) -> NDArray[np.int64]:
    """The colour where a vertex of the shown surface lies, the mean of 3 by 3 pixels."""
    x, y, scale = page.evaluate(
        """vertex => {
          const { x, y } = viewer.camera.project([
            ...viewer.shape.positions.subarray(3 * vertex, 3 * vertex + 3)]);
          return [x, y, viewer.canvas.width / viewer.stage.clientWidth];
        }""",
        vertex,
    )
    column, row = int(x * scale), int(y * scale)
    around = picture[row - 1 : row + 2, column - 1 : column + 2].reshape(-1, 3)
    return np.asarray(np.round(around.mean(axis=0)), np.int64)


def array(page: Page, what: str) -> NDArray[np.float32]:
    """A Float32Array of the page."""
    page.evaluate(f"handOver({what})")
    return np.frombuffer(handed(page), "<f4")
