"""How the light on the skin changes: a factor and a gloss on the grid of the warp.

Both are smooth, so they are known on the grid and enlarged linearly; they act on linear light, as
a camera's sensor counts it, and not on the coded values of a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray, MaskArray
from landmarkdiff.manipulation.field import nodes_beside
from landmarkdiff.manipulation.grid import RegionGrid

__all__ = ["Shading", "ShadingRecord", "coded", "linear_light"]

#: No gloss that is taken off leaves less of a pixel than this share: the skin under a gloss that
#: was not there would turn into another colour. The browser's shader has it, too.
LEAST_MATT = np.float32(0.7)
#: Pixels along the side of a tile that is worked on at a time: its colours stay in the processor's
#: cache, and the nodes beside it, which take part, are few to its own.
TILE_PIXELS = 192
#: Steps into which linear light is cut before it is coded again: a code near black, where they lie
#: closest, still takes 20 of them.
_STEPS = 65535


@dataclass(frozen=True)
class ShadingRecord:
    """What is known of a change of light.

    Attributes
    ----------
    source : {"head", "mesh"}
        Whose normals the light was fitted to: the head of the photo, or the average mesh on it.
    light_fit : float
        Share of the variance of the skin's light that the fit explains, 0 to 1.
    residual : float
        Robust standard deviation of what it leaves, a share of the light.
    glossy, coloured : bool
        Whether the skin shines; whether a second light has another colour.
    agreement : float or None
        Of a profile: share of the variance of the region's own light that the fit explains; with
        less than 0.4 its light is left alone, up to 0.7 in part.
    left_alone : float
        Share of the region whose light is not the fitted one (shadows, beard, clipped).
    predicted_change : float
        By how much the plan changes the light on 0.5 cm2 of skin, a share of it.
    by_effect : mapping of str to float
        The same of each effect alone, by its key.
    """

    source: Literal["head", "mesh"]
    light_fit: float
    residual: float
    glossy: bool
    coloured: bool
    agreement: float | None
    left_alone: float
    predicted_change: float
    by_effect: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data; shares of each effect are with the effects."""
        return {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in vars(self).items()
            if key != "by_effect"
        }


@dataclass(frozen=True, eq=False)
class Shading:
    """A change of light, for pixels of a warped photo.

    Linear light of a pixel becomes ``light * factor + gloss``, and no less than 0.7 of the first.

    Attributes
    ----------
    grid : RegionGrid
    factor : (rows, columns, 3) float32 array
        For red, green and blue; 1 where nothing changes.
    gloss : (rows, columns) float32 array
        What shines from the surface itself, the same in all three; white is 1.
    record : ShadingRecord or None
        How it came about.
    """

    grid: RegionGrid
    factor: Float32Array
    gloss: Float32Array
    record: ShadingRecord | None = None

    def applied(self, image: ImageArray, coverage: MaskArray) -> ImageArray:
        """Return a picture in this light: (H, W, 3) uint8 RGB.

        Where the enlarged ``coverage`` (rows, columns) is zero, and where nothing changes, every
        pixel is the input's, bit for bit.

        Examples
        --------
        >>> grid = RegionGrid(x=0, y=0, width=3, height=3, step=1)
        >>> half = np.full((3, 3, 3), 0.5, np.float32)
        >>> light = Shading(grid, half, np.zeros((3, 3), np.float32))
        >>> grey = np.full((3, 4, 3), 200, np.uint8)
        >>> light.applied(grey, np.full((3, 3), 255, np.uint8))[1, :, 0].tolist()
        [146, 146, 146, 200]
        """
        return self._changed(image, coverage, undo=False)

    def undone(self, image: ImageArray, coverage: MaskArray) -> ImageArray:
        """Return a picture as it was before: to within rounding, where nothing was clipped."""
        return self._changed(image, coverage, undo=True)

    def apply(self, image: ImageArray, coverage: MaskArray) -> None:
        """Put a picture into this light as :meth:`applied` does, in place."""
        self._change(image, coverage, undo=False)

    def _changed(self, image: ImageArray, coverage: MaskArray, *, undo: bool) -> ImageArray:
        result = image.copy()
        self._change(result, coverage, undo=undo)
        return result

    def _change(self, image: ImageArray, coverage: MaskArray, *, undo: bool) -> None:
        grid, shines = self.grid, bool(self.gloss.any())
        for rows, columns in self._tiles(image, coverage):
            factor = np.asarray(grid.enlarge_to(self.factor, rows, columns), np.float32)
            mask = np.asarray(grid.enlarge_to(coverage, rows, columns), np.uint8)
            target = image[
                grid.y + rows.start : grid.y + rows.stop,
                grid.x + columns.start : grid.x + columns.stop,
            ]
            seen = np.asarray(cv2.LUT(target, linear_light()), np.float32)
            shone = self._shone(rows, columns) if shines else None
            changed = _unlit(seen, factor, shone) if undo else _lit(seen, factor, shone)
            cv2.copyTo(changed, np.ascontiguousarray(mask), target)

    def _shone(self, rows: slice, columns: slice) -> Float32Array | None:
        """The gloss on some pixels of the rectangle, (h, w, 3); None where there is none."""
        gloss = np.asarray(self.grid.enlarge_to(self.gloss, rows, columns), np.float32)
        return np.asarray(cv2.merge([gloss] * 3), np.float32) if gloss.any() else None

    def _tiles(self, image: ImageArray, coverage: MaskArray) -> Iterator[tuple[slice, slice]]:
        """Yield rows and columns of the rectangle's pixels that hold all that may change."""
        grid = self.grid
        changed = self.factor != 1.0
        changes = changed[..., 0] | changed[..., 1] | changed[..., 2] | (self.gloss != 0.0)
        # Between nodes something changes wherever one of those around does.
        seen = nodes_beside(changes) & nodes_beside(coverage > 0)
        side = max(1, TILE_PIXELS // grid.step)
        within = grid.within(image.shape[1], image.shape[0])
        for first, start in product(*(range(0, count, side) for count in grid.shape)):
            own = seen[first : first + side, start : start + side]
            marked = [np.flatnonzero(own.any(axis=axis)) for axis in (1, 0)]
            if not marked[0].size:
                continue
            rows, columns = (
                slice(
                    max((origin + int(each[0])) * grid.step, inside.start),
                    min((origin + int(each[-1]) + 1) * grid.step, inside.stop),
                )
                for origin, each, inside in zip((first, start), marked, within, strict=True)
            )
            if rows.start < rows.stop and columns.start < columns.stop:
                yield rows, columns


@cache
def linear_light() -> Float32Array:
    """Linear light of each code of sRGB (IEC 61966-2-1): (256,) float32, white is 1.

    Examples
    --------
    >>> linear_light()[[0, 188, 255]].round(2).tolist()
    [0.0, 0.5, 1.0]
    """
    code = np.arange(256) / 255.0
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    return np.asarray(light, np.float32)


@cache
def _codes() -> NDArray[np.uint8]:
    """Code of every step of linear light: (65536,) uint8."""
    light = np.arange(_STEPS + 1) / _STEPS
    code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.floor(255.0 * code + 0.5), np.uint8)


def _lit(seen: Float32Array, factor: Float32Array, gloss: Float32Array | None) -> ImageArray:
    """Linear light (h, w, 3) in another light, coded."""
    if gloss is None:
        return _coded_steps(cv2.multiply(seen, factor, scale=_STEPS, dtype=cv2.CV_16U))
    steps = np.asarray(cv2.multiply(seen, factor, scale=_STEPS), np.float32)
    least = LEAST_MATT * steps
    steps += np.float32(_STEPS) * gloss
    np.maximum(steps, least, out=steps)
    np.minimum(steps, np.float32(_STEPS), out=steps)
    steps += np.float32(0.5)
    return _coded_steps(steps.astype(np.uint16))


def _unlit(seen: Float32Array, factor: Float32Array, gloss: Float32Array | None) -> ImageArray:
    """Linear light (h, w, 3) as it was before, coded."""
    if gloss is not None:
        seen = np.minimum(seen - gloss, seen / LEAST_MATT)
    return coded(np.asarray(seen / factor, np.float32))


def coded(light: Float32Array) -> NDArray[np.uint8]:
    """Return the codes of sRGB for linear light, any shape; clipped to what they can hold.

    Examples
    --------
    >>> bool((coded(linear_light()) == np.arange(256)).all())
    True
    """
    steps = np.clip(light, 0.0, 1.0) * np.float32(_STEPS) + np.float32(0.5)
    return _coded_steps(steps.astype(np.uint16))


def _coded_steps(steps: NDArray[Any]) -> NDArray[np.uint8]:
    """Codes of steps of linear light, uint16 of any shape."""
    if _wide_tables() and steps.ndim == 3:
        return np.asarray(cv2.LUT(steps, _codes()), np.uint8)
    return np.asarray(_codes().take(steps), np.uint8)


@cache
def _wide_tables() -> bool:
    """Whether this OpenCV looks up 16-bit numbers, which its fifth version does."""
    return int(cv2.__version__.split(".")[0]) >= 5
