"""Registration of a repainted picture with the one it was painted over.

A network that repaints skin keeps its outlines and replaces its pores. Optical flow of single
pixels follows the pores, by more than a millimetre where the skin is plain; so here the
structures of one to four millimetres are registered, in windows, brightness and contrast taken
out, and each result carries the noise that the structure there leaves room for
(docs/concepts/guard.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.mask import SurgicalMask

__all__ = ["StructureRegistration", "register_structure"]


@dataclass(frozen=True)
class _Level:
    """One resolution of the registration; lengths in millimetres.

    Attributes
    ----------
    cell : float
        Side of a pixel of the resampled pictures.
    finest, coarsest : float
        Structures between these Gaussian scales are kept.
    window : float
        Standard deviation of the window that is registered as one piece.
    rounds : int
    """

    cell: float
    finest: float
    coarsest: float
    window: float
    rounds: int


#: First by a few millimetres, then to a twentieth of one.
LEVELS = (_Level(1.0, 1.5, 5.6, 6.0, 4), _Level(0.5, 0.8, 3.5, 4.0, 3))
#: Contrast is measured in windows of this size (mm), and is at least this many grey levels:
#: below it there is noise and no structure.
CONTRAST_MM = 10.0
LEAST_CONTRAST = 4.0
#: The square of the difference, in units of the local contrast, that harmless repainting leaves
#: behind. The noise of a result follows from it and never from the difference that was found
#: there: what differs must not excuse itself.
NOMINAL_RESIDUAL = 0.1
#: The prior follows from the mean over the whole mask, between these: new pores everywhere ask
#: for more of it, one place that differs does not.
RESIDUALS = (0.0075, 0.12)
#: A piece moves by this much (mm, one SD) before anything is seen of it; and how much more this
#: counts than its share by noise: what is plain stays where it is.
PRIOR_MM = 1.0
PRIOR_WEIGHT = 16.0
#: Cells beyond the mask count this much: what lies there is not pasted.
LEAST_WEIGHT = 0.02
#: A step of one round is at most this many cells.
LONGEST_STEP = 2.0
#: The field is smoothed between rounds, in shares of the window.
SMOOTHING = 0.3
#: Around the mask's box (mm).
MARGIN_MM = 6.0


@dataclass(frozen=True)
class StructureRegistration:
    """Displacement from one picture to another over the box of a mask.

    Attributes
    ----------
    shift_mm : (h, w, 2) float32 array
        Displacement, millimetres in the picture plane, x right and y down.
    covariance_mm2 : (h, w, 3) float32 array
        Of its noise: xx, xy, yy; it follows from the structures of the first picture alone.
    coverage : (h, w) float32 array
        Of the mask, 0 to 1.
    correlation : float
        Of the structures inside the mask once the displacement is undone.
    origin : (2,) float64 array
        Top-left corner of the box in the photo, pixels.
    zoom : (2,) float64 array
        Cells per photo pixel, across and down.
    cell_mm : float
        Side of a cell.
    """

    shift_mm: Float32Array
    covariance_mm2: Float32Array
    coverage: Float32Array
    correlation: float
    origin: FloatArray
    zoom: FloatArray
    cell_mm: float

    def at(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Displacement (n, 2) and covariance (n, 2, 2) at photo points (n, 2), mm."""
        place = (points - self.origin + 0.5) * self.zoom - 0.5
        xx, xy, yy = _sampled(self.covariance_mm2, place).T
        covariance = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
        return _sampled(self.shift_mm, place), covariance

    def photo_point(self, cell: FloatArray) -> FloatArray:
        """Return the photo pixel (2,) of a cell (2,), x and y."""
        return (cell + 0.5) / self.zoom - 0.5 + self.origin

    def cells(self, image: ImageArray) -> Float32Array:
        """Return a picture of the photo's size in the cells of the box: (h, w, 3) float32."""
        rows, columns = self.shift_mm.shape[:2]
        left, top = self.origin.astype(int)
        width, height = np.rint(np.array([columns, rows]) / self.zoom).astype(int)
        part = image[top : top + height, left : left + width].astype(np.float32)
        return np.asarray(_resized(part, columns, rows), np.float32)

    def undone(self, values: Float32Array) -> Float32Array:
        """Return (h, w, 3) values of the second picture with the displacement undone."""
        return _undone(values, self.shift_mm / np.float32(self.cell_mm))


def register_structure(
    start: ImageArray, painted: ImageArray, mask: SurgicalMask, face: FaceLandmarks
) -> StructureRegistration | None:
    """Register two pictures of one size inside a mask.

    Windowed least squares on the brightness difference, coarse to fine [1]_.

    Parameters
    ----------
    start, painted : (H, W, 3) uint8 arrays, RGB
    mask : SurgicalMask
    face : FaceLandmarks
        For the millimetres per pixel.

    Returns
    -------
    StructureRegistration or None
        Where each point of ``start`` lies in ``painted``; None where the mask lies outside the
        photo or is smaller than a window.

    References
    ----------
    .. [1] B. D. Lucas and T. Kanade, An iterative image registration technique with an
       application to stereo vision, IJCAI 1981.

    Examples
    --------
    >>> from landmarkdiff.inference import LandmarkDiffPipeline
    >>> result = LandmarkDiffPipeline().generate(portrait, "rhinoplasty", 60, verify=False)
    >>> lower = np.roll(result.warped, 1, axis=0)  # as if painted 1 pixel too low
    >>> found = register_structure(result.warped, lower, result.surgical_mask, result.target)
    >>> moved, covariance = found.at(result.target.points[[1, 4], :2])
    >>> bool((moved[:, 1] > 0.5).all())
    True
    """
    mm = face.scale.mm_per_px
    grid = mask.grid
    margin = round(MARGIN_MM / mm)
    left, top = max(0, grid.x - margin), max(0, grid.y - margin)
    right = min(start.shape[1], grid.x + grid.width + margin)
    bottom = min(start.shape[0], grid.y + grid.height + margin)
    extent = np.array([right - left, bottom - top])
    if extent.min() * mm < LEVELS[-1].window:
        return None
    # A photo without the finest structures is registered by what it has.
    coarser = max(1.0, mm / LEVELS[-1].cell)
    part = (slice(top, bottom), slice(left, right))
    grey = [cv2.cvtColor(image[part], cv2.COLOR_RGB2GRAY) for image in (start, painted)]
    shift: Float32Array = np.zeros((1, 1, 2), np.float32)
    for level in LEVELS:
        cell = level.cell * coarser
        columns, rows = np.maximum(np.rint(extent * mm / cell), 8).astype(int).tolist()
        zoom = np.array([columns, rows]) / extent
        weight = _coverage(mask, left, top, zoom, (columns, rows))
        first, second = (_structures(_resized(image, columns, rows), level) for image in grey)
        shift = _resized(shift, columns, rows)
        solved = _NormalEquations(first, second, weight, level, coarser)
        for _ in range(level.rounds):
            shift = solved.refined(shift)
    return StructureRegistration(
        shift_mm=shift,
        covariance_mm2=solved.covariance(),
        coverage=weight,
        correlation=solved.correlation(shift),
        origin=np.array([left, top], np.float64),
        zoom=zoom,
        cell_mm=solved.cell,
    )


class _NormalEquations:
    """The normal equations of one level.

    Parameters
    ----------
    first, second : (h, w) float32 arrays
        Structures of the two pictures.
    weight : (h, w) float32 array
        Weight of each cell.
    level : _Level
    coarser : float
        By how much the level's lengths are longer in this photo.
    """

    def __init__(
        self,
        first: Float32Array,
        second: Float32Array,
        weight: Float32Array,
        level: _Level,
        coarser: float,
    ) -> None:
        self.first, self.second = first, second
        self.weight = np.maximum(weight, LEAST_WEIGHT)
        self.window = level.window / level.cell
        self.cell = level.cell * coarser
        self.spread = _blurred(self.weight, self.window)
        # Neighbouring cells repeat each other: a window holds only so many findings.
        self.repeats = (level.finest / level.window) ** 2
        self.prior = PRIOR_WEIGHT * self.repeats * (self.cell / PRIOR_MM) ** 2

    def refined(self, shift: Float32Array) -> Float32Array:
        """Return a better displacement, mm."""
        cells = shift / self.cell
        back = _undone(self.second, cells)
        gx, gy = _gradient(0.5 * (self.first + back))
        difference = back - self.first
        residual = float((difference * difference * self.weight).sum() / self.weight.sum())
        held = self.prior * float(np.clip(residual, *RESIDUALS))
        xx, xy, yy = self._structure(gx, gy, held)
        bx = -self._mean(gx * difference) - held * cells[..., 0]
        by = -self._mean(gy * difference) - held * cells[..., 1]
        step = np.stack([yy * bx - xy * by, xx * by - xy * bx], -1)
        step /= (xx * yy - xy * xy)[..., None]
        length = np.sqrt((step**2).sum(axis=2, keepdims=True))
        step *= np.minimum(1.0, LONGEST_STEP / np.maximum(length, 1e-6))
        smooth = cv2.GaussianBlur(cells + step, (0, 0), SMOOTHING * self.window)
        return np.asarray(smooth * self.cell, np.float32)

    def covariance(self) -> Float32Array:
        """Return the covariance of the noise of any displacement: (h, w, 3), mm^2."""
        held = self.prior * NOMINAL_RESIDUAL
        xx, xy, yy = self._structure(*_gradient(self.first), held)
        inverse = np.stack([yy, -xy, xx], -1) / (xx * yy - xy * xy)[..., None]
        scale = self.repeats * NOMINAL_RESIDUAL * self.cell**2
        return np.asarray(inverse * scale, np.float32)

    def correlation(self, shift: Float32Array) -> float:
        """Return the correlation of the two pictures with the displacement undone."""
        back = _undone(self.second, shift / self.cell)
        inside = self.weight > 0.5
        if not inside.any():
            return 0.0
        one, two = self.first[inside].astype(np.float64), back[inside].astype(np.float64)
        power = float(np.sqrt((one @ one) * (two @ two)))
        return float(one @ two) / max(power, 1e-9)

    def _structure(
        self, gx: Float32Array, gy: Float32Array, held: float
    ) -> tuple[Float32Array, Float32Array, Float32Array]:
        """Return the structure tensor xx, xy, yy with the prior in it."""
        xx, xy, yy = self._mean(gx * gx), self._mean(gx * gy), self._mean(gy * gy)
        return xx + held, xy, yy + held

    def _mean(self, values: Float32Array) -> Float32Array:
        return _blurred(values * self.weight, self.window) / self.spread


def _gradient(values: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Return the slopes across and down, per cell."""
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _structures(grey: ImageArray, level: _Level) -> Float32Array:
    """Return the structures of a level, in units of their local contrast."""
    values = grey.astype(np.float32)
    band = _blurred(values, level.finest / level.cell) - _blurred(
        values, level.coarsest / level.cell
    )
    power = _blurred(band * band, CONTRAST_MM / level.cell)
    return np.asarray(band / np.sqrt(power + LEAST_CONTRAST**2), np.float32)


def _coverage(
    mask: SurgicalMask, left: int, top: int, zoom: FloatArray, size: tuple[int, int]
) -> Float32Array:
    """Return the mask at the centres of the cells: (rows, columns) float32, 0 to 1."""
    grid = mask.grid
    middle = (grid.step - 1) / 2.0
    first = (0.5 / zoom - 0.5 + (left - grid.x - middle, top - grid.y - middle)) / grid.step
    turn = np.array([[1.0 / zoom[0], 0.0], [0.0, 1.0 / zoom[1]]]) / grid.step
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cells = cv2.warpAffine(mask.share, np.column_stack([turn, first]), size, flags=flags)
    return np.asarray(cells, np.float32)


def _resized(values: NDArray[Any], columns: int, rows: int) -> NDArray[Any]:
    """Return values at another size: averaged over area where they become fewer."""
    shrinks = columns < values.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (columns, rows), interpolation=way), values.dtype)


def _blurred(values: Float32Array, sigma: float) -> Float32Array:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)


def _undone(image: Float32Array, cells: Float32Array) -> Float32Array:
    """Return a picture with a displacement (h, w, 2) in cells undone."""
    height, width = image.shape[:2]
    columns = np.arange(width, dtype=np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(
        cv2.remap(
            image,
            cells[..., 0] + columns,
            cells[..., 1] + rows,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.float32,
    )


def _sampled(values: Float32Array, place: FloatArray) -> FloatArray:
    """Interpolate (h, w, channels) linearly at cells (n, 2) x, y: (n, channels)."""
    limit = np.array(values.shape[1::-1]) - 1.0
    inside = np.clip(place, 0.0, limit)
    low = np.minimum(inside.astype(np.intp), np.maximum(limit - 1.0, 0.0).astype(np.intp))
    high = np.minimum(low + 1, limit.astype(np.intp))
    across, down = ((inside - low)[:, axis, None] for axis in (0, 1))
    upper = values[low[:, 1], low[:, 0]] * (1 - across) + values[low[:, 1], high[:, 0]] * across
    lower = values[high[:, 1], low[:, 0]] * (1 - across) + values[high[:, 1], high[:, 0]] * across
    return np.asarray(upper * (1 - down) + lower * down, np.float64)
