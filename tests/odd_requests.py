"""Requests that two servers might read apart: what one takes for a body, the other for a request.

In each hides a second one, a login with the address of its own (:data:`HIDDEN`), which shows in the
audit log where a server has taken it for one.
"""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

__all__ = ["BELIEVED", "HIDDEN", "REFUSED", "answer", "login"]

#: The address that a hidden login claims to come from.
HIDDEN = "6.6.6.6"
_FORM = b"Content-Type: application/x-www-form-urlencoded"
_WORDS = b"user=mallory&password=hidden"


def login(path: str, *headers: bytes, body: bytes | None = None, version: bytes = b"1.1") -> bytes:
    """A login at a path, with headers as they are; with a body of its own, its length is theirs."""
    if body is None:
        body = _WORDS
        headers = (*headers, b"Content-Length: %d" % len(body))
    line = b"POST %s/login HTTP/%s" % (path.encode(), version)
    return b"\r\n".join([line, b"Host: localhost", _FORM, *headers, b"", body])


def _hidden(path: str) -> bytes:
    return login(path, b"X-Forwarded-For: " + HIDDEN.encode())


def _lengths(path: str) -> dict[str, bytes]:
    inner = _hidden(path)
    all_of_it = b"Content-Length: %d" % len(inner)
    given = {
        "two lengths, none first": (b"Content-Length: 0", all_of_it),
        "two lengths, none last": (all_of_it, b"Content-Length: 0"),
        "a list of lengths": (b"Content-Length: 0, %d" % len(inner),),
    }
    for value in ("+0", "0x0", "-1", "0_0", "\u0660", "\x0b0", "", "0;", "9" * 5000):
        given[f"length {value[:8]!r}"] = (b"Content-Length: " + value.encode(),)
    return {name: login(path, *headers, body=inner) for name, headers in given.items()}


def _codings(path: str) -> dict[str, bytes]:
    body = b"0\r\n\r\n" + _hidden(path)
    length = b"Content-Length: %d" % len(body)
    found = {}
    for coding in (b"chunked", b"xchunked", b"chunked, identity", b"identity, chunked", b"CHUNKED",
                   b"chunked, chunked", b"\tchunked", b'"chunked"', b"\x0bchunked", b"chunked;x=1",
                   b"gzip, chunked", b"identity", b"chunked\x00"):  # fmt: skip
        said = b"Transfer-Encoding: " + coding
        found[f"{coding!r} and a length"] = login(path, said, length, body=body)
        found[f"a length and {coding!r}"] = login(path, length, said, body=body)
    twice = (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity")
    found["two codings"] = login(path, *twice, body=body)
    found["a blank before the colon"] = login(
        path, b"Transfer-Encoding : chunked", length, body=body
    )
    found["a folded coding"] = login(path, b"Transfer-Encoding:\r\n chunked", length, body=body)
    bare = b"X: a\rContent-Length: 0"
    found["a bare return"] = login(path, bare, length, body=body)
    return found


def _chunks(path: str) -> dict[str, bytes]:
    coding = b"Transfer-Encoding: chunked"
    rest = b"\r\nhello\r\n0\r\n\r\n" + _hidden(path)
    sizes = (b"-1", b"0x5", b"+5", b"5_", b"\xd9\xa5")
    return {f"a chunk of {size!r}": login(path, coding, body=size + rest) for size in sizes}


def REFUSED(path: str) -> dict[str, bytes]:  # a table, of a path
    """Requests that have two ends, or none, by what is odd in them."""
    return _lengths(path) | _codings(path) | _chunks(path)


def BELIEVED(path: str) -> dict[str, bytes]:  # a table, of a path
    """Logins that claim another address in ways that a proxy might pass on."""
    claim = HIDDEN.encode()
    close = b"Connection: close"
    return {
        "as it is": login(path, close, b"X-Forwarded-For: " + claim),
        "twice": login(path, close, *(b"X-Forwarded-For: " + claim,) * 2),
        "with another line": login(path, close, b"X_Forwarded_For: " + claim),
        "named for this hop": login(
            path, b"Connection: close, X-Forwarded-For, Host", b"X-Forwarded-For: " + claim
        ),
        "by another name": login(path, close, b"X-Real-IP: " + claim, b"Forwarded: for=" + claim),
        "after the body": login(
            path, close, b"Transfer-Encoding: chunked", b"Trailer: X-Forwarded-For",
            body=b"%x\r\n%s\r\n0\r\nX-Forwarded-For: %s\r\n\r\n" % (len(_WORDS), _WORDS, claim),
        ),
    }  # fmt: skip


def answer(port: int, request: bytes, certificate: Path | None = None) -> bytes:
    """Send a request and read until the other side ends the connection; what it said."""
    said = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        connection = plain
        if certificate is not None:
            context = ssl.create_default_context(cafile=certificate)
            connection = context.wrap_socket(plain, server_hostname="localhost")
        try:
            connection.sendall(request)
            while piece := connection.recv(65536):
                said += piece
        except (ConnectionError, ssl.SSLError):  # it ended before all was sent
            pass
        finally:
            connection.close()
    return said
