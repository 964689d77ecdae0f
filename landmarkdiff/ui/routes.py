"""The routes under ``/ld/``: sessions, photos, live models, files."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.ui.answers import (
    choose_language,
    content_disposition,
    error_response,
    read_body,
    read_json_object,
)
from landmarkdiff.ui.services import AppServices, StudioLike, owner_of
from landmarkdiff.ui.sessions import Session
from landmarkdiff.ui.work import BusyError

__all__ = ["make_router"]

#: A photo on a slow wireless network takes a minute; a body that never ends is cut off here.
PHOTO_SECONDS = 120.0
#: Photos that arrive at once, each of which may fill its memory.
UPLOADS = 16
#: Settings of a live model are a few hundred bytes.
JSON_BYTES = 64 * 1024
JSON_SECONDS = 10.0

Handler = Callable[..., Awaitable[Response]]


class NoStudioError(LandmarkDiffError):
    """The app runs without its tabs, as some tests do."""

    def __init__(self) -> None:
        super().__init__("this app takes no photos")


class _NamedBytes(io.BytesIO):
    """The photo's bytes with the name it had, of which the reader keeps the stem."""

    def __init__(self, data: bytes | bytearray, name: str) -> None:
        super().__init__(data)
        self.name = name


def _answering(handler: Handler) -> Handler:
    """Turn every error of a route into its answer."""

    @wraps(handler)
    async def answered(request: Request, **named: Any) -> Response:
        try:
            return await handler(request=request, **named)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # noqa: BLE001  # logged by kind and place, answered
            return error_response(error, choose_language(request))

    return answered


def make_router(services: AppServices) -> APIRouter:
    """Return the routes under ``/ld/``."""
    router = APIRouter(prefix="/ld")
    _add_session_routes(router, services)
    _add_studio_routes(router, services)

    @router.get("/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/{token}/blob/{name}")
    @_answering
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
    @_answering
    async def open_session(request: Request) -> Response:
        session = services.store.open(owner_of(request))
        return JSONResponse({"token": session.token, "idle_seconds": session.seconds_left})

    @router.post("/session/{token}/close")
    @_answering
    async def close_session(token: str, request: Request) -> Response:
        services.store.close(token, owner_of(request))
        return Response(status_code=204)

    @router.post("/session/{token}/alive")
    @_answering
    async def keep_session(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        return JSONResponse({"idle_seconds": session.seconds_left})

    @router.post("/{token}/cancel")
    @_answering
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

    @router.post("/{token}/photo")
    @_answering
    async def photo(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request(photo=True)
        handler = studio()
        if uploads.locked():
            raise BusyError
        async with uploads:
            body = await read_body(request, limits.max_file_bytes, PHOTO_SECONDS)
            name = unquote(request.headers.get("x-name", ""))[:255]
            async with services.work.turn_async(session):
                work = partial(_open_photo, handler, session, body, name, limits)
                answer = await asyncio.to_thread(work)
        return JSONResponse(answer)

    @router.post("/{token}/consultation")
    @_answering
    async def consultation(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request(photo=True)
        handler = studio()
        if uploads.locked():
            raise BusyError
        async with uploads:
            body = await read_body(request, limits.max_file_bytes, PHOTO_SECONDS)
            async with services.work.turn_async(session):
                work = partial(handler.open_consultation, session, body, limits)
                answer = await asyncio.to_thread(work)
        return JSONResponse(answer)

    @router.post("/{token}/live")
    @_answering
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
    with _NamedBytes(body, name) as source:
        body.clear()
        picture = read_photo(source, limits=limits)
    return studio.open_photo(session, picture)
