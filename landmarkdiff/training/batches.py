"""Pairs as tensors, in the order of the updates, rendered ahead by worker processes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Protocol, Self, cast

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from landmarkdiff.synthetic.sample import Sample
from landmarkdiff.training.order import seed_of

__all__ = ["Batch", "Pairs", "Placeable", "SampleOrder", "batch_of", "batches", "chance"]


#: Makes a batch of places in the row of all and their samples.
Together = Callable[[Sequence[int], Sequence[Any]], Any]


class Pairs(Protocol):
    """A set of pairs, by number; the same number is always the same pair."""

    def __len__(self) -> int:
        """Return how many pairs there are."""

    def __getitem__(self, number: int) -> Any:
        """Return a pair."""


class SampleOrder(Protocol):
    """Which pair stands at each place of the endless row; a function of the place alone."""

    of_update: int

    def number(self, place: int) -> int:
        """Return the pair at a place."""


class Placeable:
    """Samples that go through the networks at once; a dataclass with their ``places``."""

    places: list[int]

    def __len__(self) -> int:
        return len(self.places)

    def to(self, device: str) -> Self:
        """Return the batch on a device, its pictures in [0, 1]."""
        moved = {}
        for item in fields(cast(Any, self)):
            value = getattr(self, item.name)
            if isinstance(value, torch.Tensor):
                value = value.to(device, non_blocking=True)
                moved[item.name] = value.float() / 255.0 if value.dtype == torch.uint8 else value
        return cast(Self, replace(cast(Any, self), **moved))

    def pin_memory(self) -> Self:
        """Return the batch in memory that is copied to a graphics card while it computes."""
        pinned = {
            item.name: getattr(self, item.name).pin_memory()
            for item in fields(cast(Any, self))
            if isinstance(getattr(self, item.name), torch.Tensor)
        }
        return cast(Self, replace(cast(Any, self), **pinned))


@dataclass(frozen=True)
class Batch(Placeable):
    """Pairs that go through the networks at once.

    Attributes
    ----------
    places : list of int
        Of the samples in the row of all; what is random about a sample hangs on it.
    source, target, drawing : (B, 3, S, S) tensor
        uint8 until :meth:`to`, then float32 in [0, 1].
    mask : (B, 1, S, S) float32 tensor in [0, 1]
    points : (B, 478, 2) float32 tensor
        Landmarks of the targets, pixels.
    prompts, procedures : list of str
    """

    places: list[int]
    source: Any
    target: Any
    drawing: Any
    mask: Any
    points: Any
    prompts: list[str]
    procedures: list[str]


def chance(seed: int, what: str, place: int) -> Any:
    """Return the generator of what is random about one sample, on the CPU on every machine."""
    return torch.Generator("cpu").manual_seed(seed_of(seed, what, place))


def batch_of(places: Sequence[int], samples: Sequence[Sample]) -> Batch:
    """Put samples together."""

    def pictures(name: str) -> Any:
        stacked = np.stack([getattr(sample, name) for sample in samples])
        return torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)))

    masks = np.stack([sample.mask for sample in samples]).astype(np.float32)[:, None]
    points = np.stack([sample.points_target for sample in samples]).astype(np.float32)
    return Batch(
        places=list(places),
        source=pictures("source"),
        target=pictures("target"),
        drawing=pictures("drawing"),
        mask=torch.from_numpy(masks),
        points=torch.from_numpy(points),
        prompts=[sample.prompt for sample in samples],
        procedures=[sample.procedure for sample in samples],
    )


def batches(
    pairs: Pairs,
    order: SampleOrder,
    *,
    workers: int,
    first: int,
    share: slice,
    at_once: int,
    pinned: bool = False,
    together: Together = batch_of,
) -> Iterator[Any]:
    """Go through the passes of all updates from ``first`` on, without end.

    Parameters
    ----------
    pairs : Pairs
    order : SampleOrder
    workers : int
        Processes that render; 0 renders here.
    first : int
        The update to begin with.
    share : slice
        Places of this process in an update.
    at_once : int
        Pairs of a pass; divides the share.
    pinned : bool
        Whether batches are copied to a graphics card.
    together : callable
        Makes a batch of places and samples; another process must be able to import it.
    """
    loader: Any = DataLoader(
        _OrderedPairs(pairs),
        batch_sampler=_Passes(order, first, share, at_once),
        num_workers=workers,
        prefetch_factor=2 if workers else None,
        collate_fn=partial(_batch, together),
        worker_init_fn=_deaf if workers else None,
        # Forked threads of the networks would lock up.
        multiprocessing_context="spawn" if workers else None,
        pin_memory=pinned,
        generator=torch.Generator(),  # the loader draws a number; not from the run's own
    )
    return iter(loader)


class _OrderedPairs(Dataset[Any]):  # type: ignore[misc]  # Any
    """Samples by their place in the row of all and their number, which the order has found."""

    def __init__(self, pairs: Pairs) -> None:
        self.pairs = pairs

    def __getitem__(self, key: tuple[int, int]) -> tuple[int, Sample]:
        place, number = key
        return place, self.pairs[number]


class _Passes:
    """Place and number of each sample of a pass, update after update."""

    def __init__(self, order: SampleOrder, first: int, share: slice, at_once: int) -> None:
        self.order, self.first, self.share, self.at_once = order, first, share, at_once

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        update = self.first
        while True:
            start = update * self.order.of_update
            places = range(start, start + self.order.of_update)[self.share]
            for begin in range(0, len(places), self.at_once):
                chosen = places[begin : begin + self.at_once]
                yield [(place, self.order.number(place)) for place in chosen]
            update += 1


def _deaf(_: int) -> None:
    """Let the training process alone answer when a cluster signals every process of a job."""
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _batch(together: Together, items: list[tuple[int, Any]]) -> Any:
    places, samples = zip(*items, strict=True)
    return together(places, samples)
