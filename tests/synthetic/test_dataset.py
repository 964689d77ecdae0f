"""Pairs by number: the same anywhere, of the photos of one side of the split."""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.errors import ParameterError, PhotoError
from landmarkdiff.synthetic.dataset import RUN, PairDataset
from landmarkdiff.synthetic.sample import Sample
from landmarkdiff.synthetic.shards import ShardSet


@pytest.fixture(scope="module")
def pairs(shards: Path) -> PairDataset:
    return PairDataset(shards, split="train", seed=2, pairs_per_photo=RUN)


def _same(first: Sample, second: Sample) -> bool:
    return all(
        np.array_equal(getattr(first, field.name), getattr(second, field.name))
        for field in fields(Sample)
    )


def test_pair_is_a_photo_and_the_same_photo_before(pairs: PairDataset, shards: Path) -> None:
    sample = pairs[3]
    held = ShardSet(shards)
    shard, place = held.of_split("train")[0]
    record = held.read(shard, place)
    assert np.array_equal(sample.target, record.picture)
    assert np.array_equal(sample.points_target, record.face.points[:, :2].astype(np.float32))
    assert sample.source.shape == sample.target.shape == sample.drawing.shape == (512, 512, 3)
    assert sample.mask.dtype == np.float32
    assert sample.mask.min() == 0.0
    assert sample.mask.max() == 1.0
    changed = (sample.source != sample.target).any(axis=2)
    assert changed.any()
    assert not changed[sample.mask == 0.0].any()
    assert sample.prompt
    assert np.abs(sample.points_source - sample.points_target).max() > 0.5


def test_pair_is_the_same_in_any_order_and_any_process(pairs: PairDataset, shards: Path) -> None:
    other = pickle.loads(pickle.dumps(pairs))  # noqa: S301  # our own
    later = other[RUN + 1]
    assert _same(other[5], pairs[5])
    assert _same(later, pairs[RUN + 1])
    again = PairDataset(shards, split="train", seed=3, pairs_per_photo=RUN)
    assert not _same(again[5], pairs[5])


def test_length_and_ends(pairs: PairDataset) -> None:
    assert len(pairs) == 2 * RUN
    assert pairs.persons == ("head-17-0000000",) * 2
    for beyond in (-1, len(pairs)):
        with pytest.raises(IndexError):
            pairs[beyond]


def test_smaller_pictures_show_the_same(pairs: PairDataset, shards: Path) -> None:
    small = PairDataset(shards, split="train", size=256, seed=2, pairs_per_photo=RUN)[3]
    large = pairs[3]
    assert small.target.shape == (256, 256, 3)
    assert small.procedure == large.procedure
    moved = [each.points_source - each.points_target for each in (small, large)]
    own = np.linalg.norm(moved[1], axis=1) > 1.0
    assert np.median(np.linalg.norm(2.0 * moved[0] - moved[1], axis=1)[own]) < 0.3


def test_no_person_is_on_two_sides(shards: Path) -> None:
    held = ShardSet(shards)
    sides = {
        split: {place.person for _, place in held.of_split(split)}
        for split in ("train", "validation", "test")
    }
    assert sides["train"]
    assert sides["test"]
    assert not sides["train"] & sides["test"]
    with pytest.raises(PhotoError, match="no person of the shards is on the validation side"):
        PairDataset(shards, split="validation")


def test_wrong_arguments_are_refused(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="unknown side of the split"):
        PairDataset(shards, split="all")  # type: ignore[arg-type]
    with pytest.raises(PhotoError, match="holds no shards"):
        PairDataset(tmp_path, split="train")


def test_conditions_are_dropped_as_often_as_asked(shards: Path) -> None:
    dropped = PairDataset(shards, split="train", seed=2, pairs_per_photo=RUN, dropout=1.0)[3]
    assert not dropped.drawing.any()
    assert dropped.prompt == ""
    unsure = PairDataset(shards, split="train", seed=2, pairs_per_photo=RUN, noise=2.0)[3]
    sure = PairDataset(shards, split="train", seed=2, pairs_per_photo=RUN)[3]
    assert (unsure.drawing != sure.drawing).any()
    assert np.array_equal(unsure.points_target, sure.points_target)
