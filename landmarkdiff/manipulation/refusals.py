"""Photos that cannot carry a plan."""

from __future__ import annotations

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.landmarks.scale import interpupillary_px
from landmarkdiff.manipulation.deformation import Deformation

__all__ = ["refuse_cut", "refuse_eye_distance", "refuse_unreliable"]

#: Beyond this yaw (degrees) the mesh is too unreliable to simulate on.
MAX_YAW_DEG = 60.0
#: The smallest interpupillary distance of 3,976 adults, mm (Dodgson 2004); children have less up to
#: an age of about seven.
LEAST_ADULT_IPD_MM = 52.0
#: By a ruler the eyes lie so far apart, mm, or the ruler was misread: IPD_RANGE_MM widened by what
#: their distance is uncertain by in a head turned by 60 degrees, a quarter.
RULER_IPD_MM = (25.0, 105.0)


def refuse_unreliable(face: FaceLandmarks) -> None:
    """Raise FaceUnusableError where the mesh cannot be trusted (turned too far, does not fit)."""
    if abs(face.pose.yaw) > MAX_YAW_DEG:
        raise FaceUnusableError("head_turned_away", yaw=face.pose.yaw, most=MAX_YAW_DEG)
    if face.pose.residual > MAXIMUM_RESIDUAL:
        raise FaceUnusableError(
            "mesh_does_not_fit", residual=face.pose.residual, most=MAXIMUM_RESIDUAL
        )


def refuse_eye_distance(face: FaceLandmarks, flags: ClinicalFlags) -> None:
    """Raise FaceUnusableError where the eyes lie as near as a child's, or as in no face.

    The bands of the procedures are those of adults: that the patient is a child has to be said, by
    :attr:`ClinicalFlags.child`, or that the scale is another, by a known distance. Nobody's eyes
    lie as a misread ruler has them.
    """
    distance = interpupillary_px(face.points, face.pose) * face.scale.mm_per_px
    low, high = RULER_IPD_MM
    if face.scale.source == "ruler" and not low <= distance <= high:
        raise FaceUnusableError("ruler_misread", ipd=distance, low=low, high=high)
    if not flags.child and distance < LEAST_ADULT_IPD_MM:
        raise FaceUnusableError("child_not_confirmed", ipd=distance, least=LEAST_ADULT_IPD_MM)


def refuse_cut(face: FaceLandmarks, deformation: Deformation) -> None:
    """Raise FaceUnusableError where the border of the photo cuts the region of the plan off."""
    places = face.points[deformation.moving, :2]
    if not places.size:
        return
    limit = (face.image_width - 1, face.image_height - 1)
    outside = int(((places < 0) | (places > limit)).any(axis=1).sum())
    if outside:
        raise FaceUnusableError("region_cut_off", outside=outside, count=len(places))
