"""The gate to the processor: a few compute, a few wait, the others hear that the app is busy."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import asynccontextmanager

from landmarkdiff.errors import LandmarkDiffError
from landmarkdiff.ui.server.memory import give_memory_back
from landmarkdiff.ui.server.sessions import Progress, Session

__all__ = ["BusyError", "Ticket", "Waiting", "WorkGate"]

#: ``waiting(before)`` hears how many pieces of work come before.
Waiting = Callable[[int], object]

#: After so many pieces of work, freed memory goes back to the system; it takes milliseconds.
TIDY_AFTER = 16
#: How often someone who waits looks whether the work is still wanted, in seconds.
_LOOK = 0.2


class BusyError(LandmarkDiffError):
    """The queue is full.

    Attributes
    ----------
    retry_after : int
        Seconds after which it is worth trying again.
    """

    retry_after = 5

    def __init__(self) -> None:
        super().__init__("app_busy")


class Ticket:
    """A place in the queue; its future is done when the turn has come."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.turn: Future[None] = Future()
        self.still_wanted: Progress = session.guard()


class WorkGate:
    """Lets a bounded number of pieces of work run, in the order they came.

    Parameters
    ----------
    workers : int
        How many run at once.
    queue : int
        How many wait.
    per_session : int
        How many of one page may wait, so that no one takes the queue for themselves.
    """

    def __init__(self, workers: int, queue: int, per_session: int = 4) -> None:
        self.workers = workers
        self.queue = queue
        self.per_session = per_session
        self._lock = threading.Lock()
        self._running = 0
        self._waiting: deque[Ticket] = deque()
        self._by_session: Counter[str] = Counter()
        self._finished = 0

    def enter(self, session: Session) -> Ticket:
        """Take a place in the queue for a page; :meth:`turn` has to follow.

        Raises
        ------
        BusyError
            The queue is full.
        """
        ticket = Ticket(session)
        with self._lock:
            if self._running < self.workers:
                self._running += 1
                ticket.turn.set_result(None)
                return ticket
            if (
                len(self._waiting) >= self.queue
                or self._by_session[session.token] >= self.per_session
            ):
                raise BusyError
            self._waiting.append(ticket)
            self._by_session[session.token] += 1
        return ticket

    @asynccontextmanager
    async def turn(self, ticket: Ticket, waiting: Waiting | None = None) -> AsyncIterator[Progress]:
        """Wait for the turn of a ticket, and hold it.

        Parameters
        ----------
        ticket : Ticket
        waiting : callable, optional
            Told again and again how many come before; what it raises ends the wait.

        Yields
        ------
        callable
            :meth:`Session.guard` of this work: call it between steps.

        Raises
        ------
        WorkCancelled
            The page stopped its work or was closed while it waited.
        """
        ticket.session.working(1)
        try:
            turn = asyncio.wrap_future(ticket.turn)
            while not turn.done():
                self._tell(ticket, waiting)
                await asyncio.wait([turn], timeout=_LOOK)
                ticket.still_wanted(0, 1, "")
            ticket.still_wanted(0, 1, "")
            yield ticket.still_wanted
        finally:
            self._leave(ticket)
            ticket.session.working(-1)

    def _tell(self, ticket: Ticket, waiting: Waiting | None) -> None:
        """Tell someone who waits how many come before."""
        if waiting is None:
            return
        with self._lock:
            if ticket not in self._waiting:
                return
            before = self._running + self._waiting.index(ticket)
        waiting(before)

    def _leave(self, ticket: Ticket) -> None:
        called = None
        with self._lock:
            if not ticket.turn.done():
                self._waiting.remove(ticket)
                self._forget(ticket)
                return
            if self._waiting:
                called = self._waiting.popleft()
                self._forget(called)
                # Inside the lock, so that one who gives up sees either place or turn.
                called.turn.set_result(None)
            else:
                self._running -= 1
            self._finished += 1
            tidy = self._finished % TIDY_AFTER == 0
        if tidy:
            give_memory_back()

    def _forget(self, ticket: Ticket) -> None:
        self._by_session[ticket.session.token] -= 1
        if not self._by_session[ticket.session.token]:
            del self._by_session[ticket.session.token]

    @property
    def load(self) -> tuple[int, int]:
        """How many run and how many wait."""
        with self._lock:
            return self._running, len(self._waiting)
