"""Who is asking: browsers by their cookie, users by their login."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from landmarkdiff.texts import Texts, languages
from landmarkdiff.ui.server.passwords import Users
from landmarkdiff.ui.server.roles import EVERYDAY, Roles
from landmarkdiff.ui.server.services import OWNER_KEY, ROLES_KEY
from landmarkdiff.ui.server.sessions import Owner
from landmarkdiff.ui.templates import Templates

__all__ = ["CALLBACK", "Authentication", "Browsers", "Identity", "Logins"]

#: Where a provider of logins sends browsers back to: by a link on another site, that is without
#: the browser's cookie.
CALLBACK = "/login/oidc/callback"
#: What may be asked for without a login: the login itself, what says nothing of anybody, and what
#: looks at cookies of its own.
OPEN_PATHS = (
    "/login", "/login/oidc", CALLBACK, "/ld/health", "/manifest.webmanifest", "/ld/static/icons/",
    "/screen", "/screen/",
)  # fmt: skip
LOGIN_SECONDS = 12 * 3600.0
LOGIN_IDLE_SECONDS = 3600.0
Clock = Callable[[], float]
_TEMPLATES = Templates()


class Browsers:
    """Makes and recognises the cookie of a browser: random bits with a signature of this run."""

    def __init__(
        self, name: str, *, secure: bool, root_path: str = "", same_site: str = "Strict"
    ) -> None:
        # With the first prefix no other host, nor the same host without TLS, can set the cookie;
        # it allows no path, where the second one keeps off what has no TLS.
        prefix = "__Secure-" if root_path else "__Host-"
        self.plain_name = name
        self.name = f"{prefix}{name}" if secure else name
        self.root_path = root_path
        self._secure = secure
        self._same_site = same_site
        self._key = secrets.token_bytes(32)

    def new(self) -> str:
        """Return the value for a new browser."""
        return self.signed(secrets.token_urlsafe(32))

    def signed(self, body: str) -> str:
        """Return a text, which holds no full stop, with its signature."""
        return f"{body}.{self._sign(body)}"

    def is_ours(self, value: str) -> bool:
        """Tell whether a value was signed in this run."""
        body, _, signature = value.partition(".")
        return hmac.compare_digest(self._sign(body).encode(), signature.encode())

    def _sign(self, body: str) -> str:
        return hmac.new(self._key, body.encode(), hashlib.sha256).hexdigest()

    def header(self, value: str, *, max_age: int | None = None) -> str:
        """Return a ``Set-Cookie`` header's value."""
        same_site = f"SameSite={self._same_site}"
        parts = [f"{self.name}={value}", f"Path={self.root_path}/", "HttpOnly", same_site]
        if max_age is not None:
            parts.append(f"Max-Age={max_age}")
        if self._secure:
            parts.append("Secure")
        return "; ".join(parts)


@dataclass(frozen=True)
class Identity:
    """Who somebody is by the word of a provider of logins.

    Attributes
    ----------
    user : str
        With ``oidc:`` before it, which no name in the file of users has.
    roles : Roles
    seconds : float
        How long the login lasts at most.
    leave : str
        Address at which the browser logs out there too; empty where there is none.
    """

    user: str
    roles: Roles
    seconds: float = LOGIN_SECONDS
    leave: str = ""


@dataclass
class _Login:
    """Of a browser; without an identity, the user is one of the file, whose mark is kept."""

    user: str
    mark: bytes | None
    since: float
    seen: float
    identity: Identity | None = None


class Logins:
    """Which browsers are logged in as whom; a login ends after 12 hours, or 1 without use.

    It also ends when the user is taken out of the file of users, or has another password.

    Parameters
    ----------
    users : Users or None
        None where all logins are a provider's.
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(self, users: Users | None, clock: Clock = time.monotonic) -> None:
        self._users = users
        self._clock = clock
        self._lock = threading.Lock()
        self._logins: dict[str, _Login] = {}

    def add(self, browser: str, user: str) -> None:
        """Log a browser in as a user of the file."""
        now = self._clock()
        mark = None if self._users is None else self._users.mark(user)
        if mark is not None:  # the file may have changed since the password was looked at
            with self._lock:
                self._logins[browser] = _Login(user, mark, now, now)

    def add_identity(self, browser: str, identity: Identity) -> None:
        """Log a browser in as whom a provider named."""
        now = self._clock()
        with self._lock:
            self._logins[browser] = _Login(identity.user, None, now, now, identity)

    def roles(self, browser: str) -> Roles:
        """Return what whoever is logged in at a browser may do, by the file as it is now."""
        with self._lock:
            login = self._logins.get(browser)
        if login is None:
            return frozenset()
        if login.identity is not None:
            return login.identity.roles
        return frozenset() if self._users is None else self._users.roles(login.user)

    def leave_address(self, browser: str) -> str:
        """Return the address at which a browser logs out of its provider too, or ``""``."""
        with self._lock:
            login = self._logins.get(browser)
        return "" if login is None or login.identity is None else login.identity.leave

    def user(self, browser: str) -> str | None:
        """Return who is logged in at a browser."""
        with self._lock:
            login = self._logins.get(browser)
            if login is None or not self._lasts(login):
                self._logins.pop(browser, None)
                return None
            login.seen = self._clock()
            return login.user

    def remove(self, browser: str) -> None:
        """Log a browser out."""
        with self._lock:
            self._logins.pop(browser, None)

    def expire(self) -> list[str]:
        """End the logins that are over; return their browsers."""
        with self._lock:
            over = [key for key, one in self._logins.items() if not self._lasts(one)]
            for browser in over:
                del self._logins[browser]
        return over

    def _lasts(self, login: _Login) -> bool:
        now = self._clock()
        longest = LOGIN_SECONDS if login.identity is None else login.identity.seconds
        if now - login.since >= longest or now - login.seen >= LOGIN_IDLE_SECONDS:
            return False
        if login.identity is not None:
            return True
        return self._users is not None and self._users.mark(login.user) == login.mark


class Authentication:
    """Leaves the owner of each request in its scope; turns away who has to log in first.

    Parameters
    ----------
    app : ASGI application
    browsers : Browsers
    logins : Logins or None
        None where the app has no users.
    onlooker : callable
        ``onlooker(request)`` tells whether it comes from a screen on which somebody shows
        something: it gets the page's scripts without a login.
    """

    def __init__(
        self,
        app: ASGIApp,
        browsers: Browsers,
        logins: Logins | None,
        onlooker: Callable[[HTTPConnection], bool] = lambda _: False,
    ) -> None:
        self._app = app
        self._browsers = browsers
        self._logins = logins
        self._onlooker = onlooker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        value = request.cookies.get(self._browsers.name, "")
        known = self._browsers.is_ours(value)
        if not known and _is_foreign_link(request) and scope["path"] != CALLBACK:
            await _same_again(self._browsers.root_path, scope["path"])(scope, receive, send)
            return
        if not known:
            value = self._browsers.new()
        user: str | None = ""
        roles = EVERYDAY
        if self._logins is not None:
            user = self._logins.user(value) if known else None
            if user is None and not (_is_open(scope["path"]) or self._is_script(request)):
                await _log_in_first(request, self._browsers.root_path)(scope, receive, send)
                return
            roles = self._logins.roles(value) if user else frozenset()
        scope[OWNER_KEY] = Owner(user or "", value)
        scope[ROLES_KEY] = roles

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and not known and _gives_cookie(scope):
                headers = MutableHeaders(scope=message)
                if "set-cookie" not in headers:
                    headers.append("set-cookie", self._browsers.header(value))
            await send(message)

        await self._app(scope, receive, send_with_cookie)

    def _is_script(self, request: HTTPConnection) -> bool:
        path: str = request.scope["path"]
        inside = path.startswith("/ld/static/") and ".." not in path
        return inside and request.scope["method"] == "GET" and self._onlooker(request)


def _gives_cookie(scope: Scope) -> bool:
    """A page's many parallel requests must not each bring a cookie of their own."""
    path: str = scope["path"]
    return path in {"/ld/session", "/login"} or (path.endswith("/") and path.count("/") <= 2)


def _is_open(path: str) -> bool:
    return any(
        path.startswith(one) if one.endswith("/") else path == one for one in OPEN_PATHS
    ) and (".." not in path)


def _is_foreign_link(request: HTTPConnection) -> bool:
    """A link on another site: browsers follow it without our strict cookie."""
    site = request.headers.get("sec-fetch-site", "")
    return site in {"cross-site", "same-site"} and request.scope["method"] == "GET"


def _same_again(root: str, path: str) -> Response:
    """Answer a foreign link with a page that asks again, now with the cookie.

    Otherwise the page would get a new cookie, and every open page would lose its session. It
    leads to one of the app's own pages and nowhere else, whatever the link said.
    """
    pages = {f"/{language}/" for language in languages()} | {"/login", "/screen"}
    target = root + (path if path in pages else "/")
    return HTMLResponse(_TEMPLATES.render("again.html", Texts.load("en"), target=target))


def _log_in_first(request: HTTPConnection, root: str) -> Response:
    """Lead people to the login; tell scripts."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if request.scope["method"] in {"GET", "HEAD"} and wants_page:
        return RedirectResponse(f"{root}/login", 303)
    return JSONResponse({"error": "Log in first.", "code": "LoginNeeded"}, 401)
