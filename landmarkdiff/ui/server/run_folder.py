"""A folder of this run alone, for what libraries insist on writing, gone when the run ends.

Photos and results live in memory; this folder only catches what a library spools. A lock beside
it, held as long as the process lives, tells the next run whether it was left by a crash.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import stat
import sys
from pathlib import Path
from types import TracebackType

from landmarkdiff.errors import ParameterError

__all__ = ["PrivateFolder", "base_folder", "remove_leftovers"]

_PREFIX = "run-"


def base_folder() -> Path:
    """Return where run folders are made: the user's runtime folder, or else their cache.

    The runtime folder is in memory, belongs to the user alone and goes when they log out.
    """
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    if sys.platform != "win32" and runtime.is_absolute() and _is_private(runtime):
        return runtime / "landmarkdiff"
    from platformdirs import user_cache_path

    return user_cache_path("landmarkdiff", appauthor=False) / "runs"


def _is_private(folder: Path) -> bool:
    """Tell whether a folder is the user's, and no one else's, and can be written."""
    if sys.platform == "win32":
        return True
    try:
        status = folder.lstat()
    except OSError:
        return False
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()
    return mine and not status.st_mode & 0o077 and os.access(folder, os.W_OK | os.X_OK)


class PrivateFolder:
    """A folder with mode 0700 that is removed with everything in it.

    Use as a context, or call :meth:`remove`; it also goes when the interpreter exits.

    Attributes
    ----------
    path : Path
    """

    def __init__(self, path: Path, lock_path: Path, lock: int) -> None:
        self.path = path
        self._lock_path = lock_path
        self._lock: int | None = lock
        # Threads and children made by a fork must not remove what is their parent's.
        self._process = os.getpid()
        atexit.register(self.remove)

    @classmethod
    def make(cls, base: Path | None = None) -> PrivateFolder:
        """Remove what crashed runs left and make the folder of this run.

        Raises
        ------
        ParameterError
            No folder can be made that is private.
        """
        base = base_folder() if base is None else base
        try:
            base.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_private(base):
                base.chmod(0o700)  # made by an older version, or with an odd mask
            if not _is_private(base):
                raise PermissionError(13, "it does not belong to this user")
            remove_leftovers(base)
            while True:
                name = _PREFIX + secrets.token_hex(8)
                lock_path = base / f"{name}.lock"
                lock = os.open(lock_path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
                if _take(lock):
                    break
                os.close(lock)  # another run took it for a leftover, in the same instant
            path = base / name
            path.mkdir(mode=0o700)
        except OSError as failure:
            raise ParameterError(
                "run_folder_not_made", problem=failure.strerror, folder=str(base)
            ) from failure
        return cls(path, lock_path, lock)

    def remove(self) -> None:
        """Remove the folder; further calls do nothing."""
        if self._lock is None or os.getpid() != self._process:
            return
        atexit.unregister(self.remove)
        _remove(self.path)
        self._lock_path.unlink(missing_ok=True)
        os.close(self._lock)
        self._lock = None

    def __enter__(self) -> PrivateFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


def remove_leftovers(base: Path) -> int:
    """Remove the folders of runs that ended without doing so; return how many."""
    removed = 0
    locks = {path.stem: path for path in base.glob(f"{_PREFIX}*.lock")}
    for name, path in locks.items():
        try:
            lock = os.open(path, os.O_RDWR)
        except OSError:
            continue  # its run just ended by itself
        if _take(lock):
            removed += _remove(base / name)
            path.unlink(missing_ok=True)
        os.close(lock)
    for path in base.glob(f"{_PREFIX}*"):
        # The lock is made first and removed last: a folder without one is a leftover's rest.
        if path.suffix != ".lock" and path.name not in locks and not _lock_of(path).exists():
            removed += _remove(path)
    return removed


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _remove(folder: Path) -> bool:
    """Remove a folder, trying again what a dying child process still writes into."""
    there = folder.is_dir()
    for _ in range(3):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
    return there


if sys.platform == "win32":
    import msvcrt

    def _take(lock: int) -> bool:
        try:
            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _take(lock: int) -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
