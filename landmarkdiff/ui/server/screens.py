"""What a page shows on other screens of the same network, and who may look at it.

A page that shows gives a code, and whoever types it on another device within minutes gets a key,
the value of a cookie, that opens what the page shows and nothing else. What is shown is a
:class:`~landmarkdiff.ui.server.screen_state.ScreenState`, from which the other screen draws the
same picture. All of it ends with the photo, the page, the login or the role of whoever shows.

Everything here happens in the server's loop.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
import unicodedata
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.ui.server.allowance import Allowance, Clock
from landmarkdiff.ui.server.audit import AuditLog
from landmarkdiff.ui.server.blobs import UnknownBlobError
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.server.roles import EVERYDAY, Role, Roles
from landmarkdiff.ui.server.screen_state import FileKind, ScreenState
from landmarkdiff.ui.server.sessions import Owner, Session, TooManyRequestsError

__all__ = ["CODE_SECONDS", "NEEDED", "ScreenContent", "ScreenOverError", "Screens"]

#: A picture on another screen has left the account that opened the photo, as a file has.
NEEDED: tuple[Role, ...] = ("view", "export")
#: Ten of 31 letters and digits that nobody mistakes for one another: 8e14 codes.
_ALPHABET, _LETTERS, _GROUP = "23456789ABCDEFGHJKMNPQRSTUVWXYZ", 10, 5
#: How long a code may be typed, seconds.
CODE_SECONDS = 300.0
#: Screens of one page; the one that was silent for longest goes for the next.
_SCREENS = 4
#: A page that shows says so every few seconds, in a tab behind others once a minute; a screen that
#: is asleep says nothing. Seconds.
_PAGE_SILENT, _SCREEN_SILENT = 150.0, 600.0
#: States that a page may send, and questions that a screen may ask, in a minute.
_STATES, _QUESTIONS = 1200, 1800
#: Questions of one screen that wait at once: every window of its browser has one.
_WAITING = 4
#: How long a screen waits for an answer, and for a look at whether there still is a page, seconds.
_LONGEST, _LOOK = 20.0, 1.0
#: A screen that asks no more by then was closed, or sleeps; seconds.
_LATE = 10.0


class ScreenOverError(LandmarkDiffError):
    """Nothing is shown on this screen, or no longer."""

    def __init__(self) -> None:
        super().__init__("screen_over")


@dataclass
class _Screen:
    """One device that looks.

    Attributes
    ----------
    seen : float
        When it last asked, by the clock.
    questions : Allowance
    asked : int
        Number of its newest question; one that waits is given up for the fourth after it.
    """

    seen: float
    questions: Allowance
    asked: int = 0


@dataclass(eq=False)
class ScreenContent:
    """What one page shows.

    Attributes
    ----------
    session : Session
        Of the page.
    case : weak reference
        What the page held when it began to show: another photo ends it, and it keeps no photo.
    language : str
        The page's.
    states : Allowance
    heard : float
        When the page last said what it shows, by the clock.
    state : ScreenState or None
        None before the page has said it.
    number : int
        Counts the states.
    code : str
        That may be typed until ``until``; empty once it was.
    screens : dict
        Those that look, by their keys.
    moved : asyncio.Event
        Set when there is another state.
    """

    session: Session
    case: weakref.ref[Case]
    language: str
    states: Allowance
    heard: float
    state: ScreenState | None = None
    number: int = 0
    code: str = ""
    until: float = 0.0
    screens: dict[str, _Screen] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Let everybody who waits look again."""
        self.moved.set()
        self.moved = asyncio.Event()

    def require(self, kind: FileKind, name: str) -> str:
        """Return the name of a blob if it is what is shown now.

        Raises
        ------
        UnknownBlobError
        """
        if self.state is None or name not in self.state.files(kind):
            raise UnknownBlobError
        return name


def _everyday(_owner: Owner) -> Roles:
    return EVERYDAY


class Screens:
    """What all pages show.

    Parameters
    ----------
    audit : AuditLog
    clock : callable
        Seconds that only grow; tests pass their own.

    Attributes
    ----------
    roles : callable
        ``roles(owner)``: what the owner of a page may do now.
    """

    def __init__(self, audit: AuditLog, clock: Clock = time.monotonic) -> None:
        self.roles: Callable[[Owner], Roles] = _everyday
        self._audit = audit
        self._clock = clock
        self._shown: dict[str, ScreenContent] = {}

    # -- of the page that shows ------------------------------------------------------------------

    def offer(self, session: Session, language: str) -> str:
        """Begin to show what a page shows, or go on; return a new code, its groups apart."""
        now = self._clock()
        shown = self._shown.get(session.token)
        if shown is None or not self._lasts(shown):
            self.end(session.token)
            states = Allowance(_STATES, self._clock)
            shown = ScreenContent(session, weakref.ref(session.case), language, states, now)
            self._shown[session.token] = shown
        shown.heard = now
        shown.language = language
        shown.code = "".join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))
        shown.until = now + CODE_SECONDS
        return f"{shown.code[:_GROUP]}-{shown.code[_GROUP:]}"

    def count_state(self, token: str) -> None:
        """Count a state that a page is about to send.

        Raises
        ------
        ScreenOverError, TooManyRequestsError
        """
        shown = self._shown.get(token)
        if shown is None:
            raise ScreenOverError
        if wait := shown.states.take():
            raise TooManyRequestsError("requests_sent_too_fast", int(wait) + 1)

    def update(self, token: str, state: ScreenState) -> ScreenContent:
        """Take what a page shows from now on; return all it shows.

        Raises
        ------
        ScreenOverError
            It shows nothing, or no longer.
        """
        shown = self._shown.get(token)
        if shown is None or not self._lasts(shown):
            self.end(token)
            raise ScreenOverError
        shown.heard = self._clock()
        if state != shown.state:
            shown.state = state
            shown.number += 1
            shown.wake()
        self._drop_silent(shown)
        return shown

    def end(self, token: str) -> bool:
        """Show a page's picture no longer; tell whether it was shown."""
        shown = self._shown.pop(token, None)
        if shown is None:
            return False
        self._audit.note("screen ended", shown.session.owner.user)
        shown.wake()
        return True

    def end_of(self, token: str, owner: Owner) -> None:
        """Show a page's picture no longer, where the page is theirs."""
        shown = self._shown.get(token)
        if shown is not None and shown.session.owner == owner:
            self.end(token)

    def sweep(self) -> None:
        """End what is over."""
        for token, shown in list(self._shown.items()):
            if self._lasts(shown):
                self._drop_silent(shown)
            else:
                self.end(token)

    # -- of the screens that look ----------------------------------------------------------------

    def join(self, typed: str, key: str, address: str = "") -> bool:
        """Let a screen look by a code, which is then used up; tell whether it was right.

        Every code that may be typed is compared, each in a time that says nothing of it.

        Parameters
        ----------
        typed : str
            As it was typed: case, width, blanks and hyphens mean nothing.
        key : str
            By which the screen is known from now on.
        address : str
            Its own.
        """
        plain = unicodedata.normalize("NFKC", typed[:256]).upper()
        code = "".join(letter for letter in plain if letter.isalnum()).encode()
        found = None
        for shown in self._shown.values():
            if shown.code and hmac.compare_digest(shown.code.encode(), code):
                found = shown
        if found is None or self._clock() >= found.until or not self._lasts(found):
            return False
        found.code = ""
        if len(found.screens) >= _SCREENS:
            del found.screens[min(found.screens, key=lambda one: found.screens[one].seen)]
        found.screens[key] = _Screen(self._clock(), Allowance(_QUESTIONS, self._clock))
        self._audit.note("screen joined", found.session.owner.user, address)
        return True

    def leave(self, key: str) -> None:
        """Let a screen look no longer."""
        for shown in self._with(key):
            del shown.screens[key]
            shown.wake()

    def seen_by(self, key: str) -> ScreenContent:
        """Return what a screen looks at.

        Raises
        ------
        ScreenOverError
        """
        for shown in self._with(key):
            if self._lasts(shown):
                return shown
        raise ScreenOverError

    def count(self, key: str) -> ScreenContent:
        """Return what a screen looks at, and count a question of it.

        Raises
        ------
        ScreenOverError
            Also of a screen that asks more than it may.
        """
        shown = self.seen_by(key)
        screen = shown.screens[key]
        screen.seen = self._clock()
        if screen.questions.take():
            raise ScreenOverError
        return shown

    async def wait(self, key: str, after: int) -> ScreenContent | None:
        """Wait until there is another state than that of a number.

        Returns
        -------
        ScreenContent or None
            None where nothing has moved for long, or too much of this screen waits.

        Raises
        ------
        ScreenOverError
        """
        shown = self.count(key)
        screen = shown.screens[key]
        screen.asked += 1
        mine = screen.asked
        shown.wake()  # what this screen asked long before is given up now
        end = self._clock() + _LONGEST
        while shown.state is None or shown.number == after:
            moved = shown.moved
            try:
                async with asyncio.timeout(_LOOK):
                    await moved.wait()
            except TimeoutError:
                pass
            if self.seen_by(key) is not shown or shown.screens[key].asked - mine >= _WAITING:
                return None
            if self._clock() >= end:
                return None
        return shown

    # -- how long it lasts -----------------------------------------------------------------------

    def _with(self, key: str) -> Iterator[ScreenContent]:
        return (one for one in list(self._shown.values()) if key in one.screens)

    def _lasts(self, shown: ScreenContent) -> bool:
        session = shown.session
        return (
            not session.closed
            and session.seconds_left > 0
            and session.case is shown.case()
            and self._clock() - shown.heard < _PAGE_SILENT
            and set(NEEDED) <= self.roles(session.owner)
        )

    def looking(self, shown: ScreenContent) -> int:
        """Return how many screens look: those that have asked again since the last answer."""
        now = self._clock()
        return sum(now - one.seen < _LONGEST + _LATE for one in shown.screens.values())

    def _drop_silent(self, shown: ScreenContent) -> None:
        now = self._clock()
        for key, screen in list(shown.screens.items()):
            if now - screen.seen >= _SCREEN_SILENT:
                del shown.screens[key]

    def __len__(self) -> int:
        return len(self._shown)
