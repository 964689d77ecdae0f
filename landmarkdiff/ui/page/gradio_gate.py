"""The few of Gradio's routes that the page needs; the others do not exist for anybody.

The page has no event that Gradio would have to answer, so nothing can be sent to it: no queue, no
upload, no session of its own.
"""

from __future__ import annotations

import re

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["GradioGate"]

#: Paths below ``/<language>``: the page itself, its colours, its scripts and styles.
_READ = re.compile(r"/|/theme\.css|/assets/[A-Za-z0-9._/-]+")


class GradioGate:
    """Stands before a page of Gradio's.

    Parameters
    ----------
    app : ASGI application
        The page, which sees full paths.
    prefix : str
        For example ``"/de"``.
    root_path : str
        The app's root path, with which the addresses in the page begin.
    """

    def __init__(self, app: ASGIApp, prefix: str, root_path: str = "") -> None:
        self._app = app
        self._prefix = prefix
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that there is nothing."""
        path = scope["path"].removeprefix(self._prefix)
        if scope["method"] in {"GET", "HEAD"} and _READ.fullmatch(path) and ".." not in path:
            # A deep link would load a saved state of the page from the disk.
            seen = {"query_string": b"", "root_path": self._root_path}
            # ASGI counts the root path to the path; of the two, Gradio makes its addresses.
            seen["path"] = self._root_path + scope["path"]
            await self._app({**scope, **seen}, receive, send)
            return
        response = JSONResponse({"error": "There is nothing here.", "code": "NotFound"}, 404)
        await response(scope, receive, send)
