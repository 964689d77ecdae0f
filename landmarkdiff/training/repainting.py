"""The training of the repainting networks, as a task for a run."""

from __future__ import annotations

from typing import Any

from landmarkdiff.training.batches import Batch, batch_of
from landmarkdiff.training.data import order_of
from landmarkdiff.training.networks import Networks, load_networks
from landmarkdiff.training.objective import Draw, Objective
from landmarkdiff.training.painted import painted_row
from landmarkdiff.training.settings import TrainingSettings
from landmarkdiff.training.task import Task

__all__ = ["REPAINTING"]


def _draw(
    settings: TrainingSettings, networks: Networks, seed: int, batch: Batch, device: str
) -> Draw:
    return Draw.of(seed, batch.places, _latent_side(settings, networks.vae), device)


def _latent_side(settings: TrainingSettings, vae: Any) -> int:
    """Side of the latents of a pair."""
    levels = len(vae.config.block_out_channels)
    return int(settings.data.size // 2 ** (levels - 1))


REPAINTING = Task(load_networks, Objective, order_of, batch_of, _draw, painted_row)
