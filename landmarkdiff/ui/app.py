"""The app as one ASGI application, and the server that runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from landmarkdiff.ui.page.pages import BuildPage, LanguagePages, Page
from landmarkdiff.ui.server.auth import Authentication, Browsers, Logins
from landmarkdiff.ui.server.login import make_login_router
from landmarkdiff.ui.server.passwords import Users
from landmarkdiff.ui.server.responses import choose_language
from landmarkdiff.ui.server.routes import make_router
from landmarkdiff.ui.server.security import OriginCheck, SecurityHeaders, TrustedHost
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.settings import DEFAULT_PORT, AppSettings
from landmarkdiff.ui.server.static import ScriptsAndStyles, TaggedFiles
from landmarkdiff.ui.tabs.single.paint_routes import paint_router
from landmarkdiff.ui.tabs.views.routes import view_router

__all__ = ["Page", "create_app"]

STATIC = Path(__file__).with_name("static")
TABS = Path(__file__).with_name("tabs")

#: Makes the page installable. There is no service worker: nothing of a patient may be cached,
#: and without the server there is nothing to show.
MANIFEST = {
    "id": "/",
    "name": "LandmarkDiff",
    "short_name": "LandmarkDiff",
    "description": "Simulation of discussed facial procedures",
    "start_url": "/",
    "scope": "/",
    "display": "standalone",
    "background_color": "#f4f6f8",
    "theme_color": "#0b5c8a",
    "icons": [
        {"src": f"/ld/static/icons/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
        for side in (192, 512)
    ]
    + [{"src": "/ld/static/icons/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
}


def create_app(
    settings: AppSettings,
    *,
    build: BuildPage | None = None,
    services: AppServices | None = None,
    users: Users | None = None,
) -> FastAPI:
    """Return the whole app, ready for an ASGI server.

    Parameters
    ----------
    settings : AppSettings
    build : callable, optional
        ``build(language, services)`` returns a :class:`Page` or a ``gradio.Blocks``; by default
        :func:`landmarkdiff.ui.build.build_page`.
    services : AppServices, optional
        Made from the settings by default; the studio, where it has none, is
        :class:`landmarkdiff.ui.studio.Studio`.
    users : Users, optional
        Who may log in; without users there is no login.
    """
    services = services or AppServices.from_settings(settings)
    if build is None:
        from landmarkdiff.ui.page.build import build_page

        build = build_page
        if services.studio is None:
            from landmarkdiff.ui.tabs.single.studio import Studio

            services.studio = Studio(services)
    services.logins = users is not None
    pages = LanguagePages(services, build)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # The gate decides how many compute; log-ins and pages being built come on top.
        threads = ThreadPoolExecutor(settings.workers + 8, thread_name_prefix="work")
        asyncio.get_running_loop().set_default_executor(threads)
        services.loader.start()
        services.store.start()
        try:
            await pages.open()
            yield
        finally:
            await pages.close()
            services.store.stop()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    app.state.pages = pages
    app.mount("/ld/static/tabs", ScriptsAndStyles(directory=TABS))
    app.mount("/ld/static", TaggedFiles(directory=STATIC))
    app.include_router(make_router(services))
    app.include_router(paint_router(services))
    app.include_router(view_router(services))

    @app.exception_handler(HTTPException)
    async def refuse(_: Request, error: HTTPException) -> Response:
        code = "".join(HTTPStatus(error.status_code).phrase.title().split())
        content = {"error": "There is nothing here.", "code": code}
        return JSONResponse(content, error.status_code, error.headers)

    @app.get("/manifest.webmanifest")
    async def manifest() -> Response:
        return JSONResponse(MANIFEST, media_type="application/manifest+json")

    @app.get("/favicon.ico")
    async def favicon() -> Response:
        return RedirectResponse("/ld/static/icons/icon-192.png", 308)

    @app.get("/")
    async def home(request: Request) -> Response:
        language = choose_language(request)
        if language not in settings.languages:
            language = settings.languages[0]
        return RedirectResponse(f"/{language}/", 307, {"Vary": "Accept-Language, Cookie"})

    browsers = Browsers(f"ld-{settings.port or DEFAULT_PORT}", secure=settings.secure)
    logins = None if users is None else Logins()
    if users is not None and logins is not None:
        app.include_router(make_login_router(services, users, logins, browsers))
    app.router.routes.append(pages)
    # The last one added is the first one asked.
    app.add_middleware(Authentication, browsers=browsers, logins=logins)
    app.add_middleware(OriginCheck)
    app.add_middleware(TrustedHost, settings=settings)
    app.add_middleware(SecurityHeaders, settings=settings)
    return app
