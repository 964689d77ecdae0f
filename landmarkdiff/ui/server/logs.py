"""Logs that say what went wrong and where, and never with whose photo."""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

__all__ = ["AnonymousFormatter", "RepeatedRecords", "start_logging"]

log = logging.getLogger("landmarkdiff")


def describe(kind: type[BaseException] | None, trace: TracebackType | None) -> str:
    """Return the kind and the place of an error; its message may name a file or a person."""
    place = "".join(traceback.format_tb(trace)).rstrip()
    return f"{kind.__name__ if kind else 'error'} at\n{place}"


#: Whose records are sentences without a value of a file.
_OURS = ("landmarkdiff", "uvicorn", "py.warnings")


class AnonymousFormatter(logging.Formatter):
    """Formats errors without their messages, and what other packages say without its words.

    A package that reads a patient's file may name the value it stumbles over.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        if record.name.partition(".")[0] in _OURS or record.name in _OURS:
            return super().format(record)
        place = f"{record.module}.{record.funcName}, line {record.lineno}"
        silent = logging.makeLogRecord({**record.__dict__, "msg": f"at {place}", "args": None})
        return super().format(silent)

    def formatException(self, ei: Any) -> str:  # noqa: N802  # logging's name
        """Return kind and place of an error."""
        return describe(ei[0], ei[2])


class _ExpectedStop(logging.Filter):
    """Drops what uvicorn says when it ends the answers to pages that are still open."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "timeout graceful shutdown exceeded" not in record.getMessage()


#: So many records of one place in the code are written in so many seconds.
_FREE, _SECONDS = 30, 60.0


class RepeatedRecords(logging.Filter):
    """Drops what one place of the code says again and again, and says how often it did.

    Whoever may knock may make the server say so; they must not fill its disk.

    Parameters
    ----------
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._places: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written; the first one of a minute tells of the last."""
        place, now = (record.pathname, record.lineno), self._clock()
        with self._lock:
            since, count = self._places.get(place, (now, 0))
            over = now - since >= _SECONDS
            self._places[place] = (now, 1) if over else (since, count + 1)
        if not over:
            return count < _FREE
        if count > _FREE:
            more = f"(and {count - _FREE} times in a minute before)"
            record.msg, record.args = f"{record.getMessage()} {more}", None
        return True


def start_logging() -> None:
    """Send warnings and errors to the standard error stream, discreetly."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AnonymousFormatter("%(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_ExpectedStop())
    handler.addFilter(RepeatedRecords())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    threading.excepthook = lambda failure: log.error(
        "a thread ended by %s", describe(failure.exc_type, failure.exc_traceback)
    )
