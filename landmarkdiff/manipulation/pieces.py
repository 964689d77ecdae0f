"""The pieces of a warp: each procedure of a plan has its own part of the mask, and its own spline.

So procedures that do not meet leave each other as they are alone; where they meet, the pieces go
over into each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray, MaskArray

__all__ = ["MaskPiece", "MaskRegion", "SplinePiece", "piece_weights", "ring_around"]


@dataclass(frozen=True, eq=False)
class MaskPiece:
    """What one procedure of a plan covers.

    Attributes
    ----------
    procedure : str
        Or the name of the ear, which has a piece of its own.
    coverage : (rows, columns) uint8 array
        The hulls of its regions, feathered, before anything limits them; in steps of 1/255.
    anchors : (n, 2) float64 array
        Points around it that stay, pixels; none lies within it, or within a piece that it meets.
    """

    procedure: str
    coverage: MaskArray
    anchors: FloatArray


@dataclass(frozen=True, eq=False)
class MaskRegion:
    """A region of the mask beside the face mesh, as of an ear.

    Attributes
    ----------
    hull : (n, 2) float64 array
        Its outline, pixels; it may be concave.
    solid, widening : float
        The mask is whole up to the first distance from the outline and has ended at the second,
        pixels.
    root : (2, 2) float64 array
        Line behind which nothing moves, pixels.
    lateral : (2,) float64 array
        Unit vector from that line into the region.
    band : float
        Distance from that line at which the mask is whole, pixels.
    anchors : (n, 2) float64 array
        Points around it that stay, pixels.
    """

    hull: FloatArray
    solid: float
    widening: float
    root: FloatArray
    lateral: FloatArray
    band: float
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


def ring_around(hull: FloatArray, margin: float, roll: float, count: int) -> FloatArray:
    """Return points around a hull that stay, placed alike on both sides of the face: (count, 2).

    Parameters
    ----------
    hull : (n, 2) float64 array
        Pixels.
    margin : float
        How far outside of it they lie, pixels.
    roll : float
        Of the face, degrees.
    count : int
    """
    angles = np.radians(roll) + 2.0 * np.pi * (np.arange(count) + 0.5) / count
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centre = (hull.min(axis=0) + hull.max(axis=0)) / 2.0
    support = ((hull - centre) @ directions.T).max(axis=0)
    return np.asarray(centre + (support + margin)[:, None] * directions)


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
    beyond_face : bool
        Whether it lies beyond the outline of the face and is read there, as of an ear; others end
        at the outline.
    """

    controls: IndexArray
    anchors: FloatArray
    weight: Float32Array | None = None
    beyond_face: bool = False
