"""The open edge of the neck, made a clean round."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray

__all__ = ["firmly_held"]


def firmly_held(quads: NDArray[Any]) -> BoolArray:
    """Tell which quads stay when those that hang loose are taken away: (Q,).

    A figure that is cut through a quad mesh keeps spurs and half rows at the cut: quads with two
    open edges or more. They are taken away until none is left.

    Parameters
    ----------
    quads : (Q, 4) int array
        Of one surface.

    Examples
    --------
    A strip of two quads hangs loose altogether; of a cup no quad does.

    >>> firmly_held(np.array([[0, 1, 3, 2], [2, 3, 5, 4]])).tolist()
    [False, False]
    >>> sides = [[0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    >>> firmly_held(np.array([*sides, [3, 2, 1, 0]])).all().item()
    True
    """
    corners = np.asarray(quads, np.int64)
    edges = np.sort(np.stack([corners, np.roll(corners, -1, axis=1)], axis=2), axis=2)
    number = np.unique(edges.reshape(-1, 2), axis=0, return_inverse=True)[1]
    number = number.reshape(len(corners), 4)
    held = np.ones(len(corners), np.bool_)
    while True:
        users = np.bincount(number[held].ravel(), minlength=int(number.max()) + 1)
        loose = held & ((users[number] == 1).sum(axis=1) > 1)
        if not loose.any():
            return held
        held &= ~loose
