"""One thread for small linear algebra."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


@cache
def _libraries() -> tuple[Any, ...]:
    """The loaded BLAS libraries, looked for once: that takes a tenth of a preview's time."""
    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread while the block runs.

    The systems solved here have about a hundred unknowns. BLAS' own threads gain nothing on
    them, and while they wait for the next system they take the cores from the landmark network
    and the warp; on two cores that costs a quarter of a preview's time.
    """
    before = [(library, library.get_num_threads()) for library in _libraries()]
    many = [(library, threads) for library, threads in before if threads != 1]
    for library, _ in many:
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, threads in many:
            library.set_num_threads(threads)
