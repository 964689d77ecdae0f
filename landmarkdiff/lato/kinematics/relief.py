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

__all__ = ["Relief", "filled", "inverse_field", "limited_slope", "relief_of"]

#: Room around the head, and over which what is beside the head takes up its motion, mm.
_ROOM_MM = 110.0
_BESIDE_MM = (10.0, 95.0)
#: At the edge of the photo nothing comes in: over this it stays, mm.
_EDGE_MM = 30.0
#: Nodes along the longer side of the region.
_NODES = 320
#: The jaw's lower border: chin and both angles; what lies this far below it is neck, mm.
_JAW, _BELOW_JAW_MM = (152, 58, 288), 3.0
#: Nothing of the head is taken to lie farther back, from the eyes: hair has no surface, mm.
_FARTHEST_MM = -60.0
#: By how much a turn may squeeze what gets covered, within the face and beside it, and stretch
#: what is uncovered, as shares: with less than 1 nothing folds.
_SQUEEZED, _STRETCHED = (0.93, 0.6), 1.3
#: How far outside the face's outline the first one ends, and the second begins, mm.
_OUTLINE_MM = (1.0, 6.0)
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

    def facing(self, way: FloatArray) -> Relief:
        """Return the relief as it may be turned without a fold.

        Parameters
        ----------
        way : (2,) float64 array
            By how much a place moves in the picture for each pixel that it is nearer, image frame;
            0 for a turn in the plane of the picture.
        """
        length = float(np.hypot(*way))
        if length < 1e-3:
            return replace(self, depth=self.smoothed(self.depth))
        step, ways = self.grid.step, way / length
        away = _STRETCHED / length
        steep, soft = (
            limited_slope(self.depth, step, squeezed / length, away, ways) for squeezed in _SQUEEZED
        )
        share = smoothstep(self.inside, -_OUTLINE_MM[1], -_OUTLINE_MM[0])
        return replace(self, depth=self.smoothed(steep * share + soft * (1.0 - share)))


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
    of_head = surface.triangles[~neck[surface.triangles].any(axis=1)]
    drawn = rasterize(cells, surface.depth, of_head, *grid.shape)
    known = drawn.covered
    depth = filled(np.where(known, drawn.depth, 0.0).astype(np.float32), known)
    depth = np.maximum(depth, np.float32(_FARTHEST_MM * px))
    away = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5) * grid.step / px
    share = 1.0 - smoothstep(away.astype(np.float32), *_BESIDE_MM)
    nodes = grid.nodes.reshape(*grid.shape, 2)
    edge = np.minimum(nodes, size - 1.0 - nodes).min(axis=2) / px
    share *= smoothstep(edge.astype(np.float32), 0.0, _EDGE_MM)
    return Relief(
        grid,
        np.asarray(depth, np.float32),
        _inside(face, to_photo, grid) / np.float32(px),
        np.asarray(share, np.float32),
        surface.drawn(to_photo, grid.shape),
        surface,
        px,
    )


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
    triangles = _triangles(rows, columns)
    here = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).astype(np.float64)
    places = (here + shift / grid.step).reshape(-1, 2)
    seen = rasterize(places, depth.ravel().astype(np.float64), triangles, rows, columns)
    back = seen.interpolate(triangles, -shift.reshape(-1, 2))
    back = np.where(seen.covered[..., None], back, 0.0)
    return DisplacementField(grid, back.astype(np.float32)), here + back / grid.step


def _triangles(rows: int, columns: int) -> IndexArray:
    """Two triangles for each cell between nodes, counter-clockwise where y points up."""
    number = np.arange(rows * columns).reshape(rows, columns)
    first, right = number[:-1, :-1].ravel(), number[:-1, 1:].ravel()
    below, across = number[1:, :-1].ravel(), number[1:, 1:].ravel()
    upper = np.stack([first, below, right], axis=1)
    return np.concatenate([upper, np.stack([right, below, across], axis=1)])
