"""The login page and its routes: one form, nothing from elsewhere, no script."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.attempts import Attempts
from landmarkdiff.ui.server.auth import Browsers, Logins
from landmarkdiff.ui.server.passwords import Users
from landmarkdiff.ui.server.responses import MalformedRequestError, choose_language, read_body
from landmarkdiff.ui.server.routes import Routes
from landmarkdiff.ui.server.services import AppServices, owner_of
from landmarkdiff.ui.templates import Templates

__all__ = ["LoginPage", "make_login_router"]

_BODY_BYTES = 8 * 1024
_FIELDS = 8
#: Checks at once, each of which takes 32 MB.
_CHECKS = 2
_TEMPLATES = Templates()


@dataclass(frozen=True)
class LoginPage:
    """The page on which people log in.

    Attributes
    ----------
    root : str
        The app's root path.
    passwords : bool
        Whether there are users with passwords.
    provider : str or None
        What people call the provider of logins, ``""`` where it has no name of its own; None
        where there is none.
    """

    root: str = ""
    passwords: bool = True
    provider: str | None = None

    def html(self, language: str, complaint: str | None = None) -> str:
        """Return the page in a language.

        Parameters
        ----------
        language : str
        complaint : str, optional
            Key of the text that says why the last try was not accepted.
        """
        return _TEMPLATES.render(
            "login.html",
            Texts.load(language),
            complaint=complaint,
            root=self.root,
            passwords=self.passwords,
            provider=self.provider,
        )


def make_login_router(
    services: AppServices,
    users: Users | None,
    logins: Logins,
    browsers: Browsers,
    page: LoginPage,
) -> Routes:
    """Return ``/login`` and ``/logout``.

    Logging in gives the browser a new cookie, so that one planted before is worth nothing;
    logging out closes all its pages. Without users there is the page, for the provider's logins.
    """
    router = Routes()
    root = services.settings.root_path
    attempts = Attempts()
    checks = asyncio.Semaphore(_CHECKS)

    @router.get("/login")
    async def show(request: Request) -> Response:
        if owner_of(request).user:
            return RedirectResponse(f"{root}/", 303)
        return HTMLResponse(page.html(choose_language(request)))

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        if users is None:
            raise HTTPException(404)
        language = choose_language(request)
        try:
            name, password = await _read_form(request)
        except LandmarkDiffError:
            return HTMLResponse(page.html(language, "session.too_many"), 400)
        address = request.client.host if request.client else ""
        wait = attempts.begin(name, address)
        if wait > 0:
            services.note("login refused", request)
            waits = {"Retry-After": str(int(wait) + 1)}
            return HTMLResponse(page.html(language, "session.too_many"), 429, waits)
        async with checks:
            user = await asyncio.to_thread(users.check, name, password)
        if user is None:
            known = name if users.mark(name) is not None else ""
            services.audit.note("login failed", known, address)
            return HTMLResponse(page.html(language, "login.failed"), 401)
        attempts.succeeded(name, address)
        _forget(services, logins, owner_of(request).browser)
        value = browsers.new()
        logins.add(value, user)
        services.audit.note("login", user, address)
        return RedirectResponse(f"{root}/", 303, {"Set-Cookie": browsers.header(value)})

    _add_logout(router, services, logins, browsers)
    return router


def _add_logout(router: Routes, services: AppServices, logins: Logins, browsers: Browsers) -> None:
    """Add ``/logout``, which leads to the provider's where the login came from there."""
    root = services.settings.root_path

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        services.note("logout", request)
        browser = owner_of(request).browser
        leave = logins.leave_address(browser)
        _forget(services, logins, browser)
        cookie = browsers.header("", max_age=0)
        if leave:  # a form must not lead to another host; a page may
            on = _TEMPLATES.render("again.html", Texts.load("en"), target=leave)
            return HTMLResponse(on, headers={"Set-Cookie": cookie})
        return RedirectResponse(f"{root}/login", 303, {"Set-Cookie": cookie})


def _forget(services: AppServices, logins: Logins, browser: str) -> None:
    logins.remove(browser)
    services.store.close_all(browser=browser)


async def _read_form(request: Request) -> tuple[str, str]:
    body = (await read_body(request, _BODY_BYTES, 10.0)).decode("utf-8", "replace")
    try:
        form = parse_qs(body, max_num_fields=_FIELDS)
    except ValueError:
        raise MalformedRequestError from None
    return form.get("user", [""])[0], form.get("password", [""])[0]
