"""The app as one ASGI application: routes, tabs, pages and security put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from typing import Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from landmarkdiff.ui.page.files import STATIC, STYLES_ADDRESS, joined_styles
from landmarkdiff.ui.page.pages import LanguagePages
from landmarkdiff.ui.server.ask_route import ask_router
from landmarkdiff.ui.server.audit_route import audit_router
from landmarkdiff.ui.server.auth import Authentication, Browsers, Logins
from landmarkdiff.ui.server.forwarding import Forwarding
from landmarkdiff.ui.server.login import LoginPage, make_login_router
from landmarkdiff.ui.server.oidc import Provider
from landmarkdiff.ui.server.oidc_login import make_oidc_router
from landmarkdiff.ui.server.passwords import Users
from landmarkdiff.ui.server.request_head import PlainHead
from landmarkdiff.ui.server.responses import choose_language
from landmarkdiff.ui.server.root_path import RootPath
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.screen_routes import Onlookers, screen_router
from landmarkdiff.ui.server.security import OriginCheck, SecurityHeaders, TrustedHost
from landmarkdiff.ui.server.services import AppServices
from landmarkdiff.ui.server.session_routes import session_router
from landmarkdiff.ui.server.settings import DEFAULT_PORT, AppSettings
from landmarkdiff.ui.server.static import ScriptsAndStyles, TaggedFiles, tagged
from landmarkdiff.ui.tabs.registry import find_tabs
from landmarkdiff.ui.tabs.tab import Tab

__all__ = ["create_app"]


def create_app(
    settings: AppSettings,
    *,
    services: AppServices | None = None,
    users: Users | None = None,
    provider: Provider | None = None,
    tabs: Sequence[Tab] | None = None,
) -> Starlette:
    """Return the whole app, ready for an ASGI server.

    Parameters
    ----------
    settings : AppSettings
    services : AppServices, optional
        Made from the settings by default.
    users : Users, optional
        Who may log in with a password.
    provider : Provider, optional
        Where others log in; without users and without it there is no login.
    tabs : sequence of Tab, optional
        By default all that :func:`~landmarkdiff.ui.tabs.registry.find_tabs` finds.
    """
    services = services or AppServices.from_settings(settings)
    named = users is not None or provider is not None
    services.logins = services.work.shared = services.painting.shared = named
    tabs = find_tabs() if tabs is None else tabs
    pages = LanguagePages(services, tabs)
    logins = Logins(users) if named else None
    app = Starlette(
        exception_handlers={HTTPException: _refuse}, lifespan=_lifespan(services, pages, logins)
    )
    app.router.redirect_slashes = False  # it would lead out of the root path
    app.state.services = services
    app.state.pages = pages
    _add_files(app, tabs)
    browsers, onlooking = (
        Browsers(name, secure=settings.secure, root_path=settings.root_path)
        for name in _cookie_names(settings)
    )
    onlookers = Onlookers(services.screens, onlooking)
    kinds = {(tab.name, kind.name): kind for tab in tabs for kind in tab.kinds}
    added = [
        _home(settings),
        session_router(services),
        audit_router(services),
        ask_router(services, kinds),
        screen_router(services, onlookers),
    ]
    if logins is not None:
        services.screens.roles = lambda owner: logins.roles(owner.browser)
        title = None if provider is None else provider.settings.title
        page = LoginPage(settings.root_path, passwords=users is not None, provider=title)
        added.append(make_login_router(services, users, logins, browsers, page))
        if provider is not None:
            added.append(make_oidc_router(services, provider, logins, browsers, page))
    app.router.routes += [route for routes in added for route in routes.all]
    app.router.routes.append(pages)
    app.add_middleware(Authentication, browsers=browsers, logins=logins, onlooker=onlookers.admits)
    _add_guards(app, settings)
    return app


def _add_guards(app: Starlette, settings: AppSettings) -> None:
    """Add what looks at each request before anybody is asked who he is."""
    # The last one added is the first one asked.
    app.add_middleware(OriginCheck)
    app.add_middleware(TrustedHost, settings=settings)
    app.add_middleware(PlainHead)
    app.add_middleware(SecurityHeaders, settings=settings)
    app.add_middleware(RootPath, root_path=settings.root_path)
    app.add_middleware(Forwarding, settings=settings)


def _cookie_names(settings: AppSettings) -> tuple[str, str]:
    """Of browsers, and of screens that look at what one shows."""
    name = f"ld-{settings.port or DEFAULT_PORT}"
    return name, f"{name}-screen"


#: How often what is over is looked for, seconds.
_LOOK_FOR_ENDS = 2.0


async def _end_what_is_over(services: AppServices, logins: Logins | None) -> None:
    """Close the pages of everybody whose login is over, or who was taken out of the users."""
    while True:
        await asyncio.sleep(_LOOK_FOR_ENDS)
        for browser in () if logins is None else logins.expire():
            services.store.close_all(browser=browser)
        services.screens.sweep()


def _lifespan(
    services: AppServices, pages: LanguagePages, logins: Logins | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # The gates decide how many compute; log-ins, pages being built and questions that are
        # answered at once come on top.
        threads = ThreadPoolExecutor(services.settings.workers + 8, thread_name_prefix="work")
        asyncio.get_running_loop().set_default_executor(threads)
        services.store.start()
        watch = asyncio.create_task(_end_what_is_over(services, logins))
        try:
            await pages.open()
            services.audit.note("started")
            yield
        finally:
            services.audit.note("stopped")
            services.audit.close()
            watch.cancel()
            services.store.stop()

    return lifespan


def _add_files(app: Starlette, tabs: Sequence[Tab]) -> None:
    styles = joined_styles(tabs).encode()
    routes = Routes()

    @routes.get(STYLES_ADDRESS)
    async def all_styles(request: Request) -> Response:
        return tagged(styles, "text/css", request.scope)

    app.router.routes += routes.all
    for tab in tabs:
        app.mount(tab.address.rstrip("/"), ScriptsAndStyles(directory=tab.folder))
    app.mount("/ld/static", TaggedFiles(directory=STATIC))


def _home(settings: AppSettings) -> Routes:
    """Return the routes that belong to no page: where to go, and what makes it installable."""
    routes = Routes()
    root = settings.root_path

    @routes.get("/")
    async def home(request: Request) -> Response:
        language = choose_language(request)
        if language not in settings.languages:
            language = settings.languages[0]
        return RedirectResponse(f"{root}/{language}/", 307, {"Vary": "Accept-Language, Cookie"})

    @routes.get("/manifest.webmanifest")
    async def manifest(request: Request) -> Response:
        return JSONResponse(_manifest(root), media_type="application/manifest+json")

    @routes.get("/favicon.ico")
    async def favicon(request: Request) -> Response:
        return RedirectResponse(f"{root}/ld/static/icons/icon-192.png", 308)

    return routes


def _manifest(root: str) -> dict[str, Any]:
    """Return what makes the page installable.

    There is no service worker: nothing of a patient may be cached, and without the server there
    is nothing to show.
    """
    icons = f"{root}/ld/static/icons"
    return {
        "id": f"{root}/",
        "name": "LandmarkDiff",
        "short_name": "LandmarkDiff",
        "description": "Simulation of discussed facial procedures",
        "start_url": f"{root}/",
        "scope": f"{root}/",
        "display": "standalone",
        "background_color": "#f4f6f8",
        "theme_color": "#0b5c8a",
        "icons": [
            {"src": f"{icons}/icon-{side}.png", "sizes": f"{side}x{side}", "type": "image/png"}
            for side in (192, 512)
        ]
        + [{"src": f"{icons}/icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }


async def _refuse(_: Request, error: Exception) -> Response:
    refusal = cast(HTTPException, error)  # the only kind that is handed here
    code = "".join(HTTPStatus(refusal.status_code).phrase.title().split())
    content = {"error": "There is nothing here.", "code": code}
    return JSONResponse(content, refusal.status_code, refusal.headers)
