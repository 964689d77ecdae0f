"""The diffusion term, and the picture that a prediction of noise amounts to."""

from __future__ import annotations

from typing import Any, Literal

import torch

__all__ = ["PredictionType", "clean_latents", "diffusion_loss", "expected_prediction", "noised"]

PredictionType = Literal["epsilon", "v_prediction"]


def noised(clean: Any, noise: Any, kept: Any) -> Any:
    """Return latents (B, C, n, n) with noise; ``kept`` (B,) is the share of signal power."""
    kept = _spread(kept, clean)
    return kept.sqrt() * clean + (1.0 - kept).sqrt() * noise


def expected_prediction(kind: PredictionType, clean: Any, noise: Any, kept: Any) -> Any:
    """Return what the network ought to predict: the noise, or the velocity."""
    if kind == "epsilon":
        return noise
    kept = _spread(kept, clean)
    return kept.sqrt() * noise - (1.0 - kept).sqrt() * clean


def clean_latents(kind: PredictionType, noisy: Any, prediction: Any, kept: Any) -> Any:
    """Return the latents (B, C, n, n) that a prediction amounts to, differentiable."""
    kept = _spread(kept, noisy)
    if kind == "epsilon":
        return (noisy - (1.0 - kept).sqrt() * prediction) / kept.sqrt()
    return kept.sqrt() * noisy - (1.0 - kept).sqrt() * prediction


def diffusion_loss(prediction: Any, expected: Any, mask: Any = None) -> Any:
    """Return the mean squared error of each sample, (B,).

    Parameters
    ----------
    prediction, expected : (B, C, n, n) tensor
    mask : (B, 1, n, n) tensor, optional
        Weight of each place; without it all count alike.
    """
    error = (prediction.float() - expected.float()).square()
    if mask is None:
        return error.mean(dim=(1, 2, 3))
    total = (error * mask).sum(dim=(1, 2, 3))
    return total / (error.shape[1] * mask.sum(dim=(1, 2, 3))).clamp_min(1e-6)


def _spread(values: Any, like: Any) -> Any:
    """Return numbers of samples (B,) so that they multiply (B, C, n, n)."""
    return torch.as_tensor(values, dtype=torch.float32, device=like.device).reshape(-1, 1, 1, 1)
