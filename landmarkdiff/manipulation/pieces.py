"""The pieces of a warp: each procedure of a plan has its own part of the mask, and its own spline.

So procedures that do not meet leave each other as they are alone; where they meet, the pieces go
over into each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray, MaskArray

__all__ = ["MaskPiece", "SplinePiece", "piece_weights"]


@dataclass(frozen=True, eq=False)
class MaskPiece:
    """What one procedure of a plan covers.

    Attributes
    ----------
    procedure : str
    coverage : (rows, columns) uint8 array
        The hulls of its regions, feathered, before anything limits them; in steps of 1/255.
    anchors : (n, 2) float64 array
        Points around it that stay, pixels; none lies within it, or within a piece that it meets.
    """

    procedure: str
    coverage: MaskArray
    anchors: FloatArray


def piece_weights(coverages: Sequence[MaskArray]) -> list[Float32Array | None]:
    """Part that each piece of a mask has in every node's displacement: (rows, columns) each.

    They add up to 1 wherever anything is covered. A node of one piece alone is that piece's; where
    pieces meet, one goes over into the other as their feathers do. The weight of an only piece is
    None.

    Examples
    --------
    >>> covers = [np.array([[255, 255, 0]], np.uint8), np.array([[0, 255, 51]], np.uint8)]
    >>> [weight.tolist() for weight in piece_weights(covers)]
    [[[1.0, 0.5, 0.0]], [[0.0, 0.5, 1.0]]]
    """
    if len(coverages) == 1:
        return [None]
    covers = [coverage.astype(np.float32) for coverage in coverages]
    total = np.maximum(sum(covers, np.float32(0.0)), np.float32(1.0))
    return [np.asarray(cover / total, np.float32) for cover in covers]


@dataclass(frozen=True, eq=False)
class SplinePiece:
    """One thin-plate spline of a warp.

    Attributes
    ----------
    controls : (n,) int array
        The points that control it, by their place among those of the fit.
    anchors : (m, 2) float64 array
        Points around that stay, pixels.
    weight : (rows, columns) float32 array or None
        Its part in the nodes' displacement, see :func:`piece_weights`; None where it is the only
        one.
    """

    controls: IndexArray
    anchors: FloatArray
    weight: Float32Array | None = None
