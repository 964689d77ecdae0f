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
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from landmarkdiff.ui.services import AppServices

if TYPE_CHECKING:
    import gradio

__all__ = ["LANGUAGE_COOKIE", "BuildPage", "LanguagePages", "Page", "choose_language"]

LANGUAGE_COOKIE = "ld-language"


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
        self._apps: dict[str, FastAPI] = {}
        self._lock = asyncio.Lock()
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Build the first language."""
        await self._app(self._languages[0])

    async def close(self) -> None:
        """End all pages."""
        self.stop_streams()
        await self._stack.aclose()

    def stop_streams(self) -> None:
        """End the event streams that browsers hold open, so that the server can stop."""
        for app in self._apps.values():
            for route in app.routes:
                page = getattr(route, "app", None)
                if page is not None and hasattr(page, "stop_event"):
                    page.stop_event.set()
                    page.get_blocks()._queue.close()

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
        app = await self._app(language)
        await app(scope, receive, send)

    async def _app(self, language: str) -> FastAPI:
        if language in self._apps:
            return self._apps[language]
        async with self._lock:
            if language not in self._apps:
                app = await asyncio.to_thread(self._mount, language)
                await self._stack.enter_async_context(app.router.lifespan_context(app))
                self._apps[language] = app
        return self._apps[language]

    def _mount(self, language: str) -> FastAPI:
        from landmarkdiff.ui.quiet import import_gradio

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
        return app


def _language_of(path: str) -> str:
    return path.split("/", 2)[1] if path.startswith("/") else ""


def choose_language(request: Request, languages: tuple[str, ...]) -> str:
    """Return the page's language: the one chosen before, the browser's, or the first."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in languages:
        return chosen
    wanted = []
    for index, part in enumerate(request.headers.get("accept-language", "")[:500].split(",")):
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        wanted.append((-weight, index, name.split("-")[0].lower()))
    return next((name for _, _, name in sorted(wanted) if name in languages), languages[0])
