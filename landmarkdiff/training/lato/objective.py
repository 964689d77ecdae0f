"""The loss of a batch of edits: the velocity from the picture to the noise, and terms of pictures.

Terms of pictures are those of surgical pairs, whose target and mask are known, at little noise.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor

from landmarkdiff.lato.editing.condition import landmark_tokens
from landmarkdiff.lato.editing.denoiser import Words
from landmarkdiff.lato.editing.editor import EditNetworks
from landmarkdiff.lato.editing.flow import add_noise, clean_latents, share_below
from landmarkdiff.lato.transformer.flux import LandmarkTokens
from landmarkdiff.training.image_terms import Compared, ImageTerms
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

    Raises
    ------
    ModeUnavailableError
        A term has a weight and its network is not there.
    WeightsCorruptError
    """

    def __init__(self, settings: LatoSettings, networks: EditNetworks, device: str) -> None:
        self._networks = networks
        self._losses = settings.losses
        self.images = ImageTerms(settings, device)
        self._kept: OrderedDict[str, Words] = OrderedDict()

    def terms(self, denoiser: Any, batch: EditBatch, draw: EditDraw) -> dict[str, Tensor]:
        """Return every term of each sample, (B,), without its weight.

        A term of pictures is 0 at much noise and of pairs without surgery; at little noise it is
        multiplied so that its mean over all surgical pairs is that over those at little noise.
        """
        found, expected, noisy = self.predicted(denoiser, batch, draw)
        terms = {"diffusion": _squared(found, expected)}
        if self.images.names:
            terms |= self._image_terms(batch, draw, noisy, found.float())
        return terms

    def weighted(self, terms: dict[str, Tensor]) -> Any:
        """Return the loss of each sample, (B,)."""
        return sum(getattr(self._losses.weights, name) * value for name, value in terms.items())

    def error(self, denoiser: Any, batch: EditBatch, draw: EditDraw) -> Tensor:
        """Return the mean squared error of the velocity, (B,)."""
        found, expected, _ = self.predicted(denoiser, batch, draw)
        return _squared(found, expected)

    def predicted(
        self, denoiser: Any, batch: EditBatch, draw: EditDraw
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the velocity, what it ought to be, and the latents with noise (B, C, h, w)."""
        target = self._networks.codec.encode(batch.target)
        source = self._networks.codec.encode(batch.source)
        noisy = add_noise(target, draw.noise, draw.shares)
        words = self.words(batch.instructions).chosen(
            self.words([""] * len(batch.instructions)), draw.told
        )
        found = denoiser(noisy, draw.shares, words, (source,), self.landmarks(batch, draw))
        return found, draw.noise - target, noisy

    def _image_terms(
        self, batch: EditBatch, draw: EditDraw, noisy: Tensor, velocity: Tensor
    ) -> dict[str, Tensor]:
        limit = self._losses.image_terms_below / 1000
        near = (draw.shares < limit) & batch.surgical
        values = {}
        if bool(near.any()):
            clean = clean_latents(noisy[near], velocity[near], draw.shares[near])
            picture = self._networks.codec.decode(clean)
            compared = Compared(batch.target, batch.mask, batch.mesh, batch.procedures)
            values = self.images(picture, compared.only(near))
        rows, columns = noisy.shape[-2:]
        return self.images.spread(near, values, share_below(limit, rows * columns))

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


def _squared(found: Tensor, expected: Tensor) -> Tensor:
    return (found - expected).square().mean(dim=(1, 2, 3))
