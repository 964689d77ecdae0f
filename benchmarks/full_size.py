"""Stable Diffusion 1.5 with its ControlNets and identity adapter at full size, weights random.

Speed and memory do not depend on the values of weights, so the benchmarks of the repainting modes
download nothing. The shapes are those that the published models' own configurations state. The
layout, tokenizer and configuration file come from the tiny models of the tests
(``tests/tiny_models.py``); only the networks in it are replaced.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from safetensors.torch import save_file
from tables import REPOSITORY
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from landmarkdiff.generators.stable_diffusion.offline import quiet

sys.path.insert(0, str(REPOSITORY / "tests"))

import tiny_models

#: stable-diffusion-v1-5/stable-diffusion-v1-5, unet/config.json; the rest are diffusers' defaults.
UNET = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "cross_attention_dim": 768,
    "attention_head_dim": 8,
    "layers_per_block": 2,
}
#: The same repository, vae/config.json.
VAE = {
    "sample_size": 512,
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "latent_channels": 4,
    "layers_per_block": 2,
}
#: The same repository, text_encoder/config.json: CLIP ViT-L/14.
TEXT = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
}
#: h94/IP-Adapter, models/image_encoder/config.json: OpenCLIP ViT-H/14.
VISION = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 16,
    "patch_size": 14,
    "image_size": 224,
    "projection_dim": 1024,
    "hidden_act": "gelu",
}
#: The resampler of ip-adapter-plus-face_sd15: width, layers, heads of 64, tokens.
ADAPTER_WIDTH, ADAPTER_LAYERS, ADAPTER_HEADS, HEAD_WIDTH, ADAPTER_TOKENS = 768, 4, 12, 64, 16
CONTROLNETS = ("controlnet_mediapipe_face", "controlnet_depth")
#: What the benchmark's models of eight steps carry: any rank is fused away when it is loaded.
LORA_RANK = 4
LORA_FILE = "few_step_lora.safetensors"
ADAPTER_FILE = "ip_adapter_plus_face.safetensors"

Tensors = dict[str, torch.Tensor]


def networks() -> dict[str, Any]:
    """Return every network by its folder below the models, without memory (device ``meta``)."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(**UNET)
        controlnet = ControlNetModel.from_unet(unet, load_weights_from_unet=False)
        found: dict[str, Any] = {
            "base/unet": unet,
            "base/vae": AutoencoderKL(**VAE),
            "base/text_encoder": CLIPTextModel(CLIPTextConfig(**TEXT)),
            "image_encoder": CLIPVisionModelWithProjection(CLIPVisionConfig(**VISION)),
        }
    return found | dict.fromkeys(CONTROLNETS, controlnet)


def write_models(folder: Path, device: str, *, tiny: bool) -> dict[str, Any]:
    """Write all models into a folder and return the data of a configuration for them.

    Parameters
    ----------
    folder : Path
    device : str
        Where the random numbers are drawn.
    tiny : bool
        Leave the networks as small as the tests have them.
    """
    tiny_models.build(folder)
    if not tiny:
        for place, network in networks().items():
            if place == CONTROLNETS[1]:
                continue  # of the same shape as the first; written by the same turn
            network.to_empty(device=device)
            fill(network)
            with quiet():  # diffusers remarks on a change of precision, where none is wanted
                network.to(torch.float16)
            goals = CONTROLNETS if place == CONTROLNETS[0] else (place,)
            for goal in goals:
                network.save_pretrained(folder / goal)
            if place == "base/unet":
                save_file(_lora(network), folder / LORA_FILE, metadata={"format": "pt"})
                save_file(_adapter(network), folder / ADAPTER_FILE, metadata={"format": "pt"})
            network.to("meta")
        _lengthen(folder / "base" / "tokenizer" / "vocab.json")
    data: dict[str, Any] = tiny_models.settings()
    return data


def write_shapes(folder: Path, *, tiny: bool) -> None:
    """Write the tiny models, and in them the configurations of the full-size networks."""
    tiny_models.build(folder)
    if not tiny:
        for place, network in networks().items():
            # transformers keeps its configuration beside the network, diffusers in it.
            keep = getattr(network, "save_config", None) or network.config.save_pretrained
            keep(folder / place)


@torch.no_grad()
def fill(network: Any) -> None:
    """Draw weights that keep the size of what goes through, so that no number overflows."""
    generator = torch.Generator(next(network.parameters()).device).manual_seed(0)
    for name, values in network.named_parameters():
        if values.ndim > 1:
            inputs = values[0].numel()
            values.normal_(std=inputs**-0.5, generator=generator)
        else:
            values.fill_(0.0 if name.endswith("bias") else 1.0)


def _lengthen(vocabulary: Path) -> None:
    """Put words that never occur into a vocabulary, until it is as long as CLIP's."""
    words = json.loads(vocabulary.read_text(encoding="utf-8"))
    *usual, start, end = sorted(words, key=words.__getitem__)
    unused = int(str(TEXT["vocab_size"])) - len(words)
    usual += [f"unused{number}</w>" for number in range(unused)]
    numbers = {word: number for number, word in enumerate((*usual, start, end))}
    vocabulary.write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")


def _lora(unet: Any) -> Tensors:
    """Return a LoRA on every projection of attention, with the keys of the published ones."""
    tensors: Tensors = {}
    for name, module in unet.named_modules():
        if isinstance(module, torch.nn.Linear) and ".attn" in name and ".to_" in name:
            place = "lora_unet_" + name.replace(".", "_")
            tensors[f"{place}.lora_down.weight"] = _matrix(module.in_features, LORA_RANK)
            tensors[f"{place}.lora_up.weight"] = _matrix(LORA_RANK, module.out_features)
            tensors[f"{place}.alpha"] = torch.tensor(float(LORA_RANK))
    return tensors


def _adapter(unet: Any) -> Tensors:
    """Return an identity adapter in the layout of plus-face."""
    width, inner = ADAPTER_WIDTH, ADAPTER_HEADS * HEAD_WIDTH
    context = UNET["cross_attention_dim"]
    assert isinstance(context, int)
    tensors: Tensors = {
        "image_proj.latents": torch.randn(1, ADAPTER_TOKENS, width) / width**0.5,
        "image_proj.proj_in.weight": _matrix(int(str(VISION["hidden_size"])), width),
        "image_proj.proj_in.bias": torch.zeros(width),
        "image_proj.proj_out.weight": _matrix(width, context),
        "image_proj.proj_out.bias": torch.zeros(context),
        **_norm("image_proj.norm_out", context),
    }
    for layer in range(ADAPTER_LAYERS):
        place = f"image_proj.layers.{layer}"
        tensors |= _norm(f"{place}.0.norm1", width) | _norm(f"{place}.0.norm2", width)
        tensors[f"{place}.0.to_q.weight"] = _matrix(width, inner)
        tensors[f"{place}.0.to_kv.weight"] = _matrix(width, 2 * inner)
        tensors[f"{place}.0.to_out.weight"] = _matrix(inner, width)
        tensors |= _norm(f"{place}.1.0", width)
        tensors[f"{place}.1.1.weight"] = _matrix(width, 4 * width)
        tensors[f"{place}.1.3.weight"] = _matrix(4 * width, width)
    for number, name in enumerate(unet.attn_processors):
        if "attn2" in name:
            attention = unet.get_submodule(name.removesuffix(".processor"))
            for key in ("to_k_ip", "to_v_ip"):
                place = f"ip_adapter.{number}.{key}.weight"
                tensors[place] = _matrix(context, attention.inner_dim)
    return tensors


def _matrix(inside: int, outside: int) -> torch.Tensor:
    return (torch.randn(outside, inside) / inside**0.5).to(torch.float16)


def _norm(place: str, width: int) -> Tensors:
    return {f"{place}.weight": torch.ones(width), f"{place}.bias": torch.zeros(width)}
