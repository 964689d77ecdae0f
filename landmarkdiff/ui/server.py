"""The app as one ASGI application, and the server that runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from landmarkdiff.ui.auth import Authentication, Browsers, Logins
from landmarkdiff.ui.login import make_login_router
from landmarkdiff.ui.pages import BuildPage, LanguagePages, Page, choose_language
from landmarkdiff.ui.passwords import Users
from landmarkdiff.ui.routes import make_router
from landmarkdiff.ui.security import OriginCheck, SecurityHeaders, TrustedHost
from landmarkdiff.ui.services import AppServices
from landmarkdiff.ui.settings import DEFAULT_PORT, AppSettings

__all__ = ["Page", "create_app"]

STATIC = Path(__file__).with_name("static")


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
        from landmarkdiff.ui.build import build_page

        build = build_page
        if services.studio is None:
            from landmarkdiff.ui.studio import Studio

            services.studio = Studio(services)
    pages = LanguagePages(services, build)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
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
    if STATIC.is_dir():
        app.mount("/ld/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(make_router(services))

    @app.get("/")
    async def home(request: Request) -> Response:
        return RedirectResponse(f"/{choose_language(request, settings.languages)}/", 307)

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
