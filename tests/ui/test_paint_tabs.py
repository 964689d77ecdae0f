"""The tabs of several pictures in a repainting mode, with real pipelines and tiny models."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import waiting
from asking import Page, photo_of
from turned_heads import turned_photo

from landmarkdiff.arrays import ImageArray
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Owner
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.tabs.views.photos import ViewPhotos
from landmarkdiff.workflows.settings import ConsultationSettings

# diffusers' DPM-Solver hands a tensor to NumPy 2, which tells it so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:diffusers.*"
)

LEVELS = {
    "procedures": ["lip_lift", "rhinoplasty"],
    "intensity": {"lip_lift": 60, "rhinoplasty": 60},
}
SWEEP = {"procedure": "rhinoplasty", "steps": 3}


def services_of(config: Path) -> AppServices:
    return AppServices.from_settings(AppSettings(config=config, workers=1, queue=4))


@pytest.fixture(scope="module")
def exact(tiny_configs: Mapping[str, Path]) -> AppServices:
    """An app whose network returns its start."""
    return services_of(tiny_configs["identity"])


def page_with_photo(
    services: AppServices, astronaut: ImageArray, folder: Path, **settings: Any
) -> Page:
    page = Page(services)
    page.open_photo(photo_of(astronaut, folder))
    chosen = {"mode": "controlnet", **settings}
    page.consultation.settings = ConsultationSettings(**chosen)
    return page


@pytest.fixture
def page(exact: AppServices, astronaut: ImageArray, tmp_path: Path) -> Page:
    return page_with_photo(exact, astronaut, tmp_path)


def test_a_comparison_shows_what_it_came_from(page: Page) -> None:
    opened = page.answer("comparison/open")
    assert opened["note"] == "Mode of the first tab: Guided by the wireframe"
    *stages, last = page.ask("comparison/compare", **LEVELS)
    sentences = [stage["text"] for stage in stages]
    assert "Checking and finishing" in sentences
    assert sentences[-1] == "Drawing"
    gallery = last["answer"]["parts"]["gallery"]
    for name in ("warp", "raw", "final"):
        assert gallery.count(f'data-show="{name}"') == 1
    shown = page.files_in(gallery)
    assert {"lip_lift.jpg", "lip_lift-warp.jpg", "lip_lift-raw.jpg"} <= shown.keys()
    pictures = [page.picture(shown[f"lip_lift{end}.jpg"]) for end in ("", "-warp", "-raw")]
    assert {picture.shape for picture in pictures} == {(504, 560, 3)}
    assert (pictures[1] != pictures[2]).any()
    assert gallery.count("Geometry: accepted") == 2
    assert "refused" not in gallery
    html = page.answer("comparison/combine", **LEVELS)["parts"]["combined"]
    assert {"combined.jpg", "combined-warp.jpg", "combined-raw.jpg"} <= page.files_in(html).keys()
    assert "How this picture was made" in html


def test_a_sweep_of_refused_paintings_is_marked(
    tiny_configs: Mapping[str, Path], astronaut: ImageArray, tmp_path: Path
) -> None:
    services = services_of(tiny_configs["random"])
    page = page_with_photo(services, astronaut, tmp_path, mode="img2img")
    *stages, last = page.ask("sweep/sweep", **SWEEP)
    assert any(stage["text"].endswith("attempt 2") for stage in stages)
    gallery = last["answer"]["parts"]["gallery"]
    assert gallery.count("Painting refused, warp shown") == 3
    assert gallery.count("Geometry: refused: it ") == 3


def test_who_wants_a_sweep_waits_for_the_network_and_can_stop(page: Page) -> None:
    services = page.services
    other = services.store.open(Owner("", "another"))
    let_go = threading.Event()

    async def paint() -> None:
        async with services.painting.turn(services.painting.enter(other)):
            await asyncio.to_thread(let_go.wait)

    holder = threading.Thread(target=lambda: asyncio.run(paint()))
    holder.start()
    waiting.until(lambda: services.painting.load == (1, 0))
    lines = page.answering("sweep/sweep", **SWEEP)
    assert next(lines)["text"] == "Waiting: 1 before you"
    page.session.stop()
    assert [line["code"] for line in lines] == ["WorkCancelled"]
    # A warp does not wait.
    page.consultation.settings = ConsultationSettings()
    assert page.answer("sweep/sweep", **SWEEP)
    let_go.set()
    holder.join(waiting.LONGEST)
    assert services.painting.load == (0, 0)


def test_every_view_is_repainted(page: Page) -> None:
    session = page.session
    page.texts = Texts.load("de")
    views = ViewPhotos(session, session.case)
    for yaw in (0, 45):
        views.add(page.services.pipeline, turned_photo(yaw))
    *stages, last = page.ask("views/apply")
    sentences = [stage["text"] for stage in stages]
    assert "Prüfen und Nachbearbeiten" in sentences
    state = last["answer"]
    assert state["mode"] == "Modus des ersten Reiters: Geführt vom Drahtgitter"
    for view in state["results"]["views"]:
        assert view["layers"].keys() == {"warp", "raw"}
        assert view["marks"] == []
        pictures = [page.picture(blob) for blob in (view["after"], *view["layers"].values())]
        assert len({picture.shape for picture in pictures}) == 1
    count = len(session.blobs)
    views.clear()  # photos, results and layers
    assert len(session.blobs) == count - 2 - 2 * 4 - 1
