"""What another page sends, or has planted: tried on every route that there is, new ones too."""

from __future__ import annotations

import re

import pytest
from asking import KINDS, ask
from small_app import BASE, open_session, small_client
from starlette.routing import Route
from starlette.testclient import TestClient

from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.settings import AppSettings

PASSWORD = "correct horse battery"  # noqa: S105
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9999", "X-Forwarded-Host": "127.0.0.1:9999"},
    {"Origin": "http://127.0.0.1:7860.evil.example"},
]
#: Names that lead out of any folder, in the ways in which they are written.
LEADING_OUT = [
    "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "/etc/passwd", "..\\..\\users.txt",
    "a/../../users.txt", ".", "..", "\x00", "x\x00.landmarkdiff", "~/users.txt", "C:\\x",
    "\uff0e\uff0e/users.txt", "....//users.txt", "users.txt", "con.landmarkdiff/..",
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    (folder / "consultations").mkdir()
    (folder / "users.txt").write_text("a secret")
    return folder


@pytest.fixture(scope="module")
def client(folder):
    users = Users({"alice": PasswordHash.of(PASSWORD, cost=1 << 14)})
    settings = AppSettings(consultations=folder / "consultations")
    with small_client(settings, users=users) as client:
        data = {"user": "alice", "password": PASSWORD}
        assert client.post("/login", data=data).status_code == 303
        yield client


@pytest.fixture(scope="module")
def token(client):
    return open_session(client)


def routes(client) -> list[tuple[str, str]]:
    """Method and path of every route that answers by itself, files aside."""
    known = [route for route in client.app.routes if isinstance(route, Route)]
    return [(name, route.path) for route in known for name in sorted(route.methods or ())]


def test_every_route_is_known(client):
    """A new one is tried below without being named; these are those that change something."""
    posts = {path for method, path in routes(client) if method == "POST"}
    assert posts >= {"/login", "/logout", "/screen", "/ld/session", "/ld/{token}/screen",
                     "/ld/{token}/ask/{tab}/{kind}"}  # fmt: skip
    assert {method for method, _ in routes(client)} == {"GET", "POST"}


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_route_takes_what_another_page_sends(headers, client, token):
    paths = [path for method, path in routes(client) if method == "POST"]
    asked = [f"/ld/{token}/ask/{kind}" for kind in KINDS]
    for path in [re.sub(r"{token}", token, one) for one in paths] + asked:
        answer = client.post(path, headers=headers, content=b"{}")
        assert answer.status_code == 403, path
        assert "set-cookie" not in answer.headers
    # Nothing has happened: the page is still there, and logged in.
    assert client.post(f"/ld/session/{token}/alive").status_code == 200


def test_no_route_takes_over_a_cookie_that_was_planted(client, token):
    value = "planted.0123456789abcdef"
    planted = {"Cookie": f"ld-7860={value}; ld-7860-screen={value}"}
    stranger = TestClient(client.app, base_url=BASE, follow_redirects=False)
    for method, path in routes(client):
        given = path.replace("{token}", token).replace("{tab}/{kind}", "single/resume")
        answer = stranger.request(method, given, headers=planted)
        assert value not in answer.headers.get("set-cookie", ""), path
        assert value not in answer.text
        inside = path.startswith("/ld/") and path != "/ld/health"
        assert answer.status_code == 401 or not inside, path


@pytest.mark.parametrize("name", LEADING_OUT)
def test_no_name_leads_out_of_a_folder(name, client, token, folder):
    for kind, question in [
        ("single/take", {"name": name}),
        ("single/keep", {"name": name, "passphrase": "a long phrase"}),
        ("single/preset_use", {"name": name}),
        ("single/preset_remove", {"name": name}),
        ("views/remove", {"photo": name}),
        ("views/points", {"photo": name}),
    ]:
        answer = ask(client, token, kind, question)
        assert "a secret" not in answer.text
        assert '"error"' in answer.text, kind
        assert str(folder) not in answer.text
    for path in (f"/ld/{token}/blob/{name}", f"/ld/static/{name}", f"/ld/static/tabs/single/{name}",
                 f"/ld/audit/{name}", f"/screen/file/photo/{name}"):  # fmt: skip
        escaped = path.replace("\x00", "%00")
        assert client.get(escaped).status_code in {401, 403, 404, 410, 307, 308}, path
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["users.txt"]
