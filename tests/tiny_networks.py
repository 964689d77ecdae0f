"""Exactly computed weights: an autoencoder that returns its picture, or moves it.

Three things stand between a convolutional autoencoder and the identity. The blocks in between
have a residual path, which is silenced. The last activation is made linear by pairs of channels
of opposite sign, since silu(z) - silu(-z) = z. And the group normalisation before it is tamed by
two constant channels, +K and -K, that dominate its variance: the signal is then divided by a
constant, which the next weight gives back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel

#: The constant channels; the signal, up to 1, changes the variance by less than 1/4000.
DOMINANT = 100.0
#: Pairs of signal channels (three colours, and one spare for the latents) and the two constants.
CHANNELS = 10
#: Four convolutions of 3 x 3 lie in a row, and each can move the picture by a pixel.
ROOM_FOR_SHIFT = 4.0
#: Makes the latents large beside the noise that the schedule adds.
SCALING_FACTOR = 20.0
#: Logarithm of the variance of the latents: none to speak of.
NO_VARIANCE = -30.0


def write_exact_vae(folder: Path, shift: float) -> None:
    """Write an autoencoder whose pictures come back moved right by ``shift`` pixels.

    Its latents are three colours and an empty channel at the picture's own size: four channels
    at an eighth of it could not hold the picture.
    """
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
        block_out_channels=(CHANNELS,),
        norm_num_groups=1,
        latent_channels=4,
        sample_size=512,
        scaling_factor=SCALING_FACTOR,
        mid_block_add_attention=False,
    )
    with torch.no_grad():
        for name, module in vae.named_modules():
            if name.endswith("conv2"):
                module.weight.zero_()
                module.bias.zero_()
        # Whole pixels first: a shift by part of a pixel blurs.
        parts = [float(np.clip(abs(shift) - k, 0.0, 1.0) * np.sign(shift)) for k in range(4)]
        _spread(vae.encoder.conv_in, 3, parts[0])
        _restore(vae.encoder.conv_norm_out)
        _gather(vae.encoder.conv_out, 3, parts[1])
        vae.encoder.conv_out.bias[4:] = NO_VARIANCE
        for module in (vae.quant_conv, vae.post_quant_conv):
            module.weight.copy_(torch.eye(len(module.weight))[:, :, None, None])
            module.bias.zero_()
        _spread(vae.decoder.conv_in, 4, parts[2])
        _restore(vae.decoder.conv_norm_out)
        _gather(vae.decoder.conv_out, 3, parts[3])
    vae.save_pretrained(folder)


def silence_unet(unet: UNet2DConditionModel) -> None:
    """Make a network answer that there is no noise."""
    with torch.no_grad():
        unet.conv_out.weight.zero_()
        unet.conv_out.bias.zero_()


def _taps(shift: float) -> torch.Tensor:
    """Return a 3 x 3 kernel that moves a picture right by -1 to 1 pixels."""
    kernel = torch.zeros(3, 3)
    kernel[1, 1] = 1.0 - abs(shift)
    # The value at a pixel comes from the pixel on its left when the picture moves right.
    kernel[1, 0 if shift > 0 else 2] += abs(shift)
    return kernel


def _spread(conv: Any, signals: int, shift: float) -> None:
    """From each signal make a pair of opposite channels, and two constants of them all."""
    conv.weight.zero_()
    conv.bias.zero_()
    for channel in range(signals):
        conv.weight[2 * channel, channel] = _taps(shift)
        conv.weight[2 * channel + 1, channel] = -_taps(shift)
    conv.bias[CHANNELS - 2] = DOMINANT
    conv.bias[CHANNELS - 1] = -DOMINANT


def _restore(norm: Any) -> None:
    """Give back what the normalisation divides by, and drop the constants."""
    norm.weight.fill_(DOMINANT * (2.0 / CHANNELS) ** 0.5)
    norm.weight[CHANNELS - 2 :] = 0.0
    norm.bias.zero_()


def _gather(conv: Any, signals: int, shift: float) -> None:
    """Make one signal of each pair again."""
    conv.weight.zero_()
    conv.bias.zero_()
    for channel in range(signals):
        conv.weight[channel, 2 * channel] = _taps(shift)
        conv.weight[channel, 2 * channel + 1] = -_taps(shift)
