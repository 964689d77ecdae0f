"""Portraits prepared for the live preview: what the browser is given, and the server's field."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from urllib.request import urlopen

import numpy as np
from loopback import Site
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.manipulation.live_model import LiveModel
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan

DRAW = "async (eyes) => handOver(await drawnSimulation(preview.photo, { eyes }))"


def png(image: ImageArray) -> bytes:
    """Return the image (H, W, 3) as a PNG."""
    held = io.BytesIO()
    Image.fromarray(image).save(held, "PNG")
    return held.getvalue()


@dataclass(frozen=True)
class LiveFace:
    """A prepared portrait on a site."""

    name: str
    pipeline: LandmarkDiffPipeline
    prepared: PreparedFace
    site: Site
    photo: str

    @classmethod
    def on(
        cls, site: Site, pipeline: LandmarkDiffPipeline, name: str, prepared: PreparedFace
    ) -> LiveFace:
        """Serve a prepared portrait."""
        return cls(name, pipeline, prepared, site, site.put(f"{name}.png", png(prepared.image)))

    @property
    def facts(self) -> dict[str, Any]:
        """What ``setPhoto`` is told."""
        source = self.prepared.landmarks
        return {
            "width": source.image_width,
            "height": source.image_height,
            "mmPerPx": source.scale.mm_per_px,
            "relativeUncertainty": source.scale.relative_uncertainty,
        }

    def plan(
        self,
        procedure: str | tuple[str, ...],
        intensity: float | dict[str, float] = 60.0,
        **more: Any,
    ) -> SurgicalPlan:
        """Return a plan for this face."""
        return make_plan(procedure, self.prepared.landmarks, intensity=intensity, **more)

    def model(self, plan: SurgicalPlan) -> LiveModel:
        """Return the live model of the plan's effects."""
        return LiveModel.of(self.prepared, plan)

    def serve(self, plan: SurgicalPlan) -> str:
        """Serve the live model; return its path."""
        name = "-".join([self.name, *(item.name for item in plan.procedures)])
        return self.site.put(f"{name}.bin", self.model(plan).encode())

    def simulated(self, plan: SurgicalPlan, *, light: bool = False) -> Prediction:
        """Return the server's own result, in the photo's own light as :meth:`model` is."""
        return self.pipeline.generate(self.prepared, plan=plan, verify=False, light=light)

    def show(self, page: Page, plan: SurgicalPlan | None = None, language: str = "en") -> None:
        """Show this photo and, if there is a plan, its model; open the page where it is new."""
        if not page.url.startswith(self.site.url):
            open_live_page(page, self.site, language)
        model = None if plan is None else self.serve(plan)
        given = {"photo": self.photo, "facts": self.facts, "model": model}
        page.evaluate("given => show(given)", given)

    def set_values(self, page: Page, plan: SurgicalPlan) -> None:
        """Give the browser the plan's values."""
        page.evaluate("values => preview.setValues(values)", values(plan))


def open_live_page(page: Page, site: Site, language: str = "en") -> None:
    """Load the page on which previews are shown."""
    page.goto(f"{site.url}/pages/live_page.html?{language}")
    page.wait_for_function("window.ready")


def values(plan: SurgicalPlan) -> dict[str, float]:
    """Return the plan's values by effect."""
    return {item.key: item.value for item in plan.effects}


def handed(page: Page) -> bytes:
    """Take what the page's ``handOver`` left: much quicker than text in an answer."""
    with urlopen(urljoin(page.url, "/files/handed.bin")) as answer:  # noqa: S310  # the loopback
        taken: bytes = answer.read()
    return taken


def drawn(
    page: Page, limit: int = 4096, *, quick: bool = False
) -> tuple[NDArray[np.float32], float]:
    """Displacement that the canvas draws: (height, width, 2) photo pixels; and the scale."""
    height, width, scale = page.evaluate(
        """async ([limit, quick]) => {
          preview.flush();
          const read = await readback(preview.picture, preview.photo, limit, quick);
          await handOver(read.source);
          return [read.height, read.width, read.scale];
        }""",
        [limit, quick],
    )
    source = np.frombuffer(handed(page), "<f4").reshape(height, width, 2).astype(np.float64)
    ys, xs = np.mgrid[:height, :width]
    source[..., 0] -= (xs + 0.5) / scale - 0.5
    source[..., 1] -= (ys + 0.5) / scale - 0.5
    return source.astype(np.float32), scale


def blob(page: Page) -> ImageArray:
    """What ``toBlob`` saves: (H, W, 3) uint8."""
    page.evaluate("preview.toBlob().then(handOver)")
    with Image.open(io.BytesIO(handed(page))) as image:
        return np.array(image.convert("RGB"))


def on_pixels(result: Prediction) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """The server's displacement at every pixel of the photo, and where its mask lets it act."""
    field = result.displacement_field
    height, width = result.before.shape[:2]
    rows, columns = field.grid.within(width, height)
    whole = np.zeros((height, width, 2), np.float32)
    acting = np.zeros((height, width), np.bool_)
    grid = field.grid
    place = (
        slice(grid.y + rows.start, grid.y + rows.stop),
        slice(grid.x + columns.start, grid.x + columns.stop),
    )
    whole[place] = grid.enlarge(field.displacement)[rows, columns]
    acting[place] = grid.enlarge(result.surgical_mask.coverage)[rows, columns] > 0
    return whole, acting


def simulated(page: Page, face: LiveFace, *, eyes: bool = True) -> ImageArray:
    """What the browser draws of the whole photo, one pixel for one: (H, W, 3)."""
    page.evaluate(DRAW, eyes)
    height, width = face.prepared.image.shape[:2]
    return np.frombuffer(handed(page), np.uint8).reshape(height, width, 4)[..., :3]
