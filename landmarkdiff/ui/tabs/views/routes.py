"""The routes of the fifth tab: photos of the views, hints for the camera, one plan in all views."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import DEFAULT_MODE
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.responses import (
    NamedBytes,
    answering,
    choose_language,
    read_body,
    read_json_object,
)
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.sessions import Progress, Session
from landmarkdiff.ui.server.steps import Telling
from landmarkdiff.ui.server.streaming import stream
from landmarkdiff.ui.server.work import BusyError
from landmarkdiff.ui.tabs.views.describe import describe_views, stage_words
from landmarkdiff.ui.tabs.views.gallery import make_gallery, make_report, plan_settings
from landmarkdiff.ui.tabs.views.photos import SessionViews
from landmarkdiff.workflows.guidance import Guidance, hint_for
from landmarkdiff.workflows.views import ExpectedView, expected_view

__all__ = ["FRAME_SIDE", "view_router"]

PHOTO_SECONDS = 120.0
#: Photos that arrive at once, each of which may fill its memory.
UPLOADS = 8
#: A frame of the camera that is looked at for a hint.
FRAME_SIDE = 640
FRAME_BYTES = 512 * 1024
FRAME_SECONDS = 10.0
JSON_BYTES = 16 * 1024
JSON_SECONDS = 10.0


def view_router(services: AppServices) -> APIRouter:
    """Return the routes below ``/ld/{token}/view``."""
    router = APIRouter(prefix="/ld/{token}/view")
    _add_photo_routes(router, services)
    _add_set_routes(router, services)
    _add_work_routes(router, services)
    return router


def _entered(
    services: AppServices, token: str, request: Request, *, photo: bool = False
) -> tuple[Session, Texts]:
    session = services.session(token, request)
    session.count_request(photo=photo)
    return session, Texts.load(choose_language(request))


def _told(session: Session, texts: Texts) -> Response:
    return JSONResponse(describe_views(session, texts))


def _add_photo_routes(router: APIRouter, services: AppServices) -> None:
    limits = PhotoLimits(max_file_bytes=services.settings.max_upload_bytes)
    uploads = asyncio.Semaphore(UPLOADS)

    @router.post("")
    @answering
    async def add(token: str, request: Request, place: str | None = None) -> Response:
        session, texts = _entered(services, token, request, photo=True)
        if place is not None:
            expected_view(place)
        if uploads.locked():
            raise BusyError
        async with uploads:
            body = await read_body(request, limits.max_file_bytes, PHOTO_SECONDS)
            name = unquote(request.headers.get("x-name", ""))[:255]
            async with services.work.turn_async(session) as guard:
                work = partial(_add_photo, services, session, body, name, limits, place, guard)
                await asyncio.to_thread(work)
        return _told(session, texts)

    @router.post("/hint")
    @answering
    async def hint(token: str, request: Request, place: str) -> Response:
        session, texts = _entered(services, token, request)
        expected = expected_view(place)
        body = await read_body(request, FRAME_BYTES, FRAME_SECONDS)
        async with services.work.turn_async(session):
            found = await asyncio.to_thread(_hint, body, expected)
        sentence = texts(found.key, **found.params)
        return JSONResponse({"ok": found.ok, "code": found.code, "text": sentence})


def _add_photo(
    services: AppServices,
    session: Session,
    body: bytearray,
    name: str,
    limits: PhotoLimits,
    place: str | None,
    progress: Progress,
) -> None:
    """Decode and keep; the body is forgotten before the heavy work begins."""
    with NamedBytes(body, name) as source:
        body.clear()
        photo = read_photo(source, limits=limits)
    progress(1, 2, "progress.landmarks")
    SessionViews.of(session).add(services.pipeline, photo, place)


def _hint(body: bytearray, expected: ExpectedView) -> Guidance:
    limits = PhotoLimits(3 * FRAME_SIDE**2, FRAME_BYTES)
    return hint_for(read_photo(bytes(body), limits=limits).pixels, expected)


def _add_set_routes(router: APIRouter, services: AppServices) -> None:
    @router.post("/set")
    @answering
    async def show(token: str, request: Request) -> Response:
        return _told(*_entered(services, token, request))

    @router.post("/sort")
    @answering
    async def sort(token: str, request: Request) -> Response:
        session, texts = _entered(services, token, request)
        SessionViews.of(session).sort()
        return _told(session, texts)

    @router.post("/all/remove")
    @answering
    async def clear(token: str, request: Request) -> Response:
        session, texts = _entered(services, token, request)
        SessionViews.of(session).clear()
        return _told(session, texts)

    @router.post("/{name}/remove")
    @answering
    async def remove(token: str, name: str, request: Request) -> Response:
        session, texts = _entered(services, token, request)
        SessionViews.of(session).remove(name)
        return _told(session, texts)

    @router.post("/{name}/move")
    @answering
    async def move(token: str, name: str, request: Request, place: str) -> Response:
        session, texts = _entered(services, token, request)
        SessionViews.of(session).move(name, place)
        return _told(session, texts)


def _add_work_routes(router: APIRouter, services: AppServices) -> None:
    @router.post("/apply")
    @answering
    async def apply(token: str, request: Request) -> Response:
        session, texts = _entered(services, token, request)
        wanted = await read_json_object(request, JSON_BYTES, JSON_SECONDS)
        settings = plan_settings(session, wanted)

        def work(telling: Telling) -> dict[str, Any]:
            kept = SessionViews.of(session)
            views = kept.views
            made = make_gallery(services.pipeline, views, settings, texts, telling)
            kept.keep(views, settings, made)
            return describe_views(session, texts)

        return stream(session, texts, services.gate(settings.mode), work, stage_words)

    @router.post("/report")
    @answering
    async def report(token: str, request: Request) -> Response:
        session, texts = _entered(services, token, request)
        typed = await read_json_object(request, JSON_BYTES, JSON_SECONDS)
        names = {key: str(typed.get(key, "")) for key in ("patient", "clinician")}
        made = SessionViews.of(session).results
        mode = DEFAULT_MODE if made is None else made.settings.mode

        def work(telling: Telling) -> dict[str, Any]:
            kept = SessionViews.of(session)
            if kept.results is None:
                raise ParameterError(
                    "there is no simulation of the views", fix="apply the plan first"
                )
            data = make_report(
                services.pipeline,
                kept.views,
                kept.results.settings,
                texts,
                telling,
                **names,
            )
            telling.progress(1, 1, "progress.done")
            filename = "views-simulation.pdf"
            return {
                "blob": session.blobs.put(data, "application/pdf", filename),
                "filename": filename,
            }

        return stream(session, texts, services.gate(mode), work, stage_words)
