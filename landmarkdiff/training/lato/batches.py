"""Edits as tensors, and what is random about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from landmarkdiff.landmarks.face import LANDMARK_COUNT
from landmarkdiff.lato.data import EditExample
from landmarkdiff.lato.editing.condition import LEAST_SEEN
from landmarkdiff.lato.editing.editor import EditNetworks
from landmarkdiff.lato.editing.flow import shares_of_noise
from landmarkdiff.lato.transformer.adapter import dropped
from landmarkdiff.training.batches import Placeable, chance
from landmarkdiff.training.lato.settings import LatoDataSettings, LatoSettings

__all__ = ["EditBatch", "EditDraw", "draw_edits", "edit_batch"]

#: How much wider or taller the proportions of somebody else are, at most.
_OTHER_SHAPE = 0.12


@dataclass(frozen=True)
class EditBatch(Placeable):
    """Edits that go through the networks at once.

    Attributes
    ----------
    places : list of int
        Of the samples in the row of all.
    source, target : (B, 3, H, W) tensor
        uint8 until :meth:`to`, then float32 in [0, 1].
    points : (B, 68, 2) float32 tensor
        Of the target, pixels; 0 where they are not seen.
    seen : (B, 68) bool tensor
    instructions : list of str
    surgical : (B,) bool tensor
        Which of them are surgical pairs. Of the others mask and mesh are 0, their procedure "".
    mask : (B, 1, H, W) float32 tensor in [0, 1]
        Where the plan acts.
    mesh : (B, 478, 2) float32 tensor
        Landmarks of the target, pixels.
    procedures : list of str
    """

    places: list[int]
    source: Any
    target: Any
    points: Any
    seen: Any
    instructions: list[str]
    surgical: Any
    mask: Any
    mesh: Any
    procedures: list[str]


def edit_batch(places: Sequence[int], examples: Sequence[EditExample]) -> EditBatch:
    """Put edits of one size together."""

    def pictures(name: str) -> Any:
        stacked = np.stack([getattr(example, name) for example in examples])
        return torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2)))

    seen = np.stack([example.target_seen for example in examples])
    points = np.stack([example.target_points for example in examples])
    points = np.where(seen[..., None], points, 0.0).astype(np.float32)
    masks = np.zeros((len(examples), 1, *examples[0].source.shape[:2]), np.float32)
    mesh = np.zeros((len(examples), LANDMARK_COUNT, 2), np.float32)
    surgeries = [example.surgery for example in examples]
    for number, surgery in enumerate(surgeries):
        if surgery is not None:
            masks[number, 0], mesh[number] = surgery.mask, surgery.points
    return EditBatch(
        places=list(places),
        source=pictures("source"),
        target=pictures("target"),
        points=torch.from_numpy(points),
        seen=torch.from_numpy(seen),
        instructions=[example.instruction for example in examples],
        surgical=torch.tensor([surgery is not None for surgery in surgeries]),
        mask=torch.from_numpy(masks),
        mesh=torch.from_numpy(mesh),
        procedures=["" if surgery is None else surgery.procedure for surgery in surgeries],
    )


@dataclass(frozen=True)
class EditDraw:
    """What is random about the samples of a batch.

    Attributes
    ----------
    shares : (B,) tensor
        Of noise, 0 to 1.
    noise : (B, C, h, w) tensor
    seen, given : (B, 68) bool tensor
        Points of the batch, and those that the network is told.
    told : (B,) bool tensor
        Whether the network is told the words.
    shape : (B, 2) tensor
        By what the points are wider and taller than the person's own.
    """

    shares: Any
    noise: Any
    seen: Any
    given: Any
    told: Any
    shape: Any

    def evenly(self, place: int, count: int) -> EditDraw:
        """Return the draw of a validation: noise spread evenly, nothing left out."""
        return replace(
            self,
            shares=torch.full_like(self.shares, (2 * place + 1) / (2 * count)),
            given=self.seen,
            told=torch.ones_like(self.told),
            shape=torch.ones_like(self.shape),
        )


def draw_edits(
    settings: LatoSettings, networks: EditNetworks, seed: int, batch: EditBatch, device: str
) -> EditDraw:
    """Draw it from the seed and each sample's place, on the CPU on every machine."""
    codec = networks.codec
    height, width = (side // codec.patch for side in batch.target.shape[-2:])
    seen = batch.seen.cpu()
    rows = []
    for number, place in enumerate(batch.places):
        source = chance(seed, "noise", place)
        normal = torch.randn((), generator=source)
        noise = torch.randn((codec.channels, height, width), generator=source)
        kept = _kept(settings.data, seen[number : number + 1], chance(seed, "dropout", place))
        rows.append((normal, noise, *kept))
    normal, noise, given, told, shape = (torch.stack(column) for column in zip(*rows, strict=True))
    shares = shares_of_noise(normal, height * width)
    return EditDraw(*(each.to(device) for each in (shares, noise, seen, given, told, shape)))


def _kept(data: LatoDataSettings, seen: Any, source: Any) -> tuple[Any, Any, Any]:
    """Return which points of a sample (1, 68) are given, whether its words are, and its shape."""
    given = dropped(seen, source, data.dropout)[0]
    told = torch.rand((), generator=source) >= data.dropout
    most = max(int(seen.sum()) - LEAST_SEEN, 0)
    fewer = torch.rand((), generator=source) < data.missing
    count = int(torch.randint(0, most + 1, (), generator=source)) if most else 0
    order = torch.randperm(seen.shape[1], generator=source)
    if bool(fewer):
        away = order[seen[0][order]][:count]
        given[away] = False
    other = torch.rand((), generator=source) < data.other_shape
    drawn = 1.0 + _OTHER_SHAPE * (2.0 * torch.rand(2, generator=source) - 1.0)
    return given, told, torch.where(other, drawn, torch.ones(2))
