"""The routes under ``/ld/``: sessions, photos, live models, files."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse

from landmarkdiff.errors import LandmarkDiffError, WorkCancelled
from landmarkdiff.photo import PhotoLimits, read_photo
from landmarkdiff.ui.blobs import UnknownBlobError
from landmarkdiff.ui.services import AppServices, StudioLike, owner_of
from landmarkdiff.ui.sessions import Session, TooManyRequestsError, UnknownSessionError
from landmarkdiff.ui.work import BusyError

__all__ = ["BodyTooLargeError", "SlowBodyError", "error_response", "make_router", "read_body"]

log = logging.getLogger(__name__)

#: A photo on a slow wireless network takes a minute; a body that never ends is cut off here.
BODY_SECONDS = 120.0
#: Settings of a live model are a few hundred bytes.
JSON_BYTES = 64 * 1024

Handler = Callable[..., Awaitable[Response]]


class BodyTooLargeError(LandmarkDiffError):
    """A request's body is beyond its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__("the file is too large", allowed=f"up to {limit / 2**20:.3g} MB")


class SlowBodyError(LandmarkDiffError):
    """A request's body did not arrive in time."""

    def __init__(self) -> None:
        super().__init__("the file did not arrive in time", fix="send it again")


class NoStudioError(LandmarkDiffError):
    """The app runs without its tabs, as some tests do."""

    def __init__(self) -> None:
        super().__init__("this app takes no photos")


#: Status of an error, the first match counting; every other error of the package is a 422.
_STATUS: tuple[tuple[type[LandmarkDiffError], int], ...] = (
    (UnknownSessionError, 404),
    (UnknownBlobError, 404),
    (WorkCancelled, 409),
    (SlowBodyError, 408),
    (BodyTooLargeError, 413),
    (TooManyRequestsError, 429),
    (BusyError, 503),
    (LandmarkDiffError, 422),
)


class _NamedBytes(io.BytesIO):
    """The photo's bytes with the name it had, of which the reader keeps the stem."""

    def __init__(self, data: bytes | bytearray, name: str) -> None:
        super().__init__(data)
        self.name = name


def error_response(error: Exception) -> Response:
    """Answer an error with one sentence, a code and, where it helps, its parameters."""
    if not isinstance(error, LandmarkDiffError):
        # Messages and arguments of unforeseen errors may hold what a patient's photo is called.
        place = "".join(traceback.format_tb(error.__traceback__))
        log.error("unexpected %s\n%s", type(error).__name__, place)
        sentence = "Something went wrong in the app; the last result is still there. Try again."
        return JSONResponse({"error": sentence, "code": "InternalError"}, 500)
    status = next(code for kind, code in _STATUS if isinstance(error, kind))
    code = "busy" if isinstance(error, BusyError) else type(error).__name__
    content: dict[str, Any] = {"error": str(error), "code": code, "what": error.what}
    if isinstance(error.value, str | int | float):
        content["value"] = error.value
    for name in ("allowed", "fix"):
        if getattr(error, name) is not None:
            content[name] = getattr(error, name)
    headers = {}
    wait = getattr(error, "retry_after", None)
    if wait is not None:
        content["retry_after"] = wait
        headers["Retry-After"] = str(wait)
    if status in {408, 413}:
        headers["Connection"] = "close"  # the rest of the body is not wanted
    return JSONResponse(content, status, headers)


async def read_body(request: Request, limit: int, seconds: float = BODY_SECONDS) -> bytearray:
    """Return the body of a request, within a size and a time.

    Raises
    ------
    BodyTooLargeError
        Its header announces, or it turns out to have, more than ``limit`` bytes.
    SlowBodyError
        It is not complete after ``seconds``.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise BodyTooLargeError(limit)
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise BodyTooLargeError(limit)
    except TimeoutError:
        raise SlowBodyError from None
    return body


def _answering(handler: Handler) -> Handler:
    """Turn every error of a route into its answer."""
    from functools import wraps

    @wraps(handler)
    async def answered(*arguments: Any, **named: Any) -> Response:
        try:
            return await handler(*arguments, **named)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # noqa: BLE001  # the last line of defence; logged by kind
            return error_response(error)

    return answered


def make_router(services: AppServices) -> APIRouter:
    """Return the routes under ``/ld/``."""
    router = APIRouter(prefix="/ld")
    limits = PhotoLimits(max_file_bytes=services.settings.max_upload_bytes)
    uploads = asyncio.Semaphore(2 * services.settings.workers)

    def studio() -> StudioLike:
        if services.studio is None:
            raise NoStudioError
        return services.studio

    @router.get("/health")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    @router.post("/session")
    @_answering
    async def open_session(request: Request) -> Response:
        session = services.store.open(owner_of(request))
        return JSONResponse(
            {"token": session.token, "idle_seconds": services.settings.session_seconds}
        )

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

    @router.post("/{token}/photo")
    @_answering
    async def photo(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request(photo=True)
        handler = studio()
        if uploads.locked():
            raise BusyError
        async with uploads:
            body = await read_body(request, services.settings.max_upload_bytes)
            async with services.work.turn_async(session):
                name = unquote(request.headers.get("x-name", ""))[:255]
                work = partial(_open_photo, handler, session, body, name, limits)
                answer = await asyncio.to_thread(work)
        return JSONResponse(answer)

    @router.post("/{token}/live")
    @_answering
    async def live(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        handler = studio()
        settings = _json_object(await read_body(request, JSON_BYTES, 10.0))
        async with services.work.turn_async(session):
            data = await asyncio.to_thread(handler.live_model, session, settings)
        return Response(data, media_type="application/octet-stream")

    @router.post("/{token}/cancel")
    @_answering
    async def cancel(token: str, request: Request) -> Response:
        session = services.session(token, request)
        session.count_request()
        session.stop()
        return Response(status_code=204)

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


def _open_photo(
    studio: StudioLike, session: Session, body: bytearray, name: str, limits: PhotoLimits
) -> dict[str, Any]:
    """Decode and hand on; the body is forgotten before the heavy work begins."""
    source = _NamedBytes(body, name)
    body.clear()
    picture = read_photo(source, limits=limits)
    source.close()
    return studio.open_photo(session, picture)


def _json_object(body: bytearray) -> dict[str, Any]:
    try:
        settings = json.loads(body)
    except ValueError:
        settings = None
    if not isinstance(settings, Mapping):
        raise LandmarkDiffError("the request is not a JSON object")
    return dict(settings)


def content_disposition(kind: str, filename: str) -> str:
    """Return the header's value for any file name (RFC 6266 and 5987).

    >>> content_disposition("inline", "Müller simulation.png")
    "inline; filename=\"M_ller simulation.png\"; filename*=UTF-8''M%C3%BCller%20simulation.png"
    """
    name = Path(filename.replace("\\", "/")).name
    name = "".join(ch for ch in name if ch.isprintable()) or "file"
    plain = "".join(ch if ch.isascii() and ch not in '"\\%' else "_" for ch in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
