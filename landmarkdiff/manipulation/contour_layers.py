"""A photo as two layers along a contour: skin with its edge, and what lies behind it.

The skin's layer goes on beyond the contour and the background goes on behind the skin, each with
its own texture. What the two layers and the edge between them do not explain of the photo (single
hairs, a fringe of light) is kept as a rest, which moves with the contour: so a plan that moves
nothing gives the photo back, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import (
    BoolArray,
    Float32Array,
    FloatArray,
    ImageArray,
    MaskArray,
)
from landmarkdiff.manipulation.contour_line import ContourLine
from landmarkdiff.manipulation.field import NO_MAP, DisplacementField, nodes_beside
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep
from landmarkdiff.manipulation.tiles import Tile, beside, tight_tiles, tiles

__all__ = ["ContourLayers", "contour_layers", "region_in_photo"]

#: Colours within so many widths of the edge are mixed, and never fewer pixels.
MIXED_WIDTHS, LEAST_MIXED_PX = 2.5, 1.5
#: Standard deviations of an edge that are looked for, pixels.
WIDTHS_PX = (0.45, 8.0)
#: Light scattered at the edge of the face reaches so far into the background, pixels.
_FRINGE_PX = 1.0
#: Skin that moves by so much leaves its fringe, pixels.
_LEFT_PX = 1.0
#: Behind an ear what lies beside it counts as so many times nearer than what lies above and below.
_ACROSS = 4
#: A pixel with less skin than this has none.
_NO_SKIN = 0.002
#: Pixels along the side of a tile that is laid at a time, of one that is nothing but skin, and of
#: the blocks that say whether a tile has an edge at all.
_TILE, _LARGE_TILE, _BLOCK = 96, 384, 16

_Level = TypeVar("_Level", np.uint8, np.float32)


@dataclass(frozen=True, eq=False)
class ContourLayers:
    """The layers of a region of the photo; all arrays have its size.

    Attributes
    ----------
    corner : tuple of int
        x and y of the first pixel in the photo.
    face : (h, w, 3) float32 array
        Skin, carried on beyond the contour.
    back : (h, w, 3) float32 array
        Background, carried on behind the face.
    opaque : (h, w) float32 array
        Share of the face in each pixel, 0 to 1.
    edge : (h, w, 3) float32 array
        What the layers do not explain of the photo at the contour; it goes with the face.
    rest : (h, w, 3) float32 array
        The same of the background beside it; it stays.
    """

    corner: tuple[int, int]
    face: Float32Array
    back: Float32Array
    opaque: Float32Array
    edge: Float32Array
    rest: Float32Array

    def composed(
        self, photo: ImageArray, field: DisplacementField, coverage: MaskArray
    ) -> ImageArray:
        """Return the photo with the face moved by a field, before the same background.

        Only pixels where the enlarged ``coverage`` (rows, columns) is not zero are written.
        """
        result = photo.copy()
        for tile, made, written in self._parts(field, coverage, fringe_stays=True):
            place = result[beside(tile, self.corner[1], self.corner[0])]
            cv2.copyTo(made, written.view(np.uint8), place)
        return result

    def laid(self, field: DisplacementField, coverage: MaskArray) -> tuple[ImageArray, BoolArray]:
        """Return the region with the skin moved by a field, (h, w, 3), and what is to be written.

        The region lies within the field's grid; ``coverage`` (rows, columns) is on that grid. What
        the layers do not explain of the background is left where the skin moves away from it: far
        from the skin it would be a line.
        """
        laid = np.zeros((*self.opaque.shape, 3), np.uint8)
        where = np.zeros(self.opaque.shape, np.bool_)
        for tile, made, written in self._parts(field, coverage, fringe_stays=False):
            laid[tile], where[tile] = made, written
        return laid, where

    def _parts(
        self, field: DisplacementField, coverage: MaskArray, *, fringe_stays: bool
    ) -> Iterator[tuple[Tile, ImageArray, BoolArray]]:
        """Yield tiles of the region with what they show, (h, w, 3), and what is to be written.

        Where nothing moves the photo stays, and no tile is made.
        """
        grid = field.grid
        x, y = self.corner[0] - grid.x, self.corner[1] - grid.y
        height, width = self.opaque.shape
        moves = (field.displacement[..., 0] != 0) | (field.displacement[..., 1] != 0)
        # Between nodes something is seen wherever one of those around is covered and moves.
        seen = nodes_beside(coverage > 0) & nodes_beside(moves)
        sides = (max(1, side // grid.step) for side in (_LARGE_TILE, _TILE))
        for nodes in tight_tiles(seen, *sides):
            rows, columns = (
                slice(max(own.start * grid.step, first), min(own.stop * grid.step, first + count))
                for own, first, count in zip(nodes, (y, x), (height, width), strict=True)
            )
            if rows.start >= rows.stop or columns.start >= columns.stop:
                continue
            covered = np.asarray(grid.enlarge_to(coverage, rows, columns), np.uint8)
            written = np.ascontiguousarray(covered > 0)
            way = np.array(grid.enlarge_to(field.displacement, rows, columns), np.float32)
            far = None if fringe_stays else np.hypot(way[..., 0], way[..., 1])
            tile = beside((rows, columns), -y, -x)
            way[..., 0] += np.arange(tile[1].start, tile[1].stop, dtype=np.float32)
            way[..., 1] += np.arange(tile[0].start, tile[0].stop, dtype=np.float32)[:, None]
            made = self._lay(tile, way, far, written)
            if made is not None:
                yield tile, made, written

    def _lay(
        self, tile: Tile, way: Float32Array, far: Float32Array | None, written: BoolArray
    ) -> ImageArray | None:
        """Return a tile (h, w, 3) that takes its skin from places of the region, ``way`` (h, w, 2).

        ``far`` (h, w): how far away they are, where the fringe does not stay. Of ``written``
        (h, w), what shows the photo is taken back; None where that is all.
        """
        if not written.any():
            return None
        here, there = self.opaque[tile], self._skin_around(way)
        if min(there[0], float(here.min())) == 1.0:  # nothing but skin, before and after
            return _moved(self._skin, way)
        # Where there is background before and after, the photo is kept to the bit.
        if max(there[1], float(here.max())) < _NO_SKIN / 2:
            return None
        if max(here.shape) > _TILE:
            made = np.zeros((*here.shape, 3), np.uint8)
            for part in tiles(here.shape, _TILE):
                own = beside(part, tile[0].start, tile[1].start)
                found = self._lay(own, way[part], None if far is None else far[part], written[part])
                if found is None:
                    written[part] = False
                else:
                    made[part] = found
            return made
        opaque = np.clip(_moved(self.opaque, way), 0.0, 1.0)
        rest = self.rest[tile]
        if far is not None:
            rest = rest * (1.0 - smoothstep(far, 0.0, _LEFT_PX))[..., None]
        # Three equal channels: NumPy is slow along an axis of three that another lacks.
        skin, beyond = (
            np.asarray(cv2.merge([share] * 3), np.float32) for share in (opaque, 1.0 - opaque)
        )
        whole = _product(_moved(self.face, way), skin)
        whole += _product(self.back[tile], beyond)
        whole += _moved(self.edge, way) + _product(rest, beyond)
        written &= np.maximum(opaque, here) > _NO_SKIN
        return _rounded(whole)

    def _skin_around(self, places: Float32Array) -> tuple[float, float]:
        """Least and most share of the face in the blocks around places (h, w, 2)."""
        # Every fourth place, and a block more on all sides: between them none lies farther away.
        some = cv2.split(np.ascontiguousarray(places[::4, ::4]))
        low = [one.min() // _BLOCK - 1 for one in some]
        high = [one.max() // _BLOCK + 2 for one in some]
        least, most = self._blocks
        columns, rows = (
            slice(min(max(int(first), 0), count - 1), max(int(last), 1))
            for first, last, count in zip(low, high, reversed(least.shape), strict=True)
        )
        return float(least[rows, columns].min()), float(most[rows, columns].max())

    @cached_property
    def _skin(self) -> ImageArray:
        """The face as a picture: where there is nothing but skin, the photo."""
        return np.asarray(cv2.convertScaleAbs(self.face), np.uint8)

    @cached_property
    def _blocks(self) -> tuple[Float32Array, Float32Array]:
        """Least and most share of the face in each block of the region."""
        rows, columns = (np.arange(0, count, _BLOCK) for count in self.opaque.shape)
        return (
            np.minimum.reduceat(np.minimum.reduceat(self.opaque, rows, 0), columns, 1),
            np.maximum.reduceat(np.maximum.reduceat(self.opaque, rows, 0), columns, 1),
        )


def _product(layer: Float32Array, share: Float32Array) -> Float32Array:
    return np.asarray(cv2.multiply(layer, share), np.float32)


def _rounded(values: Float32Array) -> ImageArray:
    return np.asarray(cv2.convertScaleAbs(np.maximum(values, 0.0, out=values)), np.uint8)


def _moved(layer: NDArray[_Level], way: Float32Array) -> NDArray[_Level]:
    moved = cv2.remap(layer, way, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, layer.dtype)


def region_in_photo(photo: ImageArray, grid: RegionGrid) -> tuple[int, int, int, int]:
    """Return the part of a grid's rectangle that lies in a photo: x, y, width, height, pixels."""
    rows, columns = grid.within(photo.shape[1], photo.shape[0])
    return (
        grid.x + columns.start,
        grid.y + rows.start,
        columns.stop - columns.start,
        rows.stop - rows.start,
    )


def contour_layers(
    photo: ImageArray,
    contour: FloatArray,
    left: bool,
    grid: RegionGrid,
    reach: float,
    *,
    free: BoolArray | None = None,
) -> ContourLayers:
    """Take a region of a photo apart.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB.
    contour : (n, 2) float64 array
        Border of the skin from above to below, pixels; carried straight on beyond its ends.
    left : bool
        Whether the background lies to the left of it.
    grid : RegionGrid
        The region.
    reach : float
        How far the contour moves at most, pixels.
    free : (h, w) bool array, optional
        Pixels of the region (:func:`region_in_photo`) that may be carried on as background; they
        are so across the picture more than along it.
    """
    x, y, width, height = region_in_photo(photo, grid)
    part = photo[y : y + height, x : x + width].astype(np.float32)
    line = ContourLine(contour, left, (x, y), part.shape[:2])
    blur = _edge_width(part, line)
    mixed = max(LEAST_MIXED_PX, MIXED_WIDTHS * blur)
    face = _carried_on(part, line, -mixed, 4.0 * mixed)
    back = _carried_on(part, line, mixed + _FRINGE_PX, reach + 4.0 * mixed, free)
    opaque = _edge(line.away, blur)
    rest = part - face * opaque[..., None] - back * (1.0 - opaque[..., None])
    still = smoothstep(line.away, 1.5 * blur + 0.5, mixed + 0.5)[..., None]
    return ContourLayers((x, y), face, back, opaque, rest * (1.0 - still), rest * still)


def _edge(away: Float32Array, width: float) -> Float32Array:
    """Share of the face at a distance from its contour: an edge blurred by a Gaussian."""
    slope = np.asarray(away, np.float32) / np.float32(width)
    # The logistic with this slope is the Gaussian's integral to within 0.01.
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(1.702 * slope, -40.0, 40.0))), np.float32)


def _edge_width(part: Float32Array, line: ContourLine) -> float:
    """Standard deviation of the blur of the contour's edge, pixels."""
    reach = np.arange(-8.0, 8.5, 0.5)
    inside = (line.points > 8).all(axis=1)
    inside &= (line.points < np.array(part.shape[1::-1]) - 9).all(axis=1)
    points, normals = line.points[inside][::2], line.normals[inside][::2]
    if len(points) < 8:
        return WIDTHS_PX[0]
    places = points[:, None] + normals[:, None] * reach[:, None]
    seen = cv2.remap(
        part,
        places[..., 0].astype(np.float32),
        places[..., 1].astype(np.float32),
        cv2.INTER_LINEAR,
    )
    step = seen[:, -6:].mean(axis=1) - seen[:, :6].mean(axis=1)
    size = (step**2).sum(axis=1)
    clear = size > max(400.0, float(np.median(size)) / 4)
    if clear.sum() < 8:
        return WIDTHS_PX[0]
    seen, step, size = seen[clear], step[clear], size[clear]
    rise = ((seen - seen[:, :6].mean(axis=1)[:, None]) * step[:, None]).sum(axis=2) / size[:, None]
    rise = np.median(rise, axis=0)
    low, high = (
        float(np.interp(level, np.maximum.accumulate(rise), reach)) for level in (0.25, 0.75)
    )
    return float(np.clip((high - low) / 1.349, *WIDTHS_PX))


def _carried_on(
    part: Float32Array,
    line: ContourLine,
    border: float,
    reach: float,
    free: BoolArray | None = None,
) -> Float32Array:
    """Carry one side of the contour on across it, mirrored at a line beside the contour.

    ``border`` is the distance of that line, positive outside the head; its sign chooses the
    side that is kept. Its texture is carried on by ``reach`` pixels, its smooth colours farther.
    Where only some pixels of it are ``free`` to be carried on, (h, w), they are so across the
    picture more than along it.
    """
    outside = border > 0
    away = line.away if outside else -line.away
    at = abs(border)
    replaced = away < at
    filled = part.copy()
    if not replaced.any():
        return filled
    own = ~replaced if free is None else ~replaced & free
    smooth = _smooth_fill(part, own, 1 if free is None else _ACROSS)
    filled[replaced] = smooth[replaced]
    rows, columns = np.nonzero(replaced & (away > at - reach))
    taken = away if free is None else np.where(free, away, np.float32(-1e9))
    sign = 1.0 if outside else -1.0
    nearest = line.nearest[rows, columns]
    across = (2.0 * at - away[rows, columns])[:, None] * sign
    place = line.points[nearest] + line.normals[nearest] * across
    known = _is_known(place, taken, at)
    # In a hollow the mirrored place is the face again: then what lies before the face is taken.
    before = (-1.0 if line.left else 1.0) * np.array([1.0, 0.0]) * sign
    for share in (1.0, 1.5, 2.0, 3.0):
        lost = np.flatnonzero(~known)
        here = np.stack([columns[lost], rows[lost]], axis=1)
        place[lost] = here + before * share * (reach + at)
        known[lost] = _is_known(place[lost], taken, at)
    rows, columns, place = rows[known], columns[known], place[known]
    texture = _sampled(part - smooth, place)
    filled[rows, columns] = np.clip(filled[rows, columns] + texture, 0, 255)
    return filled


def _is_known(places: FloatArray, away: Float32Array, border: float) -> BoolArray:
    """Whether places (n, 2) lie in the picture, on the side that is kept."""
    limit = np.array(away.shape[::-1]) - 1
    column, row = np.rint(np.clip(places, 0, limit)).astype(np.intp).T
    inside = ((places >= 0) & (places <= limit)).all(axis=1)
    return np.asarray(inside & (away[row, column] >= border))


def _sampled(part: Float32Array, places: FloatArray) -> Float32Array:
    """Values (n, 3) at places (n, 2); OpenCV's maps are bounded, so they are laid out in rows."""
    count = len(places)
    columns = 1024
    padded = np.zeros((2, -(-max(count, 1) // columns) * columns), np.float32)
    padded[:, :count] = places.T
    # Two maps: OpenCV 5.0 reads a single one wrongly when it interpolates linearly.
    across, down = padded.reshape(2, -1, columns)
    found = cv2.remap(part, across, down, cv2.INTER_LINEAR)
    return np.asarray(found.reshape(-1, 3)[:count], np.float32)


def _smooth_fill(part: Float32Array, known: BoolArray, across: int) -> Float32Array:
    """Low-frequency colours of the known pixels, carried on into the others (push and pull).

    What lies beside a pixel counts as so many times nearer than what lies above or below it.
    """
    values = part * known[..., None].astype(np.float32)
    weight = known.astype(np.float32)
    if across == 1:
        return _pulled(values, weight)
    height, width = weight.shape
    size = (max(1, -(-width // across)), height)
    narrow, mass = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (values, weight))
    found = _pulled(np.asarray(narrow, np.float32), np.asarray(mass, np.float32))
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR))


def _pulled(values: Float32Array, weight: Float32Array) -> Float32Array:
    """Normalised Gaussian averages, finer where enough is known."""
    sigma = 1.5
    smooth = np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
    mass = np.asarray(cv2.GaussianBlur(weight, (0, 0), sigma), np.float32)
    if min(mass.shape) <= 4:
        return np.asarray(smooth / np.maximum(mass, 1e-6)[..., None], np.float32)
    size = (-(-mass.shape[1] // 2), -(-mass.shape[0] // 2))
    half, part = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (smooth, mass))
    coarse = _pulled(np.asarray(half, np.float32), np.asarray(part, np.float32))
    coarse = np.asarray(cv2.resize(coarse, mass.shape[::-1]), np.float32)
    sure = np.minimum(mass, 1.0)[..., None]
    own = smooth / np.maximum(mass, 1e-6)[..., None]
    return np.asarray(own * sure + coarse * (1.0 - sure), np.float32)
