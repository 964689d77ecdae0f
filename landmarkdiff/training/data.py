"""The pairs of a run, and where they are from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from landmarkdiff.synthetic.augmentation import Augmentation
from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.order import PairOrder
from landmarkdiff.synthetic.shards import ShardSet
from landmarkdiff.training.batches import Pairs, SampleOrder
from landmarkdiff.training.order import Order
from landmarkdiff.training.settings import DataSettings, TrainingSettings

__all__ = ["Sets", "lineage", "open_sets", "order_of"]


@dataclass(frozen=True)
class Sets:
    """What a run learns from, and what it is judged by: no person is in both."""

    train: PairDataset
    validation: PairDataset


def open_sets(settings: DataSettings) -> Sets:
    """Open the shards; nothing is rendered yet.

    Validation has neither cameras nor dropout: it is always the same pictures.

    Raises
    ------
    PhotoError
        There are no shards, or none of one side of the split.
    """
    same: dict[str, Any] = {
        "size": settings.size,
        "seed": settings.seed,
        "pairs_per_photo": settings.pairs_per_photo,
        "kept_photos": settings.kept_photos,
    }
    return Sets(
        PairDataset(
            settings.shards,
            split="train",
            augment=Augmentation() if settings.augment else None,
            dropout=settings.dropout,
            noise=settings.noise,
            **same,
        ),
        PairDataset(settings.shards, split="validation", **same),
    )


def order_of(pairs: Pairs, of_update: int, settings: TrainingSettings) -> SampleOrder:
    """Return which pairs an update takes: cheap to render for a data set, else shuffled."""
    seed = settings.training.seed
    if not isinstance(pairs, PairDataset):
        return Order(len(pairs), of_update, seed)
    data = settings.data
    learning = data.learning * of_update
    return PairOrder(
        pairs,
        of_update,
        seed,
        loaders=data.loaders,
        balanced=data.balanced,
        learning=learning,
    )


def lineage(settings: DataSettings) -> dict[str, Any]:
    """Return what a checkpoint keeps about its data: sums, photos, people, licences.

    No name of a person or of a photo is in it.
    """
    shards = ShardSet(settings.shards)
    places = shards.of_split("train")
    return {
        "made_from": shards.facts.get("made_from"),
        "shards": {shard.url: shard.sha256 for shard in shards.shards},
        "photos": len(places),
        "people": len({place.person for _, place in places}),
        "licences": dict(sorted(Counter(place.licence for _, place in places).items())),
        "tones": dict(sorted(Counter(place.tone or "unknown" for _, place in places).items())),
    }
