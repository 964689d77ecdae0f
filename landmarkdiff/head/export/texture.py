"""The texture of a head as a file carries it: plain where no photo shows the surface."""

from __future__ import annotations

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.head.raster import rasterize
from landmarkdiff.head.simulation import HeadSimulation
from landmarkdiff.photo import encode_jpeg

__all__ = ["UNSEEN_GRAY", "encode_texture", "plain_texture"]

#: What no photo shows, as `ui/static/head/picture.js` draws it too; sRGB, 0 to 255.
UNSEEN_GRAY = 158
#: The share of what is seen is worked out this much coarser than the texture, and goes on so far
#: beyond the edges of its parts, in coarse pixels.
_COARSENESS = 2
_MARGIN_PX = 2
#: Beginning with the best; below the last the picture is made smaller instead.
_QUALITIES = (92, 86, 78)
_SHRINK = 0.75


def plain_texture(head: HeadSimulation) -> ImageArray:
    """Return the texture (h, w, 3) with a plain gray wherever the surface was not seen."""
    if head.seen.min() >= 1.0:
        return head.texture
    height, width = head.texture.shape[:2]
    share = cv2.resize(_seen_share(head), (width, height), interpolation=cv2.INTER_LINEAR)
    part = share[..., None]
    return np.asarray(np.round(head.texture * part + UNSEEN_GRAY * (1.0 - part)), np.uint8)


def _seen_share(head: HeadSimulation) -> Float32Array:
    """How well the surface is seen in each place of the texture, 0 to 1: coarser than it."""
    height, width = (max(side // _COARSENESS, 1) for side in head.texture.shape[:2])
    topology = head.surface.topology
    places = topology.uv * (width, height) - 0.5
    corners = places[topology.triangles]
    first, second = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    turn = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    # A texture may lie either way up; the depth buffer draws one of them.
    triangles = np.where(turn[:, None] < 0.0, topology.triangles, topology.triangles[:, ::-1])
    drawn = rasterize(places, np.zeros(len(places)), triangles, height, width)
    share = drawn.interpolate(triangles, np.asarray(head.seen, np.float64))
    around = np.where(drawn.covered, share, 1.0).astype(np.float32)
    # What is not seen goes on beyond its edge, so that no filter reads what lies there.
    margin = np.ones((2 * _MARGIN_PX + 1, 2 * _MARGIN_PX + 1), np.uint8)
    beyond = cv2.erode(around, margin)
    return np.asarray(np.where(drawn.covered, around, beyond), np.float32)


def encode_texture(head: HeadSimulation, limit: int) -> bytes:
    """Return the plain texture as a JPEG of at most ``limit`` bytes: first coarser, then smaller.

    A file of the limit's size in which not even a thumbnail had room would hold no texture worth
    the name; 64 pixels are kept whatever the limit.
    """
    picture = plain_texture(head)
    while True:
        for quality in _QUALITIES:
            encoded = encode_jpeg(picture, quality=quality)
            if len(encoded) <= limit:
                return encoded
        height, width = picture.shape[:2]
        if max(height, width) <= 64:
            return encoded
        smaller = (max(1, round(width * _SHRINK)), max(1, round(height * _SHRINK)))
        picture = np.asarray(cv2.resize(picture, smaller, interpolation=cv2.INTER_AREA), np.uint8)
