"""The login: what is closed without it, the form, guesses, logging out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from small_app import browser_of, open_session, small_client

from landmarkdiff.ui.server import login
from landmarkdiff.ui.server.attempts import Attempts
from landmarkdiff.ui.server.login import LoginPage
from landmarkdiff.ui.server.passwords import PasswordHash, Users
from landmarkdiff.ui.server.settings import AppSettings

PASSWORD = "correct horse battery"  # noqa: S105
PAGE = {"Accept": "text/html,*/*"}


@pytest.fixture(scope="module")
def users():
    hashed = PasswordHash.of(PASSWORD, cost=1 << 14)
    return Users({"alice": hashed, "bob": hashed})


@pytest.fixture
def client(users):
    with small_client(users=users) as client:
        yield client


@pytest.fixture(scope="module")
def closed(users):
    """An app into which nobody logs in."""
    with small_client(users=users) as client:
        yield client


@pytest.fixture(scope="module", params=["", "/clinic"])
def linked(request, users):
    """An app at the root or below a path, and its path; nobody logs in."""
    with small_client(AppSettings(root_path=request.param), users=users) as client:
        yield client, request.param


def log_in(client, user="alice", password=PASSWORD, **named):
    return client.post("/login", data={"user": user, "password": password}, **named)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/en/"),
        ("GET", "/en/config"),
        ("GET", "/en/theme.css"),
        ("GET", "/en/assets/x.js"),
        ("GET", "/en/gradio_api/heartbeat/abcdefgh"),
        ("POST", "/en/gradio_api/queue/join"),
        ("POST", "/ld/session"),
        ("GET", "/ld/abc/blob/def"),
        ("POST", "/ld/abc/photo"),
        ("GET", "/ld/static/tabs/single/single.js"),
        ("GET", "/ld/static/icons/../session.js"),
        ("GET", "/ld/health/../session"),
        ("GET", "/login/"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("POST", "/logout"),
    ],
)
def test_without_a_login_all_is_closed(closed, method, path):
    script = closed.request(method, path)
    assert script.status_code == 401
    assert script.json()["code"] == "LoginNeeded"
    if method == "GET":
        person = closed.request(method, path, headers=PAGE)
        assert (person.status_code, person.headers["location"]) == (303, "/login")


@pytest.mark.parametrize(
    "path", ["/login", "/ld/health", "/manifest.webmanifest", "/ld/static/icons/icon.svg"]
)
def test_what_the_login_itself_needs_is_open(closed, path):
    assert closed.get(path).status_code == 200


def test_the_right_password_opens(client):
    client.get("/login")
    before = dict(client.cookies)
    answer = log_in(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly; SameSite=Strict" in answer.headers["set-cookie"]
    assert dict(client.cookies) != before  # a cookie planted before is worth nothing
    assert client.get("/en/").status_code == 200
    assert open_session(client)
    assert client.get("/login").headers["location"] == "/"


@pytest.mark.parametrize(
    ("user", "password"),
    [("alice", "wrong"), ("nobody", PASSWORD), ("", ""), ("alice", ""), ("ALICE", PASSWORD)],
)
def test_anything_else_does_not(client, user, password):
    answer = log_in(client, user, password)
    assert answer.status_code == 401
    assert "User name or password is wrong." in answer.text
    assert client.get("/en/").status_code == 401


def test_guessing_is_slowed_down(users, monkeypatch):
    # The time stands still, however long the answers take.
    monkeypatch.setattr(login, "Attempts", partial(Attempts, clock=lambda: 0.0))
    with small_client(users=users) as client:
        statuses = [log_in(client, password="x").status_code for _ in range(5)]  # noqa: S106
        assert statuses == [401, 401, 401, 429, 429]
        answer = log_in(client)  # even the right one waits
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert log_in(client, "bob").status_code == 303


def test_many_guesses_at_once_are_not_looked_at(users, monkeypatch):
    monkeypatch.setattr(login, "Attempts", partial(Attempts, clock=lambda: 0.0))
    with small_client(users=users) as client, ThreadPoolExecutor(20) as threads:
        names = ["alice", "Alice ", "ALICE", "al ice"] * 5
        answers = threads.map(lambda name: log_in(client, name, "guessed password"), names)
        assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 17


def test_a_long_form_is_refused(client):
    assert log_in(client, password="x" * 9000).status_code == 400
    many = {f"field{number}": "x" for number in range(20)}
    assert client.post("/login", data={**many, "user": "alice"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    ["/%C3%A9/evil.test/x", "//evil.test/", "/%5Cevil.test/", "/é/é/evil.test", "/en/../evil.test",
     "/%2F/evil.test", "/x", "/en/assets/", "/%0D%0ALocation:%20//evil.test/"],
)  # fmt: skip
def test_a_foreign_link_leads_to_our_own_pages_alone(linked, path):
    client, root = linked
    answer = client.get(root + path, headers={**PAGE, "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"})  # fmt: skip
    assert f'url={root}/"' in answer.text
    links = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    german = client.get(f"{root}/de/", headers={**links, "Sec-Fetch-Dest": "document"})
    assert f'url={root}/de/"' in german.text


def test_another_page_cannot_log_in_for_someone(client):
    assert log_in(client, headers={"Origin": "http://evil.example"}).status_code == 403


def test_users_do_not_see_each_others_pages(client):
    log_in(client)
    token = open_session(client)
    name = client.services.store._sessions[token].blobs.put(b"face", "image/png", "x.png")
    assert client.get(f"/ld/{token}/blob/{name}").content == b"face"
    other = browser_of(client)
    log_in(other, "bob")
    assert other.get(f"/ld/{token}/blob/{name}").status_code == 404
    same_user = browser_of(client)
    log_in(same_user)
    assert same_user.get(f"/ld/{token}/blob/{name}").status_code == 404


def test_logging_out_closes_everything(client):
    log_in(client)
    token = open_session(client)
    session = client.services.store._sessions[token]
    cookie = dict(client.cookies)
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert session.closed
    stolen = browser_of(client)
    stolen.cookies.update(cookie)
    assert stolen.get("/en/").status_code == 401


def test_logging_in_as_another_closes_the_first(client):
    log_in(client)
    session = client.services.store._sessions[open_session(client)]
    log_in(client, "bob")
    assert session.closed


def test_a_login_by_link_from_elsewhere_keeps_the_cookie(client):
    log_in(client)
    fresh = browser_of(client)  # what a browser sends when it follows a foreign link: no cookie
    headers = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "document",
        **PAGE,
    }
    answer = fresh.get("/en/", headers=headers)
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/en/"' in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pt", "zh"])
def test_the_form_is_labelled_and_asks_no_one_else(language):
    page = LoginPage().html(language, "login.failed")
    for name in ("user", "password"):
        assert f'<label for="{name}">' in page
        assert re.search(rf'<input id="{name}" name="{name}"', page)
    assert 'role="alert"' in page
    assert "http" not in page
    assert "<script" not in page
    assert "prefers-color-scheme: dark" in page


def test_without_users_there_is_no_login():
    with small_client() as client:
        assert client.get("/login").status_code == 404
        assert client.post("/logout").status_code == 404
