"""Signals that end a program, as errors: so that what was half written is taken away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["SignalledError", "signals_raise"]

#: Asked to end, and the terminal is gone; Ctrl-C is Python's own KeyboardInterrupt.
_NAMES = ("SIGTERM", "SIGHUP")


class SignalledError(BaseException):
    """A signal asked the program to end.

    Attributes
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextmanager
def signals_raise() -> Iterator[None]:
    """Raise SignalledError in the main thread when the program is asked to end.

    A signal that is ignored (``nohup``) stays so, and in other threads nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    heard = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    before = {number: signal.signal(number, _raise) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _frame: FrameType | None) -> None:
    for name in _NAMES:  # one is enough: a second must not interrupt the clearing away
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    raise SignalledError(number)
