"""How a request's body is read within its limits, and how errors become answers.

Answers are in the language of the page that asks.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from landmarkdiff.errors import LandmarkDiffError, WorkCancelled
from landmarkdiff.texts import Texts, languages, preferred_language
from landmarkdiff.ui.server.blobs import BlobStore, UnknownBlobError
from landmarkdiff.ui.server.roles import NotAllowedError
from landmarkdiff.ui.server.screens import ScreenOverError
from landmarkdiff.ui.server.sessions import (
    AppFullError,
    TooManyRequestsError,
    UnknownSessionError,
)
from landmarkdiff.ui.server.work import BusyError

__all__ = [
    "LANGUAGE_COOKIE",
    "LANGUAGE_HEADER",
    "BodyTooLargeError",
    "MalformedRequestError",
    "NamedBytes",
    "SlowBodyError",
    "answering",
    "blob_response",
    "choose_language",
    "content_disposition",
    "error_content",
    "error_response",
    "parse_object",
    "read_body",
]

log = logging.getLogger(__name__)

Handler = Callable[..., Awaitable[Response]]

#: A browser that does not read holds no more of a picture than this, bytes.
_PIECE = 1 << 16
#: Set by the page when a language is chosen.
LANGUAGE_COOKIE = "ld-language"
#: Sent by the page with each of its own requests.
LANGUAGE_HEADER = "x-language"


class BodyTooLargeError(LandmarkDiffError):
    """A request's body is beyond its limit."""

    def __init__(self, limit: int) -> None:
        super().__init__("body_too_large", megabytes=f"{limit / 2**20:.3g}")


class SlowBodyError(LandmarkDiffError):
    """A request's body did not arrive in time."""

    def __init__(self) -> None:
        super().__init__("body_too_slow")


class MalformedRequestError(LandmarkDiffError):
    """A request that the page would never send."""

    def __init__(self) -> None:
        super().__init__("request_malformed")


#: Status of an error, the first match counting; every other error of the package is a 422.
_STATUS: tuple[tuple[type[LandmarkDiffError], int], ...] = (
    (UnknownSessionError, 404),
    (UnknownBlobError, 404),
    (ScreenOverError, 410),
    (MalformedRequestError, 400),
    (NotAllowedError, 403),
    (WorkCancelled, 409),
    (SlowBodyError, 408),
    (BodyTooLargeError, 413),
    (TooManyRequestsError, 429),
    (BusyError, 503),
    (AppFullError, 503),
    (LandmarkDiffError, 422),
)


#: Errors of the server itself, for which the texts have sentences of their own.
_SENTENCES: tuple[tuple[type[LandmarkDiffError], str], ...] = (
    (BusyError, "session.busy"),
    (AppFullError, "session.full"),
    (UnknownSessionError, "session.expired"),
    (TooManyRequestsError, "session.too_many"),
    (BodyTooLargeError, "session.too_large"),
)


def choose_language(request: HTTPConnection) -> str:
    """Return the language of an answer: the page's, the one chosen before, or the browser's."""
    for name in (
        request.headers.get(LANGUAGE_HEADER, ""),
        request.cookies.get(LANGUAGE_COOKIE, ""),
    ):
        if name in languages():
            return name
    return preferred_language(request.headers.get("accept-language", ""))


def error_response(error: Exception, language: str = "en") -> Response:
    """Answer an error with its status and what :func:`error_content` says."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    content = error_content(error, Texts.load(language))
    headers = {}
    if "retry_after" in content:
        headers["Retry-After"] = str(content["retry_after"])
    if status in {408, 413}:
        headers["Connection"] = "close"  # the rest of the body is not wanted
    return JSONResponse(content, status, headers)


def error_content(error: Exception, texts: Texts) -> dict[str, Any]:
    """Return what the page is told of an error.

    Parameters
    ----------
    error : Exception
        An error of the package is answered as it is; of any other, kind and place are logged,
        and the answer says only that something went wrong.
    texts : Texts

    Returns
    -------
    dict
        ``error`` (the sentence), ``code`` (the error's class, or ``busy``), and where waiting
        helps ``retry_after`` (seconds).
    """
    if not isinstance(error, LandmarkDiffError):
        # The message of an unforeseen error may hold the name of a patient's photo.
        place = "".join(traceback.format_tb(error.__traceback__))
        log.error("unexpected %s\n%s", type(error).__name__, place)
        return {"error": texts("session.unexpected"), "code": "InternalError"}
    code = "busy" if isinstance(error, BusyError) else type(error).__name__
    key = next((key for kind, key in _SENTENCES if isinstance(error, kind)), None)
    sentence = texts.error(error) if key is None else texts(key, **error.params)
    wait = getattr(error, "retry_after", None)
    return {"error": sentence, "code": code} | ({} if wait is None else {"retry_after": wait})


async def read_body(request: Request, limit: int, seconds: float) -> bytearray:
    """Return the body of a request, within a size in bytes and a time in seconds.

    Raises
    ------
    BodyTooLargeError
        Its header announces, or it turns out to have, more than ``limit`` bytes.
    SlowBodyError
        It is not complete after ``seconds``.
    """
    announced = request.headers.get("content-length", "")
    # A number of thousands of digits is none to Python.
    if announced.isdecimal() and (len(announced) > 18 or int(announced) > limit):
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


def parse_object(body: bytes | bytearray) -> dict[str, Any]:
    """Return the JSON object that a body is.

    Raises
    ------
    MalformedRequestError
        It is something else.
    """
    try:
        content = json.loads(bytes(body))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise MalformedRequestError
    return content


def blob_response(
    blobs: BlobStore, name: str, headers: Mapping[str, str] | None = None
) -> StreamingResponse:
    """Answer with a file of a session, piece by piece.

    Raises
    ------
    UnknownBlobError
    """
    blob = blobs.get(name)
    length = {"Content-Length": str(len(blob.data))}
    return StreamingResponse(
        _pieces(blobs, name), media_type=blob.media_type, headers={**length, **(headers or {})}
    )


async def _pieces(blobs: BlobStore, name: str) -> AsyncIterator[bytes]:
    """Give a file piece by piece, looking for it each time: one that is forgotten is not kept."""
    start = 0
    while piece := blobs.get(name).data[start : start + _PIECE]:
        yield piece
        start += _PIECE


def content_disposition(kind: str, filename: str) -> str:
    """Return the header's value for any file name (RFC 6266 and 5987).

    >>> print(content_disposition("inline", "Müller simulation.png"))
    inline; filename="M_ller simulation.png"; filename*=UTF-8''M%C3%BCller%20simulation.png
    """
    name = Path(filename.replace("\\", "/")).name
    name = "".join(ch for ch in name if ch.isprintable()) or "file"
    plain = "".join(ch if ch.isascii() and ch not in '"%' else "_" for ch in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


class NamedBytes(io.BytesIO):
    """The photo's bytes with the name it had, of which the reader keeps the stem."""

    def __init__(self, data: bytes | bytearray, name: str) -> None:
        super().__init__(data)
        self.name = name


def answering(handler: Handler) -> Handler:
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
