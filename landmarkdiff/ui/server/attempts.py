"""Whoever guesses passwords waits, longer with every failure.

A try is counted before its password is looked at, and taken back if it was right: so of many tries
at once no more are looked at than one after another. What is counted is forgotten by time alone;
where the memory is full, whoever is new shares one account.
"""

from __future__ import annotations

import threading
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

__all__ = ["Attempts", "Guesses", "one_address", "one_name"]

Clock = Callable[[], float]


class _Rule(NamedTuple):
    """How failures of one kind count.

    Attributes
    ----------
    free : int
        Failures before anybody waits.
    seconds : float
        After so long without a failure, they are forgotten.
    most : int
        How many accounts are kept apart.
    """

    free: int
    seconds: float
    most: int


#: A name at an address; an address, which a whole clinic may share; a name at all addresses from
#: which it has never logged in, so that nobody is kept out of their own room by a stranger.
_PAIR = _Rule(3, 24 * 3600.0, 1 << 14)
_ADDRESS = _Rule(12, 3600.0, 1 << 14)
_NAME = _Rule(30, 24 * 3600.0, 1 << 14)
#: Wrong codes of an address.
_CODE = _Rule(5, 3600.0, 1 << 14)
#: Longest wait, seconds.
LONGEST = 60.0
#: Names and addresses at which they have logged in that are remembered, and for how long, seconds.
_HOMES, _HOME_SECONDS = 1 << 12, 90 * 24 * 3600.0


@dataclass
class _Account:
    """Failures of one kind at one place."""

    failures: int = 0
    since: float = 0.0
    until: float = 0.0


class _Ledger:
    """All failures of one kind."""

    def __init__(self, rule: _Rule) -> None:
        self.rule = rule
        self._accounts: dict[str, _Account] = {}

    def account(self, key: str, now: float) -> _Account:
        """Return the account of a key, an empty one where there is none."""
        found = self._accounts.get(key)
        if found is None and len(self._accounts) >= self.rule.most:
            self._forget(now)
            found = self._accounts.get("") if len(self._accounts) >= self.rule.most else None
        if found is None or now - found.since >= self.rule.seconds:
            found = _Account(since=now)
        return found

    def count(self, key: str, now: float) -> None:
        """Count a failure."""
        account = self.account(key, now)
        account.failures += 1
        account.since = now
        beyond = account.failures - self.rule.free
        if beyond >= 0:
            account.until = now + min(LONGEST, 2.0 ** min(beyond, 16))
        full = key not in self._accounts and len(self._accounts) >= self.rule.most
        self._accounts["" if full else key] = account

    def forgive(self, key: str, *, all_of: bool) -> None:
        """Take back one failure, or all; the wait ends where fewer are left than are free."""
        account = self._accounts.get(key)
        if account is None:
            return
        account.failures = 0 if all_of else max(0, account.failures - 1)
        if account.failures < self.rule.free:
            account.until = 0.0
        if not account.failures:
            del self._accounts[key]

    def _forget(self, now: float) -> None:
        """Forget what is over."""
        self._accounts = {
            key: account
            for key, account in self._accounts.items()
            if now - account.since < self.rule.seconds
        }

    def __len__(self) -> int:
        return len(self._accounts)


class Attempts:
    """Makes whoever guesses passwords wait, longer with every failure, up to a minute.

    Counted for a name at an address, after three free tries; for an address alone, after twelve
    within the hour; and for a name at all strange addresses together, after thirty. Names are
    compared without regard to case, spaces and width, addresses of IPv6 by their network.

    Parameters
    ----------
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._pairs, self._addresses, self._names = map(_Ledger, (_PAIR, _ADDRESS, _NAME))
        self._homes: dict[str, float] = {}

    def begin(self, user: str, address: str) -> float:
        """Count a try that is about to be looked at.

        Returns
        -------
        float
            0 when it may be looked at; otherwise the seconds until the next one will be, and
            nothing was counted.
        """
        now = self._clock()
        name, address = one_name(user), one_address(address)
        pair = f"{name} {address}"
        with self._lock:
            counted = [(self._pairs, pair), (self._addresses, address)]
            if not self._is_home(pair, now):
                counted.append((self._names, name))
            wait = max(ledger.account(key, now).until for ledger, key in counted) - now
            if wait > 0:
                return wait
            for ledger, key in counted:
                ledger.count(key, now)
        return 0.0

    def succeeded(self, user: str, address: str) -> None:
        """Take back the try that :meth:`begin` counted, and forgive the name at the address."""
        now = self._clock()
        name, address = one_name(user), one_address(address)
        pair = f"{name} {address}"
        with self._lock:
            if not self._is_home(pair, now):
                self._names.forgive(name, all_of=False)
            self._pairs.forgive(pair, all_of=True)
            self._addresses.forgive(address, all_of=False)
            self._homes.pop(pair, None)  # the last one used is the last one forgotten
            self._homes[pair] = now
            if len(self._homes) > _HOMES:
                del self._homes[next(iter(self._homes))]

    def _is_home(self, pair: str, now: float) -> bool:
        return now - self._homes.get(pair, -_HOME_SECONDS) < _HOME_SECONDS

    def __len__(self) -> int:
        return len(self._pairs) + len(self._addresses) + len(self._names)


class Guesses:
    """Makes an address that guesses codes wait, longer with every failure, after five free tries.

    Parameters
    ----------
    clock : callable
        Seconds that only grow; tests pass their own.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ledger = _Ledger(_CODE)

    def begin(self, address: str) -> float:
        """Count a try that is about to be looked at; return what :meth:`Attempts.begin` does."""
        now, place = self._clock(), one_address(address)
        with self._lock:
            wait = self._ledger.account(place, now).until - now
            if wait > 0:
                return wait
            self._ledger.count(place, now)
        return 0.0

    def succeeded(self, address: str) -> None:
        """Take back the try that :meth:`begin` counted."""
        with self._lock:
            self._ledger.forgive(one_address(address), all_of=False)


def one_name(name: str) -> str:
    """Return what all ways to write a name have in common.

    >>> one_name(" Dr.  ＡＬＩＣＥ ") == one_name("dr. alice")
    True
    """
    # Blanks around it first: a login takes them off, however many there are.
    plain = unicodedata.normalize("NFKC", name.strip()[:256]).casefold()
    return "".join(unicodedata.normalize("NFKC", plain).split())[:64]


def one_address(address: str) -> str:
    """Return the network of an address of IPv6, any other address as it is.

    >>> one_address("2001:db8::5"), one_address("10.0.0.7")
    ('2001:db8::', '10.0.0.7')
    """
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    # Whoever has one address of a network of 64 bits has them all.
    return str(IPv6Address(int(known) >> 64 << 64))
