"""Picture against picture, without a network: SSIM, PSNR, FLIP, whole and in parts.

A part of a picture is measured on a picture of its own: the prediction there, and everywhere else
the picture that it is compared with. So what a prediction does outside of the mask cannot reach
what is said of its inside, whatever the window of a metric is.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal

import cv2
import numpy as np

from landmarkdiff.arrays import BoolArray, Float32Array, FloatArray, ImageArray
from landmarkdiff.evaluation.value import Score

__all__ = [
    "EQUAL_PICTURES",
    "INSIDE_FROM",
    "NO_EVAL_EXTRA",
    "OUTSIDE_BELOW",
    "PARTS",
    "Part",
    "flip_map",
    "part_of",
    "picture_scores",
    "psnr",
    "ssim_map",
]

Part = Literal["whole", "inside", "outside"]
PARTS: tuple[Part, ...] = ("whole", "inside", "outside")
#: Inside is where the mask gives at least this much, outside where it gives nothing, that is less
#: than half a level of 8 bits; the seam between them belongs to neither.
INSIDE_FROM = 0.5
OUTSIDE_BELOW = 0.5 / 255.0
#: Why two equal pictures have no ratio of signal to noise.
EQUAL_PICTURES = "no pixel differs, so the ratio has no bound"
#: Said of a metric whose package is not installed.
NO_EVAL_EXTRA = "{package} is not installed: pip install 'landmarkdiff[eval]'"
#: SSIM as its authors define it [1]_: a Gaussian window of 11 pixels with deviation 1.5, and two
#: constants that keep its quotients apart from 0 / 0; levels are 0 to 255.
_WINDOW_PX, _DEVIATION_PX = 11, 1.5
_C1, _C2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
#: No window reaches farther than this beside a pixel: 5 pixels of SSIM, 10 of FLIP.
_BESIDE_PX = 24
#: FLIP assumes a display at this many pixels per degree of vision: 0.7 m before a screen of 0.7 m
#: and 3,840 pixels, its authors' own default [2]_.
_PIXELS_PER_DEGREE = 67.02064


def part_of(
    prediction: ImageArray, reference: ImageArray, mask: Float32Array, part: Part
) -> tuple[ImageArray, BoolArray]:
    """Return the picture that a part is measured on, and the pixels that are its own.

    Parameters
    ----------
    prediction, reference : (H, W, 3) uint8 array, RGB
    mask : (H, W) float32 array in [0, 1]
    part : {"whole", "inside", "outside"}

    Returns
    -------
    (H, W, 3) uint8 array
        The prediction in this part, the reference elsewhere.
    (H, W) bool array
        Pixels of the part.

    Examples
    --------
    >>> mask = np.zeros(portrait.shape[:2], np.float32)
    >>> mask[100:200, 100:200] = 1.0
    >>> painted = 255 - portrait
    >>> picture, own = part_of(painted, portrait, mask, "inside")
    >>> int(own.sum()), bool((picture[~own] == portrait[~own]).all())
    (10000, True)
    """
    if part == "whole":
        return prediction, np.ones(mask.shape, bool)
    own = mask >= INSIDE_FROM if part == "inside" else mask < OUTSIDE_BELOW
    return np.where(own[..., None], prediction, reference), np.asarray(own)


def ssim_map(first: ImageArray, second: ImageArray) -> FloatArray:
    """Return the structural similarity of two pictures around every pixel [1]_.

    Parameters
    ----------
    first, second : (H, W, 3) uint8 arrays

    Returns
    -------
    (H, W) float64 array
        Mean of the three channels, at most 1; 1 for equal pictures.

    References
    ----------
    .. [1] Z. Wang et al., Image quality assessment: from error visibility to structural
       similarity, IEEE Trans. Image Process. 13 (2004).

    Examples
    --------
    >>> float(ssim_map(portrait, portrait).min())
    1.0
    """
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y = _smooth(x), _smooth(y)
    spread_x = np.maximum(_smooth(x * x) - mean_x**2, 0.0)
    spread_y = np.maximum(_smooth(y * y) - mean_y**2, 0.0)
    together = _smooth(x * y) - mean_x * mean_y
    light = (2.0 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    structure = (2.0 * together + _C2) / (spread_x + spread_y + _C2)
    return np.asarray((light * structure).mean(axis=2))


def _smooth(values: FloatArray) -> FloatArray:
    size = (_WINDOW_PX, _WINDOW_PX)
    return np.asarray(
        cv2.GaussianBlur(values, size, _DEVIATION_PX, borderType=cv2.BORDER_REFLECT_101)
    )


def psnr(first: ImageArray, second: ImageArray, own: BoolArray) -> Score:
    """Return the peak signal-to-noise ratio over some pixels, dB.

    Parameters
    ----------
    first, second : (H, W, 3) uint8 arrays
    own : (H, W) bool array

    Examples
    --------
    >>> brighter = np.minimum(portrait, 245) + np.uint8(10)
    >>> round(psnr(np.minimum(portrait, 245), brighter, np.ones(portrait.shape[:2], bool)).value, 2)
    28.13
    """
    apart = first[own].astype(np.float64) - second[own]
    square = float((apart**2).mean())
    if square == 0.0:
        return Score.missing(EQUAL_PICTURES)
    return Score(10.0 * float(np.log10(255.0**2 / square)))


def flip_map(reference: ImageArray, test: ImageArray) -> Float32Array:
    """Return how much two pictures differ to an eye that flips between them [2]_.

    Parameters
    ----------
    reference, test : (H, W, 3) uint8 arrays

    Returns
    -------
    (H, W) float32 array
        0 to 1.

    References
    ----------
    .. [2] P. Andersson et al., FLIP: a difference evaluator for alternating images, Proc. ACM
       Comput. Graph. Interact. Tech. 3 (2020).

    Examples
    --------
    >>> float(flip_map(portrait, portrait).max())
    0.0
    """
    import flip_evaluator

    pictures = [np.asarray(each / 255.0, np.float32) for each in (reference, test)]
    found, _, _ = flip_evaluator.evaluate(
        *pictures,
        "LDR",
        applyMagma=False,
        computeMeanError=False,
        parameters={"ppd": _PIXELS_PER_DEGREE},
    )
    return np.asarray(found[..., 0], np.float32)


def _ssim(reference: ImageArray, picture: ImageArray, own: BoolArray) -> Score:
    return Score(float(ssim_map(picture, reference)[own].mean()))


def _psnr(reference: ImageArray, picture: ImageArray, own: BoolArray) -> Score:
    return psnr(picture, reference, own)


def _flip(reference: ImageArray, picture: ImageArray, own: BoolArray) -> Score:
    if importlib.util.find_spec("flip_evaluator") is None:
        return Score.missing(NO_EVAL_EXTRA.format(package="flip-evaluator"))
    return Score(float(flip_map(reference, picture)[own].mean(dtype=np.float64)))


#: Metric -> how it is measured over the pixels of a part.
_MEASURED: Mapping[str, Callable[[ImageArray, ImageArray, BoolArray], Score]] = MappingProxyType(
    {"ssim": _ssim, "psnr": _psnr, "flip": _flip}
)


def picture_scores(
    prediction: ImageArray, reference: ImageArray, mask: Float32Array, part: Part
) -> dict[str, Score]:
    """Return SSIM, PSNR and FLIP of a part of a picture.

    Parameters
    ----------
    prediction, reference : (H, W, 3) uint8 arrays, RGB
    mask : (H, W) float32 array in [0, 1]
    part : {"whole", "inside", "outside"}

    Returns
    -------
    dict of str to Score
        ``ssim``, ``psnr``, ``flip``, whatever the part is.

    Examples
    --------
    >>> mask = np.ones(portrait.shape[:2], np.float32)
    >>> round(picture_scores(portrait, portrait, mask, "whole")["ssim"].value, 6)
    1.0
    """
    picture, own = part_of(prediction, reference, mask, part)
    if not own.any():
        why = f"the mask leaves no pixel {part}"
        return {name: Score.missing(why) for name in _MEASURED}
    box = _box_around(own)
    return {
        name: measure(reference[box], picture[box], own[box]) for name, measure in _MEASURED.items()
    }


def _box_around(own: BoolArray) -> tuple[slice, slice]:
    """Return the rows and columns that reach the pixels of a part: beyond, both pictures agree."""
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - _BESIDE_PX), int(rows[-1]) + 1 + _BESIDE_PX),
        slice(max(0, int(columns[0]) - _BESIDE_PX), int(columns[-1]) + 1 + _BESIDE_PX),
    )
