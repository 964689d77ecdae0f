"""Everything the analysis says about one face in one photo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from landmarkdiff.analysis.judged import photo_notices
from landmarkdiff.analysis.quality import (
    CameraDistance,
    Exposure,
    camera_distance,
    cropped_sides,
    edge_blur_mm,
    skin_exposure,
)
from landmarkdiff.analysis.tone import SkinTone, apparent_tone
from landmarkdiff.analysis.view import View, describe_view
from landmarkdiff.arguments import checked, finite_in, instance_of, optional, plain_text, rgb_image
from landmarkdiff.arrays import ImageArray
from landmarkdiff.glasses import GlassesFinding, detect_glasses
from landmarkdiff.landmarks.expression import smiles
from landmarkdiff.landmarks.face import FaceLandmarks, check_photo
from landmarkdiff.notices import Notice

__all__ = ["FaceAnalysis", "analyze"]


#: Share of burnt-out or black cheek that is worth a word.
HIGHLIGHTS_ABOVE = 0.05
SHADOWS_ABOVE = 0.15
#: Cheeks that differ more in L* are lit from one side.
SIDE_LIGHT_ABOVE = 15.0
#: Nearer than this the nose is enlarged (CLINICAL: nasal base up to +30 % at 0.3 m).
NEAR_BELOW_M = 0.6
#: Patches further apart than this, in degrees of ITA, mean that the light decides.
TONE_SPREAD_ABOVE = 25.0


@dataclass(frozen=True)
class FaceAnalysis:
    """Findings on one face.

    Attributes
    ----------
    view : View
    tone : SkinTone
        Apparent tone, uncalibrated.
    blur_mm : float
        Equivalent blur (standard deviation) on the face, millimetres.
    exposure : Exposure
    cropped : tuple of str
        Image sides that cut the face; the landmarks carry the notice ``face_cut``.
    distance : CameraDistance or None
        None without a focal length.
    glasses : GlassesFinding
    notices : tuple of Notice
        But for those that the landmarks carry already.
    """

    view: View
    tone: SkinTone
    blur_mm: float
    exposure: Exposure
    cropped: tuple[str, ...]
    distance: CameraDistance | None
    glasses: GlassesFinding
    notices: tuple[Notice, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the findings, ready for JSON."""
        return {
            "view": self.view.to_dict(),
            "tone": self.tone.to_dict(),
            "blur_mm": self.blur_mm,
            "exposure": self.exposure.to_dict(),
            "cropped": list(self.cropped),
            "distance": None if self.distance is None else self.distance.to_dict(),
            "glasses": {
                "worn": self.glasses.worn,
                "present": self.glasses.present,
                "score": self.glasses.score,
            },
            "notices": [notice.to_dict() for notice in self.notices],
        }


@checked(
    photo_pixels=rgb_image,
    face=instance_of(FaceLandmarks),
    focal_length_35mm=optional(finite_in()),
    fitzpatrick=optional(plain_text),
)
def analyze(
    photo_pixels: ImageArray,
    face: FaceLandmarks,
    *,
    focal_length_35mm: float | None = None,
    fitzpatrick: str | None = None,
) -> FaceAnalysis:
    """Analyse one face.

    Parameters
    ----------
    photo_pixels : (H, W, 3) uint8 array
        The upright photo, RGB.
    face : FaceLandmarks
        Its landmarks.
    focal_length_35mm : float, optional
        35 mm-equivalent focal length from EXIF, millimetres, of the uncropped photo.
    fitzpatrick : {"I", "II", "III", "IV", "V", "VI"}, optional
        The clinician's type, which stands above the photo's.

    Returns
    -------
    FaceAnalysis

    Raises
    ------
    ParameterError
        When the focal length or the type is not valid.

    Examples
    --------
    >>> analyze(portrait, face).glasses.present
    True
    """
    check_photo(photo_pixels, face)
    view, notices = describe_view(face)
    tone = apparent_tone(photo_pixels, face, fitzpatrick=fitzpatrick)
    blur = edge_blur_mm(photo_pixels, face)
    exposure = skin_exposure(photo_pixels, face)
    cropped = cropped_sides(face)
    distance = None if focal_length_35mm is None else camera_distance(face, focal_length_35mm)
    glasses = detect_glasses(photo_pixels, face)
    smile = (Notice.of("photo_smile"),) if smiles(face) else ()
    found = (*notices, *smile, *_quality_notices(tone, blur, exposure, distance))
    known = {notice.code for notice in face.notices}
    return FaceAnalysis(
        view=view,
        tone=tone,
        blur_mm=blur,
        exposure=exposure,
        cropped=cropped,
        distance=distance,
        glasses=glasses,
        notices=tuple(notice for notice in found if notice.code not in known),
    )


def _quality_notices(
    tone: SkinTone,
    blur: float,
    exposure: Exposure,
    distance: CameraDistance | None,
) -> list[Notice]:
    notices = [*photo_notices(blur, exposure.eye_white)]
    if exposure.highlights > HIGHLIGHTS_ABOVE:
        notices.append(Notice.of("skin_burnt_out", percent=100 * exposure.highlights))
    if exposure.shadows > SHADOWS_ABOVE:
        notices.append(Notice.of("skin_too_dark", percent=100 * exposure.shadows))
    if abs(exposure.side_difference) > SIDE_LIGHT_ABOVE:
        side = "left" if exposure.side_difference > 0 else "right"
        notices.append(Notice.of("lit_from_one_side", side=side))
    if distance is not None and distance.metres < NEAR_BELOW_M:
        notices.append(Notice.of("near_selfie", metres=distance.metres, limit=NEAR_BELOW_M))
    if tone.ita is None:
        notices.append(Notice.of("tone_unknown"))
    elif tone.spread is not None and tone.spread > TONE_SPREAD_ABOVE:
        notices.append(Notice.of("tone_uneven", spread=tone.spread))
    return notices
