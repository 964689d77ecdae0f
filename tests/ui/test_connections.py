"""Connections that are silent, slow or deaf, at a real server."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
import waiting
from certificates import self_signed

from landmarkdiff.ui.server.connections import (
    ConnectionLimits,
    CountingListener,
    hurry_handshakes,
    patient_protocol,
)

HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"
LARGE = 64 << 20
#: More than the buffers on the way hold.
PICTURE, PIECE = 16 << 20, 1 << 16


async def app(scope, receive, send):
    """Answer with as much as the path says."""
    size = {"/large": LARGE, "/picture": PICTURE}.get(scope["path"], 2)
    await send({"type": "http.response.start", "status": 200,
                "headers": [(b"content-length", str(size).encode())]})  # fmt: skip
    if scope["path"] == "/picture":  # piece by piece, as the app sends its own
        for _ in range(size // PIECE):
            await send({"type": "http.response.body", "body": bytes(PIECE), "more_body": True})
        size = 0
    await send({"type": "http.response.body", "body": b"x" * size})


@contextmanager
def serving(
    limits: ConnectionLimits, certificate: tuple[Path, Path] = (None, None)
) -> Iterator[tuple[int, uvicorn.Server]]:
    listener = CountingListener(socket.create_server(("127.0.0.1", 0)), limits)
    server = uvicorn.Server(
        uvicorn.Config(app, http=patient_protocol(limits), ws="none", lifespan="off",
                       log_config=None, access_log=False, timeout_graceful_shutdown=1,
                       ssl_certfile=certificate[0], ssl_keyfile=certificate[1])
    )  # fmt: skip
    server.capture_signals = contextmanager(lambda: iter([None]))  # type: ignore[method-assign]

    async def run() -> None:
        if server.config.is_ssl:
            hurry_handshakes(asyncio.get_running_loop(), limits.header_seconds)
        await server.serve([listener])

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield listener.getsockname()[1], server
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def client() -> Iterator[Callable[[int], socket.socket]]:
    opened: list[socket.socket] = []

    def connect(port: int) -> socket.socket:
        opened.append(socket.create_connection(("127.0.0.1", port), timeout=60))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


def ends(connection: socket.socket) -> bool:
    """Wait for the server to end a connection; tell whether it had answered before."""
    answered = False
    while True:
        try:
            data = connection.recv(1 << 16)
        except ConnectionResetError:
            return answered
        if not data:
            return answered
        answered = True


@pytest.mark.parametrize("said", [b"", HEAD, b"GET"], ids=["nothing", "half a head", "a word"])
def test_who_does_not_ask_is_not_waited_for(client, said):
    with serving(ConnectionLimits(header_seconds=0.2)) as (port, _):
        connection = client(port)
        connection.sendall(said)
        assert not ends(connection)


def test_a_head_that_drips_is_not_waited_for(client):
    with serving(ConnectionLimits(header_seconds=0.3)) as (port, server):
        connection = client(port)
        connection.sendall(HEAD)
        connection.setblocking(False)
        while True:
            try:
                connection.send(b"x: y\r\n")
                if connection.recv(10) == b"":
                    break
            except BlockingIOError:
                time.sleep(0.01)  # the drip itself
            except (ConnectionResetError, BrokenPipeError):
                break
        assert not server.server_state.connections


def test_who_asks_again_in_half_is_not_waited_for_either(client):
    with serving(ConnectionLimits(header_seconds=0.2)) as (port, _):
        connection = client(port)
        connection.sendall(HEAD + b"\r\n" + HEAD)
        assert ends(connection)


def test_an_address_holds_no_more_than_its_share(client):
    with serving(ConnectionLimits(per_address=5)) as (port, _):
        held = [client(port) for _ in range(5)]
        for one in held:  # they are the server's before the next one comes
            one.sendall(HEAD + b"\r\n")
            assert one.recv(1 << 16)
        assert not ends(client(port))
        held[0].close()
        while True:  # until the server has heard of it
            connection = client(port)
            try:
                connection.sendall(HEAD + b"\r\n")
                if connection.recv(1 << 16).startswith(b"HTTP/1.1 200"):
                    break
            except (ConnectionResetError, BrokenPipeError):
                pass


def test_behind_a_proxy_addresses_are_not_counted(client):
    with serving(ConnectionLimits(counted=False, per_address=2)) as (port, _):
        for _ in range(6):
            connection = client(port)
            connection.sendall(HEAD + b"\r\n")
            assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("rest", [b"ab", b"abcd"], ids=["never whole", "silent once it is whole"])
def test_a_rest_that_nobody_wants_is_not_waited_for(client, rest):
    with serving(ConnectionLimits(header_seconds=0.2)) as (port, _):
        connection = client(port)
        connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        connection.sendall(rest)
        ends(connection)


def test_a_handshake_is_not_waited_for(client, certificate):
    with serving(ConnectionLimits(header_seconds=0.2), certificate) as (port, _):
        for said in (b"", b"\x16\x03\x01\x02\x00\x01"):
            connection = client(port)
            connection.sendall(said)
            assert not ends(connection)


def test_a_handshake_that_has_not_come_is_counted(client, certificate):
    with serving(ConnectionLimits(per_address=3), certificate) as (port, server):
        held = [client(port) for _ in range(3)]
        assert not ends(client(port))
        assert not server.server_state.connections
        for one in held:
            one.close()
        known = ssl.create_default_context(cafile=certificate[0])
        while True:  # until the server has heard of it
            try:
                with known.wrap_socket(client(port), server_hostname="localhost") as connection:
                    connection.sendall(HEAD + b"\r\n")
                    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
                    break
            except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
                pass


def test_who_does_not_read_by_tls_is_let_go(client, certificate):
    with serving(ConnectionLimits(read_seconds=0.2), certificate) as (port, server):
        known = ssl.create_default_context(cafile=certificate[0])
        with known.wrap_socket(client(port), server_hostname="localhost") as connection:
            connection.sendall(b"GET /picture HTTP/1.1\r\nHost: here\r\n\r\n")
            assert connection.recv(1)
            waiting.until(lambda: not server.server_state.connections)


@pytest.mark.parametrize("path", [b"/", b"/picture"])
def test_a_body_that_is_none_ends_the_connection_and_nothing_else(client, caplog, path):
    head = b"POST " + path + b" HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    with serving(ConnectionLimits()) as (port, server), caplog.at_level(logging.WARNING):
        for together in (True, False):
            connection = client(port)
            if together:
                connection.sendall(head + b"zz\r\n")
            else:
                connection.sendall(head)
                assert connection.recv(1)
                connection.sendall(b"zz\r\n")
            ends(connection)
        waiting.until(lambda: not server.server_state.tasks)
    assert {record.getMessage() for record in caplog.records} == {"Invalid HTTP request received."}


def test_who_does_not_read_is_let_go(client):
    with serving(ConnectionLimits(read_seconds=0.2)) as (port, server):
        connection = client(port)
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        assert connection.recv(1)
        waiting.until(lambda: not server.server_state.connections)


def test_who_reads_slowly_gets_all(client):
    with serving(ConnectionLimits(read_seconds=0.5)) as (port, _):
        connection = client(port)
        connection.sendall(b"GET /large HTTP/1.1\r\nHost: here\r\n\r\n")
        received = 0
        while received < LARGE:
            data = connection.recv(1 << 20)
            assert data
            received += len(data)
        assert received >= LARGE
