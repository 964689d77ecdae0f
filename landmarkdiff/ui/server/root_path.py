"""The path below which a proxy shows the app, with which every address that it gives out begins."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["RootPath"]

#: What a proxy may call the path that it takes off, and what Gradio takes for the app's address.
#: The path is a setting instead: no header chooses where a page loads its scripts from.
_ADDRESSES = {b"x-forwarded-prefix", b"x-gradio-server"}


class RootPath:
    """Takes the root path off each request, as far as the proxy has left it there.

    Everything behind it knows paths without it, so both kinds of proxy will do.

    Parameters
    ----------
    app : ASGI application
    root_path : str
        As of :class:`~landmarkdiff.ui.server.settings.AppSettings`: ``"/landmarkdiff"``, or ``""``.
    """

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["headers"] = list(_without_addresses(scope["headers"]))
        root, path = self._root_path, scope["path"]
        if root and path == root:
            await RedirectResponse(f"{root}/", 308)(scope, receive, send)
            return
        if root and path.startswith(f"{root}/"):
            raw = scope.get("raw_path")
            scope["path"] = path[len(root) :]
            # Its characters need no escape, so both have it in the same form.
            scope["raw_path"] = None if raw is None else raw.removeprefix(root.encode())
        await self._app(scope, receive, send)


def _without_addresses(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    return (item for item in headers if item[0] not in _ADDRESSES)
