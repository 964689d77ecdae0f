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
    x, y = (np.take(axis, triangles.T) for axis in np.ascontiguousarray(places.T))
    edges_x, edges_y = x[[2, 0, 1]] - x[[1, 2, 0]], y[[2, 0, 1]] - y[[1, 2, 0]]
    area = edges_x[0] * edges_y[1] - edges_y[0] * edges_x[1]
    low = np.maximum(np.ceil(y.min(axis=0) - _EDGE), 0).astype(np.intp)
    high = np.minimum(np.floor(y.max(axis=0) + _EDGE), height - 1).astype(np.intp)
    # Counter-clockwise from outside is clockwise where y points down.
    facing = np.flatnonzero((area < -1e-12) & (high >= low))
    x, y, height_of = x[:, facing], y[:, facing], np.take(depth, triangles[facing].T)
    edges_x, edges_y, area = edges_x[:, facing], edges_y[:, facing], area[facing]
    which, row = _runs((high - low + 1)[facing])
    row += low[facing][which]
    start, length = _spans(x[:, which], y[:, which], row, width)
    span, column = _runs(length)
    column += start[span]
    which, row = which[span], row[span]
    # Barycentric coordinates are affine in the pixel.
    weights = []
    for corner in range(3):
        other = (corner + 1) % 3
        away_x, away_y = column - x[other][which], row - y[other][which]
        weight = edges_x[corner][which] * away_y - edges_y[corner][which] * away_x
        weights.append(weight / area[which])
    seen = np.zeros(len(which))
    for weight, of_corner in zip(weights, height_of, strict=True):
        seen += weight * of_corner[which]
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
    triangle[drawn] = facing[which[chosen]]
    share[drawn] = np.stack([weight[chosen] for weight in weights], axis=1)
    size = (height, width)
    return Raster(triangle.reshape(size), share.reshape(*size, 3), nearest.reshape(size))


def _runs(lengths: IndexArray) -> tuple[IndexArray, IndexArray]:
    """Number every item of runs of these lengths: which run it is of, and its place there."""
    which = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    return which, np.arange(len(which)) - first[which]


def _spans(
    x: FloatArray, y: FloatArray, row: IndexArray, width: int
) -> tuple[IndexArray, IndexArray]:
    """First column and number of columns of a part (corners: (3, n)) in each row of pixels."""
    left, right = np.full(len(row), np.inf), np.full(len(row), -np.inf)
    for first, second in ((0, 1), (1, 2), (2, 0)):
        rise = y[second] - y[first]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (row - y[first]) / rise
            crossing = x[first] + share * (x[second] - x[first])
        met = (share >= -_EDGE) & (share <= 1 + _EDGE)
        left = np.where(met, np.minimum(left, crossing), left)
        right = np.where(met, np.maximum(right, crossing), right)
    met = left <= right
    start = np.maximum(np.ceil(np.where(met, left, 0) - _EDGE), 0).astype(np.intp)
    end = np.minimum(np.floor(np.where(met, right, -1) + _EDGE), width - 1).astype(np.intp)
    return start, np.maximum(end - start + 1, 0)
