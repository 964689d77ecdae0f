"""Logs say what went wrong and where, and never with whose photo."""

from __future__ import annotations

import io
import logging
import subprocess
import sys

import pytest

from landmarkdiff.ui.server.logs import AnonymousFormatter, RepeatedRecords


def failing(name):
    raise FileNotFoundError(2, "no such file", name)


def test_an_exception_is_logged_without_its_message():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AnonymousFormatter("%(levelname)s %(message)s"))
    logger = logging.getLogger("landmarkdiff.discretion")
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


def test_what_a_library_says_of_a_value_is_not_logged():
    code = (
        "import logging\nfrom landmarkdiff.ui.server import logs\nlogs.start_logging()\n"
        "name = '^'.join(['DOE', 'JANE'])\n"
        "logging.getLogger('pydicom').warning('The value %s is too long', name)\n"
        "logging.getLogger('landmarkdiff').warning('All is well')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "WARNING pydicom: at " in done.stderr
    assert "WARNING landmarkdiff: All is well" in done.stderr
    assert "DOE" not in done.stderr
    assert "too long" not in done.stderr


def test_what_is_said_again_and_again_fills_no_disk():
    now = [0.0]
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(RepeatedRecords(lambda: now[0]))
    logger = logging.Logger("uvicorn.error")
    logger.addHandler(handler)

    def knock(times):
        for number in range(times):
            logger.warning("Invalid request %d", number)

    knock(500)
    logger.warning("Something else")
    lines = stream.getvalue().splitlines()
    assert lines == [f"Invalid request {number}" for number in range(30)] + ["Something else"]
    now[0] = 60.0
    knock(2)
    more = stream.getvalue().splitlines()[31:]
    assert more == ["Invalid request 0 (and 470 times in a minute before)", "Invalid request 1"]
