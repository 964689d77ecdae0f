"""A small app with real parts: a page with one slider, and a studio that finds faces.

Tests mount it in their own process, or run this file to have a server of its own:
``python small_app.py '{"port": 7999, "session_minutes": 0.05}'``.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.settings import AppSettings

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from landmarkdiff.photo import Photo
    from landmarkdiff.ui.server.passwords import Users
    from landmarkdiff.ui.server.services import AppServices
    from landmarkdiff.ui.server.sessions import Session

BASE = "http://127.0.0.1:7860"


class SmallStudio:
    """Finds the face of a photo; its live model are the landmarks."""

    def __init__(self, services: AppServices) -> None:
        self._services = services

    def open_photo(self, session: Session, photo: Photo) -> dict[str, Any]:
        session.consultation = self._services.pipeline.prepare(photo.pixels, passes=1)
        blob = session.blobs.put(photo.pixels[0].tobytes(), "image/png", f"{photo.stem}.png")
        return {"shape": photo.pixels.shape, "stem": photo.stem, "blob": blob}

    def live_model(self, session: Session, settings: dict[str, Any]) -> bytes:
        if "explode" in settings:
            raise KeyError(settings["explode"])
        if "sleep" in settings:
            progress = session.guard()
            for step in range(100):
                progress(step, 100, "")
                time.sleep(settings["sleep"] / 100)
        if session.consultation is None:
            raise ParameterError("there is no photo yet")
        return session.consultation.landmarks.points.astype(np.float32).tobytes()


def build(language: str, services: AppServices) -> Any:
    """A page of one slider and one button."""
    import gradio as gr

    def double(value: float) -> str:
        if value == 13:
            raise ValueError("Jane Doe")
        return f"{2 * value:g}"

    with gr.Blocks(title=f"Small {language}") as blocks, gr.Tab("One"):
        slider = gr.Slider(0, 100, 21, label="Intensity")
        result = gr.Textbox(label="Result")
        gr.Button("Double").click(double, slider, result)
    return blocks


def make_services(settings: AppSettings) -> AppServices:
    from landmarkdiff.ui.server.services import AppServices

    services = AppServices.from_settings(settings)
    services.studio = SmallStudio(services)
    return services


@contextmanager
def small_client(
    settings: AppSettings | None = None, users: Users | None = None, **named: Any
) -> Iterator[TestClient]:
    """A client of the small app, in this process."""
    from starlette.testclient import TestClient

    from landmarkdiff.ui.app import create_app

    settings = settings or AppSettings(**named)
    services = make_services(settings)
    app = create_app(settings, build=build, services=services, users=users)
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        client.services = services
        yield client


def open_session(client: TestClient) -> str:
    return client.post("/ld/session").json()["token"]


if __name__ == "__main__":
    from landmarkdiff.ui.run import Display, serve

    chosen = json.loads(sys.argv[1])
    window = chosen.pop("window", False)
    for name in {"auth_file", "certfile", "keyfile"} & chosen.keys():
        chosen[name] = Path(chosen[name])
    serve(
        AppSettings(**chosen),
        Display(window, browser=False),
        build=build,
        make_services=make_services,
    )
