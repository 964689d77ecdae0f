"""A warp must not fold the picture: where it would, the effects that press it there give way.

Folds show in the determinant of the field's Jacobian, which is 1 where nothing moves and negative
where the picture lies over itself. Only effects that lower a determinant are made smaller, those
the most that lower it most; what moves elsewhere, or along with the place, stays whole.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import FloatArray, IndexArray

__all__ = ["FOLD_AIM", "MIN_JACOBIAN", "cell_nodes", "corner_slopes", "give_way"]

#: The warp is made smaller until the Jacobian determinant is at least this everywhere: 0 would be
#: a fold, and below a quarter the skin is magnified more than fourfold and looks smeared.
MIN_JACOBIAN = 0.25
#: What a warp that is made smaller aims at; it may miss by the difference.
FOLD_AIM = 0.252
#: An effect gives way by its part in a determinant's loss, as a share of the largest part: not at
#: all below the first, as far as any from the second on.
BLAME = (0.1, 0.5)
#: By how much an effect is made smaller at a time, at most.
LARGEST_STEP = 0.9


def cell_nodes(cells: IndexArray, columns: int) -> IndexArray:
    """Nodes around cells: (k, 4) top left, top right, bottom left, bottom right.

    ``cells`` (k,) count the cells between the nodes row by row, ``columns`` are the nodes' columns.
    """
    first = cells // (columns - 1) * columns + cells % (columns - 1)
    return np.asarray(first[:, None] + np.array([0, 1, columns, columns + 1]))


def corner_slopes(displacement: NDArray[np.floating], step: float) -> FloatArray:
    """Slopes at the four corners of cells.

    Parameters
    ----------
    displacement : (k, 4, e, 2) array
        Of the nodes around k cells, as :func:`cell_nodes` lists them, by each of e effects; pixels.
    step : float
        Size of a cell, pixels.

    Returns
    -------
    (4 k, e, 2, 2) float64 array
        Last axes: component, direction (x, y).

    Examples
    --------
    >>> shear = np.zeros((1, 4, 1, 2))
    >>> shear[0, 2:, 0, 0] = 3.0  # the lower nodes move to the right
    >>> corner_slopes(shear, 6.0)[0, 0].tolist()
    [[0.0, 0.5], [0.0, 0.0]]
    """
    left_top, right_top, left_low, right_low = np.moveaxis(displacement.astype(np.float64), 1, 0)
    across = (right_top - left_top, right_low - left_low)
    down = (left_low - left_top, right_low - right_top)
    corners = [np.stack([a, d], axis=-1) for a in across for d in down]
    return np.stack(corners, axis=1).reshape(-1, *corners[0].shape[1:]) / step


def give_way(slopes: FloatArray) -> FloatArray:
    """By how much each effect has to give way at corners that are pressed too much.

    Parameters
    ----------
    slopes : (k, e, 2, 2) float64 array
        From :func:`corner_slopes`, of the effects at their present sizes.

    Returns
    -------
    (k, e) float64 array
        Share of its present size, 0 to :data:`LARGEST_STEP`; 0 where nothing is pressed.

    Examples
    --------
    One effect presses from above to below, another moves the place along without a strain:

    >>> slopes = np.zeros((1, 2, 2, 2))
    >>> slopes[0, 0, 1, 1] = -1.5
    >>> give_way(slopes).round(3).tolist()
    [[0.501, 0.0]]
    """
    whole = slopes.sum(axis=1)
    trace, product = whole[:, 0, 0] + whole[:, 1, 1], _determinants(whole)
    lacking = FOLD_AIM - (1.0 + trace + product)
    pressed = lacking > 0.0
    amounts = np.zeros(slopes.shape[:2])
    if not pressed.any():
        return amounts
    own, whole, lacking = slopes[pressed], whole[pressed], lacking[pressed]
    trace, product = trace[pressed], product[pressed]
    # The share of the whole warp at which the corner has just room enough, and who takes the room.
    root = np.sqrt(np.maximum(trace**2 - 4.0 * product * (1.0 - FOLD_AIM), 0.0))
    scale = 2.0 * (1.0 - FOLD_AIM) / (root - trace)
    taken = np.maximum(-_along(np.eye(2) + scale[:, None, None] * whole, own), 0.0)
    part = taken / np.maximum(taken.max(axis=1, keepdims=True), 1e-12)
    blame = np.clip((part - BLAME[0]) / (BLAME[1] - BLAME[0]), 0.0, 1.0)
    # With these effects smaller by t times their blame: lacking = gain t + bend t².
    given = (blame[..., None, None] * own).sum(axis=1)
    gain = -_along(np.eye(2) + whole, given[:, None])[:, 0]
    root = gain**2 + 4.0 * _determinants(given) * lacking
    enough = gain + np.sqrt(np.maximum(root, 0.0))
    solved = (root >= 0.0) & (enough > 0.0)
    step = np.full(len(own), LARGEST_STEP)
    np.divide(2.0 * lacking, enough, out=step, where=solved)
    amounts[pressed] = np.minimum(step, LARGEST_STEP)[:, None] * blame
    return amounts


def _determinants(matrices: FloatArray) -> FloatArray:
    """Determinants of (k, 2, 2)."""
    a, b, c, d = np.moveaxis(matrices.reshape(-1, 4), 1, 0)
    return np.asarray(a * d - b * c)


def _along(matrices: FloatArray, changes: FloatArray) -> FloatArray:
    """Change of the determinants of (k, 2, 2) along changes (k, e, 2, 2): (k, e)."""
    a, b, c, d = np.moveaxis(matrices.reshape(-1, 4, 1), 1, 0)
    p, q, r, s = np.moveaxis(changes.reshape(*changes.shape[:2], 4), 2, 0)
    return np.asarray(d * p + a * s - c * q - b * r)
