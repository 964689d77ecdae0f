"""Who is asking: the browser's cookie."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from landmarkdiff.ui.services import OWNER_KEY
from landmarkdiff.ui.sessions import Owner

__all__ = ["Authentication"]


class Authentication:
    """Leaves the owner of each request in its scope, and gives new browsers a cookie."""

    def __init__(self, app: ASGIApp, *, cookie: str, secure: bool) -> None:
        self._app = app
        self._cookie = cookie
        self._secure = secure
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        value = HTTPConnection(scope).cookies.get(self._cookie, "")
        known = self._is_ours(value)
        if not known:
            value = self._new()
        scope[OWNER_KEY] = Owner("", value)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not known and _gives_cookie(scope):
                cookie = f"{self._cookie}={value}; Path=/; HttpOnly; SameSite=Strict"
                if self._secure:
                    cookie += "; Secure"
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _new(self) -> str:
        body = secrets.token_urlsafe(32)
        return f"{body}.{self._sign(body)}"

    def _is_ours(self, value: str) -> bool:
        body, _, signature = value.partition(".")
        return hmac.compare_digest(self._sign(body), signature)

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()


def _gives_cookie(scope: Scope) -> bool:
    """A page's many parallel requests must not each bring a cookie of their own."""
    path: str = scope["path"]
    return path == "/ld/session" or (path.endswith("/") and path.count("/") <= 2)
