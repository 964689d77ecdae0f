"""The loss of a batch of edits: the velocity from the picture to the noise."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor

from landmarkdiff.lato.editing.condition import landmark_tokens
from landmarkdiff.lato.editing.denoiser import Words
from landmarkdiff.lato.editing.editor import EditNetworks
from landmarkdiff.lato.editing.flow import add_noise
from landmarkdiff.lato.transformer.flux import LandmarkTokens
from landmarkdiff.training.lato.batches import EditBatch, EditDraw
from landmarkdiff.training.lato.settings import LatoSettings

__all__ = ["EditObjective"]

#: Instructions whose words are kept in memory: about 3 MB each with klein's language model.
_KEPT_WORDS = 512


class EditObjective:
    """Computes the loss of a batch.

    Parameters
    ----------
    settings : LatoSettings
    networks : EditNetworks
    device : str
    """

    def __init__(self, settings: LatoSettings, networks: EditNetworks, device: str) -> None:
        self._networks = networks
        self._device = device
        self._kept: OrderedDict[str, Words] = OrderedDict()

    def terms(self, denoiser: Any, batch: EditBatch, draw: EditDraw) -> dict[str, Tensor]:
        """Return the one term there is, (B,)."""
        return {"diffusion": self.error(denoiser, batch, draw)}

    def weighted(self, terms: dict[str, Tensor]) -> Tensor:
        """Return the loss of each sample, (B,)."""
        return terms["diffusion"]

    def error(self, denoiser: Any, batch: EditBatch, draw: EditDraw) -> Tensor:
        """Return the mean squared error of the velocity, (B,)."""
        target = self._networks.codec.encode(batch.target)
        source = self._networks.codec.encode(batch.source)
        noisy = add_noise(target, draw.noise, draw.shares)
        words = self.words(batch.instructions).chosen(
            self.words([""] * len(batch.instructions)), draw.told
        )
        found = denoiser(noisy, draw.shares, words, (source,), self.landmarks(batch, draw))
        return (found - (draw.noise - target)).square().mean(dim=(1, 2, 3))

    def landmarks(self, batch: EditBatch, draw: EditDraw) -> LandmarkTokens:
        """Return the tokens of a batch, with the shape that was drawn."""
        shown = draw.seen[..., None].float()
        middle = (batch.points * shown).sum(1, keepdim=True) / shown.sum(1, keepdim=True).clamp(1.0)
        points = middle + (batch.points - middle) * draw.shape[:, None]
        height, width = batch.target.shape[-2:]
        networks = self._networks
        return landmark_tokens(
            points,
            draw.given,
            (width, height),
            networks.codec.patch,
            networks.denoiser.axes,
            networks.coder,
        )

    def words(self, instructions: list[str]) -> Words:
        """Return the words of instructions, each read once."""
        rows = [self._row(text) for text in instructions]
        states = torch.cat([row.states for row in rows])
        pooled = [row.pooled for row in rows if row.pooled is not None]
        return Words(states, torch.cat(pooled) if pooled else None)

    def _row(self, text: str) -> Words:
        found = self._kept.pop(text, None)
        if found is None:
            with torch.no_grad():
                found = self._networks.read([text])
        self._kept[text] = found
        if len(self._kept) > _KEPT_WORDS:
            self._kept.popitem(last=False)
        return found
