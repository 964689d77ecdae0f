"""Users and their hashed passwords: the file, the environment, adding one."""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import logging
import os
import secrets
import stat
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.roles import EVERYDAY, ROLES, Roles, checked_roles

__all__ = [
    "PASSWORD_VARIABLE",
    "USER_VARIABLE",
    "PasswordHash",
    "Users",
    "add_user",
    "load_users",
]

log = logging.getLogger(__name__)

USER_VARIABLE = "LANDMARKDIFF_USER"
PASSWORD_VARIABLE = "LANDMARKDIFF_PASSWORD"  # noqa: S105  # its name
MIN_PASSWORD = 10
MAX_PASSWORD = 256
_HASH_BYTES = 32
#: Bounds within which a line of the file may ask for work: 64 MB at most.
_MAX_COST = 1 << 16


@dataclass(frozen=True, repr=False)
class PasswordHash:
    """A password that went through scrypt.

    Attributes
    ----------
    cost, block, parallel : int
        scrypt's n, r and p. The default takes 32 MB and some 70 ms.
    salt, digest : bytes
    """

    cost: int
    block: int
    parallel: int
    salt: bytes
    digest: bytes

    @classmethod
    def of(cls, password: str, *, cost: int = 1 << 15) -> PasswordHash:
        """Hash a password with a salt of its own."""
        salt = secrets.token_bytes(16)
        return cls(cost, 8, 1, salt, _scrypt(password, salt, cost, 8, 1))

    @classmethod
    def from_text(cls, text: str) -> PasswordHash:
        """Read ``scrypt$n$r$p$salt$digest``; ValueError when it is anything else."""
        kind, cost, block, parallel, salt, digest = text.split("$")
        numbers = int(cost), int(block), int(parallel)
        raw = base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
        powers = numbers[0] in {1 << power for power in range(14, 17)}
        if kind != "scrypt" or not powers or numbers[1] != 8 or not 1 <= numbers[2] <= 4:
            raise ValueError("parameters")
        if len(raw[0]) < 16 or len(raw[1]) != _HASH_BYTES:
            raise ValueError("lengths")
        return cls(*numbers, *raw)

    def to_text(self) -> str:
        """Return the hash as :meth:`from_text` reads it."""
        salt, digest = (base64.b64encode(raw).decode() for raw in (self.salt, self.digest))
        return f"scrypt${self.cost}${self.block}${self.parallel}${salt}${digest}"

    def fits(self, password: str) -> bool:
        """Tell whether a password is this one, in a time that does not depend on it."""
        tried = _scrypt(password, self.salt, self.cost, self.block, self.parallel)
        return hmac.compare_digest(tried, self.digest)


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    return hashlib.scrypt(
        _normal(password).encode("utf-8", "surrogatepass")[: 4 * MAX_PASSWORD],
        salt=salt,
        n=cost,
        r=block,
        p=parallel,
        maxmem=2 * 128 * _MAX_COST * 8,
        dklen=_HASH_BYTES,
    )


def _normal(text: str) -> str:
    """Two keyboards may type the same letter in two ways."""
    return unicodedata.normalize("NFC", text)


@dataclass(frozen=True)
class Entry:
    """One line of the file of users.

    Attributes
    ----------
    password : PasswordHash
    roles : Roles or None
        None where the line names none.
    """

    password: PasswordHash
    roles: Roles | None = None

    @classmethod
    def from_text(cls, text: str) -> Entry:
        """Read what follows a name: ``HASH``, or ``HASH:ROLE,ROLE``.

        Raises
        ------
        ValueError
            It is anything else.
        """
        hashed, named, roles = text.partition(":")
        return cls(
            PasswordHash.from_text(hashed.strip()),
            checked_roles(roles.split(",")) if named else None,
        )

    def to_text(self) -> str:
        """Return the entry as :meth:`from_text` reads it."""
        if self.roles is None:
            return self.password.to_text()
        return f"{self.password.to_text()}:{','.join(one for one in ROLES if one in self.roles)}"


class Users:
    """Who may log in.

    Parameters
    ----------
    hashes : mapping of user name to PasswordHash
        Users that stay as long as the app runs, with no roles of their own.
    path : Path, optional
        File of more users, read again whenever it changes.

    Raises
    ------
    ParameterError
        The file cannot be used; see :func:`load_users`.
    """

    def __init__(self, hashes: Mapping[str, PasswordHash], path: Path | None = None) -> None:
        self._fixed = {name: Entry(hashed) for name, hashed in hashes.items()}
        self._path = path
        self._lock = threading.Lock()
        self._seen = None if path is None else _trace(path)
        self._entries = {**({} if path is None else _read(path)), **self._fixed}
        # So that a name that does not exist takes as long as one that does.
        self._nobody = PasswordHash.of(secrets.token_urlsafe(16))

    def check(self, name: str, password: str) -> str | None:
        """Return the user's name if the password is right, else None; takes some 70 ms."""
        name = _normal(name.strip())
        known = self._known(name)
        fits = (self._nobody if known is None else known.password).fits(password)
        return name if fits and known is not None else None

    def mark(self, name: str) -> bytes | None:
        """Return what changes with a user's password; None when there is no such user."""
        known = self._known(name)
        return None if known is None else known.password.salt + known.password.digest

    def roles(self, name: str) -> Roles:
        """Return what a user may do; nothing where there is no such user."""
        known = self._known(name)
        if known is None:
            return frozenset()
        return EVERYDAY if known.roles is None else known.roles

    def _known(self, name: str) -> Entry | None:
        self._look_again()
        return self._entries.get(name)

    def _look_again(self) -> None:
        """Read the file again where it has changed; one that cannot be read changes nothing."""
        if self._path is None:
            return
        seen = _trace(self._path)
        with self._lock:
            if seen == self._seen:
                return
            self._seen = seen
            try:
                self._entries = {**_read(self._path), **self._fixed}
            except ParameterError as problem:
                log.error("The file of users has changed and is not used: %s", problem)

    def __len__(self) -> int:
        return len(self._entries)


def _trace(path: Path) -> tuple[int, ...]:
    """What differs when a file was written or replaced; empty when it is not there."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_size, status.st_mode


def load_users(path: Path | None, environment: dict[str, str] | None = None) -> Users | None:
    """Return the users of a file and of the environment; None where there are none.

    The password is taken out of the environment, so that no child process inherits it.

    Raises
    ------
    ParameterError
        The file cannot be read, others than its owner may read or write it, or a line is not as
        ``--add-user`` writes it; or one of the two variables is missing.
    """
    surroundings = os.environ if environment is None else environment
    hashes = {}
    name = surroundings.get(USER_VARIABLE, "")
    password = surroundings.pop(PASSWORD_VARIABLE, "")
    if bool(name) != bool(password):
        missing = PASSWORD_VARIABLE if name else USER_VARIABLE
        raise ParameterError("user_variable_missing", variable=missing)
    if name:
        hashes[_checked_name(name)] = PasswordHash.of(_checked_password(password))
    if path is None and not hashes:
        return None
    users = Users(hashes, path)
    if path is not None and not users:
        raise ParameterError("users_file_empty", file=path.name)
    return users


def add_user(path: Path, name: str, password: str, roles: Iterable[str] = ()) -> bool:
    """Write a user's line into the file, in place of an older one; tell whether there was one.

    Parameters
    ----------
    path : Path
    name, password : str
    roles : iterable of str
        Without any, a user keeps those that the older line has, and a new one has none.

    Raises
    ------
    ParameterError
        The name, the password or a role is unfit, or the file cannot be read or written.
    """
    name, password = _checked_name(name), _checked_password(password)
    asked = tuple(roles)
    entries = _read(path) if path.exists() else {}
    before = entries.get(name)
    kept = None if before is None else before.roles
    entries[name] = Entry(PasswordHash.of(password), checked_roles(asked) if asked else kept)
    lines = "".join(f"{user}:{entry.to_text()}\n" for user, entry in entries.items())
    try:
        handle, temporary = tempfile.mkstemp(prefix=".users-", dir=path.parent)  # mode 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as failure:
        raise ParameterError(
            "users_file_not_written", problem=failure.strerror, path=str(path)
        ) from failure
    return before is not None


def _read(path: Path) -> dict[str, Entry]:
    try:
        # Non-blocking, so that a pipe without a writer opens at once and can be refused.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise OSError(errno.EINVAL, "not a file")
            content = file.read(1 << 20)
    except OSError as failure:
        raise ParameterError(
            "users_file_unreadable", problem=failure.strerror, path=str(path)
        ) from failure
    if sys.platform != "win32" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ParameterError("users_file_open", mode=f"{stat.S_IMODE(mode):04o}", file=path.name)
    entries = {}
    for number, line in enumerate(content.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, text = line.partition(":")
        try:
            entries[_checked_name(name)] = Entry.from_text(text)
        except (ValueError, ParameterError) as failure:
            raise ParameterError("users_file_line", number=number) from failure
    return entries


def _checked_name(name: str) -> str:
    name = _normal(name.strip())
    if not 1 <= len(name) <= 64 or not name.isprintable() or ":" in name or name.startswith("#"):
        raise ParameterError("user_name_unfit")
    return name


def _checked_password(password: str) -> str:
    if not MIN_PASSWORD <= len(_normal(password)) <= MAX_PASSWORD:
        raise ParameterError("password_length", low=MIN_PASSWORD, high=MAX_PASSWORD)
    return password
