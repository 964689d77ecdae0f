"""The pages, one per language: Gradio's shell, filled when its language is first asked for.

Of Gradio's routes only those exist that a page needs, and Gradio answers none of them: the page
itself, its colours, its scripts and styles.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from landmarkdiff.ui.page.build import page_slots
from landmarkdiff.ui.page.load_shell import gradio_assets, load_shell
from landmarkdiff.ui.page.shell import Shell, slot
from landmarkdiff.ui.server.services import AppServices, owner_of
from landmarkdiff.ui.server.static import ScriptsAndStyles
from landmarkdiff.ui.tabs.tab import Tab

__all__ = ["LanguagePages"]


class LanguagePages(BaseRoute):
    """Routes ``/de/...`` to the German page, and so on.

    Parameters
    ----------
    services : AppServices
    tabs : sequence of Tab
    """

    def __init__(self, services: AppServices, tabs: Sequence[Tab]) -> None:
        self._services = services
        self._tabs = tabs
        self._languages = services.settings.languages
        self._filled: dict[str, tuple[Shell, dict[str, str]]] = {}
        self._lock = asyncio.Lock()
        self._assets = ScriptsAndStyles(directory=gradio_assets())

    @property
    def built(self) -> list[str]:
        """Languages whose pages have been asked for."""
        return list(self._filled)

    async def open(self) -> None:
        """Build the first language."""
        await self._filling(self._languages[0])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every path below a language."""
        if scope["type"] == "http" and _language_of(scope["path"]) in self._languages:
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the page, building it first where it is new."""
        language = _language_of(scope["path"])
        response = await self._answer(Request(scope), language)
        await response(scope, receive, send)

    async def _answer(self, request: Request, language: str) -> Response:
        path = request.scope["path"].removeprefix(f"/{language}")
        if path == "":
            return RedirectResponse(f"{self._services.settings.root_path}/{language}/", 307)
        if request.method in {"GET", "HEAD"}:
            if path == "/":
                return await self._page(request, language)
            if path == "/theme.css":
                shell, _ = await self._filling(language)
                return Response(shell.theme, media_type="text/css")
            if path.startswith("/assets/"):
                try:
                    return await self._assets.get_response(path[len("/assets/") :], request.scope)
                except HTTPException:
                    pass
        return JSONResponse({"error": "There is nothing here.", "code": "NotFound"}, 404)

    async def _page(self, request: Request, language: str) -> Response:
        if _is_opened(request, language):
            self._services.reloads.expect(owner_of(request))
        shell, slots = await self._filling(language)
        host = request.headers.get("x-forwarded-host") or request.headers["host"]
        base = f"{request.url.scheme}://{host}{self._services.settings.root_path}"
        return HTMLResponse(shell.fill({**slots, slot("root"): f"{base}/{language}"}))

    async def _filling(self, language: str) -> tuple[Shell, dict[str, str]]:
        async with self._lock:
            if language not in self._filled:
                # In a thread: the texts take a tenth of a second, another Gradio's shell more.
                self._filled[language] = await asyncio.to_thread(self._fill, language)
        return self._filled[language]

    def _fill(self, language: str) -> tuple[Shell, dict[str, str]]:
        shell = load_shell([tab.name for tab in self._tabs])
        return shell, page_slots(language, self._services, self._tabs)


def _language_of(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _is_opened(request: HTTPConnection, language: str) -> bool:
    """Tell whether a person is about to see a page: not a script, nor a browser that guesses."""
    headers = request.headers
    return (
        request.scope["path"] == f"/{language}/"
        and request.scope["method"] == "GET"
        and headers.get("sec-fetch-dest", "document") == "document"
        and "sec-purpose" not in headers
    )
