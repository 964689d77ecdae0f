"""The whole eye: what the photo shows of it, continued behind the lids.

An eye is about the same all around its pupil. So it is unrolled around the pupil into rings; what
the lids hide of a ring goes over from its one visible end to the other. Iris, limbus and white thus
go on as they are seen beside the lids, in the light that they have there.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray
from landmarkdiff.manipulation.window import sampled, sampled_at

__all__ = ["Iris", "completed_eye", "find_iris", "in_shade"]

#: Directions around the pupil, and cells between two rings.
_DIRECTIONS = 360
_RING_CELLS = 0.75
#: The ends of a ring are averages over this angle (degrees): a single pixel would make a streak.
_END_DEG = 8.0
#: A place brighter than its ring in the iris by this many levels, or this share of its own, is a
#: reflection, and what lies around it; it does not go on behind the lid.
_REFLECTION = (20.0, 0.35)
_REFLECTION_RINGS = 3
#: So far out of its radius an iris is clear of the white.
_CLEAR_OF_LIMBUS = 0.75
#: What is seen less freely than this is hidden.
_LEAST_CLEAR = 0.02
#: Radius of the iris, and how far the search for its edge goes across and down, mm.
IRIS_MM = 5.85
_SEARCH_MM, _SEARCH_STEP_MM, _RADII = (1.5, 0.9), 0.15, (0.88, 1.12)
#: The landmarks have its centre across and down and its radius about so well (mm, share): an edge
#: further off has to be the clearer. Lids hide its upper and lower end.
_TRUST_MM, _TRUST_RADIUS = (1.2, 0.5), 0.08
#: Two rings this far apart are compared, mm.
_EDGE_MM = 0.5
#: An edge of fewer levels is none.
_LEAST_EDGE = 4.0
#: The shade of the lid on the eye is a mean over the first distance around each place; where the
#: eye is not seen so near, over the second, mm. What is brighter than the eye by so many levels is
#: a reflection and tells nothing of it.
_SHADE_MM = (0.7, 2.0)
_SHADE_REFLECTION = 12.0


@dataclass(frozen=True)
class Iris:
    """An iris in a window.

    Attributes
    ----------
    centre : (2,) float64 array
        Column and row, cells.
    radius : float
        Vertical, cells.
    narrowing : float
        Its width over its height, as the eye is turned from the camera.
    """

    centre: FloatArray
    radius: float
    narrowing: float

    def upper_part(self, rows: int, columns: int) -> BoolArray:
        """Cells of the iris that do not lie in its lowest third: (rows, columns) bool."""
        ys, xs = np.ogrid[:rows, :columns]
        across, down = (xs - self.centre[0]) / self.narrowing, ys - self.centre[1]
        return np.asarray(
            (across**2 + down**2 < self.radius**2) & (down < self.radius / 3.0), np.bool_
        )


def find_iris(pixels: Float32Array, seen: BoolArray, guess: Iris, cells_per_mm: float) -> Iris:
    """Move an iris to the edge that the photo shows (Daugman's operator [1]_).

    Parameters
    ----------
    pixels : (rows, columns, 3) float32 array
    seen : (rows, columns) bool array
        Where nothing hides the eye.
    guess : Iris
    cells_per_mm : float

    Returns
    -------
    Iris
        The guess, where too little of the edge is seen.

    References
    ----------
    .. [1] J. Daugman, How iris recognition works, IEEE Trans. Circuits Syst. Video Technol. 14
       (2004).
    """
    grey = np.minimum(pixels.mean(axis=2), np.float32(np.quantile(pixels[seen], 0.9)))
    grey = cv2.GaussianBlur(grey, (0, 0), 0.25 * cells_per_mm)
    both = np.stack([grey, seen.astype(np.float32)], axis=-1)
    angles = np.radians(np.arange(0.0, 360.0, 6.0))
    way = guess.narrowing * np.cos(angles), np.sin(angles)
    across, down = (np.arange(-most, most + 0.01, _SEARCH_STEP_MM) for most in _SEARCH_MM)
    shifts = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    centres = guess.centre + shifts * cells_per_mm
    doubt = (((centres - guess.centre) / (np.array(_TRUST_MM) * cells_per_mm)) ** 2).sum(axis=1)
    half = 0.5 * _EDGE_MM * cells_per_mm
    best, found = _LEAST_EDGE, guess

    def ring(radius: float) -> Float32Array:
        x, y = (
            (place[:, None] + radius * part).astype(np.float32)
            for place, part in zip(centres.T, way, strict=True)
        )
        return sampled_at(both, x, y)

    for radius in guess.radius * np.linspace(*_RADII, 9):
        inner, outer = ring(radius - half), ring(radius + half)
        weight = inner[..., 1] * outer[..., 1]
        edges = ((outer - inner)[..., 0] * weight).sum(axis=1) / (weight.sum(axis=1) + 6.0)
        edges *= np.exp(-0.5 * (doubt + ((radius / guess.radius - 1.0) / _TRUST_RADIUS) ** 2))
        if edges.max() > best:
            best = float(edges.max())
            found = Iris(centres[edges.argmax()], float(radius), guess.narrowing)
    return found


def completed_eye(pixels: Float32Array, clear: Float32Array, iris: Iris) -> Float32Array:
    """Return the whole eye.

    Parameters
    ----------
    pixels : (rows, columns, 3) float32 array
        The photo's window, RGB.
    clear : (rows, columns) float32 array
        How freely each place of the eye is seen, 0 to 1: 0 where it is hidden.
    iris : Iris

    Returns
    -------
    (rows, columns, 3) float32 array
        Where the eye is seen, the mean around each place, without reflections.
    """
    rows, columns = clear.shape
    ys, xs = np.mgrid[:rows, :columns].astype(np.float32)
    across, down = (xs - iris.centre[0]) / iris.narrowing, ys - iris.centre[1]
    ring = (np.hypot(across, down) / _RING_CELLS).astype(np.float32)
    turn = np.degrees(np.arctan2(down, across)) % 360.0 * (_DIRECTIONS / 360.0)
    unrolled, known = _unrolled(pixels, clear, iris, int(ring.max()) + 2)
    whole = _closed(unrolled, known)
    # One direction more on either side, so that the way around has no gap.
    padded = np.concatenate([whole[:, -1:], whole, whole[:, :1]], axis=1)
    return sampled(padded, np.stack([turn + 1.0, ring], axis=-1))


def _unrolled(
    pixels: Float32Array, clear: Float32Array, iris: Iris, rings: int
) -> tuple[Float32Array, Float32Array]:
    """Unroll the eye: (rings, directions, 3), and how freely it is seen, 0 at reflections."""
    angles = np.radians(np.arange(_DIRECTIONS) * (360.0 / _DIRECTIONS))
    away = np.arange(rings)[:, None] * _RING_CELLS
    x = (iris.centre[0] + away * iris.narrowing * np.cos(angles)).astype(np.float32)
    y = (iris.centre[1] + away * np.sin(angles)).astype(np.float32)
    places = np.stack([x, y], axis=-1)
    # Beyond the window nothing is seen.
    bounded = np.pad(clear, 1)
    unrolled, free = sampled(pixels, places), sampled(bounded, places + 1.0)
    free[free < _LEAST_CLEAR] = 0.0
    grey = np.where(free > 0, unrolled.mean(axis=2), np.nan)
    usual = np.full((rings, 1), np.inf)
    some = (free > 0).any(axis=1)
    usual[some, 0] = np.nanmedian(grey[some], axis=1)
    least, share = _REFLECTION
    reflection = grey > usual + np.maximum(least, share * usual)
    reflection &= away < _CLEAR_OF_LIMBUS * iris.radius
    around = np.ones((2 * _REFLECTION_RINGS + 1,) * 2, np.uint8)
    free[cv2.dilate(reflection.astype(np.uint8), around) > 0] = 0.0
    return unrolled, free


def _closed(unrolled: Float32Array, known: Float32Array) -> Float32Array:
    """Let each ring go over from one visible end to the other where it is hidden."""
    rings, directions = known.shape
    seen = known > 0
    smooth = _averaged(unrolled, known)
    place = np.tile(np.arange(3 * directions), (rings, 1))
    there = np.tile(seen, (1, 3))
    before = np.maximum.accumulate(np.where(there, place, -1), axis=1)
    after = np.minimum.accumulate(np.where(there, place, 4 * directions)[:, ::-1], axis=1)[:, ::-1]
    middle = slice(directions, 2 * directions)
    before, after, here = before[:, middle], after[:, middle], place[:, middle]
    told = seen.any(axis=1)
    row = np.arange(rings)[:, None]
    first = smooth[row, before % directions]
    last = smooth[row, after % directions]
    share = (here - before) / np.maximum(after - before, 1)
    share = (share * share * (3.0 - 2.0 * share))[..., None].astype(np.float32)
    whole = first * (1.0 - share) + last * share
    if told.any():  # rings of which nothing is seen are those nearest to them
        index = np.flatnonzero(told)
        nearest = index[np.abs(np.arange(rings)[:, None] - index).argmin(axis=1)]
        whole = whole[nearest]
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), sigmaX=1.0, sigmaY=1.0), np.float32)


def _averaged(unrolled: Float32Array, known: Float32Array) -> Float32Array:
    """Average what is seen along the rings: (rings, directions, 3)."""
    width = round(4 * _END_DEG * _DIRECTIONS / 360.0)
    sigma = _END_DEG * _DIRECTIONS / 360.0

    def along(values: Float32Array) -> Float32Array:
        wide = np.concatenate([values[:, -width:], values, values[:, :width]], axis=1)
        return np.asarray(
            cv2.GaussianBlur(wide, (0, 0), sigmaX=sigma, sigmaY=0.8)[:, width:-width], np.float32
        )

    weight = along(known)
    mixed = along(unrolled * known[..., None])
    return np.asarray(mixed / np.maximum(weight, 1e-6)[..., None], np.float32)


def in_shade(
    whole: Float32Array, pixels: Float32Array, seen: Float32Array, cells_per_mm: float
) -> Float32Array:
    """Return the whole eye in the shade that the eye beside each place lies in.

    Around the pupil an eye is alike, but under its upper lid it is darker: what a lid uncovers
    would shine in its shadow.

    Parameters
    ----------
    whole, pixels : (rows, columns, 3) float32 array
        The eye without lids, and the photo.
    seen : (rows, columns) float32 array
        How much of each place is eye, 0 to 1.
    cells_per_mm : float

    Returns
    -------
    (rows, columns, 3) float32 array
        Nowhere brighter than ``whole``.

    Examples
    --------
    >>> eye = np.full((9, 9, 3), 100, np.float32)
    >>> below = np.repeat(np.float32([0, 1]), [4, 5])[:, None] * np.ones((1, 9), np.float32)
    >>> in_shade(eye, eye * 0.6, below, 4.0)[..., 0].round().min(axis=1)[:2].tolist()
    [60.0, 60.0]
    """
    own, eye = pixels.mean(axis=2), whole.mean(axis=2)
    told = (seen * (own < eye + np.float32(_SHADE_REFLECTION))).astype(np.float32)
    lit = np.zeros_like(own)
    full = np.zeros_like(own)
    for sigma, weight in zip(_SHADE_MM, (1.0, 0.02), strict=True):
        width = sigma * cells_per_mm
        lit += np.float32(weight) * cv2.GaussianBlur(told * np.minimum(own, eye), (0, 0), width)
        full += np.float32(weight) * cv2.GaussianBlur(told * eye, (0, 0), width)
    share = np.where(full > 1e-3, lit / np.maximum(full, np.float32(1e-3)), np.float32(1.0))
    return np.asarray(whole * share[..., None], np.float32)
