"""Connections that say nothing, say it too slowly, or read nothing: ended after a while.

uvicorn waits for ever on all three, and counts them among those it serves.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from functools import partial
from typing import Any, ClassVar

from h11 import IDLE, SEND_BODY, SEND_RESPONSE
from uvicorn.protocols.http.h11_impl import H11Protocol

from landmarkdiff.ui.server.attempts import one_address

__all__ = ["ConnectionLimits", "CountingListener", "hurry_handshakes", "patient_protocol"]


class _Shares:
    """How many connections each address holds."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection; tell whether there is room for it."""
        place = one_address(address)
        with self._lock:
            self._held[place] += 1
            return self._held[place] <= self._most

    def leave(self, address: str) -> None:
        """Take back what :meth:`enter` counted."""
        place = one_address(address)
        with self._lock:
            self._held[place] -= 1
            if self._held[place] <= 0:
                del self._held[place]


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
        self.per_address = per_address
        self.counted = counted
        self._shares = _Shares(per_address)

    def enter(self, address: str) -> bool:
        """Count a connection; tell whether there is room for it."""
        return self._shares.enter(address) or not self.counted

    def leave(self, address: str) -> None:
        """Take back what :meth:`enter` counted."""
        self._shares.leave(address)


class _CountedSocket(socket.socket):
    """A connection that gives its place back when it is closed, however that comes."""

    give_back: partial[None] | None = None

    def close(self) -> None:
        """Close it."""
        super().close()
        if self.give_back is not None:
            given, self.give_back = self.give_back, None
            given()


class CountingListener(socket.socket):
    """A listening socket that refuses an address more connections than its share.

    The protocol hears of a connection with TLS only when the two have agreed on their keys; one
    that never says a word would be held, and counted by nobody, until then.

    Parameters
    ----------
    listener : socket.socket
        Taken over.
    limits : ConnectionLimits
    """

    def __init__(self, listener: socket.socket, limits: ConnectionLimits) -> None:
        kind = listener.family, listener.type, listener.proto
        super().__init__(*kind, fileno=listener.detach())
        self.setblocking(False)
        self._shares = _Shares(limits.per_address) if limits.counted else None

    def accept(self) -> tuple[socket.socket, Any]:
        """Return the next connection and its address.

        Raises
        ------
        BlockingIOError
            There is none that may come in.
        """
        plain, address = super().accept()
        kind = plain.family, plain.type, plain.proto
        connection = _CountedSocket(*kind, fileno=plain.detach())
        if self._shares is not None:
            connection.give_back = partial(self._shares.leave, str(address[0]))
            if not self._shares.enter(str(address[0])):
                connection.close()
                raise BlockingIOError
        return connection, address


def hurry_handshakes(loop: asyncio.AbstractEventLoop, seconds: float) -> None:
    """Let connections of the servers that a loop makes agree on their keys within seconds.

    uvicorn has no option for it, and asyncio waits a minute.
    """
    hurried = {"ssl_handshake_timeout": seconds, "ssl_shutdown_timeout": seconds}
    loop.create_server = partial(loop.create_server, **hurried)  # type: ignore[method-assign]


class _PatientProtocol(H11Protocol):
    """One connection, ended by its limits, which a subclass has."""

    limits: ClassVar[ConnectionLimits]
    _head: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _address = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else ""
        if not self.limits.enter(self._address):
            transport.abort()
            return
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_head()
        self._stop_unread()
        self.limits.leave(self._address)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._expect_head()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request; where something was answered already, only hang up."""
        at_work = self.cycle is not None and not self.cycle.response_complete
        if not at_work and self.conn.our_state in {IDLE, SEND_RESPONSE}:
            super().send_400_response(msg)
            return
        if at_work:
            self.cycle.disconnected = True  # its own answer would come after the last word
            self.cycle.message_event.set()
        self.transport.abort()

    def _expect_head(self) -> None:
        """Let the clock run while a head, or a rest that nobody wants, is awaited.

        A connection that is kept after an answer is uvicorn's while its own clock runs, which
        the first byte that comes stops for good.
        """
        answered = self.cycle is None or self.cycle.response_complete
        begun = bool(self.conn.trailing_data[0]) or self.timeout_keep_alive_task is None
        head = self.conn.their_state is IDLE and begun
        rest = self.conn.their_state is SEND_BODY
        if not answered or not (head or rest):
            self._stop_head()
        elif self._head is None:
            self._head = self.loop.call_later(self.limits.header_seconds, self.transport.abort)

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
            self.limits.read_seconds, self._look_whether_it_reads, waiting
        )


def patient_protocol(limits: ConnectionLimits) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol with these limits."""
    return type("PatientProtocol", (_PatientProtocol,), {"limits": limits})
