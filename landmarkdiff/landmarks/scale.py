"""Millimetres per pixel: from the iris, from the average face, or from the user.

The horizontal visible iris diameter (white to white) hardly differs between adults:
11.71 +/- 0.42 mm (Rüfer 2005, n = 390).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from landmarkdiff.arguments import finite
from landmarkdiff.arrays import FloatArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.landmarks.face import IRIS_CENTRES, Pose, Scale
from landmarkdiff.notices import Notice, Reason

__all__ = [
    "IPD_RANGE_MM",
    "IRIS_DIAMETER_MM",
    "IRIS_DIAMETER_SD_MM",
    "RULER_UNCERTAINTY",
    "check_ruler",
    "estimate_scale",
    "interpupillary_px",
]


IRIS_DIAMETER_MM = 11.71
IRIS_DIAMETER_SD_MM = 0.42
#: The network draws the rim too wide: its horizontal diameter over that of rim points placed
#: by hand, mean and SD of 13 frontal photos (Face Research Lab London Set);
#: with it the interpupillary distance of 26 photos is 63.4 +/- 1.5 mm, as in adults at large.
RIM_OVER_IRIS = 1.07
RIM_OVER_IRIS_SD = 0.033
#: Nasal and temporal rim of the right and of the left iris.
_IRIS_RIMS = ((469, 471), (476, 474))
#: Margins of the upper and lower lid above and below the pupil, right and left.
_LID_MARGINS = ((159, 145), (386, 374))

#: Error of the canonical face as a ruler: against the iris it was 2.5 % off with an SD of 2.1 %
#: on 26 photos, and the iris itself is good to 4.9 %.
CANONICAL_UNCERTAINTY = 0.06
#: A ruler at the face, read to a millimetre in ten centimetres (general).
RULER_UNCERTAINTY = 0.01
#: A measured interpupillary distance is good to about a millimetre (general).
INTERPUPILLARY_SD_MM = 1.0
#: Error of one rim point, pixels, where the averaged passes give no estimate (general).
_RIM_NOISE_PX = 0.3

_MINIMUM_IRIS_PX = 6.0
_MAXIMUM_YAW_DEG = 50.0
_CLOSED_BLINK = 0.6
#: An opening of less than this share of the iris shows too little of it.
_CLOSED_OPENING = 0.35
_MAXIMUM_EYE_DIFFERENCE = 0.15
#: Interpupillary distances from an infant's to the widest of adults (general); beyond, a ruler was
#: misread.
IPD_RANGE_MM = (35.0, 80.0)
#: Millimetres per pixel: below, a face fills a million pixels; above, it has ten.
RULER_RANGE_MM = (0.001, 20.0)
#: Irises and face may disagree by this multiple of the stated uncertainty: as rulers they differ
#: by 2.5 % with an SD of 2.1 % on 26 photos of adults. Children's differ by far more, since their
#: faces grow and their irises hardly do.
_MAXIMUM_DISAGREEMENT = 2.0


def interpupillary_px(points: FloatArray, pose: Pose) -> float:
    """Return the distance between the iris centres in pixels, free of the head's yaw."""
    right, left = points[list(IRIS_CENTRES), :2]
    return float(np.hypot(*(left - right))) / math.cos(math.radians(pose.yaw))


def check_ruler(mm_per_px: float, ipd_mm: float | None = None) -> float:
    """Return a scale that a ruler gave.

    Raises
    ------
    ParameterError
        It is not the scale of a photo of a face, or another scale is given beside it.
    """
    if ipd_mm is not None:
        raise ParameterError("two_scales")
    mm_per_px = finite("mm_per_px", mm_per_px)
    if mm_per_px <= 0:
        raise ParameterError("scale_not_positive", value=mm_per_px)
    low, high = RULER_RANGE_MM
    if not low <= mm_per_px <= high:
        raise ParameterError("scale_of_no_photo", value=mm_per_px, low=low, high=high)
    return mm_per_px


def estimate_scale(
    points: FloatArray,
    pose: Pose,
    blendshapes: Mapping[str, float],
    noise_px: FloatArray | None = None,
    *,
    mm_per_px: float | None = None,
    ipd_mm: float | None = None,
) -> tuple[Scale, Notice | None]:
    """Estimate millimetres per pixel at the face.

    Parameters
    ----------
    points : (478, 3) float64 array
        Image frame, pixels.
    pose : Pose
    blendshapes : mapping of str to float
        Expression scores; ``eyeBlinkLeft`` and ``eyeBlinkRight`` are read.
    noise_px : (478,) float64 array, optional
        Spread of each landmark, pixels.
    mm_per_px : float, optional
        Known from a ruler in the photo; overrides everything.
    ipd_mm : float, optional
        Known interpupillary distance, millimetres; overrides the iris.

    Returns
    -------
    Scale
    Notice or None
        ``scale_fallback`` when the iris could not be used, ``rulers_disagree`` when iris and face
        give scales that differ by more than their uncertainty; it is then as large as that.

    Raises
    ------
    ParameterError
    """
    if mm_per_px is not None:
        return Scale(check_ruler(mm_per_px, ipd_mm), RULER_UNCERTAINTY, "ruler"), None
    if ipd_mm is not None:
        ipd_mm, (low, high) = finite("ipd_mm", ipd_mm), IPD_RANGE_MM
        if not low <= ipd_mm <= high:
            raise ParameterError("distance_of_no_face", value=ipd_mm, low=low, high=high)
        distance = interpupillary_px(points, pose)
        error = math.hypot(INTERPUPILLARY_SD_MM / ipd_mm, 0.5 * _yaw_uncertainty(pose.yaw))
        return Scale(ipd_mm / distance, error, "interpupillary_distance"), None

    canonical = 1.0 / pose.canonical_px_per_mm
    diameters = np.array([np.hypot(*(points[a, :2] - points[b, :2])) for a, b in _IRIS_RIMS]) / (
        RIM_OVER_IRIS * math.cos(math.radians(min(abs(pose.yaw), 80.0)))
    )
    reason = _unreliable(points, pose, blendshapes, diameters)
    if reason is not None:
        error = math.hypot(CANONICAL_UNCERTAINTY, 0.5 * _yaw_uncertainty(pose.yaw))
        notice = Notice.of("scale_fallback", reason=reason, uncertainty=error * 100.0)
        return Scale(canonical, error, "canonical_mesh"), notice
    diameter = float(diameters.mean())
    disagreement = abs(IRIS_DIAMETER_MM / diameter / canonical - 1.0)
    rims = [index for pair in _IRIS_RIMS for index in pair]
    rim_noise = _RIM_NOISE_PX if noise_px is None else float(np.sqrt(np.mean(noise_px[rims] ** 2)))
    # Two rims per eye and two eyes: the error of the mean diameter is that of one rim point.
    # Passes share the photo, so their spread is taken whole, not divided by their number.
    error = math.hypot(
        IRIS_DIAMETER_SD_MM / IRIS_DIAMETER_MM,
        RIM_OVER_IRIS_SD,
        rim_noise / diameter,
        float(abs(diameters[0] - diameters[1])) / (2.0 * diameter),
        _yaw_uncertainty(pose.yaw),
    )
    scale = IRIS_DIAMETER_MM / diameter
    if disagreement <= _MAXIMUM_DISAGREEMENT * error:
        return Scale(scale, error, "iris"), None
    notice = Notice.of("rulers_disagree", percent=100.0 * disagreement)
    return Scale(scale, max(error, disagreement), "iris"), notice


def _yaw_uncertainty(yaw: float) -> float:
    """Half of the correction: eyes that look at the camera are foreshortened less."""
    return (1.0 - math.cos(math.radians(yaw))) / 2.0


def _unreliable(
    points: FloatArray,
    pose: Pose,
    blendshapes: Mapping[str, float],
    diameters: FloatArray,
) -> Reason | None:
    """Return why the iris cannot be measured, or None."""
    if abs(pose.yaw) > _MAXIMUM_YAW_DEG:
        return Reason.of("head_turned", yaw=pose.yaw)
    if diameters.min() < _MINIMUM_IRIS_PX:
        return Reason.of("iris_small", width=float(diameters.min()))
    blink = max(blendshapes.get("eyeBlinkLeft", 0.0), blendshapes.get("eyeBlinkRight", 0.0))
    opening = min(
        float(np.hypot(*(points[a, :2] - points[b, :2]))) / diameter
        for (a, b), diameter in zip(_LID_MARGINS, diameters, strict=True)
    )
    if blink > _CLOSED_BLINK or opening < _CLOSED_OPENING:
        return Reason.of("eye_closed")
    if abs(diameters[0] - diameters[1]) > _MAXIMUM_EYE_DIFFERENCE * diameters.mean():
        return Reason.of("eyes_disagree")
    return None
