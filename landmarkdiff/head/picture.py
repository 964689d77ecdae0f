"""A picture of a head with its texture, from any side."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import ImageArray
from landmarkdiff.head.camera import HeadCamera
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.head.surface import HeadSurface
from landmarkdiff.head.texture.sampling import sampled

__all__ = ["draw_head"]

#: The middle of the head in the face frame, mm, and the height that a picture shows of it.
_MIDDLE, _HEIGHT_MM = np.array([0.0, -25.0, -70.0]), 300.0
#: What is behind the head, and what no photo shows of it, sRGB.
_BEHIND, _PLAIN = 236.0, 158.0
#: Share of the plain grey that light from the camera does not make.
_AMBIENT = 0.65
#: Pixels are drawn so much finer, each way, and averaged.
_FINER = 2


def draw_head(
    head: HeadSimulation,
    surface: HeadSurface,
    yaw: float,
    pitch: float = 0.0,
    size: tuple[int, int] = (480, 540),
) -> ImageArray:
    """Draw a head, plain grey where no photo shows it.

    Parameters
    ----------
    head : HeadSimulation
        Whose texture it is.
    surface : HeadSurface
        The head before, or as simulated.
    yaw, pitch : float
        How the head is turned, degrees; the signs are those of ``Pose``.
    size : tuple of int
        Width and height of the picture.

    Returns
    -------
    (height, width, 3) uint8 array, RGB
    """
    width, height = size[0] * _FINER, size[1] * _FINER
    camera = HeadCamera.turned(yaw, pitch, px_per_mm=height / _HEIGHT_MM)
    middle = camera.project(_MIDDLE)[:2]
    seen = camera.project(surface.vertices)
    places = seen[:, :2] - middle + ((width - 1) / 2.0, (height - 1) / 2.0)
    triangles = surface.topology.triangles
    drawn = rasterize(places, seen[:, 2], triangles, height, width)
    facing = np.clip(surface.normals @ camera.sight, 0.0, 1.0)
    own = np.column_stack([surface.topology.uv, head.seen, facing]).astype(np.float32)
    row, column = np.nonzero(drawn.covered)
    corners = triangles[drawn.triangle[row, column]]
    weights = drawn.weights[row, column].astype(np.float32)
    (first, second, third), shares = corners.T, weights.T[:, :, None]
    where = own[first] * shares[0]
    where += own[second] * shares[1]
    where += own[third] * shares[2]
    share = where[:, 2:3]
    plain = _PLAIN * (_AMBIENT + (1.0 - _AMBIENT) * where[:, 3:4])
    size_uv = np.array(head.texture.shape[1::-1], np.float32)
    colours = sampled(head.texture, where[:, :2] * size_uv - 0.5)
    picture = np.full((height, width, 3), _BEHIND, np.float32)
    picture[row, column] = colours * share + plain * (1.0 - share)
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small + 0.5, 0, 255), np.uint8)
