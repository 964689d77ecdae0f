"""What a run trains: networks, loss, order of the samples, and a picture to look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from landmarkdiff.arrays import ImageArray

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """A kind of training, whose parts a run puts together.

    Attributes
    ----------
    load : callable
        ``load(settings, device)`` gives the networks; their ``denoiser`` is what is trained.
    objective : callable
        ``objective(settings, networks, device_name)`` gives the loss: ``terms`` of a batch and a
        draw, their ``weighted`` sum, and the ``error`` that validation compares, (B,) each.
    order : callable
        ``order(pairs, of_update, settings)`` says which pairs an update takes.
    together : callable
        ``together(places, samples)`` makes a batch.
    draw : callable
        ``draw(settings, networks, seed, batch, device_name)`` gives what is random about the
        samples of a batch; its ``evenly(place, count)`` is the same for validation, with the
        noise spread evenly.
    row : callable
        ``row(run, number)`` paints a sample of validation: the pictures of a row.
    """

    load: Callable[[Any, Any], Any]
    objective: Callable[[Any, Any, str], Any]
    order: Callable[[Any, int, Any], Any]
    together: Callable[[Sequence[int], Sequence[Any]], Any]
    draw: Callable[[Any, Any, int, Any, str], Any]
    row: Callable[[Any, int], list[ImageArray]]
