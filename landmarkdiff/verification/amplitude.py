"""How much of a known displacement a picture shows: read where the skin has something to see.

Dense flow carries what it sees at edges over plain skin, smoothed, so what it says of a landmark
there is too little. But how far a *known* displacement was carried out is one number: after the
flow is undone, what is left between the two pictures is put onto the displacement by least squares
[1]_ in a window around every landmark, with the texture across it as the weight. Plain skin says
nothing and counts for nothing; skin that went elsewhere counts as far as it went along.

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

__all__ = ["Amplitude", "read_amplitude"]

#: Structures between these scales are looked at (mm, one SD): pores and noise are finer, light
#: is coarser. Within the coarser one brightness and contrast are made alike.
FINEST_MM, COARSEST_MM = 0.35, 5.0
#: The window around a landmark, mm (one SD).
WINDOW_MM = 2.0
#: A landmark whose own reading would be off by this (mm, one SD) counts half.
HALF_CERTAIN_MM = 0.1
#: Grey levels below which there is noise and no structure.
LEAST_CONTRAST = 2.0
#: What is left between two pictures is at least this, grey levels squared: their rounding.
LEAST_RESIDUAL = 1.0
#: Below this share of the displacement, squared, nothing is said.
LEAST_SEEN = 0.05
#: Nor where what the pictures show in the windows correlates less (three faces, six procedures):
#: 0.67 and more for warps under noise of 20 grey levels or a blur of 2 mm, 0.34 at most where
#: noise, black or grey stands in place of the face, which read as anything, 1 among it.
LEAST_ALIKE = 0.5
#: Nor of a displacement that nowhere reaches this, mm: registration is not surer.
LEAST_MOVE_MM = 0.05
#: Each step halves the error of the inverse at least, as the field does not fold.
INVERSE_STEPS = 6
#: The lids and the lips move; what lies between them does not.
OPENINGS = ("right_eye", "left_eye", "inner_lips")


@dataclass(frozen=True, eq=False)
class Amplitude:
    """The share of a displacement that a picture shows.

    Attributes
    ----------
    value : float or None
        1 where all of it is there, 0 where nothing is, negative where it goes the other way. None
        where the displacement is too small, or the pictures show hardly anything in common.
    seen : float
        Share of the displacement, by its square, that lies where something can be seen, 0 to 1.
    """

    value: float | None
    seen: float


def read_amplitude(
    pictures: tuple[ImageArray, ImageArray],
    region: Region,
    registration: Registration,
    field: DisplacementField,
    face: FaceLandmarks,
    wanted: FloatArray,
    weight: FloatArray,
    hidden: BoolArray | None = None,
) -> Amplitude:
    """Read how much of a displacement a picture shows.

    Parameters
    ----------
    pictures : two (H, W, 3) uint8 arrays, RGB
        Before and after.
    region : Region
        The one that was registered.
    registration : Registration
        From the one to the other.
    field : DisplacementField
        The known displacement.
    face : FaceLandmarks
        In the picture before.
    wanted : (478, 2) array
        Where the displacement takes the landmarks, pixels.
    weight : (478,) array
        How much each counts, 0 to 1.
    hidden : (H, W) bool array, optional
        What shows no skin.

    Returns
    -------
    Amplitude

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> from landmarkdiff.verification import region_of, register
    >>> result = LandmarkDiffPipeline().generate(portrait, "brow_lift", 60, verify=False)
    >>> face, field = result.source, result.displacement_field
    >>> moved = result.target.points[:, :2] - face.points[:, :2]
    >>> pictures = portrait, field.warp(portrait, result.surgical_mask.coverage)
    >>> box = (field.grid.x, field.grid.y, field.grid.width, field.grid.height)
    >>> region, flow = region_of(portrait, box), register(*pictures, box)
    >>> counted = moved.any(axis=1).astype(float)
    >>> found = read_amplitude(pictures, region, flow, field, face, moved, counted)
    >>> abs(found.value - 1.0) < 0.15
    True
    """
    cell_mm = face.scale.mm_per_px * float(region.px_per_cell.mean())
    finest, window = FINEST_MM / cell_mm, WINDOW_MM / cell_mm
    skin = _skin(region, face, hidden)
    before, after = (_blurred(region.grey(each).astype(np.float32), finest) for each in pictures)
    flow = _single(registration.flow / region.px_per_cell)
    one, other = _alike(before, _undone(after, flow), skin, COARSEST_MM / cell_mm)
    slope, left = _slopes(0.5 * (one + other)), one - other
    along = (slope * (_forward(field, region) * skin[..., None])).sum(axis=2)
    places = region.cells(face.points[:, :2])
    shares, texture = (
        _at(_blurred(each, window), places)
        for each in (along * ((slope * flow).sum(axis=2) + left), along * along)
    )
    length = np.linalg.norm(wanted / region.px_per_cell, axis=1)
    squared = np.where(length > 0.0, (weight * length) ** 2, 0.0)
    residual = 2.0 * float(np.median(left[skin > 0.5] ** 2)) if (skin > 0.5).any() else 0.0
    known = texture / np.maximum(length**2, 1e-12) * _independent(window, finest)
    variance = max(residual, LEAST_RESIDUAL) / np.maximum(known, 1e-12)
    counted = squared / (1.0 + variance * (cell_mm / HALF_CERTAIN_MM) ** 2)
    whole = float(squared.sum())
    seen = float(counted.sum()) / whole if whole > 0.0 else 0.0
    readable = seen >= LEAST_SEEN and float((weight * length).max()) * cell_mm >= LEAST_MOVE_MM
    if not readable or _correlation(one, other, skin, window, places, counted) < LEAST_ALIKE:
        return Amplitude(None, seen)
    each = shares / np.maximum(texture, 1e-12)
    return Amplitude(float((counted * each).sum() / counted.sum()), seen)


def _correlation(
    one: Float32Array,
    other: Float32Array,
    skin: Float32Array,
    window: float,
    places: FloatArray,
    counted: FloatArray,
) -> float:
    """How alike two flat pictures are in the windows that count, -1 to 1; 0 where one is empty."""
    both, first, second = (
        float((counted * _at(_blurred(skin * each, window), places)).sum())
        for each in (one * other, one * one, other * other)
    )
    rounding = LEAST_RESIDUAL * float(counted.sum())
    return both / float(np.sqrt((first + rounding) * (second + rounding)))


def _independent(window: float, finest: float) -> float:
    """How many independent cells a Gaussian window has over cells blurred by another one."""
    return 4.0 * np.pi * window**2 / (1.0 + 2.0 * np.pi * finest**2)


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


def _forward(field: DisplacementField, region: Region) -> Float32Array:
    """Where the field takes what the cells show, in cells: (h, w, 2).

    The field says where each place of the result comes from.
    """
    grid = field.grid
    width, height = region.size
    offset = np.array([grid.x, grid.y]) + (grid.step - 1) / 2.0
    xs, ys = region.photo_lines
    x, y = (_single(each) for each in np.meshgrid(xs - offset[0], ys - offset[1]))
    moved = np.zeros((height, width, 2), np.float32)
    for _ in range(INVERSE_STEPS):
        comes = cv2.remap(
            field.displacement,
            (x + moved[..., 0]) / np.float32(grid.step),
            (y + moved[..., 1]) / np.float32(grid.step),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
        moved = -_single(comes)
    return _single(moved / region.px_per_cell)


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
