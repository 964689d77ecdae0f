"""Logs say what went wrong and where, and never with whose photo."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest

from landmarkdiff.ui.server.logs import AnonymousFormatter


def failing(name):
    raise FileNotFoundError(2, "no such file", name)


def test_an_exception_is_logged_without_its_message():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AnonymousFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("test.discretion")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        failing("_".join(["/photos/jane", "doe.jpg"]))
    except FileNotFoundError:
        logger.exception("it failed")
    text = stream.getvalue()
    assert text.startswith("ERROR it failed\nFileNotFoundError at\n")
    assert "in failing" in text
    assert "jane_doe" not in text


@pytest.mark.parametrize(
    "code",
    [
        "threading.Thread(target=lambda: int('Jane Doe')).start()",
        "logging.getLogger('uvicorn.error').error('x', exc_info=ValueError('Jane Doe'))",
    ],
    ids=["thread", "server"],
)
def test_every_way_to_the_terminal_is_discreet(code):
    start = (
        "import logging, threading\nfrom landmarkdiff.ui.server import logs\nlogs.start_logging()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=True
    )
    assert "ValueError at" in done.stderr
    assert "Doe" not in done.stderr.replace("int('Jane Doe')", "")  # the source line of this test
