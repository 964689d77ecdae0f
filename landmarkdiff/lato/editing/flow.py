"""Noise and steps of flow matching: a straight way from noise to the picture."""

from __future__ import annotations

from functools import cache
from math import log
from statistics import NormalDist
from typing import Any

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from diffusers.pipelines.flux2.pipeline_flux2 import compute_empirical_mu
from torch import Tensor

from landmarkdiff.lato.editing.denoiser import Family

__all__ = ["add_noise", "clean_latents", "schedule", "share_below", "shares_of_noise"]

#: The first Flux's shift grows along a line through these: tokens and shift.
_FLUX_SHIFT = ((256, 0.5), (4096, 1.15))


def add_noise(latents: Tensor, noise: Tensor, shares: Tensor) -> Tensor:
    """Return latents with a share of noise each: (B, C, h, w), shares (B,) in 0 to 1."""
    share = shares.view(-1, 1, 1, 1)
    return (1.0 - share) * latents + share * noise


def clean_latents(noisy: Tensor, velocity: Tensor, shares: Tensor) -> Tensor:
    """Return the latents (B, C, h, w) that a velocity, noise minus picture, amounts to.

    The way is straight, so they are the noisy ones less the velocity times the share of noise.
    """
    return noisy - shares.view(-1, 1, 1, 1) * velocity


def schedule(family: Family, steps: int, tokens: int) -> Any:
    """Return a scheduler whose steps are set, on the CPU.

    Parameters
    ----------
    family : {"flux", "flux2"}
    steps : int
    tokens : int
        Of the picture: more of them need more of the steps at much noise.

    Returns
    -------
    FlowMatchEulerDiscreteScheduler
    """
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    sigmas = np.linspace(1.0, 1.0 / steps, steps)
    scheduler.set_timesteps(sigmas=sigmas.tolist(), mu=_shift(family, steps, tokens))
    return scheduler


@cache
def _shift(family: Family, steps: int, tokens: int) -> float:
    if family == "flux2":
        return float(compute_empirical_mu(image_seq_len=tokens, num_steps=steps))
    (few, low), (many, high) = _FLUX_SHIFT
    return low + (high - low) * (tokens - few) / (many - few)


def shares_of_noise(normal: Tensor, tokens: int) -> Tensor:
    """Return the shares of noise that training takes, of normal numbers (B,).

    Their logistic function, shifted as the steps of a picture of so many tokens are (Esser et al.
    2024, section 3.1 and equation 23): most of what is to be learned lies in the middle.
    """
    shift = _training_shift(tokens)
    share = torch.sigmoid(normal)
    return shift * share / (1.0 + (shift - 1.0) * share)


def share_below(limit: float, tokens: int) -> float:
    """Return how many of the :func:`shares_of_noise` lie below a limit, 0 to 1.

    Examples
    --------
    >>> round(share_below(0.364, 1024), 3), share_below(1.0, 1024)
    (0.117, 1.0)
    """
    if limit >= 1.0:
        return 1.0
    shift = _training_shift(tokens)
    share = limit / (shift - (shift - 1.0) * limit)
    return NormalDist().cdf(log(share / (1.0 - share)))


def _training_shift(tokens: int) -> float:
    return float(np.exp(_shift("flux", 0, tokens)))
