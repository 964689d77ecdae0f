"""The light on the moved skin: the browser's numbers and pixels against the server's."""

from __future__ import annotations

import numpy as np
import pytest
from live_faces import LiveFace, handed, open_live_page, png, values
from loopback import Site
from playwright.sync_api import Page
from profile_photos import PX_PER_MM, photo

from landmarkdiff.arrays import ImageArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.inference.kinds import kind_of
from landmarkdiff.manipulation.shading import Shading
from landmarkdiff.procedures.plan import SurgicalPlan

PLANS = (("rhinoplasty", 100), ("mentoplasty", 60), (("malar_augmentation", "rhinoplasty"), 100))

DRAW = "async ([width, height]) => handOver(await drawnSimulation({ width, height }))"


def smooth(face: LiveFace) -> ImageArray:
    """A photo without detail, on which all ways to resample agree."""
    height, width = face.prepared.image.shape[:2]
    ys, xs = np.mgrid[:height, :width]
    return np.stack(
        [60 + 120 * xs / width, 60 + 90 * ys / height, 200 - 100 * xs / width], 2
    ).astype(np.uint8)


def shown(face: LiveFace, page: Page, plan: SurgicalPlan, photo: str, *, light: bool) -> None:
    """Show a photo through the live model of a plan, at the plan's values."""
    if not page.url.startswith(face.site.url):
        open_live_page(page, face.site, "en")
    model = kind_of(face.prepared).live_model(plan, ClinicalFlags(), light=light)
    path = face.site.put(f"light-{face.name}-{plan.name}-{light}.bin", model.encode())
    page.evaluate("given => show(given)", {"photo": photo, "facts": face.facts, "model": path})
    face.set_values(page, plan)


def drawn(page: Page, photo: ImageArray) -> ImageArray:
    """The simulation at the photo's own size, as WebGL draws it: (H, W, 3) uint8."""
    height, width = photo.shape[:2]
    page.evaluate(DRAW, [width, height])
    return np.frombuffer(handed(page), np.uint8).reshape(height, width, 4)[..., :3]


def lit(face: LiveFace, plan: SurgicalPlan) -> tuple[Prediction, Shading]:
    """The server's own result with its light."""
    result = face.simulated(plan, light=True)
    assert result.warp.shading is not None
    return result, result.warp.shading


@pytest.mark.parametrize(("procedures", "intensity"), PLANS)
def test_the_browser_works_out_the_servers_light(
    procedures: str | tuple[str, ...],
    intensity: float,
    faces: dict[str, LiveFace],
    live_page: Page,
) -> None:
    for face in faces.values():
        plan = face.plan(procedures, intensity)
        _, shading = lit(face, plan)
        shown(face, live_page, plan, face.photo, light=True)
        live_page.evaluate(
            "async values => handOver(preview.model.fit(values).light)", values(plan)
        )
        found = np.frombuffer(handed(live_page), "<f4").reshape(*shading.gloss.shape, 4)
        # The two warps differ by 0.01 px at most, over which the light changes by half a level.
        assert np.abs(found[..., :3] - shading.factor).max() < 4e-3
        assert np.abs(found[..., 3] - shading.gloss).max() < 4e-3
        assert np.abs(shading.factor - 1.0).max() > 0.05  # there is something to compare


@pytest.mark.parametrize(("procedures", "intensity"), PLANS)
def test_the_pixels_are_the_servers_to_one_level(
    procedures: str | tuple[str, ...],
    intensity: float,
    faces: dict[str, LiveFace],
    live_page: Page,
) -> None:
    face = faces["astronaut"]
    photo = smooth(face)
    address = face.site.put("smooth.png", png(photo))
    plan = face.plan(procedures, intensity)
    result, shading = lit(face, plan)
    coverage = result.surgical_mask.coverage
    moved = result.displacement_field.warp(photo, coverage)
    expected = shading.applied(moved, coverage).astype(int)
    inside = result.surgical_mask.full() > 0
    shown(face, live_page, plan, address, light=True)
    away = np.abs(drawn(live_page, photo).astype(int) - expected).max(axis=2)[inside]
    assert np.percentile(away, 99) <= 1
    shown(face, live_page, plan, address, light=False)
    dark = np.abs(drawn(live_page, photo).astype(int) - expected).max(axis=2)[inside]
    assert np.percentile(dark, 99) > 5


def test_the_light_of_a_model_that_was_there_in_part_comes_without_a_jump(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces["astronaut"]
    shown(face, live_page, face.plan("rhinoplasty", 100), face.photo, light=True)
    live_page.evaluate("() => void (window.wholeModel = modelBytes)")
    model = kind_of(face.prepared).live_model(
        face.plan("rhinoplasty", 100), ClinicalFlags(), whole=False
    )
    path = face.site.put("light-part.bin", model.encode(whole=False))
    live_page.evaluate(
        "given => show(given)", {"photo": face.photo, "facts": face.facts, "model": path}
    )
    pictures = "document.querySelectorAll('.ld-live-stage canvas.ld-live-canvas').length"
    # At rest on the photo nothing changes; on a plan the picture before goes over into the next.
    add = "() => { preview.setModel(wholeModel); return " + pictures + "; }"
    assert live_page.evaluate(add) == 1
    live_page.evaluate(
        "given => show(given)", {"photo": face.photo, "facts": face.facts, "model": path}
    )
    face.set_values(live_page, face.plan("rhinoplasty", 100))
    live_page.evaluate("settled()")
    assert live_page.evaluate(add) == 2
    live_page.wait_for_function(f"{pictures} === 1")


def test_without_effects_the_light_is_the_photos(
    faces: dict[str, LiveFace], live_page: Page
) -> None:
    face = faces["astronaut"]
    photo = smooth(face)
    plan = face.plan("rhinoplasty", 0)
    shown(face, live_page, plan, face.site.put("smooth.png", png(photo)), light=True)
    away = np.abs(drawn(live_page, photo).astype(int) - photo).max(axis=2)
    assert (away[face.simulated(plan).surgical_mask.full() > 0] <= 1).mean() > 0.99


def test_a_profile_has_the_servers_light_too(
    site: Site, pipeline: LandmarkDiffPipeline, live_page: Page
) -> None:
    prepared = pipeline.prepare(photo(), mm_per_px=1 / PX_PER_MM)
    face = LiveFace.on(site, pipeline, "profile", prepared)
    plan = face.plan("mentoplasty", 60)
    _, shading = lit(face, plan)
    shown(face, live_page, plan, face.photo, light=True)
    live_page.evaluate("async values => handOver(preview.model.fit(values).light)", values(plan))
    found = np.frombuffer(handed(live_page), "<f4").reshape(*shading.gloss.shape, 4)
    assert np.abs(found[..., :3] - shading.factor).max() < 4e-3
    assert np.abs(shading.factor - 1.0).max() > 0.05
