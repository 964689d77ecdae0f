"""A photo as a relief: how near to the camera each place is, and how far it goes with the head."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from landmarkdiff.head.landmark_map import landmark_map
from landmarkdiff.head.raster import Raster, rasterize
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.light.surface import SurfaceInPhoto
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep

__all__ = [
    "Relief",
    "closed",
    "filled",
    "inverse_field",
    "limited_slope",
    "relief_of",
    "triangles_of",
]

#: Room around the head, and over which what is beside the head takes up its motion, mm.
_ROOM_MM = 110.0
_BESIDE_MM = (10.0, 95.0)
#: At the edge of the photo nothing comes in: over this it stays, mm.
_EDGE_MM = 30.0
#: Nodes along the longer side of the region.
_NODES = 320
#: The jaw's lower border: chin and both angles; what lies this far below it is neck, mm.
_JAW, _BELOW_JAW_MM = (152, 58, 288), 3.0
#: Nothing is taken to lie farther back, from the eyes, mm: hair and background have no surface, and
#: of the neck only the front is seen.
_FARTHEST_MM, _NECK_FARTHEST_MM = -92.0, -75.0
#: A photo's ears and neck lie elsewhere than the head's: their depth is smoothed by this, mm.
_EARS_MM, _NECK_MM = 9.0, 7.0
#: How far outside the head, and how far below the jaw's angles, the depth is that of the neck, mm.
_NECK_BESIDE_MM, _NECK_BELOW_MM = (0.0, 10.0), (-15.0, 10.0)
#: Gaps of the head's outline that are narrower (where the ears were) are part of it, mm.
_GAP_MM = 20.0
#: The relief is smoothed by this, mm.
_SMOOTH_MM = 1.5


@dataclass(frozen=True, eq=False)
class Relief:
    """A photo as a relief.

    Attributes
    ----------
    grid : RegionGrid
    depth : (rows, columns) float32 array
        Height toward the camera from the origin of the face frame, pixels.
    inside : (rows, columns) float32 array
        Distance to the outline of the face, positive inside, mm.
    head : (rows, columns) bool array
        Nodes that show the head without ears and neck.
    share : (rows, columns) float32 array
        How far each place goes with the head, 0 to 1.
    drawn : Raster
        The head's surface on the grid.
    surface : SurfaceInPhoto
    px_per_mm : float
    """

    grid: RegionGrid
    depth: Float32Array
    inside: Float32Array
    head: BoolArray
    share: Float32Array
    drawn: Raster
    surface: SurfaceInPhoto
    px_per_mm: float

    @property
    def nodes(self) -> FloatArray:
        """Places of the nodes in the photo: (rows, columns, 2) pixels."""
        return np.asarray(self.grid.nodes.reshape(*self.grid.shape, 2), np.float64)

    def smoothed(self, values: Float32Array, mm: float = _SMOOTH_MM) -> Float32Array:
        """Return node values smoothed by so many millimetres."""
        spread = mm * self.px_per_mm / self.grid.step
        return np.asarray(cv2.GaussianBlur(values, (0, 0), max(spread, 0.3)), np.float32)

    def of_skin(self) -> BoolArray:
        """Nodes that show skin of the head: (rows, columns)."""
        corners = self.surface.matt[self.surface.triangles]
        matt = corners[:, 0] & corners[:, 1] & corners[:, 2]
        return np.asarray(self.drawn.covered & matt[self.drawn.triangle])

    def places_of(self, places: FloatArray) -> FloatArray:
        """Return places (n, 2) of the photo, pixels, as columns and rows of nodes."""
        first = np.array([self.grid.x, self.grid.y]) + (self.grid.step - 1) / 2.0
        return np.asarray((places - first) / self.grid.step)

    def on_jaw(self) -> float:
        """Height of the lower one of the jaw's angles in the photo, pixels from its top."""
        angles = landmark_map().points(np.column_stack([self.surface.places, self.surface.depth]))
        return float(angles[list(_JAW[1:]), 1].max())

    def of_ears(self) -> BoolArray:
        """Triangles of the head's ears: (T,)."""
        return _ears(self.surface)

    def closed(self, mask: BoolArray) -> BoolArray:
        """Return a mask of nodes without the gaps that a head's outline has at its ears."""
        return closed(mask, round(_GAP_MM * self.px_per_mm / self.grid.step))


def relief_of(face: FaceLandmarks, surface: SurfaceInPhoto) -> Relief:
    """Return the relief of a photo whose head has been fitted.

    Beside the head its depth goes on as it is at the head's outline, and its share in the head's
    motion falls off; the neck is beside the head.

    Parameters
    ----------
    face : FaceLandmarks
    surface : SurfaceInPhoto
    """
    px = 1.0 / face.scale.mm_per_px
    neck = _neck(surface)
    size = np.array([face.image_width, face.image_height])
    head = surface.places[~neck]
    low = np.maximum(head.min(axis=0) - _ROOM_MM * px, 0.0)
    high = np.minimum(head.max(axis=0) + _ROOM_MM * px, size - 1.0)
    grid = RegionGrid.over(low, high, _NODES)
    half = (grid.step - 1) / 2.0
    to_photo = np.array([[grid.step, 0.0, grid.x + half], [0.0, grid.step, grid.y + half]])
    cells = (surface.places - to_photo[:, 2]) / grid.step
    of_neck = neck[surface.triangles].any(axis=1)
    known = rasterize(cells, surface.depth, surface.triangles[~of_neck], *grid.shape).covered
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5) * grid.step / px
    share = 1.0 - smoothstep(away.astype(np.float32), *_BESIDE_MM)
    nodes = grid.nodes.reshape(*grid.shape, 2)
    edge = np.minimum(nodes, size - 1.0 - nodes).min(axis=2) / px
    share *= smoothstep(edge.astype(np.float32), 0.0, _EDGE_MM)
    drawn = surface.drawn(to_photo, grid.shape)
    depth = filled(np.where(drawn.covered, drawn.depth, 0.0).astype(np.float32), drawn.covered)
    ears = _ears(surface)
    bare = rasterize(cells, surface.depth, surface.triangles[~of_neck & ~ears], *grid.shape).covered
    first = Relief(
        grid,
        np.maximum(depth, np.float32(_FARTHEST_MM * px)),
        _inside(face, to_photo, grid) / np.float32(px),
        bare,
        np.asarray(share, np.float32),
        drawn,
        surface,
        px,
    )
    first = replace(first, head=first.closed(bare))
    on_ears = rasterize(cells, surface.depth, surface.triangles[ears], *grid.shape).covered
    return replace(first, depth=_soft_depth(first, on_ears))


def _soft_depth(relief: Relief, ears: BoolArray) -> Float32Array:
    """The depth of a relief, smoothed where photo and head are seldom alike: ears and neck."""
    px, step = relief.px_per_mm, relief.grid.step
    wide = cv2.dilate(ears.astype(np.float32), np.ones((5, 5))).astype(np.float32)
    weight = relief.smoothed(wide, 2.5)
    depth = relief.depth
    depth = depth + (relief.smoothed(depth, _EARS_MM) - depth) * weight
    away = cv2.distanceTransform((~relief.head).astype(np.uint8), cv2.DIST_L2, 5) * step / px
    below = (relief.nodes[..., 1] - relief.on_jaw()) / px
    weight = smoothstep(away.astype(np.float32), *_NECK_BESIDE_MM)
    weight = weight * smoothstep(below.astype(np.float32), *_NECK_BELOW_MM)
    neck = relief.smoothed(np.maximum(depth, np.float32(_NECK_FARTHEST_MM * px)), _NECK_MM)
    return np.asarray(depth + (neck - depth) * weight, np.float32)


def _ears(surface: SurfaceInPhoto) -> BoolArray:
    """Triangles of the ears: (T,)."""
    parts = surface.surface.topology.parts
    ears = np.zeros(len(surface.places), np.bool_)
    ears[np.concatenate([parts["left_ear"], parts["right_ear"]])] = True
    return np.asarray(ears[surface.triangles].any(axis=1))


def _neck(surface: SurfaceInPhoto) -> BoolArray:
    """Vertices of the neck: (V,)."""
    vertices = surface.surface.vertices
    chin, right, left = landmark_map().points(vertices)[list(_JAW)]
    normal = np.cross(right - chin, left - chin)
    normal *= np.sign(normal[1]) / np.linalg.norm(normal)
    return np.asarray((vertices - chin) @ normal < -_BELOW_JAW_MM)


def _inside(face: FaceLandmarks, to_photo: FloatArray, grid: RegionGrid) -> Float32Array:
    """Distance of the nodes to the outline of the face, positive inside, pixels of the photo."""
    cells = (face.points[:, :2] - to_photo[:, 2]) / grid.step
    within = np.zeros(grid.shape, np.uint8)
    hull = cv2.convexHull(cells.astype(np.float32))
    cv2.fillConvexPoly(within, np.rint(hull * 16).astype(np.int32), 1, shift=4)
    inner = cv2.distanceTransform(within, cv2.DIST_L2, 5)
    outer = cv2.distanceTransform(1 - within, cv2.DIST_L2, 5)
    return np.asarray((inner - outer) * grid.step, np.float32)


def closed(mask: BoolArray, width: int) -> BoolArray:
    """Return a mask without gaps that are narrower than so many cells.

    Examples
    --------
    >>> mask = np.ones((9, 9), np.bool_)
    >>> mask[4:, 4] = False
    >>> bool(closed(mask, 3).all())
    True
    """
    size = width // 2 * 2 + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    room = cv2.copyMakeBorder(mask.astype(np.uint8), *(size,) * 4, cv2.BORDER_REPLICATE)
    found = cv2.morphologyEx(room, cv2.MORPH_CLOSE, disc)
    return np.asarray(found[size:-size, size:-size] > 0)


def filled(values: Float32Array, known: BoolArray) -> Float32Array:
    """Return node values with those that are not known drawn from their neighbours.

    From coarse to fine: each level takes what it does not know from the one twice as coarse.

    Parameters
    ----------
    values : (rows, columns) float32 array
    known : (rows, columns) bool array
        Some of them.
    """
    weight = np.asarray(known, np.float32)
    summed = np.where(known, values, np.float32(0.0)).astype(np.float32)
    levels = []
    while min(summed.shape) > 2:
        levels.append((summed, weight))
        summed = np.asarray(cv2.pyrDown(summed), np.float32)
        weight = np.asarray(cv2.pyrDown(weight), np.float32)
    found = summed / np.maximum(weight, 1e-6)
    for own, share in reversed(levels):
        coarse = np.asarray(cv2.pyrUp(found, dstsize=own.shape[::-1]), np.float32)
        there = np.clip(share, 0.0, 1.0)
        found = own / np.maximum(share, 1e-3) * there + coarse * (1.0 - there)
        found = np.where(share > 1e-3, found, coarse)
    return np.asarray(np.where(known, values, found), np.float32)


def limited_slope(
    heights: Float32Array, step: float, toward: float, away: float, way: FloatArray
) -> Float32Array:
    """Return the lowest relief above one that falls no steeper than this.

    Parameters
    ----------
    heights : (rows, columns) float32 array
    step : float
        Between nodes, in the unit of the heights.
    toward, away : float
        Steepest fall along ``way`` and against it; across it, their mean.
    way : (2,) float64 array
        Unit vector x, y, or 0.

    Returns
    -------
    (rows, columns) float32 array

    Examples
    --------
    >>> ridge = np.array([[0, 0, 9, 0, 0]], np.float32)
    >>> limited_slope(ridge, 1.0, 2.0, 5.0, np.array([1.0, 0.0])).round(1).tolist()
    [[0.0, 4.0, 9.0, 7.0, 5.0]]
    """

    def fall(x: int, y: int) -> np.float32:
        length = float(np.hypot(x, y))
        along = (x * way[0] + y * way[1]) / length
        slope = (toward + away) / 2.0 + along * (toward - away) / 2.0
        return np.float32(slope * length * step)

    raised = heights.copy()
    for _ in range(2):
        for rows, swapped in ((raised, False), (raised.T, True)):
            for order in (range(1, len(rows)), range(len(rows) - 2, -1, -1)):
                ahead = 1 if order.step > 0 else -1
                falls = [
                    fall(*((ahead, side) if swapped else (side, ahead))) for side in (-1, 0, 1)
                ]
                for row in order:
                    before, own = rows[row - ahead], rows[row]
                    np.maximum(own, before - falls[1], out=own)
                    np.maximum(own[1:], before[:-1] - falls[2], out=own[1:])
                    np.maximum(own[:-1], before[1:] - falls[0], out=own[:-1])
    return np.asarray(raised)


def inverse_field(
    grid: RegionGrid, shift: FloatArray, depth: Float32Array
) -> tuple[DisplacementField, FloatArray]:
    """Turn a shift of the photo's nodes into the field that a picture is drawn by.

    Where two places of the photo come to lie on one another, the one nearer to the camera is seen.

    Parameters
    ----------
    grid : RegionGrid
    shift : (rows, columns, 2) float64 array
        Where the place at each node goes, pixels.
    depth : (rows, columns) float32 array
        Toward the camera, after the shift.

    Returns
    -------
    DisplacementField
    (rows, columns, 2) float64 array
        The places themselves, by nodes: row and column of what is seen at each node.
    """
    rows, columns = grid.shape
    triangles = triangles_of(rows, columns)
    here = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float64)
    places = (here + shift / grid.step).reshape(-1, 2)
    seen = rasterize(places, depth.ravel().astype(np.float64), triangles, rows, columns)
    back = seen.interpolate(triangles, -shift.reshape(-1, 2))
    back = np.where(seen.covered[..., None], back, 0.0)
    return DisplacementField(grid, back.astype(np.float32)), here + back / grid.step


def triangles_of(rows: int, columns: int) -> IndexArray:
    """Return two triangles for each cell between nodes, counter-clockwise where y points up."""
    number = np.arange(rows * columns).reshape(rows, columns)
    first, right = number[:-1, :-1].ravel(), number[:-1, 1:].ravel()
    below, across = number[1:, :-1].ravel(), number[1:, 1:].ravel()
    upper = np.stack([first, below, right], axis=1)
    return np.concatenate([upper, np.stack([right, below, across], axis=1)])
