"""A profile photo as two layers: the face with its edge, and what lies behind it.

The face layer goes on beyond the contour and the background goes on behind the face, each with
its own texture. What the two layers and the edge between them do not explain of the photo (single
hairs, a fringe of light) is kept as a rest, which moves with the contour: so a plan that moves
nothing gives the photo back, bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import (
    BoolArray,
    Float32Array,
    FloatArray,
    ImageArray,
    IndexArray,
    MaskArray,
)
from landmarkdiff.manipulation.field import NO_MAP, DisplacementField
from landmarkdiff.manipulation.grid import RegionGrid, smoothstep
from landmarkdiff.profile import ProfileContour

__all__ = ["ProfileLayers", "profile_layers"]

#: Colours within so many widths of the edge are mixed, and never fewer pixels.
MIXED_WIDTHS, LEAST_MIXED_PX = 2.5, 1.5
#: Standard deviations of an edge that are looked for, pixels.
WIDTHS_PX = (0.45, 8.0)
#: Light scattered at the edge of the face reaches so far into the background, pixels.
_FRINGE_PX = 1.0


@dataclass(frozen=True, eq=False)
class ProfileLayers:
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
        if not field.displacement.any():
            return result
        x, y = self.corner
        height, width = self.opaque.shape
        grid = field.grid
        inside = slice(y - grid.y, y - grid.y + height), slice(x - grid.x, x - grid.x + width)
        way = np.array(grid.enlarge(field.displacement)[inside], np.float32)
        written = np.asarray(grid.enlarge(coverage)[inside]) > 0
        rows = np.flatnonzero(written.any(axis=1))
        if not rows.size:
            return result
        way[..., 0] += np.arange(width, dtype=np.float32)
        way[..., 1] += np.arange(height, dtype=np.float32)[:, None]
        face = _moved(self.face, way)
        opaque = np.clip(_moved(self.opaque, way), 0.0, 1.0)
        made = face * opaque[..., None] + self.back * (1.0 - opaque)[..., None]
        made += _moved(self.edge, way) + self.rest * (1.0 - opaque)[..., None]
        made = np.clip(np.rint(made), 0, 255).astype(np.uint8)
        place = result[y : y + height, x : x + width]
        cv2.copyTo(made, written.astype(np.uint8), place)
        return result


def _moved(layer: Float32Array, way: Float32Array) -> Float32Array:
    moved = cv2.remap(layer, way, NO_MAP, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32)


def profile_layers(
    photo: ImageArray, contour: ProfileContour, grid: RegionGrid, reach: float
) -> ProfileLayers:
    """Take a region of a profile apart.

    Parameters
    ----------
    photo : (H, W, 3) uint8 array
        RGB.
    contour : ProfileContour
    grid : RegionGrid
        Of the mask: the region.
    reach : float
        How far the contour moves at most, pixels.
    """
    rows, columns = grid.within(photo.shape[1], photo.shape[0])
    x, y = grid.x + columns.start, grid.y + rows.start
    part = photo[y : grid.y + rows.stop, x : grid.x + columns.stop].astype(np.float32)
    line = _Line(contour, (x, y), part.shape[:2])
    width = _edge_width(part, line)
    mixed = max(LEAST_MIXED_PX, MIXED_WIDTHS * width)
    face = _carried_on(part, line, -mixed, 4.0 * mixed)
    back = _carried_on(part, line, mixed + _FRINGE_PX, reach + 4.0 * mixed)
    opaque = _edge(line.away, width)
    rest = part - face * opaque[..., None] - back * (1.0 - opaque[..., None])
    still = smoothstep(line.away, 1.5 * width + 0.5, mixed + 0.5)[..., None]
    return ProfileLayers((x, y), face, back, opaque, rest * (1.0 - still), rest * still)


class _Line:
    """Signed distance from the contour, positive outside the head, and the nearest point.

    Attributes
    ----------
    away : (h, w) float32 array
        Pixels.
    nearest : (h, w) int array
        Index of the nearest point of ``points``.
    left : bool
        Whether the face looks to the left.
    points, normals : (n, 2) float64 arrays
        Half a pixel apart; the normals point away from the head.
    """

    def __init__(
        self, contour: ProfileContour, corner: tuple[int, int], shape: tuple[int, ...]
    ) -> None:
        self.points = _drawn_on(contour, max(shape)) - corner
        along = np.gradient(self.points, axis=0)
        along /= np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        self.left = contour.side == "left_profile"
        sign = 1.0 if self.left else -1.0
        self.normals = np.stack([-along[:, 1], along[:, 0]], axis=1) * sign
        height, width = shape[:2]
        self.nearest = _nearest(self.points, height, width)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        to_x = x - self.points[self.nearest, 0].astype(np.float32)
        to_y = y - self.points[self.nearest, 1].astype(np.float32)
        normal = self.normals[self.nearest].astype(np.float32)
        across = to_x * normal[..., 0] + to_y * normal[..., 1]
        far = np.hypot(to_x, to_y)
        self.away = np.where(far > 3.0, np.copysign(far, across), across).astype(np.float32)


def _drawn_on(contour: ProfileContour, reach: float) -> FloatArray:
    """The contour, half a pixel apart, carried straight on beyond its ends."""
    points = contour.points
    span = min(12, len(points) - 1)
    head = points[0] + (points[0] - points[span]) / np.hypot(*(points[0] - points[span])) * reach
    tail = (
        points[-1]
        + (points[-1] - points[-1 - span]) / np.hypot(*(points[-1] - points[-1 - span])) * reach
    )
    whole = np.concatenate([[head], points, [tail]])
    way = np.concatenate([[0.0], np.hypot(*np.diff(whole, axis=0).T).cumsum()])
    at = np.arange(0.0, way[-1], 0.5)
    return np.stack([np.interp(at, way, whole[:, k]) for k in range(2)], axis=1)


def _nearest(points: FloatArray, height: int, width: int) -> IndexArray:
    """Index of the point nearest to every pixel, (height, width)."""
    column, row = np.rint(points).astype(np.intp).T
    margin = 2
    held = (
        (row >= -margin) & (row < height + margin) & (column >= -margin) & (column < width + margin)
    )
    canvas = np.ones((height + 2 * margin, width + 2 * margin), np.uint8)
    index = np.zeros(canvas.shape, np.intp)
    own = np.flatnonzero(held)
    canvas[row[own] + margin, column[own] + margin] = 0
    index[row[own] + margin, column[own] + margin] = own
    _, labels = cv2.distanceTransformWithLabels(
        canvas, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros(int(labels.max()) + 1, np.intp)
    marked = canvas == 0
    of_label[labels[marked]] = index[marked]
    return np.asarray(of_label[labels][margin:-margin, margin:-margin])


def _edge(away: Float32Array, width: float) -> Float32Array:
    """Share of the face at a distance from its contour: an edge blurred by a Gaussian."""
    slope = np.asarray(away, np.float32) / np.float32(width)
    # The logistic with this slope is the Gaussian's integral to within 0.01.
    return np.asarray(1.0 / (1.0 + np.exp(np.clip(1.702 * slope, -40.0, 40.0))), np.float32)


def _edge_width(part: Float32Array, line: _Line) -> float:
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


def _carried_on(part: Float32Array, line: _Line, border: float, reach: float) -> Float32Array:
    """Carry one side of the contour on across it, mirrored at a line beside the contour.

    ``border`` is the distance of that line, positive outside the head; its sign chooses the
    side that is kept. Its texture is carried on by ``reach`` pixels, its smooth colours farther.
    """
    outside = border > 0
    away = line.away if outside else -line.away
    at = abs(border)
    replaced = away < at
    filled = part.copy()
    if not replaced.any():
        return filled
    smooth = _smooth_fill(part, ~replaced)
    filled[replaced] = smooth[replaced]
    rows, columns = np.nonzero(replaced & (away > at - reach))
    sign = 1.0 if outside else -1.0
    nearest = line.nearest[rows, columns]
    across = (2.0 * at - away[rows, columns])[:, None] * sign
    place = line.points[nearest] + line.normals[nearest] * across
    known = _is_known(place, away, at)
    # In a hollow the mirrored place is the face again: then what lies before the face is taken.
    before = (-1.0 if line.left else 1.0) * np.array([1.0, 0.0]) * sign
    for share in (1.0, 1.5, 2.0, 3.0):
        lost = np.flatnonzero(~known)
        here = np.stack([columns[lost], rows[lost]], axis=1)
        place[lost] = here + before * share * (reach + at)
        known[lost] = _is_known(place[lost], away, at)
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


def _smooth_fill(part: Float32Array, known: BoolArray) -> Float32Array:
    """Low-frequency colours of the known pixels, carried on into the others (push and pull)."""
    values = part * known[..., None].astype(np.float32)
    return _pulled(values, known.astype(np.float32))


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
