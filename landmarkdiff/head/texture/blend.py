"""Several photos' colours made one: matched to each other, blended in two bands.

What is broad (light, tone) goes over from photo to photo slowly, what is fine comes from the photo
that shows it best: the two-band form of the multiresolution spline (Burt and Adelson, ACM
Transactions on Graphics 2(4), 217-236, 1983; Brown and Lowe, IJCV 74(1), 59-73, 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from landmarkdiff.arrays import Float32Array, IndexArray

__all__ = ["Layer", "blended", "filled", "matched"]

#: Texels that two photos show this well tell how their colours differ; so many at least.
_BOTH, _LEAST = 0.15, 400
#: Colours differ by no more than this factor's logarithm.
_MOST_GAIN = 0.6
#: Darker or brighter than this a channel tells no ratio, 0 to 255.
_DARK, _BRIGHT = 12.0, 250.0
#: The broad band is what a blur of this many texels of a 1024 texture leaves; it is worked out
#: this much coarser.
_BLUR, _COARSE = 18.0, 4
#: The finer a photo shows something, the more it wins in the fine band.
_SHARPNESS = 6
_LEAST_WEIGHT = 1e-4


@dataclass(frozen=True, eq=False)
class Layer:
    """What one photo gives to a texture.

    Attributes
    ----------
    place : (n,) int array
        Texels, row * size + column.
    colours : (n, 3) float32 array
        0 to 255.
    weight : (n,) float32 array
        0 to 1.
    """

    place: IndexArray
    colours: Float32Array
    weight: Float32Array

    def spread(self, size: int) -> tuple[Float32Array, Float32Array]:
        """Return colours (size, size, 3) and weights (size, size); 0 where there is nothing."""
        colours = np.zeros((size * size, 3), np.float32)
        weight = np.zeros(size * size, np.float32)
        colours[self.place], weight[self.place] = self.colours, self.weight
        return colours.reshape(size, size, 3), weight.reshape(size, size)


def matched(layers: Sequence[Layer], chief: int, size: int) -> list[Layer]:
    """Return the layers with one gain for each channel, so that they agree where they overlap.

    The chief one stays as it is, and one that shares nothing with any other.
    """
    count = len(layers)
    if count == 1:
        return list(layers)
    system, right = np.eye(count) * 1e-6, np.zeros((count, 3))
    system[chief, chief] += 1e6
    spread = [layer.spread(size) for layer in layers]
    for one in range(count):
        for other in range(one + 1, count):
            both = (spread[one][1] > _BOTH) & (spread[other][1] > _BOTH)
            if int(both.sum()) < _LEAST:
                continue
            first, second = spread[one][0][both], spread[other][0][both]
            clear = (
                (np.minimum(first, second) > _DARK) & (np.maximum(first, second) < _BRIGHT)
            ).all(1)
            if int(clear.sum()) < _LEAST:
                continue
            ratio = np.median(np.log(first[clear] / second[clear]), axis=0)
            system[[one, other], [one, other]] += 1.0
            system[[one, other], [other, one]] -= 1.0
            right[one] -= ratio
            right[other] += ratio
    gains = np.exp(np.clip(np.linalg.solve(system, right), -_MOST_GAIN, _MOST_GAIN))
    return [
        Layer(layer.place, layer.colours * gain.astype(np.float32), layer.weight)
        for layer, gain in zip(layers, gains, strict=True)
    ]


def blended(layers: Sequence[Layer], size: int) -> tuple[Float32Array, Float32Array]:
    """Return the colours (size, size, 3) of all layers, and how well each texel is known."""
    if len(layers) == 1:  # no bands to speak of
        return layers[0].spread(size)
    broad, fine = np.zeros((2, size, size, 3), np.float32)
    broad_weight, fine_weight, best = np.zeros((3, size, size), np.float32)
    for layer in layers:
        colours, weight = layer.spread(size)
        low = _broad(colours, weight)
        soft = cv2.GaussianBlur(weight, (0, 0), _BLUR / 3) * (weight > 0)
        sharp = weight**_SHARPNESS
        broad += low * soft[..., None]
        fine += (colours - low) * sharp[..., None]
        broad_weight += soft
        fine_weight += sharp
        best = np.maximum(best, weight)
    floor = np.float32(1e-12)
    total = broad / np.maximum(broad_weight, floor)[..., None]
    total += fine / np.maximum(fine_weight, floor)[..., None]
    return np.clip(total, 0.0, 255.0), best


def _broad(colours: Float32Array, weight: Float32Array) -> Float32Array:
    """Blur what is known of a layer."""
    size = weight.shape[0]
    small = (size // _COARSE, size // _COARSE)
    sums = cv2.resize(
        np.dstack([colours * weight[..., None], weight]), small, interpolation=cv2.INTER_AREA
    )
    sums = cv2.GaussianBlur(sums, (0, 0), _BLUR * size / 1024 / _COARSE)
    low = sums[..., :3] / np.maximum(sums[..., 3:], 1e-9)
    return np.asarray(cv2.resize(low, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def filled(colours: Float32Array, weight: Float32Array) -> Float32Array:
    """Carry colours on to where the weight is 0, from near first, then from farther away.

    Parameters
    ----------
    colours : (h, w, 3) float32 array
    weight : (h, w) float32 array
        0 to 1; between them a texel is partly its own, partly its neighbours'.
    """
    known = np.dstack([colours * weight[..., None], weight])
    levels = [known]
    while min(levels[-1].shape[:2]) > 2:
        levels.append(cv2.resize(levels[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    last = levels[-1]
    out = last[..., :3] / np.maximum(last[..., 3:], _LEAST_WEIGHT)
    for level in levels[-2::-1]:
        height, width = level.shape[:2]
        carried = cv2.resize(out, (width, height), interpolation=cv2.INTER_LINEAR)
        own = np.minimum(level[..., 3:] * 4.0 if level is not known else level[..., 3:], 1.0)
        mean = level[..., :3] / np.maximum(level[..., 3:], _LEAST_WEIGHT)
        out = mean * own + carried * (1.0 - own)
    return np.asarray(out, np.float32)
