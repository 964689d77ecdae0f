"""Which samples an update sees, and what is random about each: functions of seed and place.

An update is a list of samples whatever the number of devices and the size of a pass, so a run can
be resumed on other devices, and with a smaller pass after memory ran out, and stay the same.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["Order", "seed_of"]


def seed_of(*parts: int | str) -> int:
    """Return a seed below 2 ** 63 that depends on every part, the same on every machine.

    Examples
    --------
    >>> seed_of(0, "noise", 3) == seed_of(0, "noise", 3)
    True
    >>> seed_of(0, "noise", 3) == seed_of(0, "noise", 4)
    False
    """
    text = "/".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


class Order:
    """The samples of every update: each epoch is the whole set once, shuffled by its own seed.

    Parameters
    ----------
    count : int
        Samples of the set.
    of_update : int
        Samples of an update.
    seed : int
    """

    def __init__(self, count: int, of_update: int, seed: int) -> None:
        self.count = count
        self.of_update = of_update
        self.seed = seed

    def numbers(self, update: int) -> list[int]:
        """Return the samples of an update (the first is 0), as places in the set."""
        start = update * self.of_update
        return [self.number(place) for place in range(start, start + self.of_update)]

    def number(self, place: int) -> int:
        """Return the sample at a place of the endless row of samples."""
        epoch, index = divmod(place, self.count)
        return int(_shuffled(self.count, seed_of(self.seed, "order", epoch))[index])


@lru_cache(maxsize=4)
def _shuffled(count: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).permutation(count)
