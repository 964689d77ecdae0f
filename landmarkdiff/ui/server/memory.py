"""Giving memory back to the system, which glibc keeps for itself.

Pictures are allocated and freed by many threads, each with an arena of its own; what is freed
inside an arena stays with the process. Measured with eight people at once: 350 MB more after 150
further previews, none of it in use; trimmed every few seconds, it stays level.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import cache

__all__ = ["give_memory_back"]


@cache
def _trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        trim: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library, which keeps less
        return None
    return trim


def give_memory_back() -> None:
    """Return freed memory to the system where its C library would keep it."""
    trim = _trim()
    if trim is not None:
        trim(0)
