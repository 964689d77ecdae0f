"""Which triangle every pixel of a picture shows: a depth buffer without a loop over triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landmarkdiff.arrays import BoolArray, FloatArray, IndexArray

__all__ = ["Raster", "rasterize"]

#: Pixels on an edge belong to both of its triangles, so that no crack opens.
_EDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Raster:
    """What is seen in each pixel.

    Attributes
    ----------
    triangle : (H, W) int array
        Index of the nearest triangle, -1 where there is none.
    weights : (H, W, 3) float64 array
        Barycentric coordinates of the pixel's centre in it.
    depth : (H, W) float64 array
        Its height toward the camera; minus infinity where there is none.
    """

    triangle: IndexArray
    weights: FloatArray
    depth: FloatArray

    @property
    def covered(self) -> BoolArray:
        """Pixels that show a triangle."""
        return np.asarray(self.triangle >= 0)

    def interpolate(self, triangles: IndexArray, values: FloatArray) -> FloatArray:
        """Return values of the vertices, (V,) or (V, k), in every pixel; 0 where nothing is."""
        there = self.covered
        corners = triangles[self.triangle[there]]
        shares = self.weights[there]
        drawn = np.zeros((*self.triangle.shape, *values.shape[1:]))
        # Corner by corner, so that no array of all corners of all pixels is made.
        found = np.zeros((len(shares), *values.shape[1:]))
        for corner in range(3):
            share = shares[:, corner].reshape(-1, *(1,) * (values.ndim - 1))
            found += share * np.take(values, corners[:, corner], axis=0)
        drawn[there] = found
        return drawn


def rasterize(
    places: FloatArray, depth: FloatArray, triangles: IndexArray, height: int, width: int
) -> Raster:
    """Draw the triangles that face the camera into a depth buffer.

    Parameters
    ----------
    places : (V, 2) float64 array
        Image frame, pixels; the centre of the top-left pixel is (0, 0).
    depth : (V,) float64 array
        Grows toward the camera.
    triangles : (T, 3) int array
    height, width : int
        Size of the picture.

    Returns
    -------
    Raster
    """
    corners = places[triangles]
    edges = np.roll(corners, -2, axis=1) - np.roll(corners, -1, axis=1)
    area = edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0]
    low = np.maximum(np.ceil(corners[..., 1].min(axis=1) - _EDGE), 0).astype(np.intp)
    high = np.minimum(np.floor(corners[..., 1].max(axis=1) + _EDGE), height - 1).astype(np.intp)
    # Counter-clockwise from outside is clockwise where y points down.
    rows = np.where(area < -1e-12, np.maximum(high - low + 1, 0), 0)
    which, row = _runs(rows)
    row += low[which]
    start, length = _spans(corners[which], row, width)
    span, column = _runs(length)
    column += start[span]
    which, row = which[span], row[span]
    # Barycentric coordinates are affine in the pixel.
    weights = []
    for corner in range(3):
        x, y = corners[:, (corner + 1) % 3].T
        away_x, away_y = column - x[which], row - y[which]
        weight = edges[:, corner, 0][which] * away_y - edges[:, corner, 1][which] * away_x
        weights.append(weight / area[which])
    seen = np.zeros(len(which))
    for corner, weight in enumerate(weights):
        seen += weight * depth[triangles[:, corner]][which]
    pixel = row * width + column
    nearest = np.full(height * width, -np.inf)
    np.maximum.at(nearest, pixel, seen)
    (front,) = np.nonzero(seen == nearest[pixel])
    # Of pixels that two triangles show at one depth numpy keeps what is written last.
    shown = np.full(height * width, -1, np.intp)
    shown[pixel[front]] = front
    drawn = shown >= 0
    chosen = shown[drawn]
    triangle, share = np.full(height * width, -1, np.intp), np.zeros((height * width, 3))
    triangle[drawn] = which[chosen]
    share[drawn] = np.stack([weight[chosen] for weight in weights], axis=1)
    size = (height, width)
    return Raster(triangle.reshape(size), share.reshape(*size, 3), nearest.reshape(size))


def _runs(lengths: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Number every item of runs of these lengths: which run it is of, and its place there."""
    which = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    return which, np.arange(len(which)) - first[which]


def _spans(corners: FloatArray, row: IndexArray, width: int) -> tuple[IndexArray, IndexArray]:
    """First column and number of columns of each triangle's part in a row of pixels."""
    left, right = np.full(len(row), np.inf), np.full(len(row), -np.inf)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        x, y = corners[:, first, 0], corners[:, first, 1]
        rise = corners[:, second, 1] - y
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (row - y) / rise
            crossing = x + share * (corners[:, second, 0] - x)
        met = (share >= -_EDGE) & (share <= 1 + _EDGE)
        left = np.where(met, np.minimum(left, crossing), left)
        right = np.where(met, np.maximum(right, crossing), right)
    met = left <= right
    start = np.maximum(np.ceil(np.where(met, left, 0) - _EDGE), 0).astype(np.intp)
    end = np.minimum(np.floor(np.where(met, right, -1) + _EDGE), width - 1).astype(np.intp)
    return start, np.maximum(end - start + 1, 0)
