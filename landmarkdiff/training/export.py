"""A checkpoint as the app takes it: networks in their usual folders, a configuration, a card."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
import yaml

from landmarkdiff.errors import ModeUnavailableError, OutputError
from landmarkdiff.photo import write_text
from landmarkdiff.runtime.device import Device
from landmarkdiff.training.card import model_card
from landmarkdiff.training.checkpoints import RunState, read_checkpoint
from landmarkdiff.training.networks import ADAPTER, Networks, load_networks, select_networks
from landmarkdiff.training.run import load_trained
from landmarkdiff.training.settings import TrainingSettings

__all__ = ["CONFIGURATION", "export_checkpoint"]

#: The file that the app's ``--config`` takes.
CONFIGURATION = "configuration.yaml"
#: Parts of a base model that are copied as they are.
#: Words of licences under which photos, and what was trained on them, are not for commerce.
_NOT_COMMERCIAL = re.compile(r"non-?commercial|\bnc\b|research", re.IGNORECASE)
_COPIED = ("vae", "text_encoder", "tokenizer", "scheduler")


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
    if out.exists():
        raise OutputError("export_folder_taken", path=str(out))
    if onnx and importlib.util.find_spec("onnx") is None:
        raise ModeUnavailableError("package_missing", package="onnx")
    found = read_checkpoint(checkpoint)
    settings = TrainingSettings.from_dict(found.state.settings)
    networks = load_networks(settings, Device("cpu", "CPU", "fp32"))
    load_trained(networks.denoiser, found.average if averaged else found.trained)
    staging = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        staging.mkdir(parents=True)
        configuration = _written(staging, settings, networks, _may_be_sold(found.state))
        if onnx:
            _write_onnx(staging / "controlnet.onnx", networks, settings.data.size)
        write_text(staging / CONFIGURATION, yaml.safe_dump(configuration, sort_keys=False))
        write_text(staging / "README.md", model_card(found.state, averaged=averaged))
        staging.rename(out)
    except OSError as error:
        problem = error.strerror or type(error).__name__
        raise OutputError("checkpoint_not_written", problem=problem, path=str(out)) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return out / CONFIGURATION


def _may_be_sold(state: RunState) -> bool:
    """Whether neither the settings nor the licence of a photo keeps the weights from commerce."""
    licences = state.data.get("licences", {})
    free = not any(_NOT_COMMERCIAL.search(name) for name in licences)
    return state.settings.get("licence_policy") == "commercial" and free


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


def _write_onnx(path: Path, networks: Networks, side: int) -> None:
    """Write the ControlNet as ONNX: latents, time step, words and drawing in, residuals out."""
    controlnet: Any = networks.denoiser.controlnet.eval()
    latent = side // 2 ** (len(networks.vae.config.block_out_channels) - 1)
    width = controlnet.config.cross_attention_dim
    example = (
        torch.zeros(1, 4, latent, latent),
        torch.zeros(1, dtype=torch.long),
        torch.zeros(1, networks.tokenizer.model_max_length, width),
        torch.zeros(1, 3, side, side),
    )
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # shapes become constants, which is what is wanted
        torch.onnx.export(
            controlnet,
            example,
            str(path),
            input_names=["latents", "step", "words", "drawing"],
            dynamo=False,
        )
