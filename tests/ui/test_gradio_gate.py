"""Which of Gradio's routes exist, and whose its sessions are."""

from __future__ import annotations

import json
import time

import pytest
from small_app import BASE, small_client
from starlette.testclient import TestClient

from landmarkdiff.ui.page.gradio_gate import GradioSessions
from landmarkdiff.ui.server.sessions import Owner, TooManyRequestsError, UnknownSessionError

ALICE, BOB = Owner("", "a"), Owner("", "b")


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        client.get("/en/")  # brings the cookie
        yield client


def stranger_of(client):
    other = TestClient(client.app, base_url=BASE, follow_redirects=False)
    other.get("/en/")
    return other


def join(client, session, data=(21,), fn_index=0):
    body = {"data": list(data), "fn_index": fn_index, "session_hash": session, "event_data": None}
    return client.post("/en/gradio_api/queue/join", json=body)


def result_of(client, session):
    """Read the event stream until the event is done."""
    with client.stream("GET", f"/en/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            if line.startswith("data:"):
                message = json.loads(line[5:])
                if message["msg"] == "process_completed":
                    return message
    raise AssertionError("the event did not end")


def test_an_event_goes_through(client):
    assert join(client, "abcdefgh1").status_code == 200
    message = result_of(client, "abcdefgh1")
    assert message["success"]
    assert message["output"]["data"] == ["42"]


def test_an_error_nobody_foresaw_keeps_its_message(client, capfd):
    assert join(client, "abcdefgh2", data=[13]).status_code == 200
    message = result_of(client, "abcdefgh2")
    assert not message["success"]
    assert "Doe" not in json.dumps(message)


@pytest.mark.parametrize("path", ["/", "/theme.css", "/config", "/gradio_api/app_id"])
def test_what_the_page_needs_is_there(client, path):
    assert client.get(f"/en{path}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress?upload_id=1"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("HEAD", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/file/etc/passwd"),
        ("GET", "/gradio_api/proxy=https://x.hf.space/"),
        ("GET", "/gradio_api/info"),
        ("GET", "/gradio_api/openapi.json"),
        ("POST", "/gradio_api/run/double"),
        ("POST", "/gradio_api/api/double"),
        ("POST", "/gradio_api/call/double"),
        ("POST", "/gradio_api/call/v2/double"),
        ("GET", "/gradio_api/call/double/1"),
        ("GET", "/gradio_api/queue/status"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/run-history/records"),
        ("GET", "/gradio_api/deep_link?session_hash=abcdefgh1"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/gradio_api/startup-events"),
        ("GET", "/gradio_api/token"),
        ("GET", "/gradio_api/user"),
        ("GET", "/gradio_api/custom_component/a/client/b/c"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/vibe-code"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/stream/1"),
        ("GET", "/gradio_api/stream/a/b/1/playlist.m3u8"),
        ("GET", "/gradio_api/mcp"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("POST", "/login"),
        ("GET", "/logout"),
        ("GET", "/manifest.json"),
        ("GET", "/pwa_icon"),
        ("GET", "/robots.txt"),
        ("GET", "/svelte/svelte.js"),
        ("GET", "/assets/../../index.html"),
        ("GET", "/assets/%2e%2e/%2e%2e/index.html"),
        ("GET", "/static/js/iframeResizer.contentWindow.min.js"),
        ("PUT", "/"),
        ("POST", "/"),
        ("GET", "//etc/passwd"),
    ],
)
def test_everything_else_does_not_exist(client, method, path):
    answer = client.request(method, f"/en{path}")
    assert answer.status_code == 404
    if method != "HEAD":
        assert answer.json()["code"] == "NotFound"


def test_a_session_of_gradios_belongs_to_who_used_it_first(client):
    stranger = stranger_of(client)
    assert join(client, "mysession1").status_code == 200
    assert join(stranger, "mysession1").status_code == 404
    answer = stranger.get("/en/gradio_api/queue/data?session_hash=mysession1")
    assert answer.status_code == 404
    assert answer.json()["code"] == "UnknownSessionError"
    assert stranger.get("/en/gradio_api/heartbeat/mysession1").status_code == 404
    cancel = {"session_hash": "mysession1", "fn_index": 0, "event_id": "x"}
    assert stranger.post("/en/gradio_api/cancel", json=cancel).status_code == 404
    server = {"session_hash": "mysession1", "component_id": 1, "fn_name": "x", "data": []}
    assert stranger.post("/en/gradio_api/component_server/", json=server).status_code == 404
    assert result_of(client, "mysession1")["success"]


@pytest.mark.parametrize("name", ["", "a", "../x", "a" * 65, None, 7, ["abcdefgh"]])
def test_odd_names_are_refused(client, name):
    assert join(client, name).status_code == 404


def test_bodies_are_json_and_short(client):
    form = client.post(
        "/en/gradio_api/component_server/",
        data={"session_hash": "abcdefgh9"},
        files={"file": b"x"},
    )
    assert form.status_code == 404
    assert join(client, "abcdefgh9", data=["x" * 2**20]).status_code == 413
    headers = {"content-type": "application/json"}
    for body in (b"[]", b"{", b"[" * 50_000):
        answer = client.post("/en/gradio_api/queue/join", content=body, headers=headers)
        assert answer.status_code == 404


def test_what_gradio_keeps_goes_with_the_time():
    with small_client(session_minutes=0.05) as client:
        client.get("/en/")
        join(client, "sweepme01")
        assert result_of(client, "sweepme01")["output"]["data"] == ["42"]
        pages = client.app.state.pages
        (page,) = pages.mounted
        assert "sweepme01" in page.state_holder.session_data
        deadline = time.monotonic() + 15
        while "sweepme01" in page.state_holder.session_data:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert "sweepme01" not in page.get_blocks()._queue.pending_messages_per_session


def test_the_time_of_a_session():
    now = [0.0]
    sessions = GradioSessions(100.0, lambda: now[0])
    sessions.claim("abcdefgh", ALICE)
    with pytest.raises(UnknownSessionError):
        sessions.claim("abcdefgh", BOB)
    now[0] = 99
    sessions.claim("abcdefgh", ALICE)
    now[0] = 198
    assert sessions.take_expired() == []
    sessions.left("abcdefgh")
    assert sessions.take_expired() == []
    now[0] = 199
    assert sessions.take_expired() == ["abcdefgh"]
    sessions.claim("abcdefgh", BOB)


def test_events_have_a_share_per_minute():
    now = [0.0]
    sessions = GradioSessions(900.0, lambda: now[0])
    for _ in range(600):
        sessions.claim("abcdefgh", ALICE)
    with pytest.raises(TooManyRequestsError) as failure:
        sessions.claim("abcdefgh", ALICE)
    assert failure.value.retry_after == 1
    sessions.claim("another1", ALICE)
    now[0] = 1
    sessions.claim("abcdefgh", ALICE)


def test_a_closed_page_is_forgotten_sooner_and_a_reconnected_one_is_not():
    now = [0.0]
    sessions = GradioSessions(900.0, lambda: now[0])
    sessions.claim("closed01", ALICE)
    sessions.claim("back0001", ALICE)
    for name in ("closed01", "back0001", "unknown1"):
        sessions.left(name)
    now[0] = 30
    sessions.claim("back0001", ALICE)
    now[0] = 61
    assert sessions.take_expired() == ["closed01"]
