"""What two pictures show of a movement of the skin, cell by cell, with the texture that shows it.

After a flow is undone, what is left between the pictures, together with the flow along their
slopes, says how far the skin has moved across each structure [1]_. Where there is no structure
there is no slope, and nothing is said.

References
----------
.. [1] B. D. Lucas and T. Kanade, An iterative image registration technique, IJCAI 1981.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.topology import LANDMARK_LINES
from landmarkdiff.manipulation.field import DisplacementField
from landmarkdiff.verification.registration import Region, Registration

__all__ = ["SkinTexture", "forward_parts", "read_texture"]

#: Structures between these scales are looked at (mm, one SD): pores and noise are finer, light
#: is coarser. Within the coarser one brightness and contrast are made alike.
FINEST_MM, COARSEST_MM = 0.35, 5.0
#: The window around a landmark, mm (one SD).
WINDOW_MM = 2.0
#: Grey levels below which there is noise and no structure.
LEAST_CONTRAST = 2.0
#: What is left between two pictures is at least this, grey levels squared: their rounding.
LEAST_RESIDUAL = 1.0
#: Each step halves the error of the inverse at least, as the field does not fold.
INVERSE_STEPS = 6
#: The lids and the lips move; what lies between them does not.
OPENINGS = ("right_eye", "left_eye", "inner_lips")


@dataclass(frozen=True, eq=False)
class SkinTexture:
    """Two pictures of a region, flat, the second with the flow between them undone.

    Attributes
    ----------
    one, other : (h, w) float32 array
        Grey levels without their coarse brightness.
    slope : (h, w, 2) float32 array
        Grey levels a cell, across and down.
    across : (h, w) float32 array
        How far the skin has moved, times the slope, grey levels.
    skin : (h, w) float32 array
        1 where skin shows that a plan moves, 0 elsewhere.
    places : (478, 2) float64 array
        Where the landmarks lie, cells.
    cell_mm : float
    """

    one: Float32Array
    other: Float32Array
    slope: Float32Array
    across: Float32Array
    skin: Float32Array
    places: FloatArray
    cell_mm: float

    def along(self, displacement: Float32Array) -> Float32Array:
        """Grey levels that a displacement (h, w, 2) in cells would change, (h, w)."""
        return _single((self.slope * (displacement * self.skin[..., None])).sum(axis=2))

    def in_windows(self, values: Float32Array) -> FloatArray:
        """Mean of values (h, w) in the window around each landmark: (478,)."""
        return _at(_blurred(values, WINDOW_MM / self.cell_mm), self.places)

    def overlap(self) -> FloatArray:
        """How much the windows of landmarks have in common, (478, 478): 1 of one and the same."""
        apart = self.places[:, None] - self.places
        squared = (apart**2).sum(axis=2) * self.cell_mm**2
        return np.asarray(np.exp(-squared / (4.0 * WINDOW_MM**2)))

    def at_landmarks(self, displacement: Float32Array) -> FloatArray:
        """Displacement (h, w, 2) at the landmarks: (478, 2)."""
        parts = [np.ascontiguousarray(displacement[..., axis]) for axis in (0, 1)]
        return np.stack([_at(part, self.places) for part in parts], axis=1)

    @property
    def residual(self) -> float:
        """What is left between the pictures, grey levels squared."""
        left = self.one - self.other
        own = self.skin > 0.5
        found = 2.0 * float(np.median(left[own] ** 2)) if own.any() else 0.0
        return max(found, LEAST_RESIDUAL)

    @property
    def independent(self) -> float:
        """How many independent cells a window has, over cells blurred as the pictures are."""
        window, finest = WINDOW_MM / self.cell_mm, FINEST_MM / self.cell_mm
        return 4.0 * float(np.pi) * window**2 / (1.0 + 2.0 * float(np.pi) * finest**2)

    def correlation(self, counted: FloatArray) -> float:
        """How alike the pictures are in the windows that count, -1 to 1; 0 where one is empty.

        ``counted`` (478,) is how much each counts.
        """
        one, other, skin = self.one, self.other, self.skin
        both, first, second = (
            float((counted * self.in_windows(_single(skin * each))).sum())
            for each in (one * other, one * one, other * other)
        )
        rounding = LEAST_RESIDUAL * float(counted.sum())
        found = float(np.sqrt((first + rounding) * (second + rounding)))
        return both / found if found > 0.0 else 0.0


def read_texture(
    pictures: tuple[ImageArray, ImageArray],
    region: Region,
    registration: Registration,
    face: FaceLandmarks,
    hidden: BoolArray | None = None,
) -> SkinTexture:
    """Look at what two pictures show of a movement.

    Parameters
    ----------
    pictures : two (H, W, 3) uint8 arrays, RGB
        Before and after.
    region : Region
        The one that was registered.
    registration : Registration
        From the one to the other.
    face : FaceLandmarks
        In the picture before.
    hidden : (H, W) bool array, optional
        What shows no skin.
    """
    cell_mm = face.scale.mm_per_px * float(region.px_per_cell.mean())
    skin = _skin(region, face, hidden)
    before, after = (
        _blurred(region.grey(each).astype(np.float32), FINEST_MM / cell_mm) for each in pictures
    )
    flow = _single(registration.flow / region.px_per_cell)
    one, other = _alike(before, _undone(after, flow), skin, COARSEST_MM / cell_mm)
    slope = _slopes(0.5 * (one + other))
    across = _single((slope * flow).sum(axis=2) + (one - other))
    return SkinTexture(one, other, slope, across, skin, region.cells(face.points[:, :2]), cell_mm)


def forward_parts(
    field: DisplacementField, region: Region, parts: Float32Array | None = None
) -> Float32Array:
    """Return where a field takes what the cells show, in cells.

    Parameters
    ----------
    field : DisplacementField
        It says where each place of the result comes from.
    region : Region
    parts : (n, rows, columns, 2) float32 array, optional
        Displacements that sum up to the field's.

    Returns
    -------
    (n, h, w, 2) float32 array
        What each of the parts has in it; without parts the whole, n = 1.
    """
    grid = field.grid
    width, height = region.size
    offset = np.array([grid.x, grid.y]) + (grid.step - 1) / 2.0
    xs, ys = region.photo_lines
    x, y = (_single(each) for each in np.meshgrid(xs - offset[0], ys - offset[1]))

    def read(displacement: Float32Array, moved: Float32Array) -> Float32Array:
        across, down = (
            (each + moved[..., n]) / np.float32(grid.step) for n, each in enumerate((x, y))
        )
        comes = cv2.remap(
            displacement, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT
        )
        return -_single(comes)

    moved = np.zeros((height, width, 2), np.float32)
    for _ in range(INVERSE_STEPS - 1):
        moved = read(field.displacement, moved)
    of = field.displacement[None] if parts is None else parts
    return _single(np.stack([read(each, moved) for each in of]) / region.px_per_cell)


def _skin(region: Region, face: FaceLandmarks, hidden: BoolArray | None) -> Float32Array:
    """1 where a cell shows skin that the displacement moves, 0 elsewhere: (h, w)."""
    width, height = region.size
    skin = np.ones((height, width), np.float32)
    for name in OPENINGS:
        ring = region.cells(face.points[list(LANDMARK_LINES[name]), :2])
        cv2.fillPoly(skin, [np.rint(ring).astype(np.int32)], 0.0)
    if hidden is not None and hidden.any():
        part = region.cut(hidden.astype(np.float32))
        skin[cv2.dilate(part, np.ones((5, 5), np.uint8)) > 0] = 0.0
    return skin


def _alike(
    one: Float32Array, other: Float32Array, skin: Float32Array, sigma: float
) -> tuple[Float32Array, Float32Array]:
    """Return two pictures without their coarse brightness, the second in the contrast of the first.

    A change of light is no displacement.
    """
    share = np.maximum(_blurred(skin, sigma), 1e-3)
    flat = [each - _blurred(each * skin, sigma) / share for each in (one, other)]
    first, second = (_blurred(skin * each * each, sigma) + LEAST_CONTRAST**2 for each in flat)
    return _single(flat[0]), _single(flat[1] * np.sqrt(first / second))


def _undone(values: Float32Array, flow: Float32Array) -> Float32Array:
    """Return a picture with a flow (h, w, 2) in cells undone."""
    height, width = flow.shape[:2]
    across = flow[..., 0] + np.arange(width, dtype=np.float32)
    down = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    found = cv2.remap(values, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return _single(found)


def _slopes(values: Float32Array) -> Float32Array:
    """Grey levels a cell, across and down: (h, w, 2)."""
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.dstack([across, down])


def _blurred(values: NDArray[Any], sigma: float) -> Float32Array:
    return _single(cv2.GaussianBlur(values, (0, 0), max(sigma, 0.3)))


def _single(values: NDArray[Any]) -> Float32Array:
    return np.asarray(values, np.float32)


def _at(values: Float32Array, places: FloatArray) -> FloatArray:
    """Interpolate (h, w) values linearly at cells (n, 2): (n,)."""
    # Two maps: OpenCV 5.0 reads a single one wrongly when it interpolates linearly.
    x, y = (np.ascontiguousarray(places[None, :, axis], np.float32) for axis in (0, 1))
    found = cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[0], np.float64)
