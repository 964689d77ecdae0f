"""The route that repaints the first tab's picture and tells how far it is."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response

from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.responses import answering, choose_language, read_json_object
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.server.streaming import stream
from landmarkdiff.ui.tabs.single.painting import describe_painting, keep_pictures
from landmarkdiff.ui.tabs.single.studio import Studio, replace_blobs
from landmarkdiff.workflows.settings import ConsultationSettings

__all__ = ["paint_router"]

#: Settings of a consultation are a few hundred bytes.
JSON_BYTES = 64 * 1024
JSON_SECONDS = 10.0


def paint_router(services: AppServices) -> APIRouter:
    """Return the route ``/ld/{token}/repaint``."""
    router = APIRouter(prefix="/ld/{token}")

    @router.post("/repaint")
    @answering
    async def repaint(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        texts = Texts.load(choose_language(request))
        data = await read_json_object(request, JSON_BYTES, JSON_SECONDS)
        wanted = ConsultationSettings.from_dict(data)
        work = partial(_painted, services, session, wanted, texts)
        return stream(session, texts, services.gate(wanted.mode), work, _stage)

    return router


def _painted(
    services: AppServices,
    session: Session,
    wanted: ConsultationSettings,
    texts: Texts,
    telling: Telling,
) -> dict[str, Any]:
    prediction = Studio(services).repaint(session, wanted, telling)
    with session.lock:
        pictures = keep_pictures(session, prediction)
        names = [blob for one in pictures for blob in (one.tile, one.full)]
        replace_blobs(session, "single.painted", list(dict.fromkeys(names)))
    return describe_painting(prediction, pictures, texts)


def _stage(texts: Texts, _done: int, _total: int, what: str) -> str:
    return texts.progress(what)
