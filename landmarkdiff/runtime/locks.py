"""Locks that go with the process that holds them, however it ends."""

from __future__ import annotations

import errno
import sys

__all__ = ["try_lock"]

#: What a file system that knows no locks answers.
_WITHOUT_LOCKS = {errno.ENOSYS, errno.ENOTSUP, errno.EBADF, errno.EINVAL, errno.ENOLCK}


def try_lock(descriptor: int) -> bool | None:
    """Lock an open file, on POSIX also an open folder, until it is closed.

    Parameters
    ----------
    descriptor : int
        Of the file, opened for reading and writing; of a folder, for reading.

    Returns
    -------
    bool or None
        False where another process holds it; None where the file system has no locks.

    Examples
    --------
    >>> from tempfile import TemporaryFile
    >>> with TemporaryFile() as file:
    ...     try_lock(file.fileno())
    True
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as failure:
        return None if failure.errno in _WITHOUT_LOCKS else False
    return True
