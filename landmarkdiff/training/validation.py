"""How a run is judged: the error inside the mask, always on the same samples and draws."""

from __future__ import annotations

from typing import Any

import torch

from landmarkdiff.training.order import seed_of
from landmarkdiff.training.run import Run

__all__ = ["masked_error", "validation_batches"]


def validation_batches(run: Run) -> list[Any]:
    """Return the samples of validation as passes of one, the same ones every time.

    Every device makes as many passes, since weights that are shared are gathered for each: where
    samples run out, the first ones come again, and :func:`masked_error` does not count them.
    """
    pairs = run.judged
    count = min(run.settings.validation.samples, len(pairs))
    rounds = -(-count // run.place.ranks)
    places = (run.place.rank + turn * run.place.ranks for turn in range(rounds))
    return [run.task.together([place % count], [pairs[place % count]]) for place in places]


def masked_error(run: Run) -> float:
    """Return the mean squared error of the prediction, inside the mask where there is one.

    Time steps are spread evenly over the noise schedule, a sample each; noise is drawn from the
    seed and the sample.
    """
    count: int = min(run.settings.validation.samples, len(run.judged))
    total = torch.zeros(1, dtype=torch.float64)
    for turn, batch in enumerate(validation_batches(run)):
        found = batch.to(run.place.device.name)
        seed = seed_of(run.settings.training.seed, "validation")
        draw = run.draw(found, seed).evenly(batch.places[0], count)
        with torch.no_grad(), run.place.autocast():
            error = run.objective.error(run.network, found, draw)
        if run.place.rank + turn * run.place.ranks < count:
            total += error.double().cpu()
    return run.place.total(total) / count
