"""SIGTERM and SIGUSR1: the update is finished, a checkpoint written, and the run ends.

A cluster sends USR1 some minutes before the time of a job is over, and TERM when it takes the
machine back.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["REQUEUE_STATUS", "EndSignal", "signals_noted"]

#: Exit status of a run that was asked to make room and wants to go on (EX_TEMPFAIL).
REQUEUE_STATUS = 75


class EndSignal:
    """Which signal asked the run to end, if one did."""

    def __init__(self) -> None:
        self.number = 0

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Remember a signal; a second one changes nothing."""
        self.number = self.number or number

    @property
    def status(self) -> int:
        """Exit status: 75 after USR1, 128 and the number after another."""
        return REQUEUE_STATUS if self.number == signal.SIGUSR1 else 128 + self.number


@contextmanager
def signals_noted() -> Iterator[EndSignal]:
    """Note TERM and USR1 instead of ending, in the main thread."""
    asked = EndSignal()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = {number: signal.signal(number, asked.note) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
