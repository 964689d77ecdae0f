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
        self.account = session.owner.account
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
    per_account : int
        How many of one user, or where there are none of one browser, may wait.

    Attributes
    ----------
    shared : bool
        Whether several people use the app: then one account never takes the last worker, where
        there is more than one.
    """

    def __init__(
        self, workers: int, queue: int, per_session: int = 4, per_account: int = 8
    ) -> None:
        self.workers = workers
        self.queue = queue
        self.per_session = per_session
        self.per_account = per_account
        self.shared = False
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._waiting: deque[Ticket] = deque()
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
            if self._may_run(ticket):
                self._running[ticket.account] += 1
                ticket.turn.set_result(None)
                return ticket
            pages = [one.session for one in self._waiting]
            if (
                len(pages) >= self.queue
                or pages.count(session) >= self.per_session
                or [one.account for one in self._waiting].count(ticket.account) >= self.per_account
            ):
                raise BusyError
            self._waiting.append(ticket)
        return ticket

    def _may_run(self, ticket: Ticket) -> bool:
        """Whether a worker is free that is not kept for the others."""
        most = max(1, self.workers - 1) if self.shared else self.workers
        return self._running.total() < self.workers and self._running[ticket.account] < most

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
            before = self._running.total() + self._waiting.index(ticket)
        waiting(before)

    def _leave(self, ticket: Ticket) -> None:
        with self._lock:
            if not ticket.turn.done():
                self._waiting.remove(ticket)
                return
            self._running[ticket.account] -= 1
            self._running += Counter()  # drops those that have none
            called = next((one for one in self._waiting if self._may_run(one)), None)
            if called is not None:
                self._waiting.remove(called)
                self._running[called.account] += 1
                # Inside the lock, so that one who gives up sees either place or turn.
                called.turn.set_result(None)
            self._finished += 1
            tidy = self._finished % TIDY_AFTER == 0
        if tidy:
            give_memory_back()

    @property
    def load(self) -> tuple[int, int]:
        """How many run and how many wait."""
        with self._lock:
            return self._running.total(), len(self._waiting)
