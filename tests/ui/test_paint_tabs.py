"""The tabs of several pictures in a repainting mode, with real pipelines and tiny models."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tab_room import TabRoom, photo_of
from turned_heads import turned_photo

from landmarkdiff.arrays import ImageArray
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Owner
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.tabs.comparison.tab import ComparisonTab
from landmarkdiff.ui.tabs.single.studio import Studio
from landmarkdiff.ui.tabs.sweep.tab import SweepTab
from landmarkdiff.ui.tabs.views.describe import describe_views
from landmarkdiff.ui.tabs.views.gallery import make_gallery
from landmarkdiff.ui.tabs.views.photos import SessionViews
from landmarkdiff.workflows.settings import ConsultationSettings

# diffusers' DPM-Solver hands a tensor to NumPy 2, which tells it so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:diffusers.*"
)

LEVELS = {
    "procedures": ["lip_lift", "rhinoplasty"],
    "intensity.lip_lift": ["60"],
    "intensity.rhinoplasty": ["60"],
}


def services_of(config: Path) -> AppServices:
    services = AppServices.from_settings(AppSettings(config=config, workers=1, queue=4))
    services.studio = Studio(services)
    return services


@pytest.fixture(scope="module")
def exact(tiny_configs: Mapping[str, Path]) -> AppServices:
    """An app whose network returns its start."""
    return services_of(tiny_configs["identity"])


def room_with_photo(
    services: AppServices, astronaut: ImageArray, folder: Path, **settings: Any
) -> TabRoom:
    room = TabRoom(services)
    room.open_photo(photo_of(astronaut, folder))
    chosen = {"mode": "controlnet", **settings}
    room.session.consultation.settings = ConsultationSettings(**chosen)
    return room


@pytest.fixture
def room(exact: AppServices, astronaut: ImageArray, tmp_path: Path) -> TabRoom:
    return room_with_photo(exact, astronaut, tmp_path)


def test_a_comparison_shows_what_it_came_from(room: TabRoom) -> None:
    desk = ComparisonTab(room.texts).desk
    (opened,) = room.ask(desk, "open")
    assert opened["note"] == "Mode of the first tab: Guided by the wireframe"
    *told, done = room.ask(desk, "compare", LEVELS)
    assert done["kind"] == "done", done
    sentences = [reply["sentence"] for reply in told]
    assert "Checking and finishing" in sentences
    assert sentences[-1] == "Drawing"
    gallery = done["parts"]["gallery"]
    for name in ("warp", "raw", "final"):
        assert gallery.count(f'data-show="{name}"') == 1
    shown = room.files_in(gallery)
    assert {"lip_lift.jpg", "lip_lift-warp.jpg", "lip_lift-raw.jpg"} <= shown.keys()
    pictures = [room.picture(shown[f"lip_lift{end}.jpg"]) for end in ("", "-warp", "-raw")]
    assert {picture.shape for picture in pictures} == {(720, 576, 3)}
    assert (pictures[1] != pictures[2]).any()
    assert gallery.count("Geometry: accepted") == 2
    assert "refused" not in gallery
    (combined,) = [r for r in room.ask(desk, "combine", LEVELS) if r["kind"] == "done"]
    html = combined["parts"]["combined"]
    assert {"combined.jpg", "combined-warp.jpg", "combined-raw.jpg"} <= room.files_in(html).keys()
    assert "How this picture was made" in html


def test_a_sweep_of_refused_paintings_is_marked(
    tiny_configs: Mapping[str, Path], astronaut: ImageArray, tmp_path: Path
) -> None:
    services = services_of(tiny_configs["random"])
    room = room_with_photo(services, astronaut, tmp_path, mode="img2img")
    fields = {"procedure": ["rhinoplasty"], "steps": ["3"]}
    *told, done = room.ask(SweepTab(room.texts).desk, "sweep", fields)
    assert done["kind"] == "done", done
    assert any(reply["sentence"].endswith("attempt 2") for reply in told)
    assert done["parts"]["gallery"].count("Painting refused, warp shown") == 3
    assert done["parts"]["gallery"].count("Geometry: refused: it ") == 3


def test_who_wants_a_sweep_waits_for_the_network_and_can_stop(room: TabRoom) -> None:
    services, desk = room.services, SweepTab(room.texts).desk
    fields = {"procedure": ["rhinoplasty"], "steps": ["3"]}
    other = services.store.open(Owner("", "another"))
    let_go = threading.Event()

    def paint() -> None:
        with services.painting.turn(other):
            let_go.wait(60)

    holder = threading.Thread(target=paint)
    holder.start()
    while services.painting.load != (1, 0):
        time.sleep(0.01)
    replies = room.answering(desk, "sweep", fields)
    assert next(replies)["sentence"] == "Waiting: 1 before you"
    room.session.stop()
    assert [reply["kind"] for reply in replies] == ["cancelled"]
    # A warp does not wait.
    room.session.consultation.settings = ConsultationSettings()
    assert room.ask(desk, "sweep", fields)[-1]["kind"] == "done"
    let_go.set()
    holder.join(10)
    assert services.painting.load == (0, 0)


def test_every_view_is_repainted(room: TabRoom) -> None:
    session, pipeline = room.session, room.services.pipeline
    views, texts = SessionViews.of(session), Texts.load("de")
    for yaw in (0, 45):
        views.add(pipeline, turned_photo(yaw))
    settings = room.session.consultation.settings
    lines: list[Mapping[str, Any]] = []
    telling = Telling.of(texts, lambda *_: None, lines.append)
    views.keep(views.views, settings, make_gallery(pipeline, views.views, settings, texts, telling))
    assert lines[-1]["text"] == "Prüfen und Nachbearbeiten"
    told = describe_views(session, texts)
    assert told["mode"] == "Modus des ersten Reiters: Geführt vom Drahtgitter"
    for view in told["results"]["views"]:
        assert view["layers"].keys() == {"warp", "raw"}
        assert view["marks"] == []
        pictures = [room.picture(blob) for blob in (view["after"], *view["layers"].values())]
        assert len({picture.shape for picture in pictures}) == 1
    count = len(session.blobs)
    views.clear()  # photos, results and layers
    assert len(session.blobs) == count - 2 - 2 * 4 - 1
