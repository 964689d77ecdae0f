"""A checkpoint as the app takes it: networks in their usual folders, a configuration, a card."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import nn

from landmarkdiff.errors import ModeUnavailableError, OutputError
from landmarkdiff.photo import write_text
from landmarkdiff.runtime.device import Device
from landmarkdiff.training.card import model_card
from landmarkdiff.training.checkpoints import read_checkpoint
from landmarkdiff.training.networks import (
    ADAPTER,
    LATENT_CHANNELS,
    Networks,
    load_networks,
    select_networks,
)
from landmarkdiff.training.run import load_trained
from landmarkdiff.training.settings import TrainingSettings

__all__ = ["CONFIGURATION", "check_free", "export_checkpoint", "may_be_sold", "new_folder"]

#: The file that the app's ``--config`` takes.
CONFIGURATION = "configuration.yaml"
#: Words of licences under which photos, and what was trained on them, are not for commerce.
_NOT_COMMERCIAL = re.compile(r"non-?commercial|\bnc\b|research", re.IGNORECASE)
#: Parts of a base model that are copied as they are.
_COPIED = ("vae", "text_encoder", "tokenizer", "scheduler")
#: What the ControlNet as ONNX reads.
_ONNX_INPUTS = ("latents", "step", "words", "drawing")


def export_checkpoint(
    checkpoint: Path, out: Path, *, averaged: bool = True, onnx: bool = False
) -> Path:
    """Write the networks of a checkpoint with a configuration that names them.

    A trained ControlNet is a folder by itself. A LoRA is added to the UNet, and a UNet that was
    trained stands in a copy of its base model; the LoRA is kept beside it as well.

    Parameters
    ----------
    checkpoint, out : Path
    averaged : bool
        The moving average, or the weights of the last update.
    onnx : bool
        The ControlNet as ONNX as well.

    Returns
    -------
    Path
        The configuration file.

    Raises
    ------
    OutputError
        The folder is there already, or cannot be written.
    ModeUnavailableError
        The package onnx is missing.
    LandmarkDiffError
        The checkpoint, or the base model that it needs, cannot be used.
    """
    check_free(out)
    if onnx and importlib.util.find_spec("onnx") is None:
        raise ModeUnavailableError("package_missing", package="onnx")
    found = read_checkpoint(checkpoint)
    settings = TrainingSettings.from_dict(found.state.settings)
    networks = load_networks(settings, Device("cpu", "CPU", "fp32"))
    load_trained(networks.denoiser, found.average if averaged else found.trained)
    sold = may_be_sold(settings.licence_policy, found.state.data.get("licences", {}))
    with new_folder(out) as staging:
        configuration = _written(staging, settings, networks, sold)
        if onnx:
            _write_onnx(staging / "controlnet.onnx", networks, settings.data.size)
        write_text(staging / CONFIGURATION, yaml.safe_dump(configuration, sort_keys=False))
        write_text(staging / "README.md", model_card(found.state, averaged=averaged))
    return out / CONFIGURATION


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder that becomes ``out`` when the block ends well, and else is gone.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    staging = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        staging.mkdir(parents=True)
        yield staging
        staging.rename(out)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise OutputError("checkpoint_not_written", problem=problem, path=str(out)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check_free(out: Path) -> None:
    """Raise an OutputError where the folder of an export is there already."""
    if out.exists():
        raise OutputError("export_folder_taken", path=str(out))


def may_be_sold(policy: str, licences: Iterable[str]) -> bool:
    """Tell whether neither the policy nor the licence of a photo keeps weights from commerce."""
    return policy == "commercial" and not any(map(_NOT_COMMERCIAL.search, licences))


def _written(
    folder: Path, settings: TrainingSettings, networks: Networks, commercial: bool
) -> dict[str, Any]:
    """Write the networks and return the configuration that names them."""
    model = settings.model
    unet: Any = networks.denoiser.unet
    controlnet: Any = networks.denoiser.controlnet
    base = model.base.model_dump(mode="json", exclude_none=True)
    if model.base.path is None:
        base = {"name": model.base.name}
    if model.method != "controlnet":
        if model.method == "lora":
            _write_lora(folder, unet)
            unet.fuse_lora(adapter_names=[ADAPTER])
            unet.unload_lora()
        source = select_networks(settings).base.path
        for part in _COPIED:
            shutil.copytree(source / part, folder / "base" / part)
        shutil.copy2(source / "model_index.json", folder / "base")
        unet.save_pretrained(folder / "base" / "unet", safe_serialization=True)
        base = {"path": "base", "commercial_use": commercial}
    controlnet.save_pretrained(folder / "controlnet", safe_serialization=True)
    own = {
        "path": "controlnet",
        "conditioning": model.drawing,
        "scale": model.conditioning_scale,
        "commercial_use": commercial,
    }
    return {
        "licence_policy": settings.licence_policy,
        "diffusion": {"base": base, "controlnets": [own]},
    }


def _write_lora(folder: Path, unet: Any) -> None:
    from diffusers import StableDiffusionPipeline
    from peft import get_peft_model_state_dict

    layers = get_peft_model_state_dict(unet, adapter_name=ADAPTER)
    StableDiffusionPipeline.save_lora_weights(folder / "lora", layers, safe_serialization=True)


class _Residuals(nn.Module):  # type: ignore[misc]  # Any
    """A ControlNet at its full share, with nothing but tensors in and out."""

    def __init__(self, controlnet: nn.Module) -> None:
        super().__init__()
        self.controlnet = controlnet

    def forward(self, latents: Any, step: Any, words: Any, drawing: Any) -> tuple[Any, ...]:
        down, middle = self.controlnet(latents, step, words, drawing, return_dict=False)
        return (*down, middle)


def _write_onnx(path: Path, networks: Networks, side: int) -> None:
    """Write the ControlNet as ONNX, for pictures of one size and batches of any.

    Latents (B, 4, n, n), time step (B,), words (B, T, D) and drawing (B, 3, side, side) go in;
    ``down_0`` to ``down_N`` and ``middle`` come out, which whoever runs it multiplies by the
    ControlNet's share and adds to the UNet's connections.
    """
    controlnet: Any = networks.denoiser.controlnet.eval()
    latent = side // 2 ** (len(networks.vae.config.block_out_channels) - 1)
    width = controlnet.config.cross_attention_dim
    # Two of each: what an example has once becomes a constant.
    example = (
        torch.zeros(2, LATENT_CHANNELS, latent, latent),
        torch.zeros(2, dtype=torch.long),
        torch.zeros(2, networks.tokenizer.model_max_length, width),
        torch.zeros(2, 3, side, side),
    )
    down = len(controlnet.controlnet_down_blocks)
    names = (*_ONNX_INPUTS, *(f"down_{number}" for number in range(down)), "middle")
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # sizes become constants, which is what is wanted
        torch.onnx.export(
            _Residuals(controlnet).eval(),
            example,
            str(path),
            input_names=[*_ONNX_INPUTS],
            output_names=[*names[len(_ONNX_INPUTS) :]],
            dynamic_axes={name: {0: "batch"} for name in names},
            dynamo=False,
        )
