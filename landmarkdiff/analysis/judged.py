"""What blur and darkness cost the landmarks: notices, and a scale that is less sure.

Measured on 15 photos: with the face blurred by 1, 2 and 3 mm the scale differed by up to 1.3, 2.6
and 9 %, and the landmarks by 0.4, 1.0 and 1.6 mm; in a tenth of the light by up to 1.3 %.
"""

from __future__ import annotations

import math
from dataclasses import replace

from landmarkdiff.analysis.quality import edge_blur_mm, surely_sharper, white_of_eyes
from landmarkdiff.analysis.seam import has_seam
from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.notices import Notice

__all__ = ["judged", "photo_notices"]

#: Equivalent blur above which lid and rim effects of half a millimetre cannot be judged, mm.
BLURRED_ABOVE_MM = 0.9
#: Whites of the eyes below this L* mean a dark photo: 15 to 28 in the four dark snapshots at
#: hand and at most 27 in 24 well exposed photos darkened to 35 %, 34 to 74 in those as they are.
DARK_BELOW_EYE_WHITE = 31.0
#: Relative error of the scale for each millimetre of blur, and in the dark.
_ERROR_PER_BLUR_MM = 0.02
_ERROR_IN_THE_DARK = 0.02


def photo_notices(blur_mm: float, eye_white: float) -> tuple[Notice, ...]:
    """Return the notices about a blurred face and a dark photo.

    Parameters
    ----------
    blur_mm : float
        Equivalent blur, millimetres.
    eye_white : float
        L* of the whites of the eyes.
    """
    notices = []
    if blur_mm > BLURRED_ABOVE_MM:
        notices.append(Notice.of("photo_blurred", blur_mm=blur_mm))
    if eye_white < DARK_BELOW_EYE_WHITE:
        notices.append(Notice.of("photo_dark"))
    return tuple(notices)


def judged(pixels: ImageArray, face: FaceLandmarks) -> FaceLandmarks:
    """Return the landmarks with the notices of their photo, and their scale as sure as it allows.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks
        Its landmarks.

    Examples
    --------
    >>> sharp = judged(portrait, face)
    >>> [notice.code for notice in sharp.notices], sharp.scale == face.scale
    ([], True)
    """
    sharp = surely_sharper(pixels, face, BLURRED_ABOVE_MM)
    blur = 0.0 if sharp else edge_blur_mm(pixels, face)
    notices = photo_notices(blur, white_of_eyes(pixels, face))
    if has_seam(pixels, face):
        notices = (*notices, Notice.of("photo_seam"))
    if not notices:
        return face
    codes = {notice.code for notice in notices}
    error = math.hypot(
        face.scale.relative_uncertainty,
        _ERROR_PER_BLUR_MM * blur if "photo_blurred" in codes else 0.0,
        _ERROR_IN_THE_DARK if "photo_dark" in codes else 0.0,
    )
    scale = replace(face.scale, relative_uncertainty=error)
    return replace(face, scale=scale, notices=(*face.notices, *notices))
