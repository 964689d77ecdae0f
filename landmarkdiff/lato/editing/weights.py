"""What training adds to a base: a LoRA of its attention, the adapter, the unconditional tokens."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.lato.editing.denoiser import EditDenoiser

__all__ = ["ADAPTER", "RANK", "add_lora", "read_trained", "write_trained"]

#: Rank of the LoRA (LaTo, section 4.1).
RANK = 64
#: Its name in the network, which is part of its tensors' names.
ADAPTER = "landmarkdiff"
#: Layers that it changes: those of the attention, and in blocks of one stream what is joined.
_LAYERS = (
    r".*\.attn\.(to_q|to_k|to_v|to_out\.0|add_q_proj|add_k_proj|add_v_proj|to_add_out)"
    r"|single_transformer_blocks\.\d+\.(attn\.to_qkv_mlp_proj|attn\.to_out|proj_mlp|proj_out)"
)
_LANDMARKS = "transformer.landmarks."


def add_lora(denoiser: EditDenoiser, rank: int, seed: int) -> None:
    """Add a LoRA that changes nothing yet; only it and the landmark adapter are trained.

    Parameters
    ----------
    denoiser : EditDenoiser
    rank : int
    seed : int
        Of the LoRA's start.
    """
    from peft import LoraConfig

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        chosen = LoraConfig(r=rank, lora_alpha=rank, target_modules=_LAYERS)
        denoiser.transformer.add_adapter(chosen, ADAPTER)
    for name, weight in denoiser.named_parameters():
        weight.requires_grad_("lora_" in name or name.startswith(_LANDMARKS))
        if weight.requires_grad:
            weight.data = weight.data.float()


def write_trained(path: Path, tensors: Mapping[str, Tensor], rank: int) -> None:
    """Write what was trained as safetensors; the file is there whole or not at all.

    Parameters
    ----------
    path : Path
    tensors : mapping of name to tensor
        As :meth:`EditDenoiser.trained` names them.
    rank : int
    """
    from safetensors.torch import save_file

    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    facts = {"format": "pt", "landmarkdiff": json.dumps({"rank": rank})}
    save_file({name: one.contiguous() for name, one in tensors.items()}, temporary, facts)
    temporary.replace(path)


def read_trained(denoiser: EditDenoiser, path: Path) -> None:
    """Give a base what was trained on it.

    Raises
    ------
    WeightsCorruptError
        The file cannot be read, or was trained on a network of another shape.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            rank = int(json.loads((file.metadata() or {})["landmarkdiff"])["rank"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, ValueError, TypeError) as error:
        raise WeightsCorruptError(
            "model_not_loaded", title=path.name, problem="it is not a file of this training"
        ) from error
    if any("lora_" in name for name in tensors):
        add_lora(denoiser, rank, seed=0)
    own: dict[str, Any] = dict(denoiser.named_parameters())
    wanted = {n for n, weight in own.items() if "lora_" in n or n.startswith(_LANDMARKS)}
    strange = [
        name
        for name in wanted | tensors.keys()
        if name not in tensors or name not in own or own[name].shape != tensors[name].shape
    ]
    if strange:
        raise WeightsCorruptError(
            "model_not_loaded", title=path.name, problem=f"{min(strange)} does not fit the base"
        )
    with torch.no_grad():
        for name, value in tensors.items():
            own[name].copy_(value)
