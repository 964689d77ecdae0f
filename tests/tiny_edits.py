"""Tiny transformers for edits, and pairs of drawn faces whose landmarks are known exactly."""

from __future__ import annotations

import string
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderKL, AutoencoderKLFlux2, FlowMatchEulerDiscreteScheduler
from head_portraits import SKINS, Look, portrait
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import Qwen2TokenizerFast, Qwen3Config, Qwen3ForCausalLM

from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.model import head_model
from landmarkdiff.lato.editing.codecs import FluxCodec, PixelCodec
from landmarkdiff.lato.editing.condition import coder_of
from landmarkdiff.lato.editing.denoiser import EditDenoiser, Words
from landmarkdiff.lato.editing.editor import EditNetworks, EditRequest
from landmarkdiff.lato.tokenizer.model import CODE_WIDTH
from landmarkdiff.lato.tokenizer.points import landmarks_68
from landmarkdiff.lato.tokenizer.shipped import shipped_tokenizer
from landmarkdiff.lato.transformer.flux import LandmarkFlux2Transformer, LandmarkFluxTransformer

#: Numbers of a word's state in tiny transformers, and of what stands for a whole instruction.
TEXT, POOLED = 12, 8
END = "<|endoftext|>"


def tiny_transformer(family, channels, width=32, depth=1, text=TEXT, seed=0):
    """A transformer with its adapter, at a random start."""
    torch.manual_seed(seed)
    sizes = {
        "in_channels": channels, "num_layers": depth, "num_single_layers": depth,
        "attention_head_dim": 16, "num_attention_heads": width // 16, "joint_attention_dim": text,
    }  # fmt: skip
    if family == "flux":
        model = LandmarkFluxTransformer(
            **sizes, axes_dims_rope=(4, 6, 6), pooled_projection_dim=POOLED
        )
    else:
        model = LandmarkFlux2Transformer(
            **sizes, axes_dims_rope=(4, 4, 4, 4), guidance_embeds=False
        )
    model.add_landmarks(CODE_WIDTH)
    return model


def letters(texts):
    """Words without a language model: sums of letters, of none 0."""
    states = torch.zeros(len(texts), 4, TEXT)
    for number, text in enumerate(texts):
        for place, letter in enumerate(text):
            states[number, place % 4, ord(letter) % TEXT] += 0.1
    return Words(states, states.sum(1)[:, :POOLED])


def tiny_networks(family="flux2", patch=16, **sizes):
    """Networks on pixels, without an autoencoder and a language model."""
    codec = PixelCodec(patch)
    denoiser = EditDenoiser(tiny_transformer(family, codec.channels, **sizes)).eval()
    return EditNetworks(denoiser, codec, letters, coder_of(shipped_tokenizer()))


def tiny_autoencoder(kind=AutoencoderKL, blocks=2, **more):
    torch.manual_seed(3)
    return kind(
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=(8,) * blocks, layers_per_block=1, latent_channels=4, norm_num_groups=4,
        **more,
    ).eval()  # fmt: skip


def flux_codec():
    return FluxCodec(tiny_autoencoder(scaling_factor=0.4, shift_factor=0.1))


def tiny_klein(folder: Path, blocks: int = 2) -> Path:
    """Write a whole base in the layout of FLUX.2 klein; four blocks have tokens of 16 pixels."""
    vae = tiny_autoencoder(AutoencoderKLFlux2, blocks)
    vae.save_pretrained(folder / "vae")
    torch.manual_seed(0)
    plain = LandmarkFlux2Transformer(
        in_channels=16, num_layers=1, num_single_layers=1, attention_head_dim=16,
        num_attention_heads=2, joint_attention_dim=48, axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )  # fmt: skip
    plain.save_pretrained(folder / "transformer")
    language = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=300, hidden_size=16, intermediate_size=16, num_hidden_layers=3,
            num_attention_heads=2, num_key_value_heads=1, head_dim=8,
        )
    )  # fmt: skip
    language.save_pretrained(folder / "text_encoder")
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=290, special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    words.train_from_iterator([string.printable], trainer)
    tokenizer = Qwen2TokenizerFast(tokenizer_object=words, pad_token=END)
    tokenizer.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    tokenizer.save_pretrained(folder / "tokenizer")
    FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(
        '{"_class_name": "Flux2KleinPipeline", "is_distilled": false,'
        ' "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"],'
        ' "text_encoder": ["transformers", "Qwen3ForCausalLM"],'
        ' "tokenizer": ["transformers", "Qwen2TokenizerFast"],'
        ' "transformer": ["diffusers", "Flux2Transformer2DModel"],'
        ' "vae": ["diffusers", "AutoencoderKLFlux2"]}'
    )
    return folder


def face_points(middle, size, wide=1.0):
    """68 points of a plain face: an outline and rings for brows, nose, eyes and mouth."""
    around = np.linspace(0.1, 0.9, 17) * np.pi
    rows = [np.stack([-np.cos(around) * wide, np.sin(around)], 1)]
    brow = np.stack([np.linspace(-0.2, 0.2, 5), np.full(5, -0.45)], 1)
    rows += [brow + np.array([x, 0.0]) for x in (-0.4, 0.4)]
    rows.append(np.stack([np.zeros(4), np.linspace(-0.3, 0.1, 4)], 1))
    rows.append(np.stack([np.linspace(-0.15, 0.15, 5), np.full(5, 0.2)], 1))
    for x in (-0.4, 0.4):
        turn = np.arange(6) / 6 * 2 * np.pi
        rows.append(np.stack([x + 0.15 * np.cos(turn), -0.25 + 0.06 * np.sin(turn)], 1))
    for count, ring in ((12, 0.3), (8, 0.2)):
        turn = np.arange(count) / count * 2 * np.pi
        rows.append(np.stack([ring * np.cos(turn), 0.55 + 0.4 * ring * np.sin(turn)], 1))
    return np.concatenate(rows) * size + middle


def drawn_face(points, width, height, colour=(200, 160, 140)):
    """A face of a few shapes at its points."""
    picture = np.full((height, width, 3), 60, np.uint8)
    rounded = np.rint(points).astype(np.int32)
    cv2.fillConvexPoly(picture, cv2.convexHull(rounded), colour)
    for first, last, tone in (
        (36, 42, (40, 40, 90)),
        (42, 48, (40, 40, 90)),
        (48, 60, (160, 40, 40)),
    ):
        cv2.fillConvexPoly(picture, cv2.convexHull(rounded[first:last]), tone)
    return picture


def request(width=64, height=64, **changed):
    middle = np.array([width / 2, height / 2 - 4])
    points = face_points(middle, width / 3)
    told = {
        "picture": drawn_face(points, width, height), "points": points + 2.0,
        "seen": np.ones(68, bool), "instruction": "smile", "seed": 7,
    }  # fmt: skip
    return EditRequest(**{**told, **changed})


@dataclass(frozen=True)
class DrawnHeads:
    """The CC0 head moved to the side, and turned with it.

    Attributes
    ----------
    pictures : (n, side, side, 3) uint8 array
    points : (n, 68, 2) float64 array
        Pixels.
    """

    pictures: np.ndarray
    points: np.ndarray

    @classmethod
    def at(cls, places, side=32, degrees_per_px=3.0):
        """Draw it at places, pixels from the middle."""
        model = head_model()
        surface = model.surface(np.zeros(len(model.identity_names)), {})
        mesh = model.landmarks.points(surface.vertices)
        wall = np.full((side, side, 3), (120, 130, 140), np.uint8)
        look = Look(
            skin=SKINS[2], light=(0.3, 0.4, 0.8), ambient=0.5, shine=0.0,
            background=wall, noise=0.0,
        )  # fmt: skip
        pictures, points = [], []
        for place in places:
            camera = HeadCamera.turned(
                degrees_per_px * place, px_per_mm=side / 360,
                shift=(side / 2 + place, 0.46 * side), distance_mm=1200.0,
            )  # fmt: skip
            pictures.append(portrait(model, surface, camera, look, (side, side)))
            points.append(camera.project(landmarks_68(mesh))[:, :2])
        return cls(np.stack(pictures), np.stack(points))
