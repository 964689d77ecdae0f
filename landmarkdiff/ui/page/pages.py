"""The Gradio pages, one per language, each built when it is first asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.datastructures import URL
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from landmarkdiff.ui.page.gradio_gate import GradioGate, GradioSessions
from landmarkdiff.ui.server.services import AppServices

if TYPE_CHECKING:
    import gradio

__all__ = ["BuildPage", "LanguagePages", "Page"]


@dataclass(frozen=True)
class Page:
    """A page with what Gradio 6 takes only when it is mounted.

    Attributes
    ----------
    blocks : gradio.Blocks
    theme : gradio.Theme, optional
    css, js, head : str, optional
        As :func:`gradio.mount_gradio_app` takes them.
    css_paths : tuple of Path
    """

    blocks: gradio.Blocks
    theme: Any = None
    css: str | None = None
    css_paths: tuple[Path, ...] = ()
    js: str | None = None
    head: str | None = None


BuildPage = Callable[[str, AppServices], "Page | gradio.Blocks"]


class LanguagePages(BaseRoute):
    """Routes ``/de/...`` to the German page, and so on.

    Parameters
    ----------
    services : AppServices
    build : callable
        ``build(language, services)`` makes a page.
    """

    def __init__(self, services: AppServices, build: BuildPage) -> None:
        self._services = services
        self._build = build
        self._languages = services.settings.languages
        self._gates: dict[str, GradioGate] = {}
        self.mounted: list[gradio.routes.App] = []
        self._sessions = GradioSessions(services.settings.session_seconds)
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._sweeper: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Build the first language."""
        await self._gate(self._languages[0])
        self._sweeper = asyncio.create_task(self._sweep_for_ever())

    async def close(self) -> None:
        """End all pages."""
        self.stop_streams()
        if self._sweeper is not None:
            self._sweeper.cancel()
        await self._stack.aclose()

    def stop_streams(self) -> None:
        """End the event streams that browsers hold open, so that the server can stop."""
        for page in self.mounted:
            page.stop_event.set()
            page.get_blocks()._queue.stopped = True

    async def _sweep_for_ever(self) -> None:
        pause = min(5.0, self._services.settings.session_seconds / 4)
        while True:
            await asyncio.sleep(pause)
            self.sweep()

    def sweep(self) -> None:
        """Take out of Gradio what it keeps of pages that are closed or silent.

        It would keep the last value of every widget of ten thousand pages, for ever.
        """
        for name in self._sessions.take_expired():
            for page in self.mounted:
                page.state_holder.session_data.pop(name, None)
                page.state_holder.time_last_used.pop(name, None)
                queue = page.get_blocks()._queue
                queue.pending_messages_per_session.pop(name, None)
                queue.pending_event_ids_session.pop(name, None)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match every path below a language."""
        if scope["type"] == "http" and _language_of(scope["path"]) in self._languages:
            return Match.FULL, {}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the page, building it first where it is new."""
        language = _language_of(scope["path"])
        if scope["path"] == f"/{language}":
            url = URL(scope=scope)
            response = RedirectResponse(f"{url.path}/", 307)
            await response(scope, receive, send)
            return
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
                self._gates[language] = GradioGate(app, f"/{language}", self._sessions)
        return self._gates[language]

    async def _mount(self, language: str) -> FastAPI:
        from landmarkdiff.ui.server.isolation import import_gradio

        gr = import_gradio()
        built = self._build(language, self._services)
        page = built if isinstance(built, Page) else Page(built)
        app: FastAPI = gr.mount_gradio_app(
            FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
            page.blocks,
            path=f"/{language}",
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=0,
            ssr_mode=False,
            enable_monitoring=False,
            pwa=False,
            mcp_server=False,
            theme=page.theme,
            css=page.css,
            css_paths=list(page.css_paths) or None,
            js=page.js,
            head=page.head,
        )
        self.mounted.append(app.routes[-1].app)  # type: ignore[attr-defined]
        return app


def _language_of(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""
