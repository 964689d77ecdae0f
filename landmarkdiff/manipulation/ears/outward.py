"""Ears as they stood before they were set back: farther out than the photo has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from landmarkdiff.manipulation.ears.seen import EarInPhoto, going_along
from landmarkdiff.manipulation.ears.turned import WIDEST, EarTurns

__all__ = ["brought_out"]


def brought_out(ear: EarInPhoto, shares: Sequence[float]) -> Iterator[tuple[float, EarInPhoto]]:
    """Yield an ear as it would be found if it stood out by these shares of its width more.

    Parameters
    ----------
    ear : EarInPhoto
    shares : sequence of float
        Of the width; 0 is the photo's ear.

    Yields
    ------
    float
        The share.
    EarInPhoto
        Its outline that much farther out, and the head's ear turned as far.
    """
    # Only what lies beside the root counts, so the mirrored photo needs no width here.
    flip = (-1.0, 1.0) if ear.side == "left" else (1.0, 1.0)
    turns = EarTurns(ear.head, "right", ear.root * flip, ear.head_lateral)
    for share in shares:
        points = ear.points - share * ear.ways
        widths = ear.widths * (1.0 + share * ear.shares)
        width = float(np.quantile(widths, WIDEST))
        brought = replace(
            ear,
            points=points,
            widths=widths,
            shares=going_along(points, widths, ear.px_per_mm),
            width_px=width,
            surface=turns.as_far_out(width),
        )
        yield share, brought
