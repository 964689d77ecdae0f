"""The head of a request, cut down to what the app reads, before anything reads it.

What a library makes of a header that nobody needs is its own affair: the cookies of Python before
3.11.10 take minutes for one header of backslashes, and a part of a file is nothing that the app
ever sends.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["PlainHead"]

#: Our cookies, as they are set: a name, and letters that need no quotes.
_COOKIE = re.compile(rb"(?:__Host-|__Secure-)?ld-[a-z0-9-]{1,40}=[A-Za-z0-9_.=-]{1,8192}")
#: One for the browser, one for a login elsewhere, one for the language; and their like of an app
#: on another port of this machine, which shares them.
_MOST_COOKIES = 24
#: Parts of a file: the app sends whole ones.
_UNREAD = {b"range", b"if-range"}
#: The longest path of the app has some 150 letters, and a root path comes before it.
_LONGEST_PATH = 512


class PlainHead:
    """Refuses heads that no browser sends, and takes out what the app does not read.

    Parameters
    ----------
    app : ASGI application

    Notes
    -----
    A request with two lengths (``Content-Length`` beside ``Transfer-Encoding``) may end at
    another place for a proxy than for us, and a second request hide in it: 400. A path longer
    than any of ours: 414.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope["headers"] = list(_plain(scope["headers"]))
        await self._app(scope, receive, send)


def _refusal(scope: Scope) -> PlainTextResponse | None:
    names = {name for name, _ in scope["headers"]}
    if {b"content-length", b"transfer-encoding"} <= names:
        text, status = "This request has two lengths.\n", 400
    elif len(scope["path"]) > _LONGEST_PATH:
        text, status = "No address here is so long.\n", 414
    else:
        return None
    return PlainTextResponse(text, status, {"Connection": "close"})


def _plain(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    ours: list[bytes] = []
    for name, value in headers:
        if name == b"cookie":
            ours += (one for part in value.split(b";") if _COOKIE.fullmatch(one := part.strip()))
        elif name not in _UNREAD:
            yield name, value
    if ours:
        yield b"cookie", b"; ".join(ours[:_MOST_COOKIES])
