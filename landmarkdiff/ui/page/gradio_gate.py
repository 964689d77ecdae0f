"""The few of Gradio's routes that the page needs; the others do not exist for anybody.

Gradio names a page's session by a short random text that the browser makes up. Here it belongs
to the owner who used it first, so that knowing or guessing it is of no use; and what Gradio
keeps under it (every value that was ever put out) goes with the time of our own sessions.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.ui.server.responses import error_response, read_body
from landmarkdiff.ui.server.services import OWNER_KEY
from landmarkdiff.ui.server.sessions import (
    Allowance,
    Owner,
    TooManyRequestsError,
    UnknownSessionError,
)

__all__ = ["GradioGate", "GradioSessions"]

#: Paths below ``/<language>``. Everything else of Gradio's, above all upload, file=, proxy=, call,
#: run, info, stream, monitoring, deep_link, process_recording and vibe, is not served.
_READ = re.compile(
    r"/|/theme\.css|/config|/gradio_api/app_id|/gradio_api/queue/data"
    r"|/gradio_api/heartbeat/[^/]+|/assets/[A-Za-z0-9._/-]+"
)
_WRITE = re.compile(r"/gradio_api/(?:queue/join|cancel|component_server)/?")
_HEARTBEAT = "/gradio_api/heartbeat/"
#: Values of widgets; pictures never travel this way.
_BODY_BYTES = 1024 * 1024
#: Events of a page, each of which is three requests.
EVENTS_PER_MINUTE = 600
_SESSION_NAME = re.compile(r"[A-Za-z0-9_-]{6,64}")


class GradioSessions:
    """Which of Gradio's session names belongs to whom, and when each was last used.

    Parameters
    ----------
    idle_seconds : float
        After so long without a request a session is forgotten; after a tenth of it, at most a
        minute, when its page is closed.
    clock : callable
    """

    def __init__(self, idle_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._idle = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._owners: dict[str, Owner] = {}
        self._ends: dict[str, float] = {}
        self._shares: dict[str, Allowance] = {}

    def claim(self, name: str, owner: Owner) -> None:
        """Note a use of a session by an owner, and count it.

        Raises
        ------
        UnknownSessionError
            It is someone else's, or not a name.
        TooManyRequestsError
        """
        if not _SESSION_NAME.fullmatch(name):
            raise UnknownSessionError
        with self._lock:
            if self._owners.setdefault(name, owner) != owner:
                raise UnknownSessionError
            self._ends[name] = self._clock() + self._idle
            if name not in self._shares:
                self._shares[name] = Allowance(EVENTS_PER_MINUTE, self._clock)
            wait = self._shares[name].take()
        if wait:
            raise TooManyRequestsError("this page sent too many requests", int(wait) + 1)

    def left(self, name: str) -> None:
        """Note that the page of a session is gone; a reconnection keeps it."""
        with self._lock:
            if name in self._ends:
                soon = self._clock() + min(60.0, self._idle / 10)
                self._ends[name] = min(self._ends[name], soon)

    def take_expired(self) -> list[str]:
        """Forget the sessions whose time is over and return their names."""
        now = self._clock()
        with self._lock:
            over = [name for name, end in self._ends.items() if end <= now]
            for name in over:
                del self._ends[name], self._owners[name], self._shares[name]
        return over


class GradioGate:
    """Stands before a page of Gradio's.

    Parameters
    ----------
    app : ASGI application
        The page, which sees full paths.
    prefix : str
        For example ``"/de"``.
    sessions : GradioSessions
    """

    def __init__(self, app: ASGIApp, prefix: str, sessions: GradioSessions) -> None:
        self._app = app
        self._prefix = prefix
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that there is nothing."""
        path = scope["path"].removeprefix(self._prefix)
        owner: Owner = scope[OWNER_KEY]
        try:
            if scope["method"] in {"GET", "HEAD"} and _READ.fullmatch(path) and ".." not in path:
                await self._read(path, owner, scope, receive, send)
                return
            if scope["method"] == "POST" and _WRITE.fullmatch(path):
                request = Request(scope, receive)
                body = bytes(await read_body(request, _BODY_BYTES, 10.0))
                self._sessions.claim(_session_of(request, body), owner)
                await self._app(scope, _replay(body, receive), send)
                return
        except LandmarkDiffError as error:
            await error_response(error, self._prefix.strip("/"))(scope, receive, send)
            return
        response = JSONResponse({"error": "There is nothing here.", "code": "NotFound"}, 404)
        await response(scope, receive, send)

    async def _read(
        self, path: str, owner: Owner, scope: Scope, receive: Receive, send: Send
    ) -> None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        # A deep link would load a saved state of the page from the disk.
        if "deep_link" in query:
            scope["query_string"] = b""
        name = None
        if path.startswith(_HEARTBEAT):
            name = path.removeprefix(_HEARTBEAT)
        elif path.endswith("/queue/data"):
            name = query.get("session_hash", [""])[0]
        if name is not None:
            self._sessions.claim(name, owner)
        try:
            await self._app(scope, receive, send)
        finally:
            if name is not None and path.startswith(_HEARTBEAT):
                self._sessions.left(name)


def _session_of(request: Request, body: bytes) -> str:
    # Multipart bodies would be spooled to disk, and no event of the page sends any.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise UnknownSessionError
    try:
        name = json.loads(body).get("session_hash")
    except (ValueError, AttributeError, RecursionError):
        raise UnknownSessionError from None
    if not isinstance(name, str):
        raise UnknownSessionError
    return name


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the application the body that was read, then whatever else comes."""
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
