"""A band of skin along a line, laid out flat: columns along the line, rows across it.

Everything that is known of a fold is known along and across it. So the skin beside a line is
sampled at equal steps along the line and at right angles to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, FloatArray, IndexArray

__all__ = ["STEP_MM", "Strip", "along_line"]

#: Step along the line and across it, mm.
STEP_MM = 0.5


@dataclass(frozen=True, eq=False)
class Strip:
    """Places beside a line, in cells of a face crop.

    Attributes
    ----------
    line : (n, 2) float64 array
        The line itself at equal steps, (column, row) of cells.
    normals : (n, 2) float64 array
        Unit normals of the line, all on the same side of it, cells.
    half : int
        Steps to each side; the line is row ``half``.
    cell_mm : float
        Size of a cell, mm.
    """

    line: FloatArray
    normals: FloatArray
    half: int
    cell_mm: float

    @property
    def shape(self) -> tuple[int, int]:
        """Rows across the line, columns along it."""
        return 2 * self.half + 1, len(self.line)

    @property
    def offsets(self) -> FloatArray:
        """Distance of each row from the line, mm, along the normals: (rows,)."""
        return np.asarray(np.arange(-self.half, self.half + 1) * STEP_MM, np.float64)

    @property
    def places(self) -> FloatArray:
        """Where the samples lie: (rows, columns, 2) cells."""
        across = self.offsets[:, None, None] / self.cell_mm
        return np.asarray(self.line + across * self.normals)

    def sample(self, values: Float32Array, places: FloatArray | None = None) -> Float32Array:
        """Return values of a crop at the places of the strip, or where these have gone.

        Parameters
        ----------
        values : (h, w) or (h, w, c) float32 array
        places : (rows, columns, 2) float64 array, optional
            Where the places of the strip have gone, cells.

        Returns
        -------
        (rows, columns) or (rows, columns, c) float32 array
        """
        at = np.asarray(self.places if places is None else places, np.float32)
        return np.asarray(
            cv2.remap(
                values,
                np.ascontiguousarray(at[..., 0]),
                np.ascontiguousarray(at[..., 1]),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )

    def moved(self, offsets_mm: FloatArray) -> Strip:
        """Return the strip of a line that lies so far beside this one: (n,) mm, along the normals.

        Its columns are those of this strip; only their directions differ.
        """
        line = self.line + (offsets_mm / self.cell_mm)[:, None] * self.normals
        return Strip(line, _normals(line, like=self.normals), self.half, self.cell_mm)

    def narrowed(self, half_mm: float) -> Strip:
        """Return the strip with another reach to each side, mm."""
        return Strip(self.line, self.normals, round(half_mm / STEP_MM), self.cell_mm)

    def spread(self, values: Float32Array) -> tuple[tuple[int, int], Float32Array]:
        """Return what lies at the cells of the crop, where the strip has these values.

        Parameters
        ----------
        values : (rows, columns) float32 array
            At the places of the strip; it should have faded to zero at the strip's edges.

        Returns
        -------
        tuple of int
            Row and column of the crop at which the following begins; it may reach beyond the crop.
        (h, w) float32 array
            Zero where the strip does not reach.
        """
        on = np.flatnonzero(values.any(axis=0))
        if not len(on):
            return (0, 0), np.zeros((0, 0), np.float32)
        first, last = max(on[0] - 1, 0), min(on[-1] + 2, len(self.line))
        line, normals = self.line[first:last], self.normals[first:last]
        reach = self.half * STEP_MM / self.cell_mm + 1.0
        low = np.floor(line.min(axis=0) - reach).astype(int)
        high = np.ceil(line.max(axis=0) + reach).astype(int) + 1
        along, across = _coordinates(high - low, line - low, normals, reach)
        found = cv2.remap(
            np.ascontiguousarray(values[:, first:last]),
            along.astype(np.float32),
            (across * self.cell_mm / STEP_MM + self.half).astype(np.float32),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0.0,
        )
        return (int(low[1]), int(low[0])), np.asarray(found, np.float32)


def _coordinates(
    size: IndexArray, line: FloatArray, normals: FloatArray, reach: float
) -> tuple[FloatArray, FloatArray]:
    """Number of the column, and distance from the line along the normals, of cells (h, w).

    There are ``size`` (2,) of them across and down, and the first is the origin; what is farther
    from the line than ``reach`` is very far.
    """
    columns, rows = (np.arange(count, dtype=np.float64) for count in size)
    way = np.diff(line, axis=0)
    length2 = np.maximum((way**2).sum(axis=1), 1e-12)
    best = np.full((len(rows), len(columns)), np.inf)
    along = np.zeros(best.shape)
    for number, start in enumerate(line[:-1]):
        low = np.maximum(start - reach - 1.0, 0.0).astype(int)
        high = (start + reach + 3.0).astype(int)
        near = slice(low[1], high[1]), slice(low[0], high[0])
        right, down = columns[near[1]] - start[0], rows[near[0]][:, None] - start[1]
        share = (right * way[number, 0] + down * way[number, 1]) / length2[number]
        np.minimum(np.maximum(share, 0.0, out=share), 1.0, out=share)
        away = (right - share * way[number, 0]) ** 2
        away += (down - share * way[number, 1]) ** 2
        share += number
        np.copyto(along[near], share, where=away < best[near])
        np.minimum(best[near], away, out=best[near])
    nearest = np.minimum(along.astype(np.intp), len(way) - 1)
    part = along - nearest
    beside = np.zeros(best.shape)
    for axis, places in enumerate((columns, rows[:, None])):
        foot = line[:, axis][nearest] + part * way[:, axis][nearest]
        own = normals[:, axis]
        normal = (1.0 - part) * own[nearest] + part * own[nearest + 1]
        beside += (places - foot) * normal
    away = np.sqrt(best) * np.sign(beside)
    # What lies beyond the ends of the line is beside none of it.
    beyond = ((along <= 0.0) | (along >= len(way))) & (best > 1.0)
    return along, np.where(beyond | ~np.isfinite(best), 1e6, away)


def along_line(points: FloatArray, toward: FloatArray, half_mm: float, cell_mm: float) -> Strip:
    """Return the strip along a line through points, smoothly.

    Parameters
    ----------
    points : (n, 2) float64 array
        Corners of the line, cells.
    toward : (2,) float64 array
        The side to which the normals point, as a direction in the crop.
    half_mm : float
        How far the strip reaches to each side, mm.
    cell_mm : float
        Size of a cell, mm.
    """
    line = _equal_steps(points, cell_mm)
    # Its corners are rounded over some millimetres; its ends stay.
    ends = np.pad(line, ((12, 12), (0, 0)), mode="reflect", reflect_type="odd")
    rounded = cv2.GaussianBlur(ends, (1, 25), sigmaX=1.0, sigmaY=4.0)[12:-12]
    line = _equal_steps(np.asarray(rounded, np.float64), cell_mm)
    like = np.broadcast_to(toward, line.shape)
    return Strip(line, _normals(line, like=like), round(half_mm / STEP_MM), cell_mm)


def _equal_steps(points: FloatArray, cell_mm: float) -> FloatArray:
    """Places along a line through points at steps of :data:`STEP_MM`: (n, 2) cells."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    count = max(round(length[-1] * cell_mm / STEP_MM) + 1, 16)
    wanted = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(wanted, length, part) for part in points.T], axis=1)


def _normals(line: FloatArray, *, like: NDArray[np.float64]) -> FloatArray:
    """Unit normals of a line (n, 2) on the side of the directions ``like`` (n, 2)."""
    smooth = cv2.GaussianBlur(line, (1, 25), sigmaX=1.0, sigmaY=4.0)
    way = np.gradient(smooth, axis=0)
    normal = np.stack([-way[:, 1], way[:, 0]], axis=1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
    if float((normal * like).sum()) < 0.0:
        normal = -normal
    return normal
