"""Heads that no browser sends: refused, or cut down before a library reads them."""

from __future__ import annotations

import pytest
from event_loops import run_in_thread
from small_app import small_client
from starlette.responses import Response

from landmarkdiff.ui.server.auth import Browsers
from landmarkdiff.ui.server.request_head import PlainHead


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


def passed(*headers: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    """The headers that reach the app."""
    seen: list[tuple[bytes, bytes]] = []

    async def app(scope, receive, send):
        seen.extend(scope["headers"])

    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    run_in_thread(PlainHead(app)({"type": "http", "path": "/", "headers": raw}, None, None))
    return seen


@pytest.mark.parametrize(
    "cookie",
    [
        'ld-7860="' + "\\" * 60_000 + '"',
        'ld-7860="' + "\\1" * 30_000 + '"',
        "ld-7860=" + "a" * 9000,
        "other=1; session=abc",
        "ld-7860",
        "=",
        "ld-78\xe9=1",
        "ld-7860=a\x7fb",
    ],
    ids=["backslashes", "octal", "long", "others", "no value", "empty", "letter", "control"],
)
def test_cookies_that_are_not_ours_reach_nobody(cookie):
    assert passed(("cookie", cookie), ("accept", "*/*")) == [(b"accept", b"*/*")]


def test_our_cookies_do():
    browsers = Browsers("ld-7860", secure=True)
    flow = Browsers("ld-7860-login", secure=True, root_path="/a", same_site="Lax")
    ours = [
        f"{browsers.name}={browsers.new()}",
        f"{flow.name}={flow.signed('eyJhIjogMX0=')}",
        "ld-language=pt",
    ]
    assert passed(("cookie", "x=1;" + "; ".join(ours) + ' ; y="\\"')) == [
        (b"cookie", "; ".join(ours).encode())
    ]
    many = "; ".join(f"ld-{port}=a" for port in range(7000, 12000))
    ((_, kept),) = passed(("cookie", many))
    assert kept.count(b"=") == 24


@pytest.mark.parametrize("more", [{}, {"If-Range": "x"}])
@pytest.mark.parametrize("asked", ["bytes=0-3", "bytes=" + ",".join(["0-"] * 9000), "bytes=x"])
def test_files_are_sent_whole(client, asked, more):
    whole = client.get("/ld/static/header.js")
    answer = client.get("/ld/static/header.js", headers={"Range": asked, **more})
    assert (answer.status_code, answer.content) == (200, whole.content)


def test_a_path_longer_than_any_is_not_looked_for(client):
    for path in ("/ld/static/icons/" + "a/" * 20_000, "/" + "x" * 600):
        answer = client.get(path)
        assert answer.status_code == 414
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_request_ends_at_one_place(client):
    both = {"Content-Length": "4", "Transfer-Encoding": "chunked"}
    answer = client.post("/ld/session", content=b"0\r\n\r", headers=both)
    assert answer.status_code == 400
    assert answer.headers["connection"] == "close"


def test_a_refusal_reads_no_cookie():
    seen = []

    async def send(message):
        seen.append(message)

    scope = {"type": "http", "path": "/" * 513, "headers": [(b"cookie", b"\\")]}
    run_in_thread(PlainHead(Response())(scope, None, send))
    assert seen[0]["status"] == 414


def test_a_length_of_thousands_of_digits_is_too_long(client):
    token = client.post("/ld/session").json()["token"]
    endless = {"Content-Length": "9" * 5000}
    assert client.post(f"/ld/{token}/ask/single/check", headers=endless).status_code == 413
