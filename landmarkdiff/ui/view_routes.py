"""The routes of the fifth tab: photos of the views, hints for the camera, one plan in all views."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse, StreamingResponse

from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.texts import Texts
from landmarkdiff.ui.answers import (
    NamedBytes,
    answering,
    choose_language,
    error_response,
    read_body,
    read_json_object,
)
from landmarkdiff.ui.services import AppServices
from landmarkdiff.ui.session_views import SessionViews
from landmarkdiff.ui.sessions import Progress, Session
from landmarkdiff.ui.view_gallery import make_gallery, make_report, plan_settings
from landmarkdiff.ui.view_words import describe_views, stage_words
from landmarkdiff.ui.work import BusyError
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

#: ``work(progress)`` returns the last line of what the page is told.
Work = Callable[[Progress], dict[str, Any]]

_running: set[asyncio.Task[None]] = set()


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

        def work(progress: Progress) -> dict[str, Any]:
            kept = SessionViews.of(session)
            views = kept.views
            made = make_gallery(services.pipeline, views, settings, texts, progress)
            kept.keep(views, settings, made)
            return describe_views(session, texts)

        return _stream(services, session, texts, work)

    @router.post("/report")
    @answering
    async def report(token: str, request: Request) -> Response:
        session, texts = _entered(services, token, request)
        typed = await read_json_object(request, JSON_BYTES, JSON_SECONDS)
        names = {key: str(typed.get(key, "")) for key in ("patient", "clinician")}

        def work(progress: Progress) -> dict[str, Any]:
            kept = SessionViews.of(session)
            if kept.results is None:
                raise ParameterError(
                    "there is no simulation of the views", fix="apply the plan first"
                )
            data = make_report(
                services.pipeline, kept.views, kept.results.settings, texts, progress, **names
            )
            progress(1, 1, "progress.done")
            filename = "views-simulation.pdf"
            return {
                "blob": session.blobs.put(data, "application/pdf", filename),
                "filename": filename,
            }

        return _stream(services, session, texts, work)


def _stream(services: AppServices, session: Session, texts: Texts, work: Work) -> Response:
    """Answer with lines of JSON: the stages of the work, then its result or its error."""
    return StreamingResponse(
        _lines(services, session, texts, work),
        media_type="application/x-ndjson",
        # A proxy that collects the answer would hide the stages.
        headers={"X-Accel-Buffering": "no", "Cache-Control": "no-store"},
    )


async def _lines(
    services: AppServices, session: Session, texts: Texts, work: Work
) -> AsyncIterator[str]:
    """Yield what the work tells; a page that goes away stops it."""
    loop = asyncio.get_running_loop()
    said: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
    gone = threading.Event()

    def finished(progress: Progress) -> dict[str, Any]:
        # Errors end here: handed to the loop, their traceback would keep every picture that was
        # under way until the collector comes by.
        try:
            return work(progress)
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            return _failure(error, texts)

    async def run() -> None:
        try:
            async with services.work.turn_async(session) as guard:
                told: list[tuple[int, int, str]] = []

                def progress(done: int, total: int, what: str) -> None:
                    if gone.is_set():
                        raise WorkCancelled
                    guard(done, total, what)
                    if told[-1:] == [(done, total, what)]:
                        return  # asked only whether to go on
                    told.append((done, total, what))
                    share = round(done / max(total, 1), 3)
                    stage = {"share": share, "text": stage_words(texts, done, total, what)}
                    loop.call_soon_threadsafe(said.put_nowait, stage)

                said.put_nowait(await asyncio.to_thread(finished, progress))
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            said.put_nowait(_failure(error, texts))
        finally:
            said.put_nowait(None)

    # Not awaited here: a page that goes away cancels this generator, and with it what it awaits,
    # while the work has to keep its turn until its thread has stopped.
    task = asyncio.create_task(run())
    _running.add(task)
    task.add_done_callback(_running.discard)
    try:
        while (line := await said.get()) is not None:
            yield json.dumps(line, ensure_ascii=False) + "\n"
    finally:
        gone.set()


def _failure(error: Exception, texts: Texts) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(bytes(error_response(error, texts.language).body))
    return content
