"""What is computed once: the latents of untouched photos, and the embeddings of prompts."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import torch

__all__ = ["LatentCache", "WordCache", "encoded"]

#: Latents kept in memory; of 512-pixel photos 131 kB each.
KEPT_IN_MEMORY = 4096


def encoded(vae: Any, pictures: Any) -> Any:
    """Return mean and deviation of the latents of pictures, (B, 2, 4, n, n) fp32, scaled.

    Parameters
    ----------
    vae : AutoencoderKL
    pictures : (B, 3, S, S) tensor in [0, 1]
    """
    with torch.no_grad(), torch.autocast(pictures.device.type, enabled=False):
        found = vae.encode(pictures.to(vae.dtype) * 2.0 - 1.0).latent_dist
        pair = torch.stack([found.mean, found.std], dim=1)
        return pair.float() * vae.config.scaling_factor


class LatentCache:
    """Latents of untouched photos, by the content of the photo.

    A photo serves many pairs, so most targets are encoded once. Each is encoded by itself: what
    is found does not depend on what else was missing.

    Parameters
    ----------
    vae : AutoencoderKL
    folder : Path, optional
        Where they are kept for later runs.
    """

    def __init__(self, vae: Any, folder: Path | None = None) -> None:
        self._vae = vae
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        weights = vae.encoder.conv_in.weight, vae.encoder.conv_out.weight
        self._of_vae = b"".join(
            hashlib.blake2b(weight.detach().cpu().numpy().tobytes()).digest() for weight in weights
        )
        self._kept: OrderedDict[str, Any] = OrderedDict()

    def __call__(self, pictures: Any) -> Any:
        """Return mean and deviation (B, 2, 4, n, n) of pictures (B, 3, S, S) in [0, 1]."""
        return torch.stack([self._one(picture) for picture in pictures])

    def _one(self, picture: Any) -> Any:
        content = np.rint(picture.cpu().numpy() * 255.0).astype(np.uint8).tobytes()
        key = hashlib.blake2b(content, digest_size=20, key=self._of_vae[:64]).hexdigest()
        found = self._kept.pop(key, None)
        if found is None:
            found = self._read(key)
        if found is None:
            found = encoded(self._vae, picture[None])[0].cpu()  # a card has no room for thousands
            self._write(key, found)
        self._kept[key] = found
        if len(self._kept) > KEPT_IN_MEMORY:
            self._kept.popitem(last=False)
        return found.to(picture.device)

    def _place(self, key: str) -> Path | None:
        return None if self._folder is None else self._folder / key[:2] / f"{key}.npy"

    def _read(self, key: str) -> Any:
        place = self._place(key)
        if place is None or not place.is_file():
            return None
        return torch.from_numpy(np.load(place, allow_pickle=False))

    def _write(self, key: str, found: Any) -> None:
        place = self._place(key)
        if place is None:
            return
        place.parent.mkdir(exist_ok=True)
        temporary = place.with_name(f".{key}.{os.getpid()}.part")
        with temporary.open("wb") as file:
            np.save(file, found.cpu().numpy())
        temporary.replace(place)


class WordCache:
    """Embeddings of prompts; there are about as many as procedures.

    Parameters
    ----------
    tokenizer, text_encoder
    device : str
    """

    def __init__(self, tokenizer: Any, text_encoder: Any, device: str) -> None:
        self._tokenizer = tokenizer
        self._encoder = text_encoder
        self._device = device
        self._kept: dict[str, Any] = {}

    def __call__(self, prompts: list[str]) -> Any:
        """Return embeddings (B, T, D) of prompts."""
        for prompt in prompts:
            if prompt not in self._kept:
                self._kept[prompt] = self._embedded(prompt)
        return torch.stack([self._kept[prompt] for prompt in prompts])

    def _embedded(self, prompt: str) -> Any:
        tokens = self._tokenizer(
            prompt,
            padding="max_length",
            max_length=self._tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        ).input_ids
        with torch.no_grad():
            return self._encoder(tokens.to(self._device))[0][0].float()
