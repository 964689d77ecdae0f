"""Photos that were stretched in one direction, as their irises tell.

An iris is round, and the network draws it 1.10 times as wide as high (SD 0.043; 1.03 to 1.21 on
28 photos). The same photos squeezed to three quarters of their width gave 0.86 to 1.00, widened
by a third 1.30 to 1.51: the network follows a stretch in part only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import Pose, Scale
from landmarkdiff.notices import Notice

__all__ = ["iris_roundness", "widened_for_stretch"]

#: Nasal and temporal, upper and lower rim of the right and of the left iris.
_RIMS = ((469, 471, 470, 472), (476, 474, 475, 477))
_ROUND = 1.10
#: Below and above this a photo is stretched: 2.6 and 3.5 SD from a round iris.
_SQUEEZED_BELOW, _WIDENED_ABOVE = 0.99, 1.25
#: The ratio changes with this power of the stretch.
_FOLLOWED = 0.75
_MINIMUM_IRIS_PX = 6.0
#: Beyond this a turned head, and a lid over the iris, change the ratio too.
_MAXIMUM_YAW_DEG = 25.0
_CLOSED_BLINK = 0.5


def iris_roundness(
    points: FloatArray, pose: Pose, blendshapes: Mapping[str, float]
) -> float | None:
    """Return the width of the irises over their height; None where it cannot be measured.

    Parameters
    ----------
    points : (478, 3) float64 array
        Image frame, pixels.
    pose : Pose
    blendshapes : mapping of str to float
        ``eyeBlinkLeft`` and ``eyeBlinkRight`` are read.
    """
    blink = max(blendshapes.get("eyeBlinkLeft", 0.0), blendshapes.get("eyeBlinkRight", 0.0))
    if abs(pose.yaw) > _MAXIMUM_YAW_DEG or blink > _CLOSED_BLINK:
        return None
    across = sum(_distance(points, nasal, temporal) for nasal, temporal, _, _ in _RIMS)
    down = sum(_distance(points, upper, lower) for _, _, upper, lower in _RIMS)
    if min(across, down) < 2 * _MINIMUM_IRIS_PX:
        return None
    return across / down


def widened_for_stretch(
    scale: Scale, points: FloatArray, pose: Pose, blendshapes: Mapping[str, float]
) -> tuple[Scale, Notice | None]:
    """Return a scale that allows for a stretched photo, and the notice about it.

    Parameters
    ----------
    scale : Scale
    points, pose, blendshapes
        As in :func:`iris_roundness`.

    Returns
    -------
    Scale
        The same, or with an uncertainty that holds for both directions.
    Notice or None
        ``photo_stretched``.
    """
    ratio = iris_roundness(points, pose, blendshapes)
    if ratio is None or _SQUEEZED_BELOW <= ratio <= _WIDENED_ABOVE:
        return scale, None
    stretch = abs(math.log(ratio / _ROUND)) / _FOLLOWED
    error = math.hypot(scale.relative_uncertainty, math.expm1(stretch))
    notice = Notice.of("photo_stretched", ratio=ratio, uncertainty=100.0 * error)
    return replace(scale, relative_uncertainty=error), notice


def _distance(points: FloatArray, first: int, second: int) -> float:
    return float(np.hypot(*(points[first, :2] - points[second, :2])))
