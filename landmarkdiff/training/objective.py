"""The loss of a batch: the diffusion term, and the terms of pictures at little noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.nn import functional

from landmarkdiff.losses.diffusion import (
    clean_latents,
    diffusion_loss,
    expected_prediction,
    noised,
)
from landmarkdiff.training.batches import Batch, chance
from landmarkdiff.training.image_terms import Compared, ImageTerms
from landmarkdiff.training.latents import LatentCache, WordCache, encoded
from landmarkdiff.training.networks import Networks
from landmarkdiff.training.settings import TrainingSettings

__all__ = ["Draw", "Objective", "shrunk"]

#: Time steps of the noise schedule.
STEPS = 1000


@dataclass(frozen=True)
class Draw:
    """What is random about the samples of a batch.

    Attributes
    ----------
    steps : (B,) long tensor
    noise, spread : (B, 4, n, n) tensor
        The noise that is added, and where in the photo's distribution its latents are.
    """

    steps: Any
    noise: Any
    spread: Any

    @classmethod
    def of(cls, seed: int, places: list[int], side: int, device: str) -> Draw:
        """Draw it from the seed and each sample's place, on the CPU on every machine."""
        rows = []
        for place in places:
            source = chance(seed, "noise", place)
            step = torch.randint(0, STEPS, (), generator=source)
            rows.append((step, *torch.randn((2, 4, side, side), generator=source)))
        steps, noise, spread = (
            torch.stack(column).to(device) for column in zip(*rows, strict=True)
        )
        return cls(steps, noise, spread)

    def evenly(self, place: int, count: int) -> Draw:
        """Return the draw at the time step of one of so many places, spread evenly."""
        step = (2 * place + 1) * STEPS // (2 * count)
        return replace(self, steps=torch.full_like(self.steps, step))


class Objective:
    """Computes the terms of a batch.

    Parameters
    ----------
    settings : TrainingSettings
    networks : Networks
    device : str

    Raises
    ------
    ModeUnavailableError
        A term has a weight and its network is not there.
    WeightsCorruptError
    """

    def __init__(self, settings: TrainingSettings, networks: Networks, device: str) -> None:
        self._networks = networks
        self._losses = settings.losses
        self.images = ImageTerms(settings, device)
        self._kept = networks.signal_kept().to(device)
        self.latents = LatentCache(networks.vae, settings.data.latent_cache)
        self.words = WordCache(networks.tokenizer, networks.text_encoder, device)

    def terms(self, denoiser: Any, batch: Batch, draw: Draw) -> dict[str, Any]:
        """Return every term of each sample, (B,), without its weight.

        A term of pictures is 0 at much noise; at little noise it is multiplied so that its
        mean over all samples is that over those at little noise.
        """
        prediction, expected, noisy = self.predicted(denoiser, batch, draw)
        found = {"diffusion": diffusion_loss(prediction, expected)}
        if self.images.names:
            found |= self._image_terms(batch, draw, noisy, prediction.float())
        return found

    def weighted(self, terms: dict[str, Any]) -> Any:
        """Return the loss of each sample, (B,)."""
        return sum(getattr(self._losses.weights, name) * value for name, value in terms.items())

    def error(self, denoiser: Any, batch: Batch, draw: Draw) -> Any:
        """Return the error of the prediction inside the mask, (B,): what validation compares."""
        prediction, expected, noisy = self.predicted(denoiser, batch, draw)
        return diffusion_loss(prediction, expected, shrunk(batch.mask, noisy.shape[-1]))

    def predicted(self, denoiser: Any, batch: Batch, draw: Draw) -> tuple[Any, Any, Any]:
        """Return the prediction, what it ought to be, and the latents with noise (B, 4, n, n).

        Outside the mask the latents are the source photo's, as the app's inpainting has them.
        """
        networks = self._networks
        mean, deviation = self.latents(batch.target).unbind(dim=1)
        target = mean + deviation * draw.spread
        source = encoded(networks.vae, batch.source)[:, 0]
        mask = shrunk(batch.mask, target.shape[-1])
        clean = mask * target + (1.0 - mask) * source
        kept = self._kept[draw.steps]
        noisy = noised(clean, draw.noise, kept)
        expected = expected_prediction(networks.prediction, clean, draw.noise, kept)
        words = self.words(batch.prompts)
        shown = self.shown(batch, source)
        prediction = denoiser(noisy, draw.steps, words, batch.drawing, mask, shown)
        return prediction, expected, noisy

    def shown(self, batch: Batch, source: Any) -> Any:
        """Return the latents of the photo that the UNet sees; ``source`` where it sees none."""
        if not self._networks.denoiser.inpainting:
            return source
        return encoded(self._networks.vae, hidden(batch.source, batch.mask))[:, 0]

    def _image_terms(self, batch: Batch, draw: Draw, noisy: Any, prediction: Any) -> dict[str, Any]:
        near = draw.steps < self._losses.image_terms_below
        values = {}
        if bool(near.any()):
            kept = self._kept[draw.steps[near]]
            clean = clean_latents(self._networks.prediction, noisy[near], prediction[near], kept)
            with torch.autocast(clean.device.type, enabled=False):
                picture = self.decoded(clean)
            values = self.images(picture, compared(batch).only(near))
        return self.images.spread(near, values, self._losses.image_terms_below / STEPS)

    def decoded(self, latents: Any) -> Any:
        """Return pictures (B, 3, S, S), about [0, 1], of latents, differentiable."""
        vae = self._networks.vae
        found = vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor, return_dict=False)[0]
        return found.float() / 2.0 + 0.5


def compared(batch: Batch) -> Compared:
    """Return what pictures of a batch are compared with."""
    return Compared(batch.target, batch.mask, batch.points, batch.procedures)


def hidden(pictures: Any, mask: Any) -> Any:
    """Return pictures (B, 3, S, S) grey where the mask is, as inpainting models were trained."""
    return torch.where(mask > 0.0, 0.5, pictures)


def shrunk(mask: Any, side: int) -> Any:
    """Return the mask at the size of the latents; any part of a latent counts, as in the app."""
    return functional.adaptive_max_pool2d(mask, side)
