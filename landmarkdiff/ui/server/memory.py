"""Giving memory back to the system, which glibc keeps for itself.

Pictures are allocated and freed by many threads, each with an arena of its own; what is freed
inside an arena stays with the process. Measured with eight people at once: 350 MB more after 150
further previews, none of it in use; trimmed every few seconds, it stays level.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

__all__ = ["give_memory_back", "machine_memory"]

#: Where a container's share of the machine's memory is written.
_SHARES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
#: What is taken for the memory of a machine that does not tell, bytes.
_UNTOLD = 8 << 30


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


def machine_memory() -> int:
    """Return the memory that this process may use, bytes: the machine's, or its container's."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not a POSIX system
        memory = _UNTOLD
    for name in _SHARES:
        try:
            memory = min(memory, int(Path(name).read_text(encoding="ascii")))
        except (OSError, ValueError):  # none, or "max"
            continue
    return memory
