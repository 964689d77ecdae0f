"""Ears set back in a warped photo, with what is behind them laid open."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray, MaskArray
from landmarkdiff.manipulation.contour_layers import (
    ContourLayers,
    contour_layers,
    region_in_photo,
)
from landmarkdiff.manipulation.ears.plan import EarPlan, EarSetback
from landmarkdiff.manipulation.ears.seen import EarInPhoto
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep
from landmarkdiff.manipulation.mask import SurgicalMask
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.procedures.plan import SurgicalPlan

__all__ = ["explained", "set_ears_back"]

#: From its ends the outline is carried on into the face, mm, so that face and ear are one layer.
_INTO_FACE_MM = 15.0
#: A pixel this much like the person's skin is not what lies behind the ear.
_BARE = 0.3
#: Nor is what lies so near to it, mm.
_MARGIN_MM = 1.0
#: Beside what the layers miss by so much (levels: none of it, all of it), up to so far away, mm,
#: the plain warp is kept.
_UNEXPLAINED, _NEAR_MM = (30.0, 60.0), 2.0


def set_ears_back(
    warped: ImageArray,
    prepared: PreparedFace,
    photo: ImageArray,
    plan: SurgicalPlan,
    ears: EarPlan,
    field: DisplacementField,
    mask: SurgicalMask,
) -> None:
    """Draw the ears of a plan again, moved by the warp before a background that stays.

    Parameters
    ----------
    warped : (H, W, 3) uint8 array
        The photo after the warp, RGB; it is written to, inside the mask only.
    prepared
        Keeps what is made once.
    photo : (H, W, 3) uint8 array
        The photo, without what lies in front of the face.
    plan, ears
    field : DisplacementField
        The warp.
    mask : SurgicalMask
    """
    for setback in ears.setbacks:
        if plan.effects[setback.place].value == 0.0 or not field.displacement.any():
            continue
        # An ear that stands out more lays nothing open: the plain warp shows it.
        if setback.brought_out:
            continue
        region = _nodes_of(setback, mask)
        if region is None:
            continue
        part, own = region
        most = float(setback.squeeze.max()) * setback.ear.width_px
        layers: ContourLayers = prepared.once(
            ("ear_layers", setback.ear.side, own),
            partial(_layers, photo, setback.ear, own, most),
        )
        made, written = layers.laid(field, part)
        x, y = layers.corner
        height, width = written.shape
        inside = slice(y, y + height), slice(x, x + width)
        still = np.where(written[..., None], made, photo[inside])
        known = prepared.once(
            ("ear_explained", setback.ear.side, own),
            partial(explained, layers, setback.ear.px_per_mm),
        )
        share = (_alone(setback, mask, layers) * known)[..., None]
        mixed = still * share + warped[inside] * (1.0 - share)
        warped[inside] = np.rint(mixed).astype(np.uint8)


def _nodes_of(setback: EarSetback, mask: SurgicalMask) -> tuple[MaskArray, RegionGrid] | None:
    """The ear's part of the mask on its grid, and the cells around that part as a grid."""
    grid, hull = mask.grid, setback.region.hull
    low, high = hull.min(axis=0), hull.max(axis=0)
    margin = setback.region.widening + grid.step
    nodes = grid.nodes.reshape(*grid.shape, 2)
    near = ((nodes >= low - margin) & (nodes <= high + margin)).all(axis=2)
    part = np.where(near, mask.coverage, 0).astype(np.uint8)
    rows, columns = np.nonzero(part)
    if not rows.size:
        return None
    top, left = max(int(rows.min()) - 1, 0), max(int(columns.min()) - 1, 0)
    bottom = min(int(rows.max()) + 2, grid.shape[0])
    right = min(int(columns.max()) + 2, grid.shape[1])
    own = RegionGrid(
        grid.x + left * grid.step,
        grid.y + top * grid.step,
        (right - left) * grid.step,
        (bottom - top) * grid.step,
        grid.step,
    )
    return part, own


def _layers(photo: ImageArray, ear: EarInPhoto, region: RegionGrid, reach: float) -> ContourLayers:
    """Take the surroundings of an ear apart along its outline."""
    into = -(ear.widths[[0, -1]] + _INTO_FACE_MM * ear.px_per_mm)[:, None] * ear.lateral
    points = np.concatenate([[ear.points[0] + into[0]], ear.points, [ear.points[-1] + into[1]]])
    left = bool(ear.lateral[0] < 0)
    free = _background(photo, ear, region)
    return contour_layers(photo, _even(points), left, region, reach, free=free)


def _background(photo: ImageArray, ear: EarInPhoto, region: RegionGrid) -> BoolArray:
    """Pixels of a region that may lie behind an ear, (h, w): beside the face, and no bare skin."""
    x, y, width, height = region_in_photo(photo, region)
    rows, columns = np.mgrid[y : y + height, x : x + width].astype(np.float32)
    beside = (columns - ear.root[0, 0]) * ear.lateral[0] + (rows - ear.root[0, 1]) * ear.lateral[1]
    corner = ear.skin.corner.astype(np.float32)
    taken = _sampled(ear.skin.mask, columns - corner[0], rows - corner[1]) > _BARE
    size = 2 * round(_MARGIN_MM * ear.px_per_mm) + 1
    near = cv2.dilate(taken.astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    return np.asarray((beside > 0) & ~near)


def explained(layers: ContourLayers, px_per_mm: float) -> Float32Array:
    """Share of a picture that its two layers explain, (h, w): little where hair meets the ear.

    There what lies beside the contour is not the wall that is carried on behind the ear. What the
    layers leave would be moved as specks against it, and the plain warp moves ear and hair as one.
    """
    left = np.abs(layers.edge + layers.rest).max(axis=2)
    near = cv2.dilate(left, np.ones((2 * round(_NEAR_MM * px_per_mm) + 1,) * 2, np.uint8))
    smooth = cv2.GaussianBlur(near, (0, 0), _NEAR_MM * px_per_mm / 2.0)
    missed = smoothstep(np.asarray(smooth, np.float32), *_UNEXPLAINED)
    return np.asarray(1.0 - missed, np.float32)


def _sampled(values: Float32Array, x: Float32Array, y: Float32Array) -> Float32Array:
    return np.asarray(
        cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
    )


def _even(points: FloatArray) -> FloatArray:
    """The line through points (n, 2), a pixel apart."""
    way = np.concatenate([[0.0], np.hypot(*np.diff(points, axis=0).T).cumsum()])
    at = np.arange(0.0, way[-1], 1.0)
    return np.stack([np.interp(at, way, points[:, axis]) for axis in range(2)], axis=1)


def _alone(setback: EarSetback, mask: SurgicalMask, layers: ContourLayers) -> FloatArray:
    """Share of the ear's own picture in each pixel of its layers, (h, w).

    It is drawn in its own part of the mask, before a background that stays. Where another procedure
    moves the skin beside the ear, what is behind goes along with it, and the warp of both is kept.
    """
    grid = mask.grid
    own = np.zeros(grid.shape, np.bool_)
    beside = np.zeros(grid.shape, np.uint8)
    for piece in mask.pieces:
        if piece.procedure == setback.piece:
            own |= piece.coverage > 0
        else:
            np.maximum(beside, piece.coverage, out=beside)
    x, y = layers.corner
    height, width = layers.opaque.shape
    rows, columns = slice(y - grid.y, y - grid.y + height), slice(x - grid.x, x - grid.x + width)
    share = np.where(own, 1.0 - beside.astype(np.float32) / 255.0, 0.0).astype(np.float32)
    return np.asarray(grid.enlarge(share)[rows, columns], np.float64)
