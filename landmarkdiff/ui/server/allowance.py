"""How many requests somebody may make in a minute."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Allowance", "Clock"]

Clock = Callable[[], float]


class Allowance:
    """A bucket that holds a minute's worth of requests and refills steadily."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._size = float(per_minute)
        self._rate = per_minute / 60.0
        self._clock = clock
        self._left = self._size
        self._seen = clock()

    def take(self) -> float:
        """Take one, or return the seconds until there is one."""
        now = self._clock()
        self._left = min(self._size, self._left + (now - self._seen) * self._rate)
        self._seen = now
        if self._left < 1.0:
            return (1.0 - self._left) / self._rate
        self._left -= 1.0
        return 0.0
