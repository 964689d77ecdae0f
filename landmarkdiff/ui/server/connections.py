"""Connections that say nothing, say it too slowly, or read nothing: ended after a while.

uvicorn waits for ever on all three, and counts them among those it serves.
"""

from __future__ import annotations

import asyncio
from collections import Counter

from h11 import IDLE
from uvicorn.protocols.http.h11_impl import H11Protocol

from landmarkdiff.ui.server.attempts import one_address

__all__ = ["ConnectionLimits", "patient_protocol"]


class ConnectionLimits:
    """How long a connection may be silent, and how many one address may hold.

    Parameters
    ----------
    counted : bool
        Whether the connections of an address are counted; behind a proxy, one address stands for
        all browsers.
    header_seconds : float
        Within which a request's head must have arrived.
    read_seconds : float
        Within which a browser must read some of what waits for it.
    per_address : int
    """

    def __init__(
        self,
        *,
        counted: bool = True,
        header_seconds: float = 10.0,
        read_seconds: float = 30.0,
        per_address: int = 128,
    ) -> None:
        self.header_seconds = header_seconds
        self.read_seconds = read_seconds
        self._counted = counted
        self._per_address = per_address
        self._held: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection; tell whether there is room for it."""
        place = one_address(address)
        self._held[place] += 1
        return not self._counted or self._held[place] <= self._per_address

    def leave(self, address: str) -> None:
        """Take back what :meth:`enter` counted."""
        place = one_address(address)
        self._held[place] -= 1
        if self._held[place] <= 0:
            del self._held[place]


def patient_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with these limits."""

    class PatientProtocol(H11Protocol):
        """One connection, ended by its limits."""

        _head: asyncio.TimerHandle | None = None
        _unread: asyncio.TimerHandle | None = None
        _address = ""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._address = self.client[0] if self.client else ""
            if not limits.enter(self._address):
                transport.abort()
                return
            self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_head()
            self._stop_unread()
            limits.leave(self._address)
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._expect_head()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self._expect_head()

        def _expect_head(self) -> None:
            """Let the clock run while a head is awaited, and stop it when it is there.

            A connection that is kept after an answer is uvicorn's, until its next request begins.
            """
            awaited = self.cycle is None or bool(self.conn.trailing_data[0])
            if self.conn.their_state is not IDLE or not awaited:
                self._stop_head()
            elif self._head is None:
                self._head = self.loop.call_later(limits.header_seconds, self.transport.abort)

        def pause_writing(self) -> None:
            super().pause_writing()
            if self._unread is None:
                self._look_whether_it_reads(self.transport.get_write_buffer_size() + 1)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._stop_unread()

        def _stop_head(self) -> None:
            if self._head is not None:
                self._head.cancel()
                self._head = None

        def _stop_unread(self) -> None:
            if self._unread is not None:
                self._unread.cancel()
                self._unread = None

        def _look_whether_it_reads(self, before: int) -> None:
            """End a connection whose waiting bytes have not become fewer since the last look."""
            waiting = self.transport.get_write_buffer_size()
            if waiting >= before:
                self.transport.abort()
                return
            self._unread = self.loop.call_later(
                limits.read_seconds, self._look_whether_it_reads, waiting
            )

    return PatientProtocol
