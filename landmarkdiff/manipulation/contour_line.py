"""Where the pixels of a photo lie beside a contour."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import FloatArray, IndexArray

__all__ = ["ContourLine"]


class ContourLine:
    """Signed distance from the contour, positive outside the head, and the nearest point.

    Attributes
    ----------
    away : (h, w) float32 array
        Pixels.
    nearest : (h, w) int array
        Index of the nearest point of ``points``.
    left : bool
        Whether the background lies to the left.
    points, normals : (n, 2) float64 arrays
        Half a pixel apart; the normals point away from the head.
    """

    def __init__(
        self, contour: FloatArray, left: bool, corner: tuple[int, int], shape: tuple[int, ...]
    ) -> None:
        self.points = _drawn_on(contour, max(shape)) - corner
        along = np.gradient(self.points, axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        self.left = left
        sign = 1.0 if self.left else -1.0
        self.normals = np.stack([-along[:, 1], along[:, 0]], axis=1) * sign
        height, width = shape[:2]
        self.nearest = _nearest(self.points, height, width)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        to_x = x - self.points[self.nearest, 0].astype(np.float32)
        to_y = y - self.points[self.nearest, 1].astype(np.float32)
        normal = self.normals[self.nearest].astype(np.float32)
        across = to_x * normal[..., 0] + to_y * normal[..., 1]
        far = np.hypot(to_x, to_y)
        self.away = np.where(far > 3.0, np.copysign(far, across), across).astype(np.float32)


def _drawn_on(points: FloatArray, reach: float) -> FloatArray:
    """The contour, half a pixel apart, carried straight on beyond its ends."""
    span = min(12, len(points) - 1)
    head = points[0] + (points[0] - points[span]) / np.hypot(*(points[0] - points[span])) * reach
    tail = (
        points[-1]
        + (points[-1] - points[-1 - span]) / np.hypot(*(points[-1] - points[-1 - span])) * reach
    )
    whole = np.concatenate([[head], points, [tail]])
    way = np.concatenate([[0.0], np.hypot(*np.diff(whole, axis=0).T).cumsum()])
    at = np.arange(0.0, way[-1], 0.5)
    return np.stack([np.interp(at, way, whole[:, k]) for k in range(2)], axis=1)


def _nearest(points: FloatArray, height: int, width: int) -> IndexArray:
    """Index of the point nearest to every pixel, (height, width)."""
    column, row = np.rint(points).astype(np.intp).T
    margin = 2
    held = (
        (row >= -margin) & (row < height + margin) & (column >= -margin) & (column < width + margin)
    )
    canvas = np.ones((height + 2 * margin, width + 2 * margin), np.uint8)
    index = np.zeros(canvas.shape, np.intp)
    own = np.flatnonzero(held)
    canvas[row[own] + margin, column[own] + margin] = 0
    index[row[own] + margin, column[own] + margin] = own
    _, labels = cv2.distanceTransformWithLabels(
        canvas, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(labels.max()) + 1, np.intp)
    marked = canvas == 0
    of_label[labels[marked]] = index[marked]
    return np.asarray(of_label[labels][margin:-margin, margin:-margin])
