"""Who did what and when, without a word about a patient: for whoever answers for the app.

One line of JSON for each event: ``time`` (UTC), ``event``, ``user``, ``address`` and where it says
more ``what``. No name of a photo, no value of a plan, no picture and no token is ever written; nor
is the name of a failed login that is no user's, for it may be a password that went into the wrong
field.

Whoever does the same again and again cannot push the others' events out of the log: beyond thirty
in a minute, events of one kind by one user at one address are counted, and one line says their
number (``times``).
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Literal

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.attempts import one_address

__all__ = ["AuditLog", "Event", "default_audit_file"]

log = logging.getLogger(__name__)

Event = Literal[
    "started", "stopped", "login", "login failed", "login refused", "logout", "page opened",
    "photo opened", "file exported", "not allowed", "log read", "screen shown", "screen joined",
    "screen refused", "screen ended",
]  # fmt: skip
#: One file holds some 8,000 events; the oldest of all files goes when the last one is full.
_FILE_BYTES, _FILES = 1 << 20, 20
#: So many events of one kind, user and address are written one by one in so many seconds.
_FREE, _SECONDS = 30, 60.0
#: Kinds, users and addresses that are kept apart.
_MOST_SERIES = 1 << 12


@dataclass
class _Series:
    """Events of one kind by one user at one address, within one minute."""

    since: float
    count: int = 0


class AuditLog:
    """A file of events, which begins anew when it is full; the older ones get a number.

    Parameters
    ----------
    path : Path or None
        None keeps no log.
    clock : callable
        Seconds that only grow; tests pass their own.

    Raises
    ------
    ParameterError
        The file cannot be written.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._series: OrderedDict[tuple[Event, str, str], _Series] = OrderedDict()
        self._logger = logging.Logger("audit", logging.INFO)  # of no tree: it ends up nowhere else
        if path is None:
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handler = _PrivateFile(path, maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8")
        except OSError as failure:
            raise ParameterError(
                "audit_log_not_written", problem=failure.strerror, path=str(path)
            ) from failure
        handler.setFormatter(logging.Formatter("%(message)s"))
        self._logger.addHandler(handler)

    def note(self, event: Event, user: str = "", address: str = "", what: str = "") -> None:
        """Write an event.

        Parameters
        ----------
        event : str
        user : str
            Of the users; empty where there are none or it is not known.
        address : str
            Of the browser.
        what : str
            Of an export, the kind of file: ``single/report``; of a login elsewhere, ``oidc``, and
            where that failed, why.
        """
        if self.path is None:
            return
        key = event, user, one_address(address)
        with self._lock:
            self._settle()
            series = self._series.get(key)
            if series is None:
                if len(self._series) >= _MOST_SERIES:
                    self._tell(*self._series.popitem(last=False))
                series = self._series[key] = _Series(self._clock())
            series.count += 1
            if series.count <= _FREE:
                self._write({"event": event, "user": user, "address": address, "what": what})

    def _settle(self) -> None:
        """Say how many events were not written one by one, of the minutes that are over."""
        over = self._clock() - _SECONDS
        while self._series and next(iter(self._series.values())).since <= over:
            self._tell(*self._series.popitem(last=False))

    def _tell(self, key: tuple[Event, str, str], series: _Series) -> None:
        if series.count > _FREE:
            event, user, address = key
            more = {"event": event, "user": user, "address": address}
            self._write({**more, "times": series.count - _FREE})

    def _write(self, said: dict[str, str | int]) -> None:
        line: dict[str, str | int] = {"time": datetime.now(UTC).isoformat(timespec="seconds")}
        line |= {name: value for name, value in said.items() if value}
        self._logger.info(json.dumps(line, ensure_ascii=False))

    def close(self) -> None:
        """Say what was only counted, and close the file."""
        with self._lock:
            while self._series:
                self._tell(*self._series.popitem(last=False))
        for handler in list(self._logger.handlers):
            self._logger.removeHandler(handler)
            handler.close()


class _PrivateFile(RotatingFileHandler):
    """A file that its owner alone may read."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Say that an event is missing; a full disk ends no consultation."""
        log.error("the audit log cannot be written: an event is missing")


def default_audit_file() -> Path:
    """Return where the log lies if nobody says otherwise: the user's folder for logs."""
    from platformdirs import user_log_path

    return user_log_path("landmarkdiff", appauthor=False) / "audit.jsonl"
