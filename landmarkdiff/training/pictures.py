"""Validation pictures: a row for each sample, as its task paints it."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.training.run import Run

__all__ = ["validation_pictures"]


def validation_pictures(run: Run) -> ImageArray | None:
    """Paint samples of validation with the averaged weights.

    Every process takes part where the weights are shared.

    Returns
    -------
    (rows * H, n * W, 3) uint8 array or None
        A row for each sample, its last picture the target; None where none are wanted.
    """
    count = min(run.settings.validation.pictures, len(run.judged))
    if not count:
        return None
    with run.judging():
        rows = [np.hstack(run.task.row(run, number)) for number in range(count)]
    return np.vstack(rows)
