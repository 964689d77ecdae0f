"""A page that is loaded again takes its session over; one that was closed leaves nothing."""

from __future__ import annotations

import json

import pytest
import waiting
from small_app import small_client

from landmarkdiff.ui.server.reloads import Reloads
from landmarkdiff.ui.server.sessions import Owner, SessionStore

ALICE, BOB = Owner("alice", "browser-a"), Owner("bob", "browser-b")


@pytest.fixture
def store():
    return SessionStore()


@pytest.fixture(scope="module")
def client():
    with small_client() as client:
        yield client


@pytest.fixture
def reloads(store):
    return Reloads(store, seconds=60.0)


def test_a_page_that_nobody_follows_is_closed_at_once(store, reloads):
    session = store.open(ALICE)
    reloads.expect(BOB)  # another browser's page says nothing about this one
    reloads.leave(session.token, ALICE, b"{}")
    assert session.closed
    assert reloads.arrive(ALICE, session.token) is None


def test_the_page_that_was_asked_for_goes_on(store, reloads):
    session = store.open(ALICE)
    reloads.expect(ALICE)
    reloads.leave(session.token, ALICE, b'{"single": 1}')
    assert not session.closed
    assert reloads.arrive(ALICE, session.token) == (session, b'{"single": 1}')
    assert reloads.arrive(ALICE, session.token) is None  # one page has it, not two
    assert not session.closed


def test_a_page_that_goes_on_with_nothing_ends_what_was_left(store, reloads):
    session = store.open(ALICE)
    reloads.expect(ALICE)
    reloads.leave(session.token, ALICE)
    assert reloads.arrive(ALICE) is None
    assert session.closed


def test_two_pages_that_are_loaded_again_get_their_own(store, reloads):
    first, second = store.open(ALICE), store.open(ALICE)
    for session in (first, second):
        reloads.expect(ALICE)
        reloads.leave(session.token, ALICE, session.token.encode())
    assert reloads.arrive(ALICE, second.token) == (second, second.token.encode())
    assert reloads.arrive(ALICE, first.token) == (first, first.token.encode())


def test_a_stranger_takes_nothing_over_and_ends_nothing(store, reloads):
    session = store.open(ALICE)
    reloads.expect(ALICE)
    reloads.expect(BOB)
    reloads.leave(session.token, BOB)
    assert not session.closed
    reloads.leave(session.token, ALICE)
    assert reloads.arrive(BOB, session.token) is None
    assert not session.closed
    assert reloads.arrive(ALICE, session.token) == (session, b"")


def test_a_page_that_never_comes_is_waited_for_no_longer(store):
    reloads = Reloads(store, seconds=0.05)
    session = store.open(ALICE)
    reloads.expect(ALICE)
    reloads.leave(session.token, ALICE)
    waiting.until(lambda: session.closed)
    assert reloads.arrive(ALICE, session.token) is None


def test_what_was_asked_for_long_ago_keeps_nothing(store):
    now = [0.0]
    reloads = Reloads(store, seconds=20.0, clock=lambda: now[0])
    session = store.open(ALICE)
    reloads.expect(ALICE)
    now[0] = 20.0
    reloads.leave(session.token, ALICE)
    assert session.closed


def leave(client, token, notes=b"{}"):
    headers = {"Content-Type": "application/json"}
    return client.post(f"/ld/session/{token}/leave", content=notes, headers=headers)


def begin(client, left=""):
    return client.post("/ld/session", headers={"X-Left": left} if left else {}).json()


def test_over_http_a_page_is_followed_and_then_closed(client):
    page = {"Sec-Fetch-Dest": "document"}
    assert client.get("/en/", headers=page).status_code == 200
    token = begin(client)["token"]
    assert client.get("/en/", headers=page).status_code == 200
    notes = {"single": {"saved": None}}
    assert leave(client, token, json.dumps(notes).encode()).status_code == 204
    second = begin(client, token)
    assert (second["token"], second["left"]) == (token, notes)
    assert leave(client, token).status_code == 204  # nobody has asked for another page
    third = begin(client, token)
    assert third["token"] != token
    assert third["left"] is None


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Dest": "empty"}, {"Sec-Fetch-Dest": "document", "Sec-Purpose": "prefetch"}],
    ids=["script", "prefetch"],
)
def test_only_a_page_that_is_opened_is_waited_for(client, headers):
    token = begin(client)["token"]
    assert client.get("/en/", headers=headers).status_code == 200
    leave(client, token)
    assert client.post(f"/ld/session/{token}/alive").status_code == 404


def test_a_page_that_leaves_nonsense_is_closed(client):
    token = begin(client)["token"]
    client.get("/en/")
    assert leave(client, token, b"[]").status_code == 400
    assert client.post(f"/ld/session/{token}/alive").status_code == 404
    begin(client)  # the page that was asked for is there now
