"""The routes under ``/ld/``: sessions, photos, live models, files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.ui.server.responses import (
    NamedBytes,
    answering,
    content_disposition,
    read_body,
    read_json_object,
)
from landmarkdiff.ui.server.services import AppServices, StudioLike, owner_of
from landmarkdiff.ui.server.sessions import Session
from landmarkdiff.ui.server.work import BusyError

__all__ = ["make_router"]

#: A photo on a slow wireless network takes a minute; a body that never ends is cut off here.
PHOTO_SECONDS = 120.0
#: Photos that arrive at once, each of which may fill its memory.
UPLOADS = 16
#: Settings of a live model are a few hundred bytes.
JSON_BYTES = 64 * 1024
JSON_SECONDS = 10.0


class NoStudioError(LandmarkDiffError):
    """The app runs without its tabs, as some tests do."""

    def __init__(self) -> None:
        super().__init__("this app takes no photos")


def make_router(services: AppServices) -> APIRouter:
    """Return the routes under ``/ld/``."""
    router = APIRouter(prefix="/ld")
    _add_session_routes(router, services)
    _add_studio_routes(router, services)

    @router.get("/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/{token}/blob/{name}")
    @answering
    async def blob(token: str, name: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        found = session.blobs.get(name)
        kind = "attachment" if request.query_params.get("download") else "inline"
        headers = {"Content-Disposition": content_disposition(kind, found.filename)}
        return Response(found.data, media_type=found.media_type, headers=headers)

    return router


def _add_session_routes(router: APIRouter, services: AppServices) -> None:
    @router.post("/session")
    @answering
    async def open_session(request: Request) -> Response:
        session = services.store.open(owner_of(request))
        return JSONResponse({"token": session.token, "idle_seconds": session.seconds_left})

    @router.post("/session/{token}/close")
    @answering
    async def close_session(token: str, request: Request) -> Response:
        services.store.close(token, owner_of(request))
        return Response(status_code=204)

    @router.post("/session/{token}/alive")
    @answering
    async def keep_session(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        return JSONResponse({"idle_seconds": session.seconds_left})

    @router.post("/{token}/cancel")
    @answering
    async def cancel(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        session.stop()
        return Response(status_code=204)


def _add_studio_routes(router: APIRouter, services: AppServices) -> None:
    limits = PhotoLimits(max_file_bytes=services.settings.max_upload_bytes)
    uploads = asyncio.Semaphore(UPLOADS)

    def studio() -> StudioLike:
        if services.studio is None:
            raise NoStudioError
        return services.studio

    async def received(
        token: str, request: Request, take: Callable[[Session, bytearray], dict[str, Any]]
    ) -> Response:
        """Read a file of the session's and let ``take`` make the answer of it."""
        session = services.session(token, request)
        session.count_request(photo=True)
        if uploads.locked():
            raise BusyError
        async with uploads:
            body = await read_body(request, limits.max_file_bytes, PHOTO_SECONDS)
            async with services.work.turn_async(session):
                answer = await asyncio.to_thread(take, session, body)
        return JSONResponse(answer)

    @router.post("/{token}/photo")
    @answering
    async def photo(token: str, request: Request) -> Response:
        handler = studio()
        name = unquote(request.headers.get("x-name", ""))[:255]

        def take(session: Session, body: bytearray) -> dict[str, Any]:
            return _open_photo(handler, session, body, name, limits)

        return await received(token, request, take)

    @router.post("/{token}/consultation")
    @answering
    async def consultation(token: str, request: Request) -> Response:
        handler = studio()

        def take(session: Session, body: bytearray) -> dict[str, Any]:
            return handler.open_consultation(session, body, limits)

        return await received(token, request, take)

    @router.post("/{token}/live")
    @answering
    async def live(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        handler = studio()
        settings = await read_json_object(request, JSON_BYTES, JSON_SECONDS)
        async with services.work.turn_async(session):
            data = await asyncio.to_thread(handler.live_model, session, settings)
        return Response(data, media_type="application/octet-stream")


def _open_photo(
    studio: StudioLike, session: Session, body: bytearray, name: str, limits: PhotoLimits
) -> dict[str, Any]:
    """Decode and hand on; the body is forgotten before the heavy work begins."""
    with NamedBytes(body, name) as source:
        body.clear()
        picture = read_photo(source, limits=limits)
    return studio.open_photo(session, picture)
