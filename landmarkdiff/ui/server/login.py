"""The login page and its routes: one form, nothing from elsewhere, no script."""

from __future__ import annotations

import asyncio
from html import escape
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.texts import Texts
from landmarkdiff.ui.server.auth import Attempts, Browsers, Logins
from landmarkdiff.ui.server.passwords import Users
from landmarkdiff.ui.server.responses import choose_language, read_body
from landmarkdiff.ui.server.services import AppServices, owner_of

__all__ = ["make_login_router"]

_BODY_BYTES = 8 * 1024
#: Checks at once, each of which takes 32 MB.
_CHECKS = 2

_STYLE = """
:root { color-scheme: light dark; --ink: #16202b; --paper: #f4f6f8; --card: #fff; --line: #6b7a89;
  --accent: #0b5c8a; --on: #fff; --wrong: #a3201d }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #10161d; --card: #19222c;
  --line: #8595a5; --accent: #6cc0ef; --on: #0c1a24; --wrong: #ff9b94 } }
* { box-sizing: border-box }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 22rem; padding: 1.75rem; background: var(--card);
  border: 1px solid color-mix(in srgb, var(--line) 35%, transparent); border-radius: .75rem }
h1 { margin: 0; font-size: 1.35rem } p { margin: .25rem 0 1.25rem }
label { display: block; margin-top: 1rem; font-weight: 600 }
input { width: 100%; margin-top: .25rem; padding: .6rem .7rem; font: inherit; color: inherit;
  background: transparent; border: 1px solid var(--line); border-radius: .5rem }
button { width: 100%; margin-top: 1.5rem; padding: .7rem; font: inherit; font-weight: 600;
  color: var(--on); background: var(--accent); border: 0; border-radius: .5rem; cursor: pointer }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
[role=alert] { margin: 1rem 0 0; color: var(--wrong); font-weight: 600 }
"""


def make_login_router(
    services: AppServices, users: Users, logins: Logins, browsers: Browsers
) -> APIRouter:
    """Return ``/login`` and ``/logout``.

    Logging in gives the browser a new cookie, so that one planted before is worth nothing;
    logging out closes all its pages.
    """
    router = APIRouter()
    attempts = Attempts()
    checks = asyncio.Semaphore(_CHECKS)

    @router.get("/login")
    async def show(request: Request) -> Response:
        if owner_of(request).user:
            return RedirectResponse("/", 303)
        return HTMLResponse(login_page(choose_language(request)))

    @router.post("/login")
    async def log_in(request: Request) -> Response:
        language = choose_language(request)
        try:
            body = (await read_body(request, _BODY_BYTES, 10.0)).decode("utf-8", "replace")
        except LandmarkDiffError:
            return HTMLResponse(login_page(language, "session.too_many"), 400)
        form = parse_qs(body, max_num_fields=8)
        name, password = (form.get(field, [""])[0] for field in ("user", "password"))
        address = request.client.host if request.client else ""
        wait = attempts.wait(name, address)
        if wait > 0:
            page = login_page(language, "session.too_many")
            return HTMLResponse(page, 429, {"Retry-After": str(int(wait) + 1)})
        async with checks:
            user = await asyncio.to_thread(users.check, name, password)
        if user is None:
            attempts.failed(name, address)
            return HTMLResponse(login_page(language, "login.failed"), 401)
        attempts.succeeded(name, address)
        _forget(owner_of(request).browser)
        value = browsers.new()
        logins.add(value, user)
        return RedirectResponse("/", 303, {"Set-Cookie": browsers.header(value)})

    @router.post("/logout")
    async def log_out(request: Request) -> Response:
        _forget(owner_of(request).browser)
        cookie = browsers.header("", max_age=0)
        return RedirectResponse("/login", 303, {"Set-Cookie": cookie})

    def _forget(browser: str) -> None:
        logins.remove(browser)
        services.store.close_all(browser=browser)

    return router


def login_page(language: str, complaint: str | None = None) -> str:
    """Return the page in a language.

    Parameters
    ----------
    language : str
    complaint : str, optional
        Key of the text that says why the last try was not accepted.
    """
    texts = Texts.load(language)
    words = {key: escape(texts(f"login.{key}")) for key in ("title", "user", "password", "submit")}
    title = escape(texts("app.title"))
    alert = "" if complaint is None else f'<p role="alert">{escape(texts(complaint))}</p>'
    return f"""<!doctype html>
<html lang="{texts.html_language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{words["title"]} · {title}</title>
<link rel="icon" type="image/svg+xml" href="/ld/static/icons/icon.svg">
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{escape(texts("app.subtitle"))}</p>
{alert}
<form method="post" action="/login">
<label for="user">{words["user"]}</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" spellcheck="false"
 maxlength="64" required autofocus>
<label for="password">{words["password"]}</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 maxlength="256" required>
<button>{words["submit"]}</button>
</form>
</main>
</body>
</html>
"""
