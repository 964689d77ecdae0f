"""Questions to the app, as the page asks them: over HTTP, or to a page without a browser."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import cv2
import numpy as np
from numpy.typing import NDArray
from small_app import shared_pipeline

from landmarkdiff.photo import Photo, encode_png, read_photo
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.ask_route import AnswerLines, answer_lines, read_question
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Owner, Session
from landmarkdiff.ui.server.settings import AppSettings
from landmarkdiff.ui.tabs.registry import find_tabs
from landmarkdiff.workflows.consultation import Consultation

Line = dict[str, Any]
OWNER = Owner("", "browser")
KINDS = {f"{tab.name}/{kind.name}": kind for tab in find_tabs() for kind in tab.kinds}


def ask(
    client: Any,
    token: str,
    kind: str,
    question: dict[str, Any] | None = None,
    file: Any = None,
    headers: dict[str, str] | None = None,
) -> Any:
    """Ask over HTTP; return the response."""
    body = json.dumps(question or {})
    if file is None:
        return client.post(f"/ld/{token}/ask/{kind}", content=body, headers=headers)
    headers = {"X-Question": quote(body), **(headers or {})}
    return client.post(f"/ld/{token}/ask/{kind}", content=file, headers=headers)


def lines_of(response: Any) -> list[Line]:
    """The stages of an answer and its last line."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


def answer_of(response: Any) -> Line:
    """The answer itself."""
    last = lines_of(response)[-1]
    assert "answer" in last, last
    answer: Line = last["answer"]
    return answer


class Page:
    """One page of the app, without a browser."""

    def __init__(
        self, services: AppServices, language: str = "en", session: Session | None = None
    ) -> None:
        self.services = services
        self.session = session or services.store.open(OWNER)
        self.texts = Texts.load(language)

    @property
    def consultation(self) -> Consultation:
        """Photo and plan of the page."""
        consultation = self.session.case.consultation
        assert consultation is not None
        return consultation

    def open_photo(self, photo: Photo) -> None:
        self.session.begin(Case(Consultation(self.services.pipeline, photo)))

    def answering(self, kind: str, **question: Any) -> Iterator[Line]:
        """Yield the lines as they come, as the page reads them."""
        asked = KINDS[kind]
        read = read_question(asked, json.dumps(question).encode())

        async def begin() -> AnswerLines:
            return answer_lines(self.services, self.session, self.texts, asked, read)

        async def following() -> Line | None:
            return await anext(lines, None)

        # In a thread: Playwright keeps an event loop running in this one.
        with asyncio.Runner() as runner, ThreadPoolExecutor(1) as thread:
            try:
                lines = aiter(thread.submit(runner.run, begin()).result())
                while (line := thread.submit(runner.run, following()).result()) is not None:
                    yield json.loads(json.dumps(line))
            finally:
                thread.submit(runner.close).result()

    def ask(self, kind: str, **question: Any) -> list[Line]:
        """Return all lines."""
        return list(self.answering(kind, **question))

    def answer(self, kind: str, **question: Any) -> Line:
        """Return the answer."""
        last = self.ask(kind, **question)[-1]
        assert "answer" in last, last
        answer: Line = last["answer"]
        return answer

    def error(self, kind: str, **question: Any) -> Line:
        """Return the error that is the only line."""
        (line,) = self.ask(kind, **question)
        assert "error" in line, line
        return line

    def files_in(self, html: str) -> dict[str, str]:
        """Blobs that an answer refers to, by their file names; all of them are there."""
        start = f"/ld/{self.session.token}/blob/"
        found = {}
        for part in html.split(start)[1:]:
            name = part.split('"')[0].split("?")[0]
            found[self.session.blobs.get(name).filename] = name
        return found

    def picture(self, blob: str) -> NDArray[np.uint8]:
        """Pixels of a blob, RGB."""
        return decoded(self.session.blobs.get(blob).data)


def decoded(data: bytes) -> NDArray[np.uint8]:
    """Pixels of a picture file, RGB."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return np.ascontiguousarray(pixels[..., ::-1])


def make_services() -> AppServices:
    services = AppServices.from_settings(AppSettings(workers=2, queue=4))
    services.loader = shared_pipeline()
    return services


def photo_of(pixels: NDArray[np.uint8], folder: Any) -> Photo:
    """Return pixels as a photo that was read from a file."""
    path = folder / "portrait.png"
    path.write_bytes(encode_png(pixels))
    return read_photo(path)
