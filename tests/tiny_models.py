"""Tiny but complete Stable Diffusion 1.5 models, made on the fly, for tests of repainting.

Every checkpoint has its real directory layout and safetensors files; only the networks are small.
``python tests/tiny_models.py OUT [--network random|identity|shift=PX]`` writes them with a
configuration ``OUT/models.yaml`` that points at them:

``random``
    Random weights: paints noise.
``identity``
    Exactly computed weights: the square comes back as it went in, to about 1/255.
``shift=PX``
    As ``identity``, and the picture moves right by PX network pixels (up to 4, negative: left).
"""

from __future__ import annotations

import argparse
import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import torch
import yaml
from diffusers import (
    AutoencoderKL,
    AutoencoderTiny,
    ControlNetModel,
    DDIMScheduler,
    UNet2DConditionModel,
)
from safetensors.torch import load_file, save_file
from tiny_networks import ROOM_FOR_SHIFT, silence_unet, write_exact_vae
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)
from transformers.utils import logging as transformers_logging

from landmarkdiff.configuration import Configuration
from landmarkdiff.procedures.procedure import procedures

TEXT_WIDTH = 32
VISION_WIDTH = 32
IMAGE_SIDE = 224
FACE_WIDTH = 512
#: Tokens that the two identity adapters add: 16 in plus-face, 4 in FaceID.
PLUS_TOKENS, FACEID_TOKENS = 16, 4
#: Width of a head and number of layers of the resampler are fixed in the layout.
HEAD_WIDTH, RESAMPLER_LAYERS = 64, 4
LORA_RANK = 4
LORA_LAYERS = (
    *("to_q", "to_k", "to_v", "to_out.0", "proj_in", "proj_out", "ff.net.0.proj", "ff.net.2"),
    *(
        "conv1",
        "conv2",
        "conv_shortcut",
        "time_emb_proj",
        "downsamplers.0.conv",
        "upsamplers.0.conv",
    ),
)

#: Noise schedule of Stable Diffusion 1.5.
SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
    "prediction_type": "epsilon",
}
#: The least noise that float32 can count (1 - beta is the second number below 1), so that a
#: silent network returns its start.
QUIET_SCHEDULE = SCHEDULE | {"beta_start": 2.0**-23, "beta_end": 2.0**-23}

Tensors = dict[str, torch.Tensor]


def build(out: str | Path, network: str = "random", seed: int = 0) -> Path:
    """Write all models and return the path of the configuration that points at them."""
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    shift = _shift_of(network)
    transformers_logging.disable_progress_bar()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        unet = _write_base(out / "base", shift)
        _write_controlnets(out, unet, exact=shift is not None)
        _write_image_encoder(out / "image_encoder")
        _write_adapters(out, unet)
        _save(out / "few_step_lora.safetensors", _lora(unet))
        # By itself: with other weights its pictures may be all black, and how many numbers were
        # drawn before depends on the words of the prompts.
        torch.manual_seed(seed + 1)
        AutoencoderTiny(
            encoder_block_out_channels=(4,) * (1 if shift is not None else 4),
            decoder_block_out_channels=(4,) * (1 if shift is not None else 4),
            num_encoder_blocks=(1,) * (1 if shift is not None else 4),
            num_decoder_blocks=(1,) * (1 if shift is not None else 4),
            latent_channels=4,
        ).save_pretrained(out / "taesd")
    path = out / "models.yaml"
    path.write_text(yaml.safe_dump(settings(), sort_keys=False), encoding="utf-8")
    return path


def settings(**diffusion: Any) -> dict[str, Any]:
    """Return the data of a configuration; keywords change its ``diffusion`` part."""
    chosen: dict[str, Any] = {
        "base": {"path": "base"},
        "controlnets": [
            {"path": "controlnet_mediapipe_face", "conditioning": "mediapipe_face", "scale": 0.5},
            {"path": "controlnet_depth", "conditioning": "depth", "scale": 0.5},
        ],
        "ip_adapter": {"path": "ip_adapter_plus_face.safetensors"},
        "image_encoder": {"path": "image_encoder"},
        "device": "cpu",
        "num_inference_steps": 10,
    }
    return {"diffusion": chosen | diffusion}


def configuration(folder: Path, **diffusion: Any) -> Configuration:
    """Return a configuration for models built in ``folder``."""
    return Configuration.from_dict(settings(**diffusion), folder=folder)


def _shift_of(network: str) -> float | None:
    if network == "random":
        return None
    if network == "identity":
        return 0.0
    if network.startswith("shift="):
        shift = float(network.removeprefix("shift="))
        if abs(shift) <= ROOM_FOR_SHIFT:
            return shift
    raise ValueError(f"network must be random, identity or shift=PX (up to {ROOM_FOR_SHIFT})")


def _write_base(folder: Path, shift: float | None) -> UNet2DConditionModel:
    exact = shift is not None
    tokenizer = _write_tokenizer(folder / "tokenizer")
    CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=TEXT_WIDTH,
            projection_dim=TEXT_WIDTH,
            intermediate_size=2 * TEXT_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=77,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    ).save_pretrained(folder / "text_encoder")
    _rename(folder / "text_encoder" / "model.safetensors", "text_model.{}".format)
    if shift is None:
        AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(4, 8, 8, 16),
            norm_num_groups=4,
            latent_channels=4,
            sample_size=512,
        ).save_pretrained(folder / "vae")
        # The published file is older than diffusers' present names.
        _rename(folder / "vae" / "diffusion_pytorch_model.safetensors", _older_attention)
    else:
        write_exact_vae(folder / "vae", shift)
    unet = UNet2DConditionModel(sample_size=64, **_unet_shape(exact))
    if exact:
        silence_unet(unet)
    unet.save_pretrained(folder / "unet")
    DDIMScheduler(**(QUIET_SCHEDULE if exact else SCHEDULE)).save_pretrained(folder / "scheduler")
    CLIPImageProcessor(size=IMAGE_SIDE, crop_size=IMAGE_SIDE).save_pretrained(
        folder / "feature_extractor"
    )
    index = {
        "_class_name": "StableDiffusionPipeline",
        "_diffusers_version": diffusers.__version__,
        "feature_extractor": ["transformers", "CLIPImageProcessor"],
        "safety_checker": [None, None],
        "scheduler": ["diffusers", "DDIMScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderKL"],
    }
    (folder / "model_index.json").write_text(json.dumps(index, indent=1), encoding="utf-8")
    return unet


def _unet_shape(exact: bool) -> dict[str, Any]:
    """Return the shape that the UNet and its ControlNets share.

    The exact autoencoder does not shrink the picture, so its network must; attention is on the
    coarsest level in both.
    """
    levels = (2, 4, 8, 8, 16) if exact else (8, 16)
    plain = len(levels) - 1
    return {
        "down_block_types": ("DownBlock2D",) * plain + ("CrossAttnDownBlock2D",),
        "up_block_types": ("CrossAttnUpBlock2D",) + ("UpBlock2D",) * plain,
        "block_out_channels": levels,
        "layers_per_block": 1,
        "norm_num_groups": 2,
        "cross_attention_dim": TEXT_WIDTH,
        "attention_head_dim": 1,
    }


def _write_controlnets(out: Path, unet: UNet2DConditionModel, *, exact: bool) -> None:
    # As many halvings as the autoencoder has.
    widths = (8,) if exact else (4, 8, 8, 16)
    for name in ("controlnet_mediapipe_face", "controlnet_depth", "controlnet_tessellation"):
        net = ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=widths)
        if not exact:
            # Fresh ControlNets are silent (zero convolutions); a trained one is not.
            with torch.no_grad():
                blocks = [*net.controlnet_down_blocks, net.controlnet_mid_block]
                for block in [*blocks, net.controlnet_cond_embedding.conv_out]:
                    block.weight.normal_(std=0.3)
        net.save_pretrained(out / name)


def _write_tokenizer(folder: Path) -> CLIPTokenizer:
    """Write a byte-pair vocabulary in which each word of the presets' prompts is one token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    bpe.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=4000,
        initial_alphabet=alphabet,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    texts = [text for item in procedures().values() for text in (item.prompt, item.negative_prompt)]
    bpe.train_from_iterator([*texts, " ".join(string.punctuation)], trainer)
    learned = json.loads(bpe.to_str())["model"]
    merges = [tuple(pair) for pair in learned["merges"]]
    words = sorted(learned["vocab"], key=learned["vocab"].__getitem__)
    words += [letter + "</w>" for letter in alphabet if letter + "</w>" not in learned["vocab"]]
    words += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    tokenizer = CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=77)
    tokenizer.save_pretrained(folder)
    # The published repository has the two older files in place of this one.
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False), encoding="utf-8")
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tokenizer


def _write_image_encoder(folder: Path) -> None:
    CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=VISION_WIDTH,
            intermediate_size=2 * VISION_WIDTH,
            num_hidden_layers=2,
            num_attention_heads=4,
            image_size=IMAGE_SIDE,
            patch_size=56,
            projection_dim=VISION_WIDTH,
        )
    ).save_pretrained(folder)


def _write_adapters(out: Path, unet: UNet2DConditionModel) -> None:
    """Write an adapter in the layout of plus-face and one in that of FaceID, keys as published."""
    hidden = HEAD_WIDTH
    plus: Tensors = {
        "image_proj.latents": torch.randn(1, PLUS_TOKENS, hidden) / hidden**0.5,
        **_linear("image_proj.proj_in", VISION_WIDTH, hidden),
        **_linear("image_proj.proj_out", hidden, TEXT_WIDTH),
        **_norm("image_proj.norm_out", TEXT_WIDTH),
    }
    for layer in range(RESAMPLER_LAYERS):
        place = f"image_proj.layers.{layer}"
        for name in ("norm1", "norm2"):
            plus |= _norm(f"{place}.0.{name}", hidden)
        plus |= _linear(f"{place}.0.to_q", hidden, HEAD_WIDTH, bias=False)
        plus |= _linear(f"{place}.0.to_kv", hidden, 2 * HEAD_WIDTH, bias=False)
        plus |= _linear(f"{place}.0.to_out", HEAD_WIDTH, hidden, bias=False)
        plus |= _norm(f"{place}.1.0", hidden)
        plus |= _linear(f"{place}.1.1", hidden, 4 * hidden, bias=False)
        plus |= _linear(f"{place}.1.3", 4 * hidden, hidden, bias=False)
    faceid: Tensors = {
        **_linear("image_proj.proj.0", FACE_WIDTH, 2 * FACE_WIDTH),
        **_linear("image_proj.proj.2", 2 * FACE_WIDTH, FACEID_TOKENS * TEXT_WIDTH),
        **_norm("image_proj.norm", TEXT_WIDTH),
    }
    for number, name in enumerate(unet.attn_processors):
        attention = unet.get_submodule(name.removesuffix(".processor"))
        width, inner = attention.query_dim, attention.inner_dim
        context = attention.cross_attention_dim
        if "attn2" in name:
            for key in ("to_k_ip", "to_v_ip"):
                place = f"ip_adapter.{number}.{key}"
                plus |= _linear(place, TEXT_WIDTH, inner, bias=False)
                faceid |= _linear(place, TEXT_WIDTH, inner, bias=False)
        for key, inside, outside in (
            ("to_q", width, inner),
            ("to_k", context, inner),
            ("to_v", context, inner),
            ("to_out", inner, width),
        ):
            place = f"ip_adapter.{number}.{key}_lora"
            faceid |= _linear(f"{place}.down", inside, LORA_RANK, bias=False)
            faceid |= _linear(f"{place}.up", LORA_RANK, outside, bias=False)
    _save(out / "ip_adapter_plus_face.safetensors", plus)
    _save(out / "ip_adapter_faceid.safetensors", faceid)


def _lora(unet: UNet2DConditionModel) -> Tensors:
    """Return a LoRA on the layers that the published ones have, with their keys."""
    tensors: Tensors = {}
    for name, module in unet.named_modules():
        if not name.endswith(LORA_LAYERS):
            continue
        place = "lora_unet_" + name.replace(".", "_")
        if isinstance(module, torch.nn.Linear):
            tensors |= _linear(f"{place}.lora_down", module.in_features, LORA_RANK, bias=False)
            tensors |= _linear(f"{place}.lora_up", LORA_RANK, module.out_features, bias=False)
        else:
            size = module.kernel_size
            down = torch.randn(LORA_RANK, module.in_channels, *size) / module.in_channels
            tensors[f"{place}.lora_down.weight"] = down / 3.0
            up = torch.randn(module.out_channels, LORA_RANK, 1, 1) / LORA_RANK
            tensors[f"{place}.lora_up.weight"] = up
        tensors[f"{place}.alpha"] = torch.tensor(float(LORA_RANK))
    return tensors


def _linear(place: str, inside: int, outside: int, *, bias: bool = True) -> Tensors:
    layer = torch.nn.Linear(inside, outside, bias=bias)
    return {f"{place}.{key}": value.detach().clone() for key, value in layer.state_dict().items()}


def _norm(place: str, width: int) -> Tensors:
    return {f"{place}.weight": torch.ones(width), f"{place}.bias": torch.zeros(width)}


def _rename(path: Path, published: Callable[[str], str]) -> None:
    """Give tensors the names that they have in the published files."""
    _save(path, {published(name): value for name, value in load_file(path).items()})


def _older_attention(name: str) -> str:
    for new, old in (("to_q", "query"), ("to_k", "key"), ("to_v", "value")):
        name = name.replace(new, old)
    return name.replace("to_out.0", "proj_attn")


def _save(path: Path, tensors: Tensors) -> None:
    save_file(
        {key: value.contiguous() for key, value in tensors.items()}, path, metadata={"format": "pt"}
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write tiny models and their configuration.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--network", default="random", help="random, identity or shift=PX")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    print(build(chosen.out, chosen.network, chosen.seed))
