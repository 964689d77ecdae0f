"""A session with a photo, and a tab's desk that is asked as the page asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from gradio.components import Textbox
from gradio.layouts import Tabs
from numpy.typing import NDArray
from starlette.requests import Request

from landmarkdiff.photo import Photo, encode_png, read_photo
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.services import OWNER_KEY, AppServices
from landmarkdiff.ui.server.sessions import Owner, Session
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.tabs.forms import Desk, answers
from landmarkdiff.ui.tabs.frame import Frame
from landmarkdiff.ui.tabs.single.studio import Studio

OWNER = Owner("", "browser")


class TabRoom:
    """One page of the app, without a browser."""

    def __init__(self, services: AppServices, language: str = "en") -> None:
        self.services = services
        self.session: Session = services.store.open(OWNER)
        self.texts = Texts.load(language)
        token, tabs = Textbox(render=False), Tabs(render=False)
        self.frame = Frame(language, self.texts, services, token, tabs)
        self.request: Any = Request({"type": "http", OWNER_KEY: OWNER})

    def open_photo(self, photo: Photo) -> None:
        Studio(self.services).open_photo(self.session, photo)

    def answering(
        self, desk: Desk, kind: str, fields: dict[str, list[str]] | None = None, **others: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the replies as they come."""
        data = {"kind": kind, "number": 7, "fields": fields or {}, **others}
        for said in answers(self.frame, desk, data, self.session.token, self.request):
            yield json.loads(said)

    def ask(
        self, desk: Desk, kind: str, fields: dict[str, list[str]] | None = None, **others: Any
    ) -> list[dict[str, Any]]:
        """Return all replies, which are for this question and this desk."""
        replies = list(self.answering(desk, kind, fields, **others))
        assert {(reply["area"], reply["number"]) for reply in replies} == {(desk.area, 7)}
        return replies

    def files_in(self, html: str) -> dict[str, str]:
        """Blobs that an answer refers to, by their file names; all of them are on the shelf."""
        start = f"/ld/{self.session.token}/blob/"
        found = {}
        for part in html.split(start)[1:]:
            name = part.split('"')[0].split("?")[0]
            found[self.session.blobs.get(name).filename] = name
        return found

    def picture(self, blob: str) -> NDArray[np.uint8]:
        """Pixels of a blob, RGB."""
        data = np.frombuffer(self.session.blobs.get(blob).data, np.uint8)
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None
        return np.ascontiguousarray(decoded[..., ::-1])


def make_services() -> AppServices:
    services = AppServices.from_settings(AppSettings(workers=2, queue=4))
    services.studio = Studio(services)
    return services


def photo_of(pixels: NDArray[np.uint8], folder: Any) -> Photo:
    """Return pixels as a photo that was read from a file."""
    path = folder / "portrait.png"
    path.write_bytes(encode_png(pixels))
    return read_photo(path)
