"""Which edits an update takes: surgical pairs in an order cheap to render, mixed with others.

Every choice is a function of the seed and the place, so training resumes anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.order import PairOrder
from landmarkdiff.training.batches import SampleOrder
from landmarkdiff.training.lato.pairs import Edits, JoinedEdits, SurgicalEdits
from landmarkdiff.training.lato.settings import LatoSettings
from landmarkdiff.training.order import Order

__all__ = ["MixedOrder", "edit_order"]


class MixedOrder:
    """Several sets, one after the other, each taken as often as its share of all.

    Parameters
    ----------
    orders : sequence of SampleOrder
        Of each set by itself.
    lengths : sequence of int
        Pairs of each.
    of_update : int
        Pairs of an update.

    Examples
    --------
    >>> order = MixedOrder((Order(2, 4, 0), Order(6, 4, 0)), (2, 6), 4)
    >>> sorted(order.number(place) for place in range(8))
    [0, 1, 2, 3, 4, 5, 6, 7]
    """

    def __init__(
        self, orders: Sequence[SampleOrder], lengths: Sequence[int], of_update: int
    ) -> None:
        self.of_update = of_update
        self._orders, self._lengths = tuple(orders), tuple(lengths)

    def number(self, place: int) -> int:
        """Return the pair at a place of the endless row."""
        start, left = 0, sum(self._lengths)
        for order, length in zip(self._orders[:-1], self._lengths, strict=False):
            before, after = place * length // left, (place + 1) * length // left
            if after > before:
                return start + order.number(before)
            place, start, left = place - before, start + length, left - length
        return start + self._orders[-1].number(place)


def edit_order(pairs: Edits, of_update: int, settings: LatoSettings) -> SampleOrder:
    """Return the order of a set of edits."""
    data, seed = settings.data, settings.training.seed
    if isinstance(pairs, JoinedEdits):
        orders = [edit_order(part, of_update, settings) for part in pairs.parts]
        return MixedOrder(orders, [len(part) for part in pairs.parts], of_update)
    if isinstance(pairs, SurgicalEdits) and isinstance(pairs.pairs, PairDataset):
        return PairOrder(
            pairs.pairs,
            of_update,
            seed,
            loaders=data.loaders,
            balanced=data.balanced,
            learning=data.learning * of_update,
        )
    return Order(len(pairs), of_update, seed)
