"""One session per opened page: its photo, results and files, in memory and in no one else's reach.

A session is named by a token that cannot be guessed and belongs to an :class:`Owner`, the user
together with the browser. Whoever shows the token without being the owner hears the same as for
a token that never was.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from landmarkdiff.errors import LandmarkDiffError, WorkCancelled
from landmarkdiff.ui.server.allowance import Allowance, Clock
from landmarkdiff.ui.server.blobs import BlobStore
from landmarkdiff.ui.server.case import Case
from landmarkdiff.ui.server.memory import forget

__all__ = [
    "AppFullError",
    "Owner",
    "Progress",
    "Session",
    "SessionLimits",
    "SessionStore",
    "TooManyRequestsError",
    "UnknownSessionError",
]

#: ``progress(step, steps, what)``, as the workflows call it.
Progress = Callable[[int, int, str], None]
#: After a photo was let go, so long for whoever still holds it, and between two searches, seconds.
_FORGET_AFTER, _FORGET_PAUSE = 0.1, 0.5


class UnknownSessionError(LandmarkDiffError):
    """The session is unknown, over, or someone else's: all three read the same."""

    def __init__(self) -> None:
        super().__init__("session_unknown")


class TooManyRequestsError(LandmarkDiffError):
    """A session asks for more than its share.

    Attributes
    ----------
    retry_after : int
        Seconds after which the request will be accepted.
    """

    def __init__(self, code: str, retry_after: int) -> None:
        super().__init__(code, seconds=retry_after)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Owner:
    """Whom a session belongs to: the user, ``""`` where there are none, and the browser."""

    user: str
    browser: str

    @property
    def account(self) -> str:
        """Whose share its pages use: the user's or, where there are none, the browser's."""
        return f"user {self.user}" if self.user else f"browser {self.browser}"


class AppFullError(LandmarkDiffError):
    """The app holds as much as it may, and all of it is someone's work.

    Attributes
    ----------
    retry_after : int
        Seconds after which it is worth trying again.
    """

    retry_after = 60

    def __init__(self) -> None:
        super().__init__("app_full")


@dataclass(frozen=True)
class SessionLimits:
    """What one page may use.

    Attributes
    ----------
    idle_seconds : float
        A session without a request for so long is closed.
    sessions, sessions_per_account : int
        Pages at once. Beyond the second, the longest silent page of the same user (where there
        are none, browser) is closed; beyond the first, one that holds no photo, if there is one.
    photo_bytes : int
        Memory that all photos and files of all pages take; beyond it no further photo is opened.
    blobs, blob_bytes : int
        Files a session keeps; the oldest go first.
    requests_per_minute, photos_per_minute : int
    """

    idle_seconds: float = 900.0
    sessions: int = 64
    sessions_per_account: int = 12
    photo_bytes: int = 4 << 30
    blobs: int = 256
    blob_bytes: int = 256 * 1024 * 1024
    requests_per_minute: int = 1200
    photos_per_minute: int = 60


class Session:
    """What the server knows of one opened page.

    Attributes
    ----------
    token : str
        Names the session; 256 random bits.
    owner : Owner
    blobs : BlobStore
        Pictures and files the page may fetch.
    lock : threading.RLock
        Held while the case and the blobs change together.
    case : Case
        All that is known of the patient.
    let_go : callable
        Called where a photo is let go, of which the store then clears the memory.
    """

    def __init__(self, owner: Owner, limits: SessionLimits, clock: Clock) -> None:
        self.token = secrets.token_urlsafe(32)
        self.owner = owner
        self.blobs = BlobStore(limits.blobs, limits.blob_bytes)
        self.lock = threading.RLock()
        self.case = Case()
        self.closed = False
        self.let_go: Callable[[], object] = lambda: None
        self._clock = clock
        self._idle = limits.idle_seconds
        self._seen = clock()
        self._inside = 0
        self._stops = 0
        self._newest: dict[str, int] = {}
        self._account = threading.Lock()
        self._requests = Allowance(limits.requests_per_minute, clock)
        self._photos = Allowance(limits.photos_per_minute, clock)

    def touch(self) -> None:
        """Note that the page is alive."""
        self._seen = self._clock()

    @property
    def seconds_left(self) -> float:
        """Seconds of silence after which the session ends; the whole time while it works."""
        if self._inside:
            return self._idle
        return self._idle - (self._clock() - self._seen)

    def count_request(self, *, photo: bool = False) -> None:
        """Count a request against the session's share.

        Raises
        ------
        TooManyRequestsError
        """
        with self._account:
            wait = self._requests.take()
            if not wait and photo:
                wait = self._photos.take()
        if wait:
            code = "photos_sent_too_fast" if photo else "requests_sent_too_fast"
            raise TooManyRequestsError(code, int(wait) + 1)

    def working(self, step: int) -> None:
        """Count work that begins (1) or ends (-1): a session that works does not expire."""
        with self._account:
            self._inside += step
        self.touch()
        if self.closed:  # the work held the photo until now
            self.let_go()

    def stop(self) -> None:
        """Stop all work of this page at its next step."""
        with self._account:
            self._stops += 1

    def guard(self, progress: Progress | None = None) -> Progress:
        """Return a progress callback for work that starts now.

        It passes its arguments on and raises :class:`WorkCancelled` once :meth:`stop` was
        called or the session was closed. Work that starts after a stop has a guard of its own,
        so nothing needs to be reset.
        """
        born = self._stops

        def report(step: int, steps: int, what: str) -> None:
            if self.closed or self._stops != born:
                raise WorkCancelled
            if progress is not None:
                progress(step, steps, what)

        return report

    def replace(self, slot: str) -> Callable[[], None]:
        """Let work take the place of what this page asked for before in the same slot.

        Returns
        -------
        callable
            Raises :class:`WorkCancelled` once other work has taken its place in turn; call it
            between steps.
        """
        with self._account:
            number = self._newest[slot] = self._newest.get(slot, 0) + 1

        def still_newest() -> None:
            if self._newest[slot] != number:
                raise WorkCancelled

        return still_newest

    def begin(self, case: Case) -> None:
        """Begin another case; the last one is forgotten with its files."""
        with self.lock:
            self.blobs.clear()
            self.case = case
        self.let_go()

    def require(self, case: Case) -> None:
        """Raise WorkCancelled where a case is no longer this page's."""
        if self.closed or self.case is not case:
            raise WorkCancelled

    def close(self) -> None:
        """Stop the work and forget photo, results and files."""
        self.closed = True
        self.stop()
        # Without the lock, which work holds until its next step.
        self.blobs.clear()
        held, self.case = self.case.holds_photo, Case()
        if held:
            self.let_go()


class SessionStore:
    """All sessions of the app.

    Parameters
    ----------
    limits : SessionLimits
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(
        self,
        limits: SessionLimits = SessionLimits(),
        clock: Clock = time.monotonic,
    ) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._stopping = threading.Event()
        self._let_go = threading.Event()
        self._watch: threading.Thread | None = None

    def open(self, owner: Owner) -> Session:
        """Open a session for a page that was just loaded.

        Nobody's photo is ever closed for another user's page.

        Raises
        ------
        AppFullError
            As many pages are open as may be, and each holds a photo.
        """
        session = Session(owner, self.limits, self._clock)
        session.let_go = self._let_go.set
        with self._lock:
            mine = [one for one in self._sessions.values() if one.owner.account == owner.account]
            doomed = _longest_silent(mine, self.limits.sessions_per_account - 1)
            for one in doomed:
                del self._sessions[one.token]
            empty = [one for one in self._sessions.values() if not one.case.holds_photo]
            surplus = len(self._sessions) - (self.limits.sessions - 1)
            more = _longest_silent(empty, len(empty) - surplus) if surplus > 0 else []
            for one in more:
                del self._sessions[one.token]
            room = len(self._sessions) < self.limits.sessions
            if room:
                self._sessions[session.token] = session
        for one in doomed + more:
            one.close()
        if not room:
            raise AppFullError
        return session

    def require_room(self) -> None:
        """Raise AppFullError where what all pages hold takes as much memory as it may."""
        with self._lock:
            taken = sum(one.case.photo_bytes + one.blobs.size for one in self._sessions.values())
        if taken >= self.limits.photo_bytes:
            raise AppFullError

    def get(self, token: str, owner: Owner) -> Session:
        """Return the session of a token and note that it is alive.

        Raises
        ------
        UnknownSessionError
            It does not exist, is over, or belongs to another user or browser.
        """
        with self._lock:
            session = self._sessions.get(token)
            if session is None or session.owner != owner or session.seconds_left <= 0:
                raise UnknownSessionError
        session.touch()
        return session

    def close(self, token: str, owner: Owner | None = None) -> bool:
        """Close a session, if ``owner`` is given only theirs; tell whether there was one."""
        with self._lock:
            session = self._sessions.get(token)
            if session is None or (owner is not None and session.owner != owner):
                return False
            del self._sessions[token]
        session.close()
        return True

    def close_all(self, user: str | None = None, browser: str | None = None) -> None:
        """Close every session, of one user or browser where named."""
        with self._lock:
            doomed = [
                one
                for one in self._sessions.values()
                if (user is None or one.owner.user == user)
                and (browser is None or one.owner.browser == browser)
            ]
            for one in doomed:
                del self._sessions[one.token]
        for one in doomed:
            one.close()

    def expire(self) -> int:
        """Close what was silent for too long; return how many."""
        with self._lock:
            doomed = [one for one in self._sessions.values() if one.seconds_left <= 0]
            for one in doomed:
                del self._sessions[one.token]
        for one in doomed:
            one.close()
        return len(doomed)

    def start(self) -> None:
        """Start the thread that expires sessions and forgets their photos."""
        self._stopping.clear()
        self._watch = threading.Thread(target=self._expire_for_ever, name="expiry", daemon=True)
        self._watch.start()

    def stop(self) -> None:
        """Close every session and end the thread."""
        self._stopping.set()
        self.close_all()
        self._let_go.set()  # wakes the thread
        if self._watch is not None:
            self._watch.join(timeout=2.0)
            self._watch = None

    def _expire_for_ever(self) -> None:
        pause = min(5.0, self.limits.idle_seconds / 4)
        while not self._stopping.is_set():
            if self._let_go.wait(pause):
                self._stopping.wait(_FORGET_AFTER)
                self._let_go.clear()
                forget()
                self._stopping.wait(_FORGET_PAUSE)
            self.expire()

    def __len__(self) -> int:
        return len(self._sessions)


def _longest_silent(sessions: list[Session], keep: int) -> list[Session]:
    """Return the sessions beyond ``keep``, those nearest to their end."""
    surplus = len(sessions) - keep
    return sorted(sessions, key=lambda one: one.seconds_left)[: max(0, surplus)]
