"""How well a photo shows each place of a head."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, FloatArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.texture.sampling import sampled
from landmarkdiff.profile.contour import Silhouette

__all__ = ["DepthView", "ramp", "shown_share"]

#: Pixels of the depth buffer per millimetre.
_PX_PER_MM = 1.2
#: A place this far behind what is drawn in front of it is hidden; so is one that lies beside an
#: edge that stands out by more (mm), within so many pixels of the buffer.
_BEHIND_MM, _BESIDE_MM, _BESIDE_PX = 1.6, 6.0, 2
#: Cosine of the angle between normal and line of sight from which a photo shows a surface at all,
#: and well.
_GRAZING, _FACING = 0.12, 0.36
#: Beside the head's own outline nothing is taken of a photo, then more and more, mm.
_RIM_MM = (1.5, 5.0)
#: The silhouette's probability from which a place is the person's, and surely.
_PERSON = (0.75, 0.97)
#: The photo's border fades out over this many millimetres.
_BORDER_MM = 6.0


def ramp(values: Float32Array, low: float, high: float) -> Float32Array:
    """Rise smoothly from 0 at ``low`` to 1 at ``high``."""
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share), np.float32)


@dataclass(frozen=True, eq=False)
class DepthView:
    """The depth buffer of a head before a camera, and what is worked out of it.

    Attributes
    ----------
    layers : (h, w, 3) float32 array
        Height toward the camera; its largest nearby; distance from the outline. All mm.
    corner : (2,) float64 array
        The first pixel, in mm before the camera.
    """

    layers: Float32Array
    corner: FloatArray

    @classmethod
    def of(cls, surface: HeadSurface, camera: HeadCamera) -> DepthView:
        """Draw a head as a camera sees it."""
        seen = _before(surface.vertices, camera)
        corner = seen[:, :2].min(axis=0) - 3.0
        width, height = (np.ceil((np.ptp(seen[:, :2], axis=0) + 6.0) * _PX_PER_MM)).astype(int)
        places = (seen[:, :2] - corner) * _PX_PER_MM
        drawn = rasterize(places, seen[:, 2], surface.topology.triangles, int(height), int(width))
        depth = np.where(drawn.covered, drawn.depth, -1e4).astype(np.float32)
        around = np.ones((2 * _BESIDE_PX + 1, 2 * _BESIDE_PX + 1), np.uint8)
        inside = np.pad(drawn.covered.astype(np.uint8), 1)
        rim = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1] / _PX_PER_MM
        layers = np.dstack([depth, cv2.dilate(depth, around), rim])
        return cls(np.asarray(layers, np.float32), corner)

    def at(self, places: Float32Array) -> Float32Array:
        """Return the layers at places before the camera, (n, 2) mm: (n, 3)."""
        where = np.rint((places - self.corner) * _PX_PER_MM).astype(np.intp)
        height, width = self.layers.shape[:2]
        column, row = np.clip(where[:, 0], 0, width - 1), np.clip(where[:, 1], 0, height - 1)
        return np.asarray(self.layers[row, column], np.float32)


def _before(points: FloatArray, camera: HeadCamera) -> FloatArray:
    """Places before the camera in mm: x right, y down, the third toward the camera."""
    out = camera.project(points)
    out[:, :2] = (out[:, :2] - camera.shift) / camera.px_per_mm
    out[:, 2] /= camera.px_per_mm
    return out


def shown_share(
    view: DepthView,
    before: Float32Array,
    facing: Float32Array,
    in_photo: Float32Array,
    person: Silhouette,
    size: tuple[int, int],
    px_per_mm: float,
) -> Float32Array:
    """Return how well a photo shows places of the surface, 0 to 1.

    Parameters
    ----------
    view : DepthView
    before : (n, 3) float32 array
        The places before the camera, mm.
    facing : (n,) float32 array
        Cosine of the angle between normal and line of sight.
    in_photo : (n, 2) float32 array
        The places in the photo, pixels.
    person : Silhouette
    size : tuple of int
        Height and width of the photo.
    px_per_mm : float
    """
    front, beside, rim = view.at(before[:, :2]).T
    # Between two pixels of the buffer the surface itself rises as it is steep.
    steep = 0.6 / _PX_PER_MM / np.maximum(facing, 0.15)
    free = before[:, 2] > front - _BEHIND_MM - steep
    free &= before[:, 2] > beside - _BESIDE_MM - 3.0 * steep
    height, width = size
    x, y = in_photo.T
    border = np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))
    mask = sampled(person.mask, (in_photo - person.corner.astype(np.float32)) / person.step)
    share = ramp(facing, _GRAZING, _FACING) * ramp(rim, *_RIM_MM) * ramp(mask, *_PERSON)
    share *= ramp(border, 0.0, _BORDER_MM * px_per_mm)
    return np.asarray(np.where(free, share, 0.0), np.float32)
