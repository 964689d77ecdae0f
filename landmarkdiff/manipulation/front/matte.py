"""How much of each place is a thing in front of the face, and how much is face.

A detector says where a thing lies to about a millimetre, with a margin. Within that, the matte is
read in the photo: by how much a place differs from the face continued behind the thing, over what
the thing itself differs there. So its edge is as soft as the photo has it, and skin beside it is
skin.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array
from landmarkdiff.manipulation.front.fill import continued
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.numerics import summed

__all__ = ["disc", "matte_of"]

#: Around what a detector found a thing may go on this far, mm.
_AROUND_MM = 0.5
#: The thing's own difference is a mean over about this, mm, in which what differs most counts most.
_OWN_MM = 1.8
#: With less of that difference than the first share a place is face, with more than the second the
#: thing: a brow beside a rim has up to half of it. What the thing leaves on the face beyond its
#: edge stays with it all the same, as the face behind is a continued one there.
_SHARES = (0.45, 0.8)
#: A thing that differs by less than this many times what the skin does by itself is not told from
#: it: then it is where the detector has it.
_PLAIN, _LEAST_LEVELS = 2.5, 8.0
#: Skin whose own texture is looked at lies so near, mm; glints and gaps up to this width, mm, are
#: the thing's, and holes in it up to this area, mm2.
_BESIDE_MM, _CLOSED_MM, _HOLE_MM2 = 3.0, 1.0, 8.0
#: What a place at a brow tells of a thing beside others.
_HAIRY = 1e-4
#: Its colour is a mean over about this, mm; places within the first distance of it have it, beyond
#: the second not, levels.
_COLOUR_MM, _ALIKE_LEVELS = 8.0, (9.0, 18.0)
#: No piece of a thing is smaller, mm2.
_SPECK_MM2 = 12.0


def disc(radius_mm: float, cells_per_mm: float) -> NDArray[np.uint8]:
    """Return a disc for dilations, at least three cells across."""
    reach = max(round(radius_mm * cells_per_mm), 1)
    shape = (2 * reach + 1, 2 * reach + 1)
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, shape), np.uint8)


def matte_of(
    pixels: Float32Array, found: BoolArray, hairy: BoolArray, cells_per_mm: float
) -> Float32Array:
    """Return the matte of what a detector found.

    Parameters
    ----------
    pixels : (rows, columns, 3) float32 array
        The photo's window, RGB.
    found : (rows, columns) bool array
        Where something lies in front, with a margin.
    hairy : (rows, columns) bool array
        Where the face has brows: what differs there hardly tells what the thing looks like.
    cells_per_mm : float

    Returns
    -------
    (rows, columns) float32 array
        0 on the face, 1 on what lies in front of it.
    """
    marked = found.astype(np.uint8)
    within = np.asarray(cv2.dilate(marked, disc(_AROUND_MM, cells_per_mm)), np.uint8)
    plate = continued(pixels, within == 0, cells_per_mm)
    apart = pixels - plate
    usual = _usual(pixels, within, cells_per_mm)
    trust = np.where(hairy, np.float32(_HAIRY), np.float32(1.0)) * marked.astype(np.float32)
    way = _own_difference(apart, trust, cells_per_mm)
    own = np.sqrt(summed(way * way))
    least = max(_PLAIN * usual, _LEAST_LEVELS)
    share = summed(apart * way) / np.maximum(own * own, np.float32(1.0))
    low, high = _SHARES
    told = np.clip((share - low) / (high - low), 0.0, 1.0).astype(np.float32)
    alike = _of_its_colour(pixels, told * trust, cells_per_mm)
    told = np.where(hairy & found, np.maximum(told, alike), told)
    told = cv2.morphologyEx(told, cv2.MORPH_CLOSE, disc(0.5 * _CLOSED_MM, cells_per_mm))
    told = _without_holes(np.asarray(told, np.float32), cells_per_mm)
    plain = smoothstep(np.asarray(own, np.float32), least, 1.5 * least)
    soft = cv2.GaussianBlur(marked.astype(np.float32), (0, 0), max(0.2 * cells_per_mm, 0.5))
    matte = _without_specks(plain * told + (1.0 - plain) * soft, cells_per_mm)
    edge = cv2.GaussianBlur(within.astype(np.float32), (0, 0), max(0.15 * cells_per_mm, 0.5))
    return np.asarray(matte * smoothstep(np.asarray(edge, np.float32), 0.5, 1.0), np.float32)


def _own_difference(apart: Float32Array, trust: Float32Array, cells_per_mm: float) -> Float32Array:
    """By what a thing differs from the face, (rows, columns, 3) levels, and in which way.

    ``trust`` (rows, columns) is how much each place tells of it.
    """
    calm = cv2.GaussianBlur(apart, (0, 0), max(0.12 * cells_per_mm, 0.5))
    square = summed(calm * calm)
    weight = square**2 * trust
    # All of a thing is darker than the face, or all of it lighter: what is not is face beside it. A
    # temple that ends over a bright wall differs there more than a dark rim does on dark skin, so
    # of what differs each place has one vote.
    length = np.sqrt(square)
    votes = trust * (length > np.median(length[trust > 0.0]))
    usual = (calm * (votes / np.maximum(length, np.float32(1.0)))[..., None]).sum(axis=(0, 1))
    weight *= calm @ usual > 0
    sigma = _OWN_MM * cells_per_mm
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    mean = cv2.GaussianBlur(calm * weight[..., None], (0, 0), sigma)
    return np.asarray(mean / np.maximum(total, np.float32(1e-3))[..., None], np.float32)


def _of_its_colour(
    pixels: Float32Array, certain: Float32Array, cells_per_mm: float
) -> Float32Array:
    """How much each place has the colour that a thing has where it is certain: (rows, columns).

    Over a brow a rim may hardly differ from what is behind it, but it goes on in its own colour.
    """
    sigma = _COLOUR_MM * cells_per_mm
    total = cv2.GaussianBlur(certain, (0, 0), sigma)
    mean = cv2.GaussianBlur(pixels * certain[..., None], (0, 0), sigma)
    colour = mean / np.maximum(total, np.float32(1e-6))[..., None]
    apart = np.sqrt(summed((pixels - colour) ** 2))
    near = 1.0 - smoothstep(np.asarray(apart, np.float32), *_ALIKE_LEVELS)
    return np.where(total > 1e-4, near, np.float32(0.0)).astype(np.float32)


def _without_holes(share: Float32Array, cells_per_mm: float) -> Float32Array:
    """Close holes of a matte that are smaller than a glint may be."""
    outside = (share < 0.5).astype(np.uint8)
    _, labels, facts, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    small = facts[:, cv2.CC_STAT_AREA] < _HOLE_MM2 * cells_per_mm**2
    small[0] = False
    return np.where(small[labels], np.float32(1.0), share).astype(np.float32)


def _without_specks(share: Float32Array, cells_per_mm: float) -> Float32Array:
    """Take off what is smaller than a piece of a thing may be: a lash, a hair of a brow."""
    _, labels, facts, _ = cv2.connectedComponentsWithStats((share > 0.02).astype(np.uint8))
    large = facts[:, cv2.CC_STAT_AREA] >= _SPECK_MM2 * cells_per_mm**2
    return np.where(large[labels], share, np.float32(0.0)).astype(np.float32)


def _usual(pixels: Float32Array, within: NDArray[np.uint8], cells_per_mm: float) -> float:
    """By how much skin beside a thing differs from its own mean, levels."""
    ring = (cv2.dilate(within, disc(_BESIDE_MM, cells_per_mm)) > 0) & (within == 0)
    if not ring.any():
        return 0.0
    smooth = cv2.GaussianBlur(pixels, (0, 0), 0.8 * cells_per_mm)
    return float(np.median(np.sqrt(summed((pixels - smooth) ** 2))[ring]))
