"""A provider of logins on the loopback: OpenID Connect with the code flow and PKCE, its own key."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "landmarkdiff", "a secret of the client"


class LoopbackProvider:
    """Logs everybody in as ``person``, and may be told to misbehave.

    Attributes
    ----------
    person : dict
        Claims of who logs in.
    sign : callable
        ``sign(claims)`` makes the ID token.
    facts : dict
        What discovery says, changed by tests.
    asked : list of str
        Paths that were asked for.
    userinfo : dict
        What userinfo answers beside ``sub``.
    """

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.person: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self.asked: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.server = ThreadingHTTPServer((host, 0), _handler(self))
        self.issuer = f"http://{host}:{self.server.server_port}"

    def reset(self) -> None:
        """Behave well again."""
        self.person = {"preferred_username": "anna", "groups": ["surgeons"]}
        self.sign, self.userinfo = self.signed, {}
        self.asked.clear()
        self.codes.clear()
        self.facts = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
        }

    def signed(self, claims: dict[str, Any], **header: Any) -> str:
        """Sign claims with the provider's key."""
        return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, self.key)

    def log_in(self, address: str) -> str:
        """Log in at an address that the app sends a browser to; return where it is sent back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT)
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Answer a code with tokens; None where it is not worth any."""
        expected = f"{CLIENT}:{SECRET}"
        given = base64.b64decode(authorization.removeprefix("Basic ") or "").decode()
        query = self.codes.pop(form.get("code", ""), None)
        if query is None or unquote(given) != expected:
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != query["code_challenge"] or form["redirect_uri"] != query["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300,
            "nonce": query["nonce"], **self.person,
        }  # fmt: skip
        left = {name: value for name, value in claims.items() if value is not None}
        return {"access_token": "of anna", "token_type": "Bearer", "id_token": self.sign(left)}


def _handler(provider: LoopbackProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            provider.asked.append(path)
            if path == "/.well-known/openid-configuration":
                self.answer(provider.facts)
            elif path == "/authorize":
                self.lead(provider.log_in(f"{provider.issuer}{self.path}"))
            elif path == "/logout":
                self.page(b"<title>Logged out</title>")
            elif path == "/jwks":
                keys = KeySet([provider.key]).as_dict(private=False)
                self.answer(keys)
            elif path == "/userinfo" and self.headers["Authorization"] == "Bearer of anna":
                self.answer({"sub": "1", **provider.userinfo})
            else:
                self.answer({}, 404)

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            token = provider.token(form, self.headers.get("Authorization", ""))
            self.answer(token or {"error": "invalid_grant"}, 200 if token else 400)

        def answer(self, content: Any, status: int = 200) -> None:
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def lead(self, address: str) -> None:
            """Lead a browser on by a page that somebody could log in on."""
            self.page(f"<title>Login</title><a href='{address}'>That is me</a>".encode())

        def page(self, data: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return Handler


@contextmanager
def loopback_provider(host: str = "127.0.0.1") -> Iterator[LoopbackProvider]:
    """Run a provider; at another address of this machine it is another site to a browser."""
    provider = LoopbackProvider(host)
    provider.reset()
    thread = threading.Thread(target=provider.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.server.shutdown()
        provider.server.server_close()
        thread.join()
