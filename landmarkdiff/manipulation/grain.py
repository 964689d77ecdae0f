"""The grain of a photo where a warp stretches it: laid anew at its own scale, instead of streaks.

Pores, fine lines, noise and the blocks of a JPEG file are drawn out with the skin: beyond a third
they read as streaks. There the fine detail is taken off the warped photo, and pieces of the photo's
own lie in its place, unstretched and pixel for pixel: each from where the warp looks at a corner of
a lattice, a little aside, so that what lies under each other does not line up. What they sum up to
is as strong as the grain of the photo: the farther apart two pieces lie, the less alike they are.

What is detail and what is form is told by a map over the photo: its smooth colours, and how much
of what they leave is grain. Edges, hairs and lashes are far stronger, and stay with the warp.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

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
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.field import DisplacementField, seen_tiles
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.window import PhotoWindow, in_levels, sampled

__all__ = ["SCATTER", "STRETCHED", "Grain", "grain_of", "is_stretched", "shows_grain"]

#: Grain is laid anew from the first of these stretches on, wholly from the second.
STRETCHED = (1.2, 1.5)
#: The smooth colours are those over this, mm, and at least so many pixels; cells of the map are
#: this share of it.
SMOOTH_MM, SMOOTH_PX, CELL = 0.8, 1.6, 0.8
#: Variance beyond that of the photo's own grain, in that, half of which counts as grain.
EDGE = 10.0
#: Corners of the lattice lie about so far apart, and each piece comes from so far aside, mm.
LATTICE_MM, ASIDE_MM = 1.5, 0.7
#: Multipliers, modulus and angle (golden, radians) of the directions aside: as if by chance.
SCATTER = (7919, 104729, 1013, 2.399963)
#: Where a pixel shows more than this of the face, mm, what is as fine as grain is the face's form.
COARSEST_MM = 0.6
#: Side of the part of a photo in which the size of its grain is read, pixels.
READ_PIXELS = 256
#: Height of the parts of the picture that are worked on, pixels.
TILE_PIXELS = 48


@dataclass(frozen=True, eq=False)
class Grain:
    """What a photo has of grain, and how it is laid.

    Attributes
    ----------
    window : PhotoWindow
        Cells over the region of a plan.
    cells : (rows, columns, 4) uint8 array
        Smooth red, green and blue, and in steps of 1/255 how much of what they leave is grain.
    lattice : int
        Nodes of the plan's grid from one corner to the next.
    aside : float
        How far aside a piece is taken from, pixels.
    size : float
        Of the grain: standard deviation of the bell that its likeness falls off with, pixels.
    """

    window: PhotoWindow
    cells: NDArray[np.uint8]
    lattice: int
    aside: float
    size: float

    @cached_property
    def _smooth(self) -> Float32Array:
        return self.cells.astype(np.float32)

    def corners(self, field: DisplacementField) -> Float32Array:
        """Return what lies at the corners of the lattice: (rows, columns, 3) float32.

        Whole pixels from a place of the result to that in the photo which its piece shows, x and
        y; and how much the grain is laid anew, 0 to 1.
        """
        rows, columns = (self._corners_along(count) for count in field.grid.shape)
        found = np.empty((len(rows), len(columns), 3), np.float32)
        moved = field.displacement[np.ix_(rows, columns)]
        one, two, modulus, angle = SCATTER
        places = one * np.arange(len(rows))[:, None] + two * np.arange(len(columns))
        turn = angle * (places % modulus)
        aside = self.aside * np.dstack([np.cos(turn), np.sin(turn)])
        found[..., :2] = np.rint(moved + aside)
        found[..., 2] = smoothstep(_stretch(field, rows, columns), *STRETCHED)
        return found

    def _corners_along(self, count: int) -> IndexArray:
        """Nodes that are corners, of so many in a line; the last one always."""
        corners = -(-(count - 1) // self.lattice) + 1
        return np.minimum(np.arange(corners) * self.lattice, count - 1)

    def lay(
        self, warped: ImageArray, photo: ImageArray, field: DisplacementField, coverage: MaskArray
    ) -> None:
        """Lay the grain of a photo anew where a field stretches it, in place.

        Parameters
        ----------
        warped : (H, W, 3) uint8 array
            The photo after the warp, RGB.
        photo : (H, W, 3) uint8 array
        field : DisplacementField
        coverage : (rows, columns) uint8 array
            Where it is zero, and where nothing is stretched, every pixel stays.
        """
        corners = self.corners(field)
        if not corners[..., 2].any() or min(corners.shape[:2]) < 2:
            return
        grid, part = field.grid, _Part(self, corners, photo)
        inside, across = grid.within(photo.shape[1], photo.shape[0])
        seen = self._seen(corners[..., 2], grid)
        for tall, wide in seen_tiles(seen, max(1, TILE_PIXELS // grid.step)):
            top, bottom = (
                max(tall.start * grid.step, inside.start),
                min(tall.stop * grid.step, inside.stop),
            )
            left, right = (
                max(wide.start * grid.step, across.start),
                min(wide.stop * grid.step, across.stop),
            )
            if bottom <= top or right <= left:
                continue
            above, count = tall.start * grid.step, tall.stop - tall.start
            own = slice(top - above, bottom - above), slice(left, right)
            moved = np.asarray(grid.enlarge(field.displacement, tall.start, count)[own])
            mask = np.asarray(grid.enlarge(coverage, tall.start, count)[own], np.uint8)
            target = warped[grid.y + top : grid.y + bottom, grid.x + left : grid.x + right]
            laid = part.laid(target, grid, (top, left), moved)
            cv2.copyTo(laid, np.ascontiguousarray(mask), target)

    def _seen(self, share: Float32Array, grid: RegionGrid) -> BoolArray:
        """Nodes in whose pixels grain is laid: (rows, columns)."""
        own = (share > 0).astype(np.uint8)
        for axis, count in enumerate(grid.shape):
            nodes = np.minimum(np.arange(count) // self.lattice, own.shape[axis] - 1)
            own = own.take(nodes, axis=axis)
        size = 2 * self.lattice + 1
        return np.asarray(cv2.dilate(own, np.ones((size, size), np.uint8)), np.bool_)

    def detail(self, colours: Float32Array, source: Float32Array) -> Float32Array:
        """Return what of colours (h, w, 3) is grain, shown by places (h, w, 2) of the photo."""
        window = self.window
        corner = np.array([window.x, window.y], np.float32)
        at = (source - corner) / np.float32(window.step)
        smooth = sampled(self._smooth, at)
        return np.asarray((colours - smooth[..., :3]) * (smooth[..., 3:] / 255.0), np.float32)


@dataclass(frozen=True, eq=False)
class _Part:
    """Grain with the corners of a field's lattice, and the photo that it is taken from."""

    grain: Grain
    corners: Float32Array
    photo: ImageArray

    def laid(
        self, warped: ImageArray, grid: RegionGrid, start: tuple[int, int], moved: Float32Array
    ) -> ImageArray:
        """Return part of a warped photo (h, w, 3) that begins at a row and column of the grid.

        ``moved`` (h, w, 2) is the displacement there.
        """
        height, width = moved.shape[:2]
        cell = grid.step * self.grain.lattice
        half = (grid.step - 1) / 2.0
        lines = [
            first + np.arange(size) for first, size in zip(start, (height, width), strict=True)
        ]
        before, share = zip(
            *(
                _between((line - half) / cell, size)
                for line, size in zip(lines, self.corners.shape, strict=False)
            ),
            strict=True,
        )
        places = np.dstack(np.meshgrid(lines[1] + grid.x, lines[0] + grid.y)).astype(np.float32)
        pieces = self._pieces(
            places,
            [
                self.corners[np.ix_(before[0] + down, before[1] + right)]
                for down in (0, 1)
                for right in (0, 1)
            ],
        )
        weights, ways = [np.ones((height, width), np.float32)], [moved]
        mixed = np.zeros((height, width, 3), np.float32)
        for number, (corner, piece) in enumerate(pieces):
            down, right = divmod(number, 2)
            weight = np.abs(1.0 - down - share[0])[:, None] * np.abs(1.0 - right - share[1])
            weights.append(np.asarray(weight * corner[..., 2], np.float32))
            ways.append(corner[..., :2])
            weights[0] -= weights[-1]
            mixed += weights[-1][..., None] * piece
        own = np.asarray(warped, np.float32)
        detail = self.grain.detail(own, np.asarray(places + moved, np.float32))
        mixed += weights[0][..., None] * detail
        strength = np.sqrt(self._power(weights, ways))[..., None]
        return in_levels(np.asarray(own + mixed / strength - detail, np.float32))

    def _pieces(
        self, places: Float32Array, corners: list[Float32Array]
    ) -> Iterator[tuple[Float32Array, Float32Array]]:
        """Yield what lies at the corners for each place (h, w, 2), and the grain that it shows."""
        height, width = self.photo.shape[:2]
        sources = [places + corner[..., :2] for corner in corners]
        ends = np.array([width - 1, height - 1])
        low = np.clip(np.min([each.min(axis=(0, 1)) for each in sources], axis=0), 0, ends)
        high = np.clip(np.max([each.max(axis=(0, 1)) for each in sources], axis=0), 0, ends)
        (left, top), (right, bottom) = low.astype(int), high.astype(int) + 1
        around = np.dstack(np.meshgrid(np.arange(left, right), np.arange(top, bottom)))
        photo = np.asarray(self.photo[top:bottom, left:right], np.float32)
        detail = self.grain.detail(photo, np.asarray(around, np.float32))
        for corner, source in zip(corners, sources, strict=True):
            x, y = np.moveaxis(np.clip(source, low, high).astype(np.intp), -1, 0)
            yield corner, detail[y - top, x - left]

    def _power(self, weights: list[Float32Array], ways: list[Float32Array]) -> Float32Array:
        """How strong pieces are together, 1 being one of them whole; (h, w) and (h, w, 2) each."""
        power = np.zeros_like(weights[0])
        falls = np.float32(-0.5 / self.grain.size**2)
        for place, (weight, way) in enumerate(zip(weights, ways, strict=True)):
            power += weight * weight
            for other in range(place):
                apart = way - ways[other]
                alike = np.exp(falls * (apart * apart).sum(axis=2))
                power += 2.0 * weight * weights[other] * alike
        return power


def _between(steps: FloatArray, count: int) -> tuple[IndexArray, FloatArray]:
    """The corner before each place of a line of so many, and how far on to the next it counts."""
    before = np.clip(np.floor(steps), 0, count - 2).astype(np.intp)
    share = np.clip(steps - before, 0.0, 1.0)
    return before, share * share * (3.0 - 2.0 * share)


def _stretch(field: DisplacementField, rows: IndexArray, columns: IndexArray) -> Float32Array:
    """How far a field draws the photo out at some rows and columns of nodes, at most: 1 nowhere."""
    corners = np.ix_(rows, columns)
    moved = field.displacement.astype(np.float64)
    across, down = (np.gradient(moved, axis=axis)[corners] / field.grid.step for axis in (1, 0))
    across[..., 0] += 1.0
    down[..., 1] += 1.0
    square = (across**2 + down**2).sum(axis=2)
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    least = 0.5 * (square - np.sqrt(np.maximum(square**2 - 4.0 * area**2, 0.0)))
    return np.asarray(1.0 / np.sqrt(np.maximum(least, 1e-2)), np.float32)


def shows_grain(face: FaceLandmarks) -> bool:
    """Whether a photo is fine enough that its grain can be told from what the face is."""
    return face.scale.mm_per_px <= COARSEST_MM


def is_stretched(field: DisplacementField) -> bool:
    """Whether a field draws the photo out anywhere so far that its grain is laid anew."""
    every = (np.arange(count) for count in field.grid.shape)
    return bool((_stretch(field, *every) > STRETCHED[0]).any())


def grain_of(prepared: PreparedFace, grid: RegionGrid) -> Grain:
    """Return the grain of a photo in the region of a grid, made once."""
    grain: Grain = prepared.once(("grain", grid), lambda: _grain(prepared, grid))
    return grain


def _grain(prepared: PreparedFace, grid: RegionGrid) -> Grain:
    mm = prepared.landmarks.scale.mm_per_px
    spread = max(SMOOTH_MM / mm, SMOOTH_PX)
    corner = np.array([grid.x, grid.y], np.float64)
    extent = np.array([grid.width, grid.height])
    window = PhotoWindow.between(corner, corner + extent - 1.0, CELL * spread)
    image = prepared.image
    margin = round(3.0 * spread)
    low = np.clip(corner - margin, 0, None).astype(int)
    high = np.minimum(corner + extent + margin, image.shape[1::-1]).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]].astype(np.float32)
    # Of large photos the blocks that the smooth colours cannot tell apart are taken together.
    shrink = max(1, int(spread / 2.0))
    whole = np.array(part.shape[1::-1])
    small = np.maximum(whole // shrink, 1)
    scale = small / whole
    light = cv2.transform(part, np.full((1, 3), 1 / 3, np.float32))
    colours, light, power = (
        cv2.GaussianBlur(
            cv2.resize(each, small.tolist(), interpolation=cv2.INTER_AREA),
            (0, 0),
            spread * float(scale.mean()),
        )
        for each in (part, light, light * light)
    )
    varied = np.maximum(power - light**2, 0.0)
    own = max(float(np.median(varied)), 0.1)
    share = 1.0 / (1.0 + np.maximum(varied / own - 1.0, 0.0) / EDGE)
    share = cv2.GaussianBlur(share, (0, 0), spread * float(scale.mean()))
    at = (window.places - low + 0.5) * scale - 0.5
    cells = sampled(np.dstack([colours, 255.0 * share]).astype(np.float32), at)
    lattice = max(1, round(LATTICE_MM / (grid.step * mm)))
    size = _size(image[low[1] : high[1], low[0] : high[0]], spread)
    return Grain(window, in_levels(cells), lattice, max(ASIDE_MM / mm, 1.5), size)


def _size(part: ImageArray, spread: float) -> float:
    """Size of the grain in the middle of part of a photo, by how alike its neighbours are."""
    tall, wide = (max(0, (length - READ_PIXELS) // 2) for length in part.shape[:2])
    middle = part[tall : tall + READ_PIXELS, wide : wide + READ_PIXELS].mean(axis=2)
    grain = middle - cv2.GaussianBlur(middle, (0, 0), spread)
    power = max(float((grain * grain).mean()), 1e-3)
    down, across = (grain[1:] * grain[:-1]).mean(), (grain[:, 1:] * grain[:, :-1]).mean()
    alike = float(np.clip(0.5 * (down + across) / power, 0.05, 0.95))
    return float(np.sqrt(-0.5 / np.log(alike)))
