"""diffusers' own inpainting pipelines, with an autoencoder of higher precision than the UNet.

The pipelines hand the autoencoder the UNet's numbers, which fails where the two differ. So the
picture is encoded before the pipeline rounds it, in the autoencoder's precision, and the latents
are handed on. Everything else is diffusers' own code; in fp32 the results are equal to the bit.
Importing this module imports diffusers.
"""

from __future__ import annotations

from typing import Any

import torch
from diffusers import StableDiffusionControlNetInpaintPipeline, StableDiffusionInpaintPipeline
from diffusers.utils.torch_utils import randn_tensor

__all__ = ["ControlNetInpaint", "Inpaint", "decode"]


class _PreciseAutoencoder:
    """Encodes in the autoencoder's precision; see the module's text."""

    vae: Any
    _encode_vae_image: Any

    def prepare_latents(  # the signature is the pipelines'
        self,
        batch_size: int,
        num_channels_latents: int,
        height: int,
        width: int,
        dtype: Any,
        device: Any,
        generator: Any,
        latents: Any = None,
        image: Any = None,
        **rest: Any,
    ) -> Any:
        """Encode the start before it is rounded to the UNet's numbers."""
        if image is not None and image.shape[1] != num_channels_latents:
            image = image.to(device=device, dtype=self.vae.dtype)
            image = self._encode_vae_image(image=image, generator=generator).to(dtype)
        return super().prepare_latents(  # type: ignore[misc]  # of the pipeline beside this class
            batch_size,
            num_channels_latents,
            height,
            width,
            dtype,
            device,
            generator,
            latents,
            image=image,
            **rest,
        )

    def prepare_mask_latents(
        self,
        mask: Any,
        masked_image: Any,
        batch_size: int,
        height: int,
        width: int,
        dtype: Any,
        device: Any,
        generator: Any,
        do_classifier_free_guidance: bool,
    ) -> Any:
        """Prepare the mask alone: a UNet of four channels does not read the masked picture.

        Encoding it would cost as much as encoding the start. The random numbers that it would
        draw are drawn, so that a sampler that draws some later finds its own.
        """
        channels, shrunk = self.vae.config.latent_channels, self.vae_scale_factor
        one = (1, channels, height // shrunk, width // shrunk)
        for each in generator:
            randn_tensor(one, generator=each, device=device, dtype=self.vae.dtype)
        unread = torch.zeros((batch_size, *one[1:]), dtype=dtype, device=device)
        return super().prepare_mask_latents(  # type: ignore[misc]  # of the pipeline beside this class
            mask,
            unread,
            batch_size,
            height,
            width,
            dtype,
            device,
            generator,
            do_classifier_free_guidance,
        )

    vae_scale_factor: int


class Inpaint(_PreciseAutoencoder, StableDiffusionInpaintPipeline):  # type: ignore[misc]  # Any
    """``img2img`` inside a mask."""


class ControlNetInpaint(
    _PreciseAutoencoder,
    StableDiffusionControlNetInpaintPipeline,  # type: ignore[misc]  # Any
):
    """The same under one or two ControlNets."""


def decode(pipeline: Any, latents: Any) -> Any:
    """Turn latents into pictures in the autoencoder's precision.

    Parameters
    ----------
    pipeline : Inpaint or ControlNetInpaint
    latents : (B, 4, n, n) tensor

    Returns
    -------
    (B, N, N, 3) float32 array in [0, 1], not finite where a number overflowed
    """
    vae = pipeline.vae
    with torch.no_grad():
        pictures = vae.decode(latents.to(vae.dtype) / vae.config.scaling_factor, return_dict=False)[
            0
        ]
        return pipeline.image_processor.postprocess(pictures, output_type="np")
