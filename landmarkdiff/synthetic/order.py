"""The order in which training goes through a set of pairs: mixed, and yet cheap to render.

What is worked out once for a photo (its light, what lies behind lids and lips) and once for a
pattern of procedures (mask, splines) costs as much as dozens of pairs. So a photo is visited: some
of its pairs come soon after each other, between those of all the photos that are kept ready. A
process of the loader keeps to its own photos.

Every choice is a function of the seed and the place, so training resumes anywhere.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arguments import whole_number
from landmarkdiff.synthetic.dataset import VISIT, PairDataset
from landmarkdiff.synthetic.recipes import generator_of

__all__ = ["PairOrder"]

#: Share of a visit's pairs, the easiest, that a curriculum begins with.
EASIEST = 0.3


class PairOrder:
    """The pairs of every update, by its place in the row of all.

    Parameters
    ----------
    pairs : PairDataset
        What a photo has beyond a multiple of 64 pairs (``VISIT``) is left out.
    of_update : int
        Pairs of an update.
    seed : int
    loaders : int
        Processes that render, where each update goes to the next of them: each gets photos of its
        own, if the photos that it keeps ready are a whole number of updates.
    balanced : bool
        Visit the photos of every apparent tone alike often, instead of every photo.
    learning : int
        Places until the hardest pairs come; before, a visit has its easier ones more often. 0 has
        all of them from the start.

    Attributes
    ----------
    count : int
        Places of one pass over the set.

    Examples
    --------
    An update of eight pairs::

        order = PairOrder(pairs, of_update=8, seed=0)
        samples = [pairs[number] for number in order.numbers(0)]
    """

    def __init__(
        self,
        pairs: PairDataset,
        of_update: int,
        seed: int,
        *,
        loaders: int = 1,
        balanced: bool = False,
        learning: int = 0,
    ) -> None:
        self._made_of = (pairs, of_update, seed, loaders, balanced, learning)
        self.of_update = whole_number("of_update", of_update, 1, 2**20)
        self.seed = whole_number("seed", seed, 0, 2**63 - 1)
        self._pairs = pairs
        self._photos = len(pairs.persons)
        self._visit = min(VISIT, pairs.pairs_per_photo)
        self._visits = pairs.pairs_per_photo // self._visit
        self.count = self._photos * self._visits * self._visit
        self._block = pairs.kept_photos * whole_number("loaders", loaders, 1, 1024)
        self._learning = whole_number("learning", learning, 0, 2**62)
        self._weights = _alike_often(pairs.tones) if balanced else None
        self._round = lru_cache(maxsize=4)(self._drawn_round)
        self._easier = lru_cache(maxsize=2 * self._block)(self._by_difficulty)

    def __reduce__(self) -> Any:
        """What another process gets: the same order, whose choices it makes for itself."""
        return _order, self._made_of

    def numbers(self, update: int) -> list[int]:
        """Return the pairs of an update, the first being 0."""
        start = update * self.of_update
        return [self.number(place) for place in range(start, start + self.of_update)]

    def number(self, place: int) -> int:
        """Return the pair at a place of the endless row."""
        turn, index = divmod(place, self._photos * self._visit)
        photos, visits = self._round(turn)
        block, within = divmod(index, self._block * self._visit)
        first = block * self._block
        beside = min(self._block, self._photos - first)
        step, lane = divmod(within, beside)
        photo, visit = int(photos[first + lane]), int(visits[first + lane])
        start = photo * self._pairs.pairs_per_photo + visit * self._visit
        if place >= self._learning:
            return start + step
        easier = self._easier(start)
        share = EASIEST + (1.0 - EASIEST) * place / self._learning
        return easier[step % max(1, round(share * len(easier)))]

    def _drawn_round(self, turn: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Photos of one round of visits in their order, and which of its visits each gets."""
        rng = generator_of(self.seed, "order", turn)
        if self._weights is None:
            visits = np.full(self._photos, turn % self._visits, np.intp)
            return rng.permutation(self._photos), visits
        chosen = rng.choice(self._photos, self._photos, p=self._weights)
        return chosen, rng.integers(self._visits, size=self._photos)

    def _by_difficulty(self, start: int) -> list[int]:
        """The pairs of a visit, the easiest first."""
        numbers = range(start, start + self._visit)
        return sorted(numbers, key=lambda number: self._pairs.draft(number).difficulty)


def _order(
    pairs: PairDataset, of_update: int, seed: int, loaders: int, balanced: bool, learning: int
) -> PairOrder:
    return PairOrder(pairs, of_update, seed, loaders=loaders, balanced=balanced, learning=learning)


def _alike_often(tones: tuple[str | None, ...]) -> NDArray[np.float64]:
    """Probability of each photo, so that every tone comes alike often."""
    counts = Counter(tones)
    weights = np.array([1.0 / counts[tone] for tone in tones])
    return np.asarray(weights / weights.sum())
