"""A turned head in a photo: the head before what lies behind it.

What a turn hides slides behind the outline of the head, and what it uncovers is drawn out from
beside it, to where the fitted head says that the outline goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import (
    BoolArray,
    Float32Array,
    FloatArray,
    ImageArray,
    IndexArray,
    MaskArray,
)
from landmarkdiff.head.raster import Raster, rasterize
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.lato.kinematics.motion import turn_between, turned_places
from landmarkdiff.lato.kinematics.relief import Relief, filled, limited_slope, triangles_of
from landmarkdiff.lato.language.instruction import HeadTurn
from landmarkdiff.manipulation.field import STRIP_PIXELS, DisplacementField
from landmarkdiff.manipulation.grid import smoothstep
from landmarkdiff.manipulation.window import sampled

__all__ = ["TurnedHead", "turned_head"]

#: What lies behind all, from the origin of the face frame, mm.
_BEHIND_MM = -300.0
#: A turn that moves nearer places by less than this share of their depth hides nothing.
_LEAST_WAY = 1e-3
#: By how much the relief alone may draw out what is uncovered, as a share; toward the other side it
#: falls as it will.
_STRETCHED, _FREE = 2.0, 30.0
#: The relief is smoother near the outline of the head: by how much, and over which distance, mm.
_OUTLINE_SMOOTH_MM, _OUTLINE_MM = 3.0, (2.0, 12.0)
#: Over this inside the outline it is drawn out to where the outline goes, mm.
_DRAWN_OUT_MM = 22.0
#: By so much what goes behind the head is pushed farther, and over which distance beside it, mm.
_TUCKED_MM, _TUCKED_OVER_MM = 3.0, 40.0
#: These shifts are smoothed by this, mm.
_SHIFT_SMOOTH_MM = 2.5
#: A neck does not go with the outline: from the jaw's angles on, over this, mm.
_NECK_MM = (-10.0, 25.0)
#: What lies up to this outside the head's outline goes with the head, mm: hair and skin that the
#: fitted head does not reach.
_BAND_MM = 3.0
#: On the side that is hidden the outline goes with what is behind, from so far inside: a head that
#: is fitted too large takes no background along; mm, and no less than so many nodes.
_INSIDE_MM, _INSIDE_NODES = 3.5, 2.0
#: So does the outline beside the neck on both sides, lest the band be a wedge of background that
#: slides over the neck: that near to the neck wholly, and no more from there on, mm.
_BESIDE_NECK_MM = (2.5, 4.0)
#: Where the outline may be hidden, inside it, mm.
_RIM_MM = 25.0
#: There the outline faces the side that is hidden, by this cosine, and goes this far behind, mm.
_FAR, _HIDDEN_MM = 0.2, 0.5
#: The head's outline is smoothed by this, nodes, and is this wide in the picture, mm, pixels.
_SOFT_NODES, _SOFT_MM, _SOFT_PX = 1.6, 0.2, 1.5
#: So near to an edge of what is drawn a displacement is the middle one of its neighbours, nodes.
_EDGE_NODES = 4.0
#: Spots of the head or of what is behind it that are smaller belong to what is around, nodes.
_SPOT_NODES = 400


@dataclass(frozen=True, eq=False)
class TurnedHead:
    """Where each place of the picture of a turned head comes from.

    Attributes
    ----------
    front, behind : DisplacementField
        The head, and what is behind it.
    shown : (rows, columns) float32 array
        Above 0.5 the head is seen, below it what lies behind.
    softness : float
        By how much ``shown`` changes from node to node at the outline, and over how many pixels it
        is to be seen there: their ratio.
    """

    front: DisplacementField
    behind: DisplacementField
    shown: Float32Array
    softness: float

    @property
    def seen(self) -> DisplacementField:
        """What is seen, as one field, which jumps at the outline."""
        front = (self.shown > 0.5)[..., None]
        moved = np.where(front, self.front.displacement, self.behind.displacement)
        return DisplacementField(self.front.grid, moved)

    def warp(self, image: ImageArray, coverage: MaskArray) -> ImageArray:
        """Return the picture: (H, W, 3) uint8; where ``coverage`` (rows, columns) is 0, the photo.

        Parameters
        ----------
        image : (H, W, 3) uint8 array
        coverage : (rows, columns) uint8 array
        """
        near = self.front.warp(image, coverage)
        picture = self.behind.warp(image, coverage)
        grid = self.front.grid
        inside, across = grid.within(image.shape[1], image.shape[0])
        columns = slice(grid.x + across.start, grid.x + across.stop)
        strip = max(1, STRIP_PIXELS // (grid.width * grid.step))
        for first in range(0, grid.shape[0], strip):
            share = np.asarray(grid.enlarge(self.shown, first, strip), np.float32)
            share = np.clip((share - 0.5) * self.softness + 0.5, 0.0, 1.0)
            above = first * grid.step
            top, bottom = max(above, inside.start), min(above + len(share), inside.stop)
            rows = slice(grid.y + top, grid.y + bottom)
            share = share[top - above : bottom - above, across, None]
            own, other = picture[rows, columns], near[rows, columns]
            own[...] = np.rint(own + (other.astype(np.float32) - own) * share)
        return picture


def turned_head(relief: Relief, face: FaceLandmarks, turn: HeadTurn) -> TurnedHead:
    """Return how the picture of a turned head is drawn from a photo.

    Parameters
    ----------
    relief : Relief
    face : FaceLandmarks
        Of the photo.
    turn : HeadTurn

    Returns
    -------
    TurnedHead
    """
    px = relief.px_per_mm
    # By how much a place moves in the picture for each pixel that it is nearer.
    way = turn_between(face, turn)[:2, 2] * (1.0, -1.0)
    hides = float(np.hypot(*way)) > _LEAST_WAY
    depth = _facing(relief, way) if hides else relief.smoothed(relief.depth)
    shift, height = _moved(relief, face, turn, relief.nodes, depth)
    shift *= relief.share[..., None]
    height = height * relief.share + _BEHIND_MM * px * (1.0 - relief.share)
    of_head, tucked = np.ones(relief.head.shape, np.bool_), np.zeros_like(shift)
    if hides:
        outline = _outline(relief, face, turn, way)
        drawn, tucked = _outline_shifts(relief, outline, shift)
        shift += drawn
        of_head = _of_head(relief, outline) & ~_hidden_rim(relief, shift, way)
    own, others = _parted(of_head)
    front, near = _drawn(relief, shift, height, own)
    behind, far = _drawn(relief, shift + tucked, height, others)
    seen = near.covered & (~far.covered | (near.depth >= far.depth))
    shown = cv2.GaussianBlur(_without_spots(seen).astype(np.float32), (0, 0), _SOFT_NODES)
    # A blurred edge rises by so much from node to node.
    rise = 1.0 / (np.sqrt(2.0 * np.pi) * _SOFT_NODES)
    softness = relief.grid.step / rise / max(_SOFT_PX, _SOFT_MM * px)
    return TurnedHead(front, behind, np.asarray(shown, np.float32), softness)


def _moved(
    relief: Relief,
    face: FaceLandmarks,
    turn: HeadTurn,
    places: FloatArray,
    depth: NDArray[np.floating],
) -> tuple[FloatArray, FloatArray]:
    """How far a turn shifts places (..., 2), pixels, and how high they lie then, pixels."""
    px = relief.px_per_mm
    beside = (places - face.origin_px[:2]) * (1.0, -1.0)
    before = np.concatenate([beside, np.asarray(depth, np.float64)[..., None]], axis=-1) / px
    after = turned_places(before, face, turn)
    return (after - before)[..., :2] * (1.0, -1.0) * px, after[..., 2] * px


def _facing(relief: Relief, way: FloatArray) -> Float32Array:
    """The depth of a relief as it is turned: what is uncovered is not drawn out too far."""
    length = float(np.hypot(*way))
    steep = limited_slope(
        relief.depth, relief.grid.step, _FREE / length, _STRETCHED / length, way / length
    )
    known = relief.drawn.covered
    to_outline = (_beside(known) + _beside(~known)) * relief.grid.step / relief.px_per_mm
    depth = relief.smoothed(steep)
    weight = 1.0 - smoothstep(to_outline, *_OUTLINE_MM)
    return np.asarray(depth + (relief.smoothed(depth, _OUTLINE_SMOOTH_MM) - depth) * weight)


@dataclass(frozen=True, eq=False)
class _Outline:
    """The outline of a head before and after a turn.

    Attributes
    ----------
    before, after : (rows, columns) bool array
        Nodes inside.
    normals : (rows, columns, 2) float64 array
        Away from the head before the turn.
    facing : (rows, columns) float64 array
        Cosine of the normal to the side that the turn hides; below 0 it is uncovered.
    """

    before: BoolArray
    after: BoolArray
    normals: FloatArray
    facing: FloatArray


def _outline(relief: Relief, face: FaceLandmarks, turn: HeadTurn, way: FloatArray) -> _Outline:
    """Return the outline of the head, with the neck and without the ears."""
    surface, grid = relief.surface, relief.grid
    moved, height = _moved(relief, face, turn, surface.places, surface.depth)
    moved *= np.maximum(grid.sample(relief.share, surface.places), 0.0)[:, None]
    bare = surface.triangles[~relief.of_ears()]
    before, after = (
        relief.closed(rasterize(relief.places_of(places), depth, bare, *grid.shape).covered)
        for places, depth in ((surface.places, surface.depth), (surface.places + moved, height))
    )
    normals = _normals(_beside(before) - _beside(~before))
    return _Outline(before, after, normals, normals @ (way / np.hypot(*way)))


def _outline_shifts(
    relief: Relief, outline: _Outline, shift: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """How places are shifted so that the outline of the turned head is where it belongs, pixels.

    On the side that is uncovered the outline of a head is not the one that it was: places that lay
    behind it come forth. The gap is closed along the normal of the outline, in which what is beside
    the head and the skin next to it share: the first result, (rows, columns, 2). On the other side
    what lies behind, the second, goes a little farther, so that no rest of a rim shows that the
    fitted head does not quite reach.
    """
    px, step = relief.px_per_mm, relief.grid.step
    away, within = _beside(outline.before) * step / px, _beside(~outline.before) * step / px
    rim = ~outline.before & (away <= 1.5 * step / px)
    if not rim.any():  # a face that fills the photo
        return np.zeros_like(shift), np.zeros_like(shift)
    landed = relief.places_of(relief.nodes + shift)
    inside = sampled(_beside(~outline.after) * np.float32(step), landed)
    below = (relief.nodes[..., 1] - relief.on_jaw()) / px
    of_head = relief.share * (1.0 - smoothstep(below.astype(np.float32), *_NECK_MM))
    uncovered = inside * np.clip(-outline.facing, 0.0, 1.0) * of_head
    hidden = _TUCKED_MM * px * smoothstep(inside / np.float32(px), 0.0, _TUCKED_MM)
    hidden = -hidden * np.clip(2.0 * outline.facing, 0.0, 1.0) * of_head

    def carried(size: NDArray[np.floating], share: Float32Array) -> FloatArray:
        """A shift along the normals of the rim, continued to all nodes."""
        along = np.where(rim, size, 0.0)[..., None] * outline.normals
        parts = [filled(part.astype(np.float32), rim) for part in np.moveaxis(along, -1, 0)]
        return np.stack([relief.smoothed(part * share, _SHIFT_SMOOTH_MM) for part in parts], -1)

    drawn_out = relief.share * (1.0 - smoothstep(within, 0.0, _DRAWN_OUT_MM))
    pushed = relief.share * (1.0 - smoothstep(away, 0.0, _TUCKED_OVER_MM))
    return carried(uncovered, drawn_out), carried(hidden, pushed)


def _of_head(relief: Relief, outline: _Outline) -> BoolArray:
    """Nodes that go with the head, were nothing of it hidden."""
    nodes_in_mm = relief.px_per_mm / relief.grid.step
    away, within = _beside(relief.head), _beside(~relief.head)
    inside = within > max(_INSIDE_MM * nodes_in_mm, _INSIDE_NODES)
    below = relief.nodes[..., 1] - relief.on_jaw() > _NECK_MM[0] * relief.px_per_mm
    neck = relief.drawn.covered & ~relief.head & below
    on_neck = 1.0 - smoothstep(_beside(neck) / np.float32(nodes_in_mm), *_BESIDE_NECK_MM)
    least = _INSIDE_MM * on_neck - _BAND_MM * (1.0 - on_neck)
    own = within - away > least * nodes_in_mm
    return np.asarray(own & (inside | (outline.facing < _FAR)))


def _hidden_rim(relief: Relief, shift: FloatArray, way: FloatArray) -> BoolArray:
    """Nodes from where on the rim of the head goes behind it: they belong to what is behind."""
    ahead = way / np.hypot(*way)
    axis = 1 if abs(way[0]) >= abs(way[1]) else 0
    order = slice(None, None, 1 if way[1 - axis] > 0 else -1)
    rows = (slice(None), order) if axis else (order, slice(None))
    along = ((relief.nodes + shift) @ ahead)[rows]
    within = _beside(~relief.head)
    rim = relief.head & (within * relief.grid.step / relief.px_per_mm < _RIM_MM)
    far = _normals(_beside(relief.head) - within) @ ahead > _FAR
    passed = np.maximum.accumulate(along, axis=axis) - along
    behind = (rim & far)[rows] & (passed > _HIDDEN_MM * relief.px_per_mm)
    return np.asarray(np.logical_or.accumulate(behind, axis=axis)[rows])


def _normals(distance: Float32Array) -> FloatArray:
    """Unit vectors x, y along which a signed distance of nodes grows: (rows, columns, 2)."""
    down, right = np.gradient(cv2.GaussianBlur(distance, (0, 0), 3.0))
    normals = np.stack([right, down], axis=-1).astype(np.float64)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6))


def _parted(of_head: BoolArray) -> tuple[IndexArray, IndexArray]:
    """Triangles between nodes of the head, and all others: (n, 3) each."""
    triangles = triangles_of(*of_head.shape)
    own = of_head.ravel()[triangles].all(axis=1)
    return triangles[own], triangles[~own]


def _drawn(
    relief: Relief, shift: FloatArray, height: FloatArray, triangles: IndexArray
) -> tuple[DisplacementField, Raster]:
    """The field that some nodes are drawn by, continued to all, and where they come to lie."""
    rows, columns = relief.grid.shape
    places = relief.places_of((relief.nodes + shift).reshape(-1, 2))
    seen = rasterize(places, height.ravel(), triangles, rows, columns)
    back = seen.interpolate(triangles, -shift.reshape(-1, 2)).astype(np.float32)
    if seen.covered.any():
        back = np.stack([filled(back[..., axis], seen.covered) for axis in (0, 1)], axis=-1)
        # At an edge single nodes may come from beyond it.
        edge = _beside(seen.covered) + _beside(~seen.covered) < _EDGE_NODES
        middle = [cv2.medianBlur(np.ascontiguousarray(back[..., axis]), 5) for axis in (0, 1)]
        back = np.where(edge[..., None], np.stack(middle, axis=-1), back)
    return DisplacementField(relief.grid, back), seen


def _beside(mask: BoolArray) -> Float32Array:
    """Distance of the nodes to a mask, nodes."""
    if not mask.any():
        return np.full(mask.shape, np.float32(max(mask.shape)))
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _without_spots(seen: BoolArray) -> BoolArray:
    """A mask of nodes without spots and holes."""
    clean = cv2.medianBlur(seen.astype(np.uint8), 5)
    for value in (1, 0):
        wanted = (clean == value).astype(np.uint8)
        _, label, figures, _ = cv2.connectedComponentsWithStats(wanted, connectivity=4)
        areas = figures[1:, cv2.CC_STAT_AREA]
        small = 1 + np.flatnonzero((areas < _SPOT_NODES) & (areas < areas.max(initial=0)))
        clean[np.isin(label, small)] = 1 - value
    return np.asarray(clean > 0)
