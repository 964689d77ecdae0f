"""The browser's warp equals the server's: what the canvas draws, read back, within 0.1 mm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from live_faces import LiveFace, drawn, on_pixels
from loopback import Site
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.procedures.plan import SurgicalPlan

ImageArray = NDArray[np.uint8]

#: Millimetres; a person's own tremor while smiling is ten times that.
LIMIT_MM = 0.1


@pytest.fixture(scope="module")
def faces(portraits: dict[str, ImageArray], site: Site) -> dict[str, LiveFace]:
    pipeline = LandmarkDiffPipeline().load()
    return {name: LiveFace.on(site, pipeline, name, image) for name, image in portraits.items()}


@pytest.fixture(scope="module")
def canvas(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 700, "height": 800})
    yield context.new_page()
    context.close()


def error_mm(face: LiveFace, plan: SurgicalPlan, shown: NDArray[np.float32]) -> NDArray[np.float64]:
    """Distance of two displacements where the mask lets the plan act, mm."""
    server, acting = on_pixels(face.simulated(plan))
    away = np.hypot(*(shown - server)[acting].T).astype(np.float64)
    return away * face.prepared.landmarks.scale.mm_per_px


def compare(face: LiveFace, plan: SurgicalPlan, page: Page, what: str) -> float:
    face.set_values(page, plan)
    shown, _ = drawn(page)
    error = error_mm(face, plan, shown)
    print(
        f"{face.name:13} {what:44} median {np.median(error):.4f}"
        f"  p99 {np.percentile(error, 99):.4f}  worst {error.max():.4f} mm"
    )
    return float(np.percentile(error, 99))


@pytest.mark.parametrize("portrait", ["astronaut", "grace_hopper"])
@pytest.mark.parametrize(
    "procedure", ["rhinoplasty", "rhytidectomy", "blepharoplasty", "orthognathic"]
)
def test_every_intensity(
    portrait: str, procedure: str, faces: dict[str, LiveFace], canvas: Page
) -> None:
    face = faces[portrait]
    face.show(canvas, face.plan(procedure))
    for intensity in (0, 30, 60, 80, 100):
        plan = face.plan(procedure, intensity)
        assert compare(face, plan, canvas, f"{procedure} {intensity} %") < LIMIT_MM
