"""A window of upright cells over part of a photo, for what is taken out of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray

__all__ = ["PhotoWindow", "in_levels", "sampled", "sampled_at"]


@dataclass(frozen=True)
class PhotoWindow:
    """Upright cells over part of a photo.

    Attributes
    ----------
    x, y : float
        Where the centre of the first cell lies in the photo, pixels.
    step : float
        Pixels of the photo for each cell.
    rows, columns : int
    """

    x: float
    y: float
    step: float
    rows: int
    columns: int

    @classmethod
    def between(cls, low: FloatArray, high: FloatArray, step: float) -> PhotoWindow:
        """Return the window from one corner (x, y) to another, pixels of the photo."""
        columns, rows = (np.ceil((high - low) / step).astype(int) + 1).tolist()
        return cls(float(low[0]), float(low[1]), step, rows, columns)

    @property
    def places(self) -> Float32Array:
        """Where the cells lie in the photo: (rows, columns, 2) x, y, pixels."""
        xs = self.x + self.step * np.arange(self.columns)
        ys = self.y + self.step * np.arange(self.rows)
        return np.asarray(np.stack(np.meshgrid(xs, ys), axis=-1), np.float32)

    def box(self, width: int, height: int) -> tuple[slice, slice]:
        """Rows and columns of a photo of this size that the window covers."""
        right = self.x + self.step * (self.columns - 1)
        bottom = self.y + self.step * (self.rows - 1)
        left, top = max(int(np.ceil(self.x)), 0), max(int(np.ceil(self.y)), 0)
        return (
            slice(top, max(top, min(int(np.floor(bottom)) + 1, height))),
            slice(left, max(left, min(int(np.floor(right)) + 1, width))),
        )

    def of(self, pixels: ImageArray) -> Float32Array:
        """Return a photo in the cells: (rows, columns, 3) float32."""
        low = np.floor((self.x, self.y)).astype(int) - 2
        span = np.array([self.columns, self.rows]) * self.step
        high = np.ceil(low + span).astype(int) + 5
        low, high = np.maximum(low, 0), np.minimum(high, pixels.shape[1::-1])
        part = pixels[low[1] : high[1], low[0] : high[0]].astype(np.float32)
        if self.step > 1.5:
            part = np.asarray(cv2.GaussianBlur(part, (0, 0), 0.4 * self.step), np.float32)
        return sampled(part, self.places - low.astype(np.float32))


def sampled(values: Float32Array, places: NDArray[np.generic]) -> Float32Array:
    """Values (rows, columns) or (rows, columns, channels) at places (h, w, 2) x, y: bilinear.

    Beyond the border the outermost values go on.
    """
    # OpenCV 5 reads a map of both coordinates wrongly when it interpolates linearly.
    x, y = cv2.split(np.ascontiguousarray(places, np.float32))
    return sampled_at(values, np.asarray(x, np.float32), np.asarray(y, np.float32))


def sampled_at(values: Float32Array, x: Float32Array, y: Float32Array) -> Float32Array:
    """The same at places whose x and y (h, w) are known by themselves, which takes less time."""
    found = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def in_levels(values: Float32Array) -> NDArray[np.uint8]:
    """Round levels, any shape, to what a picture can hold."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
