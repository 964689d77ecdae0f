"""A contact sheet of pairs: what a network will see."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.synthetic.dataset import PairDataset
from landmarkdiff.synthetic.sample import Sample

__all__ = ["contact_sheet", "spread_numbers"]

#: Side of a picture on the sheet, pixels.
SIDE = 256
#: How many times a difference is made stronger, to be seen.
GAIN = 4.0


def spread_numbers(pairs: PairDataset, count: int) -> list[int]:
    """Return some pairs, evenly through the set."""
    return sorted({round(place) for place in np.linspace(0, len(pairs) - 1, count)})


def contact_sheet(samples: Sequence[Sample]) -> ImageArray:
    """Put pairs below each other: source, target, four times their difference, mask, drawing.

    Parameters
    ----------
    samples : sequence of Sample

    Returns
    -------
    (256 n, 1280, 3) uint8 array
        RGB.
    """
    return np.vstack([_row(sample) for sample in samples])


def _row(sample: Sample) -> ImageArray:
    change = np.abs(sample.target.astype(np.float32) - sample.source.astype(np.float32))
    mask = np.repeat((255.0 * sample.mask[..., None] + 0.5).astype(np.uint8), 3, axis=2)
    pictures = (
        sample.source,
        sample.target,
        np.minimum(GAIN * change, 255.0).astype(np.uint8),
        mask,
        sample.drawing,
    )
    size = (SIDE, SIDE)
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in pictures]
    return np.asarray(np.hstack(small), np.uint8)
