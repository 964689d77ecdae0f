"""The moving average of the weights, in fp32, which is what a run is judged by and gives away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from landmarkdiff.training.placement import like
from landmarkdiff.training.settings import FitSettings

__all__ = ["Average"]


class Average:
    """diffusers' ``EMAModel`` over the weights that are trained.

    Its decay after n updates is ``min(ema_decay, 1 - n ** -ema_power)``: 0 at first, so that the
    average begins with what was learned and not with the start.

    Parameters
    ----------
    weights : iterable of tensor
    settings : FitSettings
    """

    def __init__(self, weights: Iterable[Any], settings: FitSettings) -> None:
        from diffusers.training_utils import EMAModel

        self._model: Any = EMAModel(
            list(weights),
            decay=settings.ema_decay,
            use_ema_warmup=True,
            inv_gamma=1.0,
            power=settings.ema_power,
        )

    @property
    def values(self) -> list[Any]:
        """The averages, in the order of the weights."""
        return list(self._model.shadow_params)

    def step(self, weights: Iterable[Any]) -> None:
        """Take the weights after an update in."""
        self._model.step(weights)

    def restore(self, values: list[Any], updates: int) -> None:
        """Put averages after so many updates back."""
        with torch.no_grad():
            for own, value in zip(self._model.shadow_params, values, strict=True):
                own.copy_(like(own, value))
        self._model.optimization_step = updates

    @contextmanager
    def shown(self, weights: Iterable[Any]) -> Iterator[None]:
        """Let the network have the averages, and its own weights again afterwards."""
        weights = list(weights)
        kept = [weight.detach().clone() for weight in weights]
        self._model.copy_to(weights)
        try:
            yield
        finally:
            with torch.no_grad():
                for weight, value in zip(weights, kept, strict=True):
                    weight.copy_(value)
