"""The landmarks of an edit as what the transformer takes, and as a drawing for comparison."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import cv2
import numpy as np
import torch
from torch import Tensor

from landmarkdiff.arrays import BoolArray, FloatArray, ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.lato.tokenizer.model import LandmarkTokenizer
from landmarkdiff.lato.tokenizer.points import LINES_68, POINT_COUNT
from landmarkdiff.lato.tokenizer.released import ReleasedTokenizer
from landmarkdiff.lato.transformer.adapter import location_ids
from landmarkdiff.lato.transformer.flux import LandmarkTokens

__all__ = [
    "LEAST_SEEN",
    "Coder",
    "check_points",
    "coder_of",
    "drawn_landmarks",
    "landmark_tokens",
]

#: Points that have to be given: half of them.
LEAST_SEEN = POINT_COUNT // 2
#: Colours of the lines of the markup in a drawing, RGB; right and left differ.
_COLOURS = (
    *((255, 255, 255), (255, 64, 64), (64, 64, 255), (64, 255, 64), (64, 255, 64)),
    *((255, 160, 0), (0, 160, 255), (255, 0, 255), (160, 0, 160)),
)

#: Gives what points stand for, (B, 68, code width), of points in the frame of tokens.
Coder = Callable[[Tensor], Tensor]


def coder_of(tokenizer: LandmarkTokenizer | ReleasedTokenizer) -> Coder:
    """Return what gives the features of a tokenizer's codes."""
    if isinstance(tokenizer, ReleasedTokenizer):
        return tokenizer.tokens
    return lambda points: tokenizer.features(tokenizer.grid.codes(points))


def check_points(points: FloatArray, seen: BoolArray) -> None:
    """Raise ParameterError where points are not 68, not numbers, or more than half are missing."""
    if points.shape != (POINT_COUNT, 2) or seen.shape != (POINT_COUNT,):
        raise ParameterError("edit_points_shape", shape=str(points.shape), shape2=str(seen.shape))
    if int(seen.sum()) < LEAST_SEEN:
        raise ParameterError("edit_points_missing", count=int(seen.sum()), least=LEAST_SEEN)
    if not np.isfinite(points[seen]).all():
        raise ParameterError("edit_points_not_finite")


def landmark_tokens(
    points: Tensor, given: Tensor, size: tuple[int, int], patch: int, axes: int, coder: Coder
) -> LandmarkTokens:
    """Return the landmarks of a batch as tokens with their places.

    Parameters
    ----------
    points : (B, 68, 2) tensor
        Image frame, pixels; what stands where a point is not given does not count.
    given : (B, 68) bool tensor
    size : (int, int)
        Width and height of the picture, pixels.
    patch : int
        Pixels that a token of the picture covers along each axis.
    axes : int
        Numbers of a position.
    coder : callable
    """
    width, height = size
    points = torch.where(given[..., None], points.float(), torch.zeros(2, device=points.device))
    middle = points.new_tensor([width, height]) / 2.0
    framed = (points - middle) * (2.0 / max(width, height))
    with torch.no_grad():
        values = coder(framed) * given[..., None]
    return LandmarkTokens(values, location_ids(points, given, float(patch), axes), given)


def drawn_landmarks(points: FloatArray, seen: BoolArray, width: int, height: int) -> ImageArray:
    """Draw landmarks as lines: the condition that tokens are compared with (LaTo, table 3).

    Parameters
    ----------
    points : (68, 2) array
        Pixels.
    seen : (68,) bool array
        A line to a point that is missing is left out.
    width, height : int

    Returns
    -------
    (height, width, 3) uint8 array
        RGB on black.
    """
    picture = np.zeros((height, width, 3), np.uint8)
    thick = max(1, round(max(width, height) / 256))
    for (line, closed), colour in zip(LINES_68, _COLOURS, strict=True):
        row = [*line, *((line[0],) if closed else ())]
        for start, end in pairwise(row):
            if seen[start] and seen[end]:
                ends = [tuple(np.rint(16.0 * points[n]).astype(int).tolist()) for n in (start, end)]
                cv2.line(picture, ends[0], ends[1], colour, thick, cv2.LINE_AA, 4)
    return picture
