"""What a page shows on other screens: codes, how long it lasts, who waits, what is kept."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import weakref

import pytest
from event_loops import run_in_thread

from landmarkdiff.ui.server import screens as module
from landmarkdiff.ui.server.attempts import Guesses
from landmarkdiff.ui.server.audit import AuditLog
from landmarkdiff.ui.server.blobs import UnknownBlobError
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.server.screen_state import ScreenState
from landmarkdiff.ui.server.screens import ScreenOverError, Screens
from landmarkdiff.ui.server.sessions import Owner, SessionStore, TooManyRequestsError


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def log(tmp_path):
    return tmp_path / "audit.jsonl"


@pytest.fixture
def screens(clock, log):
    audit = AuditLog(log)
    yield Screens(audit, clock)
    audit.close()


@pytest.fixture
def store(clock):
    return SessionStore(clock=clock)


def page_of(store, name="a"):
    return store.open(Owner("", name))


def state(**changed):
    region = {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0}
    plain = {"photo": "p", "width": 10, "height": 10, "label": "SIMULATION", "values": {},
             "mode": "divider", "region": region}  # fmt: skip
    return ScreenState.model_validate(plain | changed)


def test_a_code_opens_what_its_page_shows_once(screens, store):
    first, second = page_of(store), page_of(store, "b")
    code, other = screens.offer(first, "en"), screens.offer(second, "de")
    assert re.fullmatch(r"[2-9A-HJKMNP-Z]{5}-[2-9A-HJKMNP-Z]{5}", code)
    assert code != other
    assert not screens.join(code[:-1], "k")
    assert not screens.join("", "k")
    # As people type it: in small letters, with blanks, in the wide letters of East Asia.
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in other)
    assert screens.join(f"  {code.lower().replace('-', ' ')} ", "k")
    assert screens.join(wide, "l")
    assert (screens.seen_by("k").session, screens.seen_by("l").session) == (first, second)
    assert not screens.join(code, "m")
    with pytest.raises(ScreenOverError):
        screens.seen_by("m")


def test_a_code_lasts_five_minutes_and_until_the_next(screens, store, clock):
    page = page_of(store)
    old = screens.offer(page, "en")
    new = screens.offer(page, "en")
    assert not screens.join(old, "k")
    for _ in range(3):
        clock.now += 100
        page.touch()
        screens.update(page.token, state())
    assert not screens.join(new, "k")
    assert screens.join(screens.offer(page, "en"), "k")


ENDS = {
    "another photo": lambda page, *_: page.begin(Case()),
    "the page is closed": lambda page, store, *_: store.close(page.token),
    "the page is silent": lambda page, store, clock, _: (setattr(clock, "now", clock.now + 150),
                                                         page.touch()),
    "the role is lost": lambda *given: setattr(given[3], "roles", lambda _: frozenset({"view"})),
    "it is stopped": lambda page, *given: given[2].end(page.token),
    "the page goes": lambda page, *given: given[2].end_of(page.token, page.owner),
}  # fmt: skip


@pytest.mark.parametrize("how", ENDS)
def test_it_ends(how, screens, store, clock, log):
    page = page_of(store)
    screens.join(screens.offer(page, "en"), "k")
    code = screens.offer(page, "en")
    screens.update(page.token, state())
    ENDS[how](page, store, clock, screens)
    with pytest.raises(ScreenOverError):
        screens.seen_by("k")
    assert not screens.join(code, "l")
    with pytest.raises(ScreenOverError):
        screens.update(page.token, state())
    screens.sweep()
    assert len(screens) == 0
    told = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert told == ["screen joined", "screen ended"]


def test_somebody_else_ends_nothing(screens, store):
    page = page_of(store)
    screens.offer(page, "en")
    screens.end_of(page.token, Owner("", "b"))
    screens.end_of("never", page.owner)
    assert len(screens) == 1


def test_screens_are_few_and_the_silent_go(screens, store, clock):
    page = page_of(store)
    for number in range(5):
        clock.now += 1
        page.touch()
        assert screens.join(screens.offer(page, "en"), str(number))
    with pytest.raises(ScreenOverError):
        screens.seen_by("0")
    shown = screens.update(page.token, state())
    assert (len(shown.screens), screens.looking(shown)) == (4, 4)
    clock.now += 28
    page.touch()
    assert screens.looking(shown) == 2  # the others have not asked for half a minute
    screens.update(page.token, state())
    for _ in range(5):
        clock.now += 130
        page.touch()
        screens.count("3")
        screens.update(page.token, state())
    assert set(screens.update(page.token, state()).screens) == {"3"}
    screens.leave("3")
    assert not screens.update(page.token, state()).screens


def test_only_what_is_shown_is_fetched(screens, store):
    page = page_of(store)
    screens.join(screens.offer(page, "en"), "k")
    shown = screens.seen_by("k")
    for kind, name in (("photo", "p"), ("model", "None")):
        with pytest.raises(UnknownBlobError):
            shown.require(kind, name)
    screens.update(page.token, state(photo="new", model="m"))
    assert (shown.require("photo", "new"), shown.require("model", "m")) == ("new", "m")
    for kind, name in (("photo", "p"), ("photo", "m"), ("result", "None"), ("brush", "")):
        with pytest.raises(UnknownBlobError):
            shown.require(kind, name)


def test_a_screen_waits_for_what_comes_next(screens, store, clock, monkeypatch):
    monkeypatch.setattr(module, "_LOOK", 0.01)
    page = page_of(store)
    screens.join(screens.offer(page, "en"), "k")

    async def told():
        waiting = asyncio.create_task(screens.wait("k", -1))
        await asyncio.sleep(0)
        assert not waiting.done()
        screens.update(page.token, state())
        assert (await waiting).number == 1
        assert (await screens.wait("k", 0)).number == 1  # at once, whatever was seen before
        # The same again is nothing new. Each window waits; one too many ends the oldest.
        waiting = []
        for _ in range(4):
            waiting.append(asyncio.create_task(screens.wait("k", 1)))
            await asyncio.sleep(0)
            screens.update(page.token, state())
        await asyncio.sleep(0)
        assert not any(one.done() for one in waiting)
        waiting.append(asyncio.create_task(screens.wait("k", 1)))
        assert await waiting.pop(0) is None
        assert not any(one.done() for one in waiting)
        clock.now += 20
        page.touch()
        screens.update(page.token, state())
        for one in waiting:
            assert await one is None
        third = asyncio.create_task(screens.wait("k", 1))
        await asyncio.sleep(0)
        store.close(page.token)
        with pytest.raises(ScreenOverError):
            await third

    run_in_thread(told())


def test_too_much_is_not_heard(screens, store, monkeypatch):
    monkeypatch.setattr(module, "_STATES", 3)
    monkeypatch.setattr(module, "_QUESTIONS", 3)
    page = page_of(store)
    screens.join(screens.offer(page, "en"), "k")
    for _ in range(3):
        screens.count_state(page.token)
    with pytest.raises(TooManyRequestsError):
        screens.count_state(page.token)
    with pytest.raises(ScreenOverError):
        screens.count_state("never")
    for _ in range(3):
        screens.count("k")
    with pytest.raises(ScreenOverError):
        screens.count("k")


def test_nothing_keeps_a_photo_that_was_closed(screens, store):
    page = page_of(store)
    screens.offer(page, "en")
    held = weakref.ref(page.case)
    store.close(page.token)
    gc.collect()
    assert held() is None


@pytest.mark.parametrize(
    "changed",
    [
        {"photo": "../../etc/passwd"},
        {"model": "a/b"},
        {"result": ""},
        {"name": "Jane Doe"},
        {"values": {"x": float("nan")}},
        {"values": {str(number): 0.0 for number in range(300)}},
        {"mode": "<script>"},
        {"label": ""},
        {"label": "x" * 1000},
        {"width": 0},
        {"region": {"x": 0, "y": 0, "width": 0, "height": 1}},
        {"pushes": [{"start": [0, 0, 0], "vector": [99, 0, 0], "radius": 12}]},
    ],
)
def test_a_state_holds_what_a_page_says_and_nothing_else(changed):
    with pytest.raises(ValueError, match="validation error"):
        state(**changed)


def test_whoever_guesses_waits_longer_and_longer(clock):
    guesses = Guesses(clock)
    assert [guesses.begin("10.0.0.7") for _ in range(5)] == [0.0] * 5
    waits = []
    for _ in range(8):
        wait = guesses.begin("10.0.0.7")
        waits.append(round(wait))
        clock.now += wait
        assert guesses.begin("10.0.0.7") == 0.0
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    # All addresses of one network of IPv6 are one; others wait for nobody.
    for last in range(5):
        assert guesses.begin(f"2001:db8::{last}") == 0.0
    assert guesses.begin("2001:db8::99") > 0
    assert guesses.begin("10.0.0.8") == 0.0
    guesses.succeeded("10.0.0.8")
    assert [guesses.begin("10.0.0.8") for _ in range(5)] == [0.0] * 5
