"""Step 5: the picture blended into the warped photo, octave by octave."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.notices import Reason
from landmarkdiff.postprocess.pyramid import RegionPyramid
from landmarkdiff.postprocess.region import MaskRegion
from landmarkdiff.postprocess.step import Canvas, StepContext, StepOutcome, StepReport

__all__ = ["NAME", "blend", "laplacian_blend", "network_shares", "paste"]


NAME = "blend"
#: Octave k, details of 2^k pixels, rises from the border over this many times 2^k pixels, but
#: over no more than this share of the deepest place of the mask, which is to see all of it.
RISE_PER_DETAIL = 1.0
RISE_PER_DEPTH = 0.5
#: An enlarged picture shows waves of twice this many of its own pixels and more: enlarging
#: passes half of a wave of two pixels, and nine tenths of one of three.
ENLARGED = 1.5


def blend(canvas: Canvas, context: StepContext) -> StepOutcome:
    """Make the composite.

    Switched off, the picture is pasted by the feathered mask alone. Either way every pixel
    where the mask is zero stays that of ``canvas.warped``, which there is the photo's.
    """
    settings = context.configuration.postprocess.blend
    # A pixel more on each side: the border of the mask has to be seen to be risen from.
    region = MaskRegion.of(canvas, margin=1, irregular=True)
    reasons = () if settings.enabled else (Reason("switched_off"),)
    report = StepReport(NAME, settings.enabled, None, reasons)
    if region is None:
        return StepOutcome(canvas.warped.copy(), report)
    if settings.enabled:
        picture = laplacian_blend(
            canvas.picture, canvas.warped, region, settings.levels, canvas.pixel
        )
    else:
        picture = paste(canvas.picture, canvas.warped, region)
    return StepOutcome(picture, report)


def paste(picture: ImageArray, warped: ImageArray, region: MaskRegion) -> ImageArray:
    """Mix two pictures (H, W, 3) by the mask: the mask's share of ``picture``, else ``warped``."""
    result = warped.copy()
    goal, start = region.of_picture(result), region.of_picture(picture)
    for rows in region.strips():
        share = region.share[rows, :, None]
        under = goal[rows].astype(np.float32)
        goal[rows] = np.rint(under + share * (start[rows] - under))
    return result


def laplacian_blend(
    picture: ImageArray, warped: ImageArray, region: MaskRegion, levels: int, pixel: float
) -> ImageArray:
    """Blend the difference of two pictures into one of them, each octave over its own width.

    The difference ``picture - warped`` inside the mask is split into octaves that sum up to it.
    Octave k, details of about 2^k pixels, is taken

    - by the mask's value, so a mask of 0.3 takes 0.3 of every octave;
    - rising from the border of the mask inward over 2^k pixels, or half the way to the deepest
      place of the mask: coarse light and colour meet gently, fine texture quickly;
    - as far as the network can have drawn it: details finer than its pixel stay those of
      ``warped``, that is, of the photo.

    Parameters
    ----------
    picture, warped : (H, W, 3) uint8 arrays, RGB
        Of one geometry.
    region : MaskRegion
        Where and by how much.
    levels : int
        Octaves above the finest.
    pixel : float
        Side of a pixel of the network in pixels of the photo; 0 takes every detail.

    Returns
    -------
    (H, W, 3) uint8 array
        Equal to ``warped`` where the mask is zero or the pictures agree.
    """
    result = warped.copy()
    goal, start = region.of_picture(result), region.of_picture(picture)
    inside = region.inside
    # A mask that fills the photo has no border to rise from.
    depth = None if inside.all() else _depth(inside)
    reach = math.inf if depth is None else RISE_PER_DEPTH * float(depth.max())
    pyramid = RegionPyramid(inside, levels)
    shares = network_shares(pyramid.depth, pixel)
    for channel in range(3):
        under = goal[..., channel].astype(np.float32)
        octaves = pyramid.levels(start[..., channel] - under)
        change = np.zeros_like(under)
        before: Float32Array | float = 0.0
        # Octave k is the difference of two levels, so a level counts by the difference of the
        # weights of the octaves that it bounds.
        for level, means in enumerate(octaves):
            weight = region.share * np.float32(shares[level])
            if depth is not None:
                weight *= smoothstep(depth, 0.0, max(min(RISE_PER_DETAIL * 2.0**level, reach), 1.0))
            change += (weight - before) * pyramid.enlarge(means, level)
            before = weight
        np.rint(np.clip(under + change, 0.0, 255.0, out=under), out=under)
        goal[..., channel] = under
    return result


def network_shares(depth: int, pixel: float) -> list[float]:
    """Share of each octave that a network of this pixel can have drawn, finest first.

    Octave k holds wavelengths of 2 to 4 times 2^k pixels of the photo. A network draws those of
    two of its own pixels and more, but enlarging its picture to the photo halves the finest;
    those of three and more come through. What lies coarser than all octaves is the network's.

    Examples
    --------
    >>> network_shares(4, 1.0)
    [1.0, 1.0, 1.0, 1.0, 1.0]
    >>> [round(share, 2) for share in network_shares(4, 4.0)]
    [0.0, 0.0, 0.42, 1.0, 1.0]
    """
    if pixel <= 1.0:
        return [1.0] * (depth + 1)
    finest = math.log2(pixel * min(pixel, ENLARGED))
    return [min(max(level + 1.0 - finest, 0.0), 1.0) for level in range(depth)] + [1.0]


def _depth(inside: NDArray[np.bool_]) -> Float32Array:
    """Distance of each pixel to the nearest one outside: (h, w) float32 pixels."""
    away = cv2.distanceTransform(inside.view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5)
    return np.asarray(away, np.float32)
