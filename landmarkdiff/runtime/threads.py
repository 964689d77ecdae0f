"""One thread for small linear algebra."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_blas_thread"]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread.

    The systems solved here have about a hundred unknowns. BLAS' own threads gain nothing on
    them, and while they wait for the next system they take the cores from the landmark network
    and the warp; on two cores that costs a quarter of a preview's time.
    """
    context: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return context
