"""The health check of the images, against servers that answer well, wrongly, or not at all."""

from __future__ import annotations

import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from landmarkdiff import weights
from landmarkdiff.ui.server.passwords import add_user

ROOT = Path(__file__).parents[2]
WELL = b'{"status":"ok"}'


def health(port: int) -> int:
    command = [sys.executable, str(ROOT / "docker" / "health.py"), str(port)]
    return subprocess.run(command, timeout=120, check=False).returncode


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/ld/health" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(200, WELL, 0), (503, WELL, 1), (200, b'{"status":"ill"}', 1), (200, b"<html>", 1)],
)
def test_it_reads_the_answer(status, body, expected):
    with answering(status, body) as port:
        assert health(port) == expected


def test_nothing_that_listens_is_ill():
    assert health(free_port()) == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_the_app_started_with_the_words_of_the_image_is_well(tmp_path, images, compose):
    """The compose file's certificate, a user, and the image's own words at another address."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    words = compose["services"]["certificate"]["entrypoint"]
    make = [word.replace("/private", str(private)) for word in words]
    subprocess.run(make, check=True, capture_output=True, timeout=120)
    assert (private / "key.pem").stat().st_mode & 0o077 == 0
    add_user(private / "users.txt", "anna", "a password for the test")
    port = free_port()
    serve = [word.replace("/private", str(private)) for word in images["cpu"].command]
    serve[serve.index("--port") + 1] = str(port)
    serve[serve.index("--host") + 1] = "127.0.0.1"
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(runtime),
        "LANDMARKDIFF_OFFLINE": "1",
        "LANDMARKDIFF_WEIGHTS": str(weights.obtain("face_landmarker").parent),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "landmarkdiff", *serve],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            said = process.stdout.readline()
            assert f"https://127.0.0.1:{port}/" in said, said + process.stdout.read()
            assert health(port) == 0
        finally:
            process.terminate()
        assert process.wait(timeout=120) == 0
    assert list(runtime.rglob("*.lock")) == []
