"""Photos that cannot carry a plan."""

from __future__ import annotations

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.landmarks.scale import interpupillary_px
from landmarkdiff.manipulation.deformation import Deformation

__all__ = ["refuse_child", "refuse_cut", "refuse_unreliable"]

#: Beyond this yaw (degrees) the mesh is too unreliable to simulate on.
MAX_YAW_DEG = 60.0
#: The smallest interpupillary distance of 3,976 adults, mm (Dodgson 2004); children have less up to
#: an age of about seven.
LEAST_ADULT_IPD_MM = 52.0


def refuse_unreliable(face: FaceLandmarks) -> None:
    """Raise FaceUnusableError where the mesh cannot be trusted (turned too far, does not fit)."""
    if abs(face.pose.yaw) > MAX_YAW_DEG:
        raise FaceUnusableError("head_turned_away", yaw=face.pose.yaw, most=MAX_YAW_DEG)
    if face.pose.residual > MAXIMUM_RESIDUAL:
        raise FaceUnusableError(
            "mesh_does_not_fit", residual=face.pose.residual, most=MAXIMUM_RESIDUAL
        )


def refuse_child(face: FaceLandmarks, flags: ClinicalFlags) -> None:
    """Raise FaceUnusableError where the eyes lie as near to each other as a child's.

    The bands of the procedures are those of adults: that the patient is a child has to be said, by
    :attr:`ClinicalFlags.child`, or that the scale is another, by a known distance.
    """
    distance = interpupillary_px(face.points, face.pose) * face.scale.mm_per_px
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
