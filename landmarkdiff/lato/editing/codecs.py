"""Pictures to latents and back: one latent for each token of the transformer."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["Codec", "Flux2Codec", "FluxCodec", "PixelCodec"]

#: Latents of the autoencoder that make one token, along each axis.
_JOINED = 2


class Codec(Protocol):
    """Turns pictures into latents.

    Attributes
    ----------
    patch : int
        Pixels that a token covers along each axis.
    channels : int
        Numbers of a token.
    """

    patch: int
    channels: int

    def encode(self, pictures: Tensor) -> Tensor:
        """Return latents (B, channels, H / patch, W / patch) of pictures (B, 3, H, W) in [0, 1]."""

    def decode(self, latents: Tensor) -> Tensor:
        """Return pictures, about [0, 1], of latents; differentiable."""


class _Autoencoder:
    """What both autoencoders do alike."""

    def __init__(self, vae: Any) -> None:
        self.vae = vae
        self.patch = _JOINED * 2 ** (len(vae.config.block_out_channels) - 1)
        self.channels = _JOINED**2 * int(vae.config.latent_channels)

    def _mode(self, pictures: Tensor) -> Tensor:
        with torch.no_grad(), torch.autocast(pictures.device.type, enabled=False):
            found = self.vae.encode(2.0 * pictures.to(self.vae.dtype) - 1.0).latent_dist.mode()
        return found.float()

    def _picture(self, latents: Tensor) -> Tensor:
        with torch.autocast(latents.device.type, enabled=False):
            found = self.vae.decode(latents.to(self.vae.dtype), return_dict=False)[0]
        return found.float() / 2.0 + 0.5


class Flux2Codec(_Autoencoder):
    """The autoencoder of FLUX.2, whose tokens are normalised by running means.

    Parameters
    ----------
    vae : AutoencoderKLFlux2
    """

    def encode(self, pictures: Tensor) -> Tensor:
        """See :class:`Codec`."""
        mean, spread = self._normal(pictures)
        return (functional.pixel_unshuffle(self._mode(pictures), _JOINED) - mean) / spread

    def decode(self, latents: Tensor) -> Tensor:
        """See :class:`Codec`."""
        mean, spread = self._normal(latents)
        return self._picture(functional.pixel_shuffle(latents * spread + mean, _JOINED))

    def _normal(self, like: Tensor) -> tuple[Tensor, Tensor]:
        norm = self.vae.bn
        spread = (norm.running_var.float() + self.vae.config.batch_norm_eps).sqrt()
        shape = (1, -1, 1, 1)
        return (
            norm.running_mean.float().view(shape).to(like.device),
            spread.view(shape).to(like.device),
        )


class FluxCodec(_Autoencoder):
    """The autoencoder of the first Flux, which the published transformer was trained with.

    Parameters
    ----------
    vae : AutoencoderKL
    """

    def encode(self, pictures: Tensor) -> Tensor:
        """See :class:`Codec`."""
        own = self.vae.config
        found = (self._mode(pictures) - (own.shift_factor or 0.0)) * own.scaling_factor
        return functional.pixel_unshuffle(found, _JOINED)

    def decode(self, latents: Tensor) -> Tensor:
        """See :class:`Codec`."""
        own = self.vae.config
        found = functional.pixel_shuffle(latents, _JOINED) / own.scaling_factor
        return self._picture(found + (own.shift_factor or 0.0))


class PixelCodec:
    """No autoencoder: a token holds the pixels of its patch. For small experiments and tests.

    Parameters
    ----------
    patch : int
    """

    def __init__(self, patch: int) -> None:
        self.patch = patch
        self.channels = 3 * patch**2

    def encode(self, pictures: Tensor) -> Tensor:
        """See :class:`Codec`."""
        return functional.pixel_unshuffle(2.0 * pictures - 1.0, self.patch)

    def decode(self, latents: Tensor) -> Tensor:
        """See :class:`Codec`."""
        return functional.pixel_shuffle(latents, self.patch) / 2.0 + 0.5
