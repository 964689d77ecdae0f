"""The openings between lids and between lips, in a photo: what shows there is not skin."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.head.texture.sampling import sampled

__all__ = ["Opening"]

#: Pixels of the map per millimetre, and room around the ring, mm.
_PX_PER_MM, _ROOM_MM = 6.0, 5.0


@dataclass(frozen=True, eq=False)
class Opening:
    """How deep within a ring of landmarks a place of a photo lies.

    Attributes
    ----------
    depth_mm : (h, w) float32 array
        Positive inside.
    corner : (2,) float64 array
        The first pixel of the map in the photo.
    step : float
        Photo pixels per pixel of the map.
    """

    depth_mm: Float32Array
    corner: FloatArray
    step: float

    @classmethod
    def of(cls, ring: FloatArray, px_per_mm: float) -> Opening:
        """Draw a ring, (n, 2) in the photo's pixels."""
        step = px_per_mm / _PX_PER_MM
        corner = ring.min(axis=0) - _ROOM_MM * px_per_mm
        width, height = np.ceil((ring.max(axis=0) - corner) / step + _ROOM_MM * _PX_PER_MM)
        inside = np.zeros((int(height), int(width)), np.uint8)
        places = np.rint((ring - corner) / step * 16).astype(np.int32)
        cv2.fillPoly(inside, [places], 1, shift=4)
        within = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
        beyond = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
        depth = np.asarray((within - beyond) / _PX_PER_MM, np.float32)
        return cls(depth, corner, step)

    def at(self, places: Float32Array) -> Float32Array:
        """Return the depth at places of the photo, (n, 2): (n,) mm, far outside -5."""
        where = (places - self.corner.astype(np.float32)) / np.float32(self.step)
        height, width = self.depth_mm.shape
        x, y = where[:, 0], where[:, 1]
        near = np.flatnonzero((x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1))
        depth = np.full(len(places), -_ROOM_MM, np.float32)
        depth[near] = sampled(self.depth_mm, where[near])
        return depth
