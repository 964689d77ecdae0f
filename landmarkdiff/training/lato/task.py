"""The training of edits, as a task for a run: networks, pairs, a row of validation."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from landmarkdiff.arrays import ImageArray
from landmarkdiff.lato.editing.bases import klein_networks
from landmarkdiff.lato.editing.condition import drawn_landmarks
from landmarkdiff.lato.editing.editor import EditNetworks, EditRequest, edit_pictures
from landmarkdiff.lato.editing.weights import add_lora, read_trained
from landmarkdiff.runtime.device import Device
from landmarkdiff.training.lato.batches import draw_edits, edit_batch
from landmarkdiff.training.lato.objective import EditObjective
from landmarkdiff.training.lato.order import edit_order
from landmarkdiff.training.lato.settings import LatoSettings
from landmarkdiff.training.order import seed_of
from landmarkdiff.training.task import Task

__all__ = ["LATO", "load_lato", "made_trainable"]


def load_lato(settings: LatoSettings, device: Device) -> EditNetworks:
    """Load the base; what is trained on it is fp32.

    Raises
    ------
    ModeUnavailableError, WeightsCorruptError
    """
    own = settings.model
    dtype = torch.bfloat16 if device.precision == "bf16" else torch.float32
    networks = klein_networks(
        own.base, device.name, dtype, most_tokens=own.most_tokens, layers=own.text_layers
    )
    return made_trainable(networks, settings)


def made_trainable(networks: EditNetworks, settings: LatoSettings) -> EditNetworks:
    """Give networks their LoRA, and let it, the adapter and its tokens be trained."""
    denoiser = networks.denoiser
    if settings.model.trained is not None:
        read_trained(denoiser, settings.model.trained)
        for name, weight in denoiser.named_parameters():
            weight.requires_grad_("lora_" in name or ".landmarks." in name)
    else:
        add_lora(denoiser, settings.model.lora_rank, settings.training.seed)
    if settings.training.gradient_checkpointing:
        denoiser.transformer.enable_gradient_checkpointing()
    denoiser.train()
    return networks


def _row(run: Any, number: int) -> list[ImageArray]:
    """Paint as an edit is painted, with the paper's guidance."""
    example = run.judged[number]
    height, width = example.source.shape[:2]
    asked = EditRequest(
        picture=example.source,
        points=np.asarray(example.target_points, np.float64),
        seen=example.target_seen,
        instruction=example.instruction,
        seed=seed_of(run.settings.training.seed, "pictures", number),
    )
    with run.place.autocast():
        made = edit_pictures(run.networks, [asked], steps=run.settings.validation.inference_steps)
    drawn = drawn_landmarks(asked.points, asked.seen, width, height)
    return [example.source, drawn, made[0], example.target]


#: What ``landmarkdiff train lato`` trains.
LATO = Task(load_lato, EditObjective, edit_order, edit_batch, draw_edits, _row)
