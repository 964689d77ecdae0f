"""Repainting as the page asks for it, with real pipelines and tiny complete models."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import waiting
from asking import answer_of, ask, decoded, lines_of
from small_app import BASE, open_session
from starlette.testclient import TestClient

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import encode_png, read_photo
from landmarkdiff.photo.manifest import read_manifest
from landmarkdiff.ui.app import create_app
from landmarkdiff.ui.server.modes import find_modes
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.workflows.consultation import Consultation

# diffusers' DPM-Solver hands a tensor to NumPy 2, which tells it so.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning:diffusers.*"
)

PLAN: dict[str, Any] = {"procedures": ["rhinoplasty"], "mode": "controlnet"}


@contextmanager
def serving(config: Path) -> Iterator[TestClient]:
    settings = AppSettings(config=config, workers=2)
    services = AppServices.from_settings(settings)
    app = create_app(settings, services=services)
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        client.services = services  # type: ignore[attr-defined]
        yield client


@pytest.fixture(scope="module")
def exact(tiny_configs: Mapping[str, Path]) -> Iterator[TestClient]:
    """An app whose network returns its start."""
    with serving(tiny_configs["identity"]) as client:
        yield client


class Visit:
    """A page with a photo, without a browser."""

    def __init__(self, client: TestClient, photo: ImageArray) -> None:
        self.client = client
        self.token = open_session(client)
        answer_of(ask(client, self.token, "single/photo", {"name": "photo"}, encode_png(photo)))

    @property
    def session(self) -> Session:
        return next(
            one for one in self.services.store._sessions.values() if one.token == self.token
        )

    @property
    def services(self) -> AppServices:
        return self.client.services  # type: ignore[attr-defined,no-any-return]

    @property
    def consultation(self) -> Consultation:
        consultation = self.session.case.consultation
        assert consultation is not None
        return consultation

    def warp(self, **changes: Any) -> None:
        """What the page does when its sliders rest."""
        answer_of(ask(self.client, self.token, "single/warp", PLAN | changes))

    def painted(self, language: str = "en", **changes: Any) -> list[dict[str, Any]]:
        """What the page is told of a repainting, once the warp is there."""
        self.warp(**changes)
        return self.repaint(language, **changes)

    def repaint(self, language: str = "en", **changes: Any) -> list[dict[str, Any]]:
        headers = {"X-Language": language}
        *stages, last = lines_of(
            ask(self.client, self.token, "single/repaint", PLAN | changes, headers=headers)
        )
        return [*stages, last.get("answer", last)]

    def picture(self, blob: str) -> ImageArray:
        return decoded(self.client.get(f"/ld/{self.token}/blob/{blob}").content)

    def download(self, kind: str) -> tuple[str, bytes]:
        made = answer_of(ask(self.client, self.token, "single/download", {"file": kind}))
        return made["filename"], self.session.blobs.get(made["blob"]).data


@pytest.fixture
def visit(exact: TestClient, astronaut: ImageArray) -> Visit:
    found = Visit(exact, astronaut)
    found.warp()
    return found


def facts_of(made: Mapping[str, Any]) -> dict[str, list[str]]:
    return {fact["name"]: fact["lines"] for fact in made["facts"]}


def test_stages_pictures_and_facts(visit: Visit, astronaut: ImageArray) -> None:
    *stages, made = visit.painted(strength=0.3)
    said = [stage["text"] for stage in stages]
    assert said[0] == "Finding the landmarks"
    assert "Repainting, step 1 of 3" in said
    assert said[-1] == "Checking and finishing"
    head, data = next(stage["preview"] for stage in stages if "preview" in stage).split(",")
    assert head == "data:image/jpeg;base64"
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert max(shown.shape) <= 192
    assert made["sentence"] == "The repainted picture was accepted."
    assert made["refused"] is False
    assert made["values"].keys() == {
        f"rhinoplasty.{name}"
        for name in ("tip_rotation", "alar_base_width", "dorsal_hump", "tip_width")
    }
    assert [one["key"] for one in made["pictures"]] == ["warp", "raw", "final"]
    assert {visit.picture(one["full"]).shape for one in made["pictures"]} == {astronaut.shape}
    assert {visit.picture(one["tile"]).shape for one in made["pictures"]} == {(720, 576, 3)}
    facts = facts_of(made)
    assert facts["settings"][0] == "10 steps, guidance 7.5, strength 0.30"
    assert facts["guard"][0] == "accepted"
    assert "of at most" in facts["guard"][1]
    assert facts["identity"][0] == "kept"
    assert "ControlNet: controlnet_depth" in facts["models"]
    assert "Blending: done" in facts["finishing"]


def test_downloads_are_of_the_painting_until_the_plan_changes(visit: Visit) -> None:
    visit.repaint()
    seen = {}
    for kind in ("warp", "raw", "final"):
        name, data = visit.download(kind)
        assert name == f"photo-simulation-{kind}.png"
        manifest = read_manifest(io.BytesIO(data))
        assert manifest is not None
        assert (manifest["picture"], manifest["mode"]) == (kind, "controlnet")
        seen[kind] = read_photo(data).pixels
    assert (seen["raw"] != seen["warp"]).any()
    assert visit.download("report")[1].startswith(b"%PDF")
    assert visit.consultation.prediction.mode == "controlnet"
    visit.warp(intensity={"rhinoplasty": 80})
    assert visit.consultation.prediction.mode == "tps"
    assert visit.consultation.settings.mode == "controlnet"
    (line,) = lines_of(ask(visit.client, visit.token, "single/download", {"file": "raw"}))[-1:]
    assert line["error"].startswith("The painting is outdated")
    name, data = visit.download("picture")
    assert name == "photo-simulation.png"


def test_a_refused_painting_says_so_and_shows_the_warp(
    tiny_configs: Mapping[str, Path], astronaut: ImageArray
) -> None:
    with serving(tiny_configs["random"]) as client:
        visit = Visit(client, astronaut)
        *stages, made = visit.painted(mode="img2img")
        said = [stage["text"] for stage in stages]
        assert any(text.startswith("Loading model 1 of ") for text in said)
        assert any(text.endswith("attempt 2") for text in said)
        assert made["refused"] is True
        assert made["sentence"] == "The painting was refused; the warp is shown."
        warp, raw, final = made["pictures"]
        assert warp["full"] == final["full"]
        assert warp["full"] != raw["full"]
        assert final["hint"] == "the warp, since the painting was refused"
        guard = next(fact for fact in made["facts"] if fact["name"] == "guard")
        assert guard["wrong"]
        assert guard["lines"][0].startswith("refused: it ")
        assert [line[:9] for line in guard["lines"][2:]] == ["Attempt 1", "Attempt 2", "Attempt 3"]
        finishing = facts_of(made)["finishing"]
        assert finishing[-1].endswith(
            "Skin tone, Sharpening, Blending: left out, the warp is shown"
        )
        codes = {notice.code for notice in visit.consultation.prediction.notices}
        assert "painting_refused" in codes


def test_strength_nothing_repaints_nothing(visit: Visit) -> None:
    *stages, made = visit.painted("de", strength=0)
    texts = [stage["text"] for stage in stages]
    # The models are there, unless it is the first painting.
    assert [text for text in texts if not text.startswith("Modell ")] == [
        "Landmarken werden gesucht",
        "Das Bild wird neu gemalt",
    ]
    assert made["sentence"] == "Es wurde nichts neu gemalt; gezeigt wird die Verformung."
    assert len({one["full"] for one in made["pictures"]}) == 1


def test_a_mode_that_cannot_run_is_one_sentence(visit: Visit) -> None:
    answer = ask(visit.client, visit.token, "single/repaint", PLAN | {"mode": "controlnet_xl"})
    assert lines_of(answer)[-1]["error"].startswith("Unknown mode")
    answer = visit.client.post(f"/ld/{visit.token}/ask/single/repaint", content=b"[]")
    assert answer.status_code == 400
    assert ask(visit.client, "x" * 43, "single/repaint", PLAN).status_code == 404


def test_a_device_that_is_not_there_greys_every_network(tiny_configs: Mapping[str, Path]) -> None:
    settings = AppSettings(config=tiny_configs["identity"], device="cuda:63")
    warp, *others = find_modes(settings.configuration())
    assert warp.refusal is None
    # The configuration has no models of the mode lato: that is said of it, on any device.
    refused = {mode.name: str(mode.refusal).partition(",")[0] for mode in others}
    assert "lato" in refused.pop("lato")
    assert set(refused.values()) == {"this device is not there"}
    here = {
        mode.name: mode.refusal for mode in find_modes(settings.configuration().with_device("cpu"))
    }
    assert here.pop("lato") is not None
    assert set(here.values()) == {None}


# -- while it goes on ------------------------------------------------------------------------


class Working:
    """A repainting under way in a thread; a hundred steps, so that there is time to meddle."""

    def __init__(self, visit: Visit, **changes: Any) -> None:
        self.visit = visit
        self.lines: list[dict[str, Any]] = []
        slow = {"steps": 100, "strength": 1.0} | changes
        visit.warp(**slow)
        self.thread = threading.Thread(target=lambda: self.lines.extend(visit.repaint(**slow)))
        self.thread.start()

    def finished(self) -> list[dict[str, Any]]:
        self.thread.join(waiting.LONGEST)
        assert not self.thread.is_alive()
        return self.lines


def painting(visit: Visit) -> bool:
    """Whether a network works; the lock is the pipeline's own."""
    free = visit.services.pipeline._painting.acquire(blocking=False)
    if free:
        visit.services.pipeline._painting.release()
    return not free


def test_it_is_cancelled_at_a_step_and_the_warp_stays(visit: Visit) -> None:
    work = Working(visit)
    waiting.until(lambda: painting(visit))
    before = visit.consultation.prediction
    answer = visit.client.post(f"/ld/{visit.token}/cancel")
    assert answer.status_code == 204
    assert work.finished()[-1]["code"] == "WorkCancelled"
    assert visit.consultation.prediction is before
    assert visit.services.painting.load == (0, 0)


def test_another_plan_is_never_overwritten_by_a_late_painting(visit: Visit) -> None:
    work = Working(visit, strength=0.5)
    waiting.until(lambda: painting(visit))
    visit.warp(intensity={"rhinoplasty": 20})  # answers although a network paints
    assert painting(visit)
    visit.client.post(f"/ld/{visit.token}/cancel")
    work.finished()
    assert visit.consultation.prediction.plan.intensity == 20.0


def test_two_people_wait_in_turn_and_are_told(exact: TestClient, astronaut: ImageArray) -> None:
    first, second = Visit(exact, astronaut), Visit(exact, astronaut)
    work = Working(first)
    waiting.until(lambda: painting(first))
    other = Working(second, steps=10, strength=0.1)
    waiting.until(lambda: first.services.painting.load == (1, 1))
    first.client.post(f"/ld/{first.token}/cancel")
    assert work.finished()[-1]["code"] == "WorkCancelled"
    told = other.finished()
    assert told[0] == {"share": 0.0, "text": "Waiting: 1 before you"}
    assert told[-1]["refused"] is False


def test_a_closed_page_ends_its_work_and_nothing_stays(visit: Visit) -> None:
    work = Working(visit)
    waiting.until(lambda: painting(visit))
    session = visit.session
    visit.client.post(f"/ld/session/{visit.token}/close")
    assert work.finished()[-1]["code"] == "WorkCancelled"
    assert len(session.blobs) == 0
    assert session.case.consultation is None


def test_a_saved_consultation_opens_where_its_mode_cannot_run(visit: Visit) -> None:
    visit.warp(strength=0.2)
    saved = visit.download("consultation")[1]
    answer = answer_of(ask(visit.client, visit.token, "single/consultation", file=saved))
    assert answer["asked_mode"] == answer["settings"]["mode"] == "controlnet"
    assert answer["settings"]["strength"] == 0.2
    settings = AppSettings(workers=2)  # without the tiny models
    services = AppServices.from_settings(settings)
    app = create_app(settings, services=services)
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        token = open_session(client)
        answer = answer_of(ask(client, token, "single/consultation", file=saved))
    assert (answer["asked_mode"], answer["settings"]["mode"]) == ("controlnet", "tps")
