"""Sessions: owners, expiry, shares, stopping, and that nothing stays."""

from __future__ import annotations

import gc
import threading
import weakref

import numpy as np
import pytest
import waiting

from landmarkdiff.errors import WorkCancelled
from landmarkdiff.photo import Photo
from landmarkdiff.ui.server.blobs import UnknownBlobError
from landmarkdiff.ui.server.case import Case, StoredView
from landmarkdiff.ui.server.sessions import (
    AppFullError,
    Owner,
    SessionLimits,
    SessionStore,
    TooManyRequestsError,
    UnknownSessionError,
)
from landmarkdiff.workflows.views import ViewPhoto

ALICE, BOB = Owner("alice", "browser-a"), Owner("bob", "browser-b")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(clock):
    return SessionStore(SessionLimits(idle_seconds=900), clock)


def test_the_owner_gets_the_session_back(store):
    session = store.open(ALICE)
    assert store.get(session.token, ALICE) is session
    assert len(session.token) >= 43


@pytest.mark.parametrize(
    "stranger",
    [BOB, Owner("alice", "browser-b"), Owner("bob", "browser-a"), Owner("", "browser-a")],
    ids=["other", "other browser", "other user", "nobody"],
)
def test_a_stranger_hears_the_same_as_for_a_token_that_never_was(store, stranger):
    session = store.open(ALICE)
    with pytest.raises(UnknownSessionError) as foreign:
        store.get(session.token, stranger)
    with pytest.raises(UnknownSessionError) as unknown:
        store.get("x" * 43, stranger)
    assert str(foreign.value) == str(unknown.value)
    assert not store.close(session.token, stranger)
    assert store.get(session.token, ALICE) is session


def test_silence_ends_a_session_and_requests_keep_it(store, clock):
    session = store.open(ALICE)
    clock.now += 899
    store.get(session.token, ALICE)
    clock.now += 899
    assert store.expire() == 0
    clock.now += 1
    with pytest.raises(UnknownSessionError):  # even before the thread comes by
        store.get(session.token, ALICE)
    assert store.expire() == 1
    assert len(store) == 0
    assert session.closed


def test_a_session_that_works_does_not_expire(store, clock):
    session = store.open(ALICE)
    session.working(1)
    clock.now += 5000
    assert store.expire() == 0
    session.working(-1)
    clock.now += 899
    assert store.expire() == 0
    clock.now += 1
    assert store.expire() == 1


def test_the_thread_expires_sessions_by_itself():
    store = SessionStore(SessionLimits(idle_seconds=0.2))
    session = store.open(ALICE)
    store.start()
    try:
        waiting.until(lambda: session.closed)
    finally:
        store.stop()
    assert session.closed
    assert len(store) == 0
    waiting.until(lambda: "expiry" not in {thread.name for thread in threading.enumerate()})


def test_closing_lets_go_of_everything(store):
    session = store.open(ALICE)
    photo = np.zeros((100, 100, 3), np.uint8)
    gone = weakref.ref(photo)
    session.case.consultation = {"photo": photo}
    session.case.views.stored = (photo,)
    name = session.blobs.put(b"face", "image/png", "x.png")
    del photo
    assert gone() is not None
    store.close(session.token, ALICE)
    gc.collect()
    assert gone() is None
    assert session.case.consultation is None
    assert session.case.views.stored == ()
    with pytest.raises(UnknownBlobError):
        session.blobs.get(name)


def test_an_account_may_open_a_bounded_number_of_pages(clock):
    store = SessionStore(SessionLimits(sessions_per_account=3), clock)
    sessions = []
    for _ in range(5):
        sessions.append(store.open(ALICE))
        clock.now += 1
    other = store.open(BOB)
    assert [session.closed for session in sessions] == [True, True, False, False, False]
    assert not other.closed


def test_the_app_keeps_a_bounded_number_of_sessions(clock):
    store = SessionStore(SessionLimits(sessions=4), clock)
    sessions = []
    for index in range(6):
        sessions.append(store.open(Owner("", str(index))))
        clock.now += 1
    assert [session.closed for session in sessions] == [True, True, False, False, False, False]
    assert len(store) == 4


def with_photo(session, megapixels=1):
    pixels = np.zeros((1000 * megapixels, 1000, 3), np.uint8)
    photo = ViewPhoto(Photo(pixels, "x", "PNG"), None)
    session.case.views.stored = (StoredView("a", photo, "", photo),)
    return session


def test_nobody_loses_a_photo_to_another_user(clock):
    store = SessionStore(SessionLimits(sessions=4), clock)
    kept = [with_photo(store.open(Owner("", str(index)))) for index in range(3)]
    empty = store.open(Owner("", "attacker"))
    clock.now += 1
    for index in range(64):
        store.open(Owner("", f"attacker {index}"))
    assert empty.closed
    assert not any(session.closed for session in kept)
    with_photo(store.open(Owner("", "fourth")))
    with pytest.raises(AppFullError) as refused:
        store.open(Owner("", "fifth"))
    assert refused.value.retry_after > 0
    store.close(kept[0].token)
    assert not store.open(Owner("", "fifth")).closed


def test_all_photos_together_have_a_bounded_memory(clock):
    store = SessionStore(SessionLimits(photo_bytes=8_000_000), clock)
    store.require_room()
    first = with_photo(store.open(ALICE), megapixels=2)
    store.require_room()
    with_photo(store.open(BOB))
    with pytest.raises(AppFullError):
        store.require_room()
    store.close(first.token)
    store.require_room()


def test_closing_by_user_or_browser(store):
    mine, also_mine, other = store.open(ALICE), store.open(Owner("alice", "c")), store.open(BOB)
    store.close_all(browser="browser-a")
    assert (mine.closed, also_mine.closed, other.closed) == (True, False, False)
    store.close_all(user="alice")
    assert (also_mine.closed, other.closed) == (True, False)
    store.close_all()
    assert other.closed


def test_requests_have_a_share_per_minute(clock):
    store = SessionStore(SessionLimits(requests_per_minute=60, photos_per_minute=2), clock)
    session = store.open(ALICE)
    for _ in range(60):
        session.count_request()
    with pytest.raises(TooManyRequestsError) as failure:
        session.count_request()
    assert failure.value.retry_after == 2
    clock.now += 1.01
    session.count_request()
    store.open(BOB).count_request()  # another page has its own share


def test_photos_have_a_share_of_their_own(clock):
    store = SessionStore(SessionLimits(photos_per_minute=2), clock)
    session = store.open(ALICE)
    session.count_request(photo=True)
    session.count_request(photo=True)
    with pytest.raises(TooManyRequestsError, match="too many photos") as failure:
        session.count_request(photo=True)
    assert failure.value.retry_after == 31
    session.count_request()


def test_a_stop_ends_work_that_runs_and_not_what_comes_later(store):
    session = store.open(ALICE)
    seen = []
    before = session.guard(lambda *step: seen.append(step))
    before(1, 3, "a")
    session.stop()
    with pytest.raises(WorkCancelled):
        before(2, 3, "b")
    after = session.guard()
    after(1, 3, "a")
    assert seen == [(1, 3, "a")]


def test_closing_stops_the_work(store):
    session = store.open(ALICE)
    progress = session.guard()
    store.close(session.token)
    with pytest.raises(WorkCancelled):
        progress(1, 2, "")


def test_another_case_forgets_the_files_of_the_last(store):
    session = store.open(ALICE)
    session.blobs.put(b"face", "image/png", "x.png")
    case = session.case
    session.require(case)
    session.begin(Case())
    assert len(session.blobs) == 0
    with pytest.raises(WorkCancelled):
        session.require(case)
    store.close(session.token)
    with pytest.raises(WorkCancelled):
        session.require(session.case)
