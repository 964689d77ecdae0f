"""No core file: it would hold every photo that was in memory when the program crashed."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["forbid_core_dumps"]

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> None:
    """Have the system write no core file of this process, nor of its children.

    On Linux other processes of the same user may then not read its memory either, the
    superuser's excepted. Where the system does not know limits, nothing happens.
    """
    try:
        import resource
    except ImportError:  # Windows, which writes no core files by itself
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        # A pipe of the system's own (core_pattern with "|") ignores the limit.
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
