"""What every request must pass and every answer carries: host, origin, headers, content policy.

All of it is plain ASGI, because event streams have to flow through it.
``docs/reference/security.md`` explains each rule and each exception; a test keeps the content
policy and that page together.
"""

from __future__ import annotations

import gzip
import re
import secrets
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from landmarkdiff.ui.server.responses import choose_language, error_response
from landmarkdiff.ui.server.settings import AppSettings, is_loopback

__all__ = ["OriginCheck", "SecurityHeaders", "TrustedHost", "content_policy", "screen_policy"]

_SAFE_METHODS = {"GET", "HEAD"}

PERMISSIONS = (
    "camera=(self), fullscreen=(self), clipboard-read=(self), clipboard-write=(self), "
    "accelerometer=(), autoplay=(), browsing-topics=(), display-capture=(), "
    "encrypted-media=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), "
    "idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), "
    "picture-in-picture=(), publickey-credentials-get=(), screen-wake-lock=(), serial=(), "
    "storage-access=(), usb=(), window-management=(), xr-spatial-tracking=()"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
#: The two kinds of path whose content never changes under the same name, or is asked anew.
_HASHED = re.compile(r"^/[a-z]{2}/assets/")
_REVALIDATED = re.compile(r"^/ld/static/")

#: Nothing before or after the name but a port: what else a header holds could end up in a page.
_HOST = re.compile(r"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]*?)\.?)(?::[0-9]{0,5})?")

_SCRIPT = re.compile(rb"<script(?=[\s>])")
_HTML_LANGUAGE = re.compile(rb'<html(\s+)lang="[^"]*"', re.IGNORECASE)
#: Previews for social networks, with addresses of other hosts.
_SOCIAL = re.compile(rb'<meta\s+(?:property="og:|name="twitter:)[^>]*>', re.IGNORECASE)
#: Gradio's frame resizer, which posts the page's size to whatever frames it; nothing may.
_RESIZER = re.compile(rb"<script>\s*\(\(\) => \{(?:(?!</script>).)*iframeResizer.*?</script>", re.S)
_MANIFEST = re.compile(rb'<link rel="manifest"[^>]*>')
_OUR_LINKS = (
    '<link rel="manifest" href="{root}/manifest.webmanifest">'
    '<link rel="icon" type="image/svg+xml" href="{root}/ld/static/icons/icon.svg">'
    '<link rel="apple-touch-icon" href="{root}/ld/static/icons/icon-192.png">'
    '<script src="{root}/ld/static/at_rest.js"></script>'
)


def content_policy(nonce: str | None = None) -> str:
    """Return the content security policy, for a page with a nonce for its inline scripts.

    Parameters
    ----------
    nonce : str or None
        Of a page of Gradio's. Without it, nothing is scripted: our own login page, and all
        answers that are not pages.
    """
    shared = "base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    if nonce is None:
        return f"default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'; {shared}"
    return "; ".join(
        [
            "default-src 'none'",
            # Gradio compiles templates and `js_on_load` with `new Function`.
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            # Svelte and the theme write <style> elements and style attributes.
            "style-src 'self' 'unsafe-inline'",
            # The arrow of a drop-down list is a picture inside Gradio's style sheet.
            "img-src 'self' data:",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def screen_policy() -> str:
    """Return the policy of the page on another screen: our own modules, nothing inline."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


class TrustedHost:
    """Refuses requests for another host's name: a web page that rebinds its own name to us.

    Parameters
    ----------
    app : ASGI application
    settings : AppSettings
    """

    def __init__(self, app: ASGIApp, settings: AppSettings) -> None:
        self._app = app
        self._names = {name.lower().rstrip(".") for name in settings.allowed_hosts}
        if is_loopback(settings.host):
            self._names |= {"localhost", "127.0.0.1", "::1", settings.host.strip("[]").lower()}
            self._any_address = False
        else:
            # No name can be rebound to look like an address that was typed as one.
            self._names |= {settings.host.strip("[]").lower()}
            self._any_address = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 421."""
        if scope["type"] == "http":
            hosts = Headers(scope=scope).getlist("host")
            hosts += Headers(scope=scope).getlist("x-forwarded-host")
            if not hosts or not all(self._trusted(host) for host in hosts):
                response = PlainTextResponse(
                    "This name does not belong to the app. Use the address it printed at start, "
                    "or start it with --allowed-host and this name.\n",
                    421,
                )
                await response(scope, receive, send)
                return
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    def _trusted(self, host: str) -> bool:
        name = host_name(host)
        if name in self._names:
            return True
        if not self._any_address:
            return False
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def host_name(host: str) -> str:
    """Return the name or address in a ``Host`` header, without port; ``""`` for anything else."""
    found = _HOST.fullmatch(host.strip().lower())
    return "" if found is None else found["address"] or found["name"]


class OriginCheck:
    """Refuses what a page of another origin sends or embeds; links to the app still work.

    Browsers say where a request comes from in ``Sec-Fetch-Site`` and ``Origin``; what sends
    neither is not a browser and holds no one's cookies. Another port of this machine counts as
    the same site, so ``SameSite`` alone would let its pages in.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with 403."""
        if scope["type"] == "http" and not _same_origin(scope):
            response = PlainTextResponse("This request came from another page.\n", 403)
            await response(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _same_origin(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    site = headers.get("sec-fetch-site")
    changes = scope["method"] not in _SAFE_METHODS
    if site not in {None, "same-origin", "none"}:
        is_link = headers.get("sec-fetch-mode") == "navigate"
        return not changes and is_link and headers.get("sec-fetch-dest") == "document"
    origin = headers.get("origin")
    if site == "same-origin" or origin is None or not changes:
        return True
    host = headers.get("x-forwarded-host") or headers.get("host", "")
    return origin.partition("://")[2].lower() == host.strip().lower()


class SecurityHeaders:
    """Puts the headers on every answer, and the nonce into every page.

    Parameters
    ----------
    app : ASGI application
    settings : AppSettings
    """

    def __init__(self, app: ASGIApp, settings: AppSettings) -> None:
        self._app = app
        self._secure = settings.secure
        self._languages = settings.languages
        self._root_path = settings.root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language = self._page_language(scope["path"])
        if language is None:
            await self._serve(scope, receive, _HeaderSender(scope, send, self._secure))
            return
        compressed = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        # Gradio would compress the page, which has to be read here.
        scope["headers"] = [item for item in scope["headers"] if item[0] != b"accept-encoding"]
        await self._serve(
            scope,
            receive,
            _PageSender(scope, send, self._secure, language, compressed, self._root_path),
        )

    async def _serve(self, scope: Scope, receive: Receive, send: _HeaderSender) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if send.started:
                raise  # the server has to break the connection off
            language = choose_language(HTTPConnection(scope))
            await error_response(error, language)(scope, receive, send)

    def _page_language(self, path: str) -> str | None:
        name = path.strip("/")
        return name if name in self._languages and path.endswith("/") else None


class _HeaderSender:
    """Sends an answer on with the headers."""

    def __init__(self, scope: Scope, send: Send, secure: bool) -> None:
        self._path: str = scope["path"]
        self._send = send
        self._secure = secure
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.dress(MutableHeaders(scope=message), content_policy(), message["status"])
        await self._send(message)

    def dress(self, headers: MutableHeaders, policy: str, status: int) -> None:
        """Set the headers of an answer."""
        for name in [name for name in headers if name.startswith("access-control-")]:
            del headers[name]
        headers.update(HEADERS)
        headers.setdefault("Content-Security-Policy", policy)
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if status == 200 and _HASHED.match(self._path):
            headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif _REVALIDATED.match(self._path):
            headers["Cache-Control"] = "no-cache"
        else:
            headers["Cache-Control"] = "no-store"
        if "server" in headers:
            del headers["server"]


class _PageSender(_HeaderSender):
    """Collects a page, puts the nonce and our links into it, and sends it."""

    def __init__(
        self,
        scope: Scope,
        send: Send,
        secure: bool,
        language: str,
        compressed: bool,
        root_path: str,
    ) -> None:
        super().__init__(scope, send, secure)
        self._language = language
        self._compressed = compressed
        self._root_path = root_path
        self._start: Message = {}
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start, self._body = message, bytearray()
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._finish()

    async def _finish(self) -> None:
        headers = MutableHeaders(scope=self._start)
        body = bytes(self._body)
        policy = content_policy()
        is_page = headers.get("content-type", "").startswith("text/html")
        if is_page and "content-security-policy" not in headers:
            nonce = secrets.token_urlsafe(18)
            policy = content_policy(nonce)
            body = prepare_page(body, nonce, self._language, self._root_path)
            headers["Vary"] = "Accept-Encoding"
            if self._compressed:
                body = gzip.compress(body, 5)
                headers["Content-Encoding"] = "gzip"
            if headers.get("content-length") != "0":
                headers["Content-Length"] = str(len(body))
        self.dress(headers, policy, self._start["status"])
        self.started = True
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})


def prepare_page(html: bytes, nonce: str, language: str, root: str = "") -> bytes:
    """Return Gradio's page with a nonce on each script, its language, and our own links.

    Parameters
    ----------
    html : bytes
        As Gradio's template renders it; ``<`` is escaped inside its inline data.
    nonce : str
    language : str
    root : str
        The app's root path.
    """
    html = _SOCIAL.sub(b"", html)
    html = _RESIZER.sub(b"", html)
    html = _MANIFEST.sub(_OUR_LINKS.format(root=root).encode(), html)
    html = _HTML_LANGUAGE.sub(rb'<html\1lang="' + language.encode() + b'"', html, count=1)
    return _SCRIPT.sub(b'<script nonce="' + nonce.encode() + b'"', html)
