"""One thread for small linear algebra."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


@cache
def _libraries() -> tuple[Any, ...]:
    """The loaded BLAS libraries, looked for once: that takes a tenth of a preview's time."""
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


class _Blocks:
    """The blocks that run: the number of threads is the whole process' own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._before: list[tuple[Any, int]] = []

    def __enter__(self) -> None:
        with self._lock:
            self._running += 1
            if self._running > 1:
                return
            found = [(library, library.get_num_threads()) for library in _libraries()]
            self._before = [(library, threads) for library, threads in found if threads != 1]
            for library, _ in self._before:
                library.set_num_threads(1)

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                for library, threads in self._before:
                    library.set_num_threads(threads)


_BLOCKS = _Blocks()


def one_blas_thread() -> AbstractContextManager[None]:
    """Let BLAS use one thread while the block runs, and others like it beside it.

    The systems solved here have about a hundred unknowns. BLAS' own threads gain nothing on
    them, and while they wait for the next system they take the cores from the landmark network
    and the warp; on two cores that costs a quarter of a preview's time.
    """
    return _BLOCKS
