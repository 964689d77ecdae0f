"""A page that is loaded again told from one that was closed.

The browser tells a page that it goes, not why. But whoever reloads, goes back or changes the
language has asked for the next page before the last one goes; whoever closes it has not. So a
session outlives its page only while a page that its browser has asked for is on its way, and that
page takes it over. Nothing of it is written anywhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from landmarkdiff.ui.server.sessions import Owner, Session, SessionStore, UnknownSessionError

__all__ = ["ARRIVAL_SECONDS", "NOTES_BYTES", "Reloads"]

#: A page that was asked for is on its way for so long at most: a new language takes a second to
#: build, a busy machine several.
ARRIVAL_SECONDS = 20.0
#: What a page leaves for its successor; browsers send no more with a page that goes.
NOTES_BYTES = 64 * 1024
#: Pages on their way that are remembered of all browsers together.
_MOST_ARRIVALS = 1024


@dataclass(frozen=True)
class _WaitingSession:
    """A session without a page: whose, what the page left, and what ends the waiting."""

    owner: Owner
    notes: bytes
    timer: threading.Timer


class Reloads:
    """The pages that are on their way, and the sessions that wait for one.

    Parameters
    ----------
    store : SessionStore
    seconds : float
        How long a page may be on its way.
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(
        self,
        store: SessionStore,
        seconds: float = ARRIVAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._arriving: list[tuple[Owner, float]] = []
        self._left: dict[str, _WaitingSession] = {}

    def expect(self, owner: Owner) -> None:
        """Note that a browser has asked for a page."""
        with self._lock:
            self._forget_old()
            self._arriving = [*self._arriving, (owner, self._clock())][-_MOST_ARRIVALS:]

    def leave(self, token: str, owner: Owner, notes: bytes = b"") -> None:
        """Let a page go: its session waits for the page on its way, or ends at once.

        Parameters
        ----------
        token : str
            Of somebody else's session, or of none, it means nothing.
        owner : Owner
        notes : bytes
            What the next page is told; at most :data:`NOTES_BYTES`.
        """
        with self._lock:
            self._forget_old()
            awaited = any(one == owner for one, _ in self._arriving)
            if awaited and token not in self._left and self._is_theirs(token, owner):
                timer = threading.Timer(self._seconds, self._close, (token,))
                timer.daemon = True
                self._left[token] = _WaitingSession(owner, notes[:NOTES_BYTES], timer)
                timer.start()
                return
        self._store.close(token, owner)

    def arrive(self, owner: Owner, token: str = "") -> tuple[Session, bytes] | None:
        """Let a page take over the session that its predecessor has left.

        What else this browser has left ends, unless another page of it is on its way.

        Returns
        -------
        (Session, bytes) or None
            With the notes of the page that went; None where that session is over, was never left,
            or is somebody else's.
        """
        with self._lock:
            self._forget_old()
            mine = [one for one in self._arriving if one[0] == owner]
            if mine:
                self._arriving.remove(mine[0])
            left = self._left.get(token)
            if left is not None and left.owner == owner:
                left.timer.cancel()
                del self._left[token]
            else:
                left = None
            others = [] if len(mine) > 1 else self._left_by(owner)
        for name in others:
            self._close(name)
        if left is None:
            return None
        try:
            return self._store.get(token, owner), left.notes
        except UnknownSessionError:
            return None

    def _left_by(self, owner: Owner) -> list[str]:
        return [token for token, left in self._left.items() if left.owner == owner]

    def _is_theirs(self, token: str, owner: Owner) -> bool:
        try:
            self._store.get(token, owner)
        except UnknownSessionError:
            return False
        return True

    def _close(self, token: str) -> None:
        with self._lock:
            left = self._left.pop(token, None)
        if left is not None:
            left.timer.cancel()
            self._store.close(token)

    def _forget_old(self) -> None:
        since = self._clock() - self._seconds
        self._arriving = [one for one in self._arriving if one[1] > since]
