"""Waiting for a state, however long a busy machine takes to reach it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: After so long something is wrong, seconds.
LONGEST = 120.0
_PAUSE = 0.005


def until(condition: Callable[[], object]) -> None:
    """Return once a condition holds.

    Raises
    ------
    AssertionError
        It does not hold after :data:`LONGEST`.
    """
    deadline = time.monotonic() + LONGEST
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "the state was never reached"
        pause.wait(_PAUSE)


def pass_time(seconds: float) -> None:
    """Let time pass, where that is what is tested: a page that is silent for so long."""
    threading.Event().wait(seconds)
