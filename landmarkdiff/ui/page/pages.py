"""The Gradio pages, one per language, each built when it is first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from fastapi import FastAPI
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from landmarkdiff.ui.page.build import mount_page
from landmarkdiff.ui.page.gradio_gate import GradioGate
from landmarkdiff.ui.server.services import AppServices, owner_of
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
        self._root_path = services.settings.root_path
        self._gates: dict[str, GradioGate] = {}
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()

    @property
    def built(self) -> list[str]:
        """Languages whose pages have been asked for."""
        return list(self._gates)

    async def open(self) -> None:
        """Build the first language."""
        await self._gate(self._languages[0])

    async def close(self) -> None:
        """End all pages."""
        await self._stack.aclose()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every path below a language."""
        if scope["type"] == "http" and _language_of(scope["path"]) in self._languages:
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the page, building it first where it is new."""
        language = _language_of(scope["path"])
        if scope["path"] == f"/{language}":
            response = RedirectResponse(f"{self._root_path}/{language}/", 307)
            await response(scope, receive, send)
            return
        if _is_opened(scope, language):
            self._services.reloads.expect(owner_of(HTTPConnection(scope)))
        gate = await self._gate(language)
        await gate(scope, receive, send)

    async def _gate(self, language: str) -> GradioGate:
        if language in self._gates:
            return self._gates[language]
        async with self._lock:
            if language not in self._gates:
                # In a thread, since it takes half a second; with a loop of its own there,
                # because Gradio would otherwise open several and never close them.
                app = await asyncio.to_thread(asyncio.run, self._mount(language))
                await self._stack.enter_async_context(app.router.lifespan_context(app))
                self._gates[language] = GradioGate(app, f"/{language}", self._root_path)
        return self._gates[language]

    async def _mount(self, language: str) -> FastAPI:
        return mount_page(language, self._services, self._tabs)


def _language_of(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def _is_opened(scope: Scope, language: str) -> bool:
    """Tell whether a person is about to see a page: not a script, nor a browser that guesses."""
    headers = HTTPConnection(scope).headers
    return (
        scope["path"] == f"/{language}/"
        and scope["method"] == "GET"
        and headers.get("sec-fetch-dest", "document") == "document"
        and "sec-purpose" not in headers
    )
