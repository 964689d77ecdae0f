"""The order of training: every pair once in a pass, mixed, cheap, a function of the place."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.synthetic.dataset import VISIT, PairDataset
from landmarkdiff.synthetic.order import PairOrder


class _ManyPhotos(PairDataset):
    """The same set with the photos of a larger one; nothing of it is rendered."""

    def __init__(self, shards: Path, tones: list[str], kept: int) -> None:
        super().__init__(shards, split="train", pairs_per_photo=2 * VISIT, kept_photos=kept)
        shard, place = self._places[0]
        self._places = [
            (shard, type(place)(**{**vars(place), "tone": tone, "person": f"p{number}"}))
            for number, tone in enumerate(tones)
        ]


@pytest.fixture
def many(shards: Path) -> PairDataset:
    return _ManyPhotos(shards, ["I"] * 15 + ["V"] * 5, kept=8)


def _photo(pairs: PairDataset, number: int) -> int:
    return number // pairs.pairs_per_photo


def test_two_rounds_have_every_pair_once(many: PairDataset) -> None:
    order = PairOrder(many, of_update=4, seed=1)
    numbers = [number for update in range(order.count // 4) for number in order.numbers(update)]
    assert sorted(numbers) == list(range(len(many)))


def test_an_update_has_different_photos_and_few_are_open(many: PairDataset) -> None:
    order = PairOrder(many, of_update=4, seed=1)
    updates = [order.numbers(update) for update in range(2 * VISIT)]
    assert all(len({_photo(many, number) for number in update}) == 4 for update in updates)
    open_ones = {_photo(many, number) for update in updates for number in update}
    assert len(open_ones) == many.kept_photos


def test_each_process_of_the_loader_has_photos_of_its_own(many: PairDataset) -> None:
    order = PairOrder(many, of_update=4, seed=1, loaders=2)
    photos = [
        {_photo(many, n) for update in range(first, 4 * VISIT, 2) for n in order.numbers(update)}
        for first in (0, 1)
    ]
    assert not photos[0] & photos[1]
    assert len(photos[0]) == many.kept_photos


def test_place_alone_decides(many: PairDataset) -> None:
    order, again = (PairOrder(many, of_update=4, seed=1) for _ in range(2))
    assert again.number(777) == order.number(777)
    elsewhere = pickle.loads(pickle.dumps(order))  # noqa: S301  # our own
    assert elsewhere.numbers(31) == order.numbers(31)
    other = PairOrder(many, of_update=4, seed=2)
    assert other.numbers(0) + other.numbers(1) != order.numbers(0) + order.numbers(1)


def test_balance_visits_every_tone_alike_often(many: PairDataset) -> None:
    order = PairOrder(many, of_update=4, seed=1, balanced=True)
    places = range(0, 60 * 20 * VISIT, 13)
    tones = Counter(many.tones[_photo(many, order.number(place))] for place in places)
    assert tones["V"] / tones.total() == pytest.approx(0.5, abs=0.06)


def test_curriculum_begins_with_the_easier_pairs(many: PairDataset) -> None:
    learning = 4 * 20 * VISIT
    order = PairOrder(many, of_update=4, seed=1, learning=learning)
    plain = PairOrder(many, of_update=4, seed=1)

    def difficulty(of: PairOrder, first: int) -> float:
        numbers = [of.number(place) for place in range(first, first + 20 * VISIT, 5)]
        return float(np.mean([many.draft(number).difficulty for number in numbers]))

    start, middle, end = (difficulty(order, first) for first in (0, learning // 2, learning))
    assert start < middle < end
    assert end == pytest.approx(difficulty(plain, learning))
