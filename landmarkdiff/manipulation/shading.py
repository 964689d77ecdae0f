"""How the light on the skin changes: a factor and a gloss on the grid of the warp.

Both are smooth, so they are known on the grid and enlarged linearly; they act on linear light, as
a camera's sensor counts it, and not on the coded values of a picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from landmarkdiff.arrays import Float32Array, ImageArray, MaskArray
from landmarkdiff.manipulation.field import STRIP_PIXELS
from landmarkdiff.manipulation.grid import RegionGrid

__all__ = ["Shading", "ShadingRecord", "coded", "linear_light"]

#: No gloss that is taken off leaves less of a pixel than this share: the skin under a gloss that
#: was not there would turn into another colour. The browser's shader has it, too.
LEAST_MATT = np.float32(0.7)
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

    @property
    def silent(self) -> bool:
        """Whether it changes nothing."""
        return bool((self.factor == 1.0).all() and not self.gloss.any())

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

    def _changed(self, image: ImageArray, coverage: MaskArray, *, undo: bool) -> ImageArray:
        result = image.copy()
        if self.silent:
            return result
        both = np.dstack([self.factor, self.gloss])
        for place, nodes in self._strips(image, coverage):
            first, count, part = nodes
            light = np.asarray(self.grid.enlarge(both, first, count)[part], np.float32)
            mask = np.asarray(self.grid.enlarge(coverage, first, count)[part], np.uint8)
            target = result[place]
            seen = cv2.LUT(target, linear_light())
            factor, gloss = light[..., :3], light[..., 3:]
            if undo:
                seen = np.minimum(seen - gloss, seen / LEAST_MATT) / factor
            else:
                seen = np.asarray(seen * factor, np.float32)
                seen = np.maximum(seen + gloss, LEAST_MATT * seen)
            cv2.copyTo(coded(seen), np.ascontiguousarray(mask), target)
        return result

    def _strips(
        self, image: ImageArray, coverage: MaskArray
    ) -> Iterator[tuple[tuple[slice, slice], tuple[int, int, tuple[slice, slice]]]]:
        """Yield parts of the picture, and the rows of nodes with what of them lies there."""
        grid = self.grid
        rows, _ = grid.shape
        inside, across = grid.within(image.shape[1], image.shape[0])
        strip = max(1, STRIP_PIXELS // (grid.width * grid.step))
        for first in range(0, rows, strip):
            last = min(first + strip, rows)
            top, bottom = max(first * grid.step, inside.start), min(last * grid.step, inside.stop)
            if bottom <= top or across.stop <= across.start:
                continue
            if not coverage[max(first - 1, 0) : last + 1].any():
                continue
            place = (
                slice(grid.y + top, grid.y + bottom),
                slice(grid.x + across.start, grid.x + across.stop),
            )
            part = slice(top - first * grid.step, bottom - first * grid.step), across
            yield place, (first, strip, part)


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


def coded(light: Float32Array) -> NDArray[np.uint8]:
    """Return the codes of sRGB for linear light, any shape; clipped to what they can hold.

    Examples
    --------
    >>> bool((coded(linear_light()) == np.arange(256)).all())
    True
    """
    steps = np.clip(light, 0.0, 1.0) * np.float32(_STEPS) + np.float32(0.5)
    return np.asarray(_codes().take(steps.astype(np.uint16)), np.uint8)
