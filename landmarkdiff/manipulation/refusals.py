"""Photos that cannot carry a plan."""

from __future__ import annotations

from landmarkdiff.errors import FaceUnusableError
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.landmarks.quality import MAXIMUM_RESIDUAL
from landmarkdiff.manipulation.deformation import Deformation

__all__ = ["refuse_cut", "refuse_unreliable"]

#: Beyond this yaw (degrees) the mesh is too unreliable to simulate on.
MAX_YAW_DEG = 60.0


def refuse_unreliable(face: FaceLandmarks) -> None:
    """Raise FaceUnusableError where the mesh cannot be trusted (turned too far, does not fit)."""
    if abs(face.pose.yaw) > MAX_YAW_DEG:
        raise FaceUnusableError(
            "the head is turned too far for the face mesh",
            value=f"{face.pose.yaw:.0f} degrees",
            allowed=f"up to {MAX_YAW_DEG:.0f} degrees to each side",
            fix="use a frontal or three-quarter photo",
        )
    if face.pose.residual > MAXIMUM_RESIDUAL:
        raise FaceUnusableError(
            "the face mesh does not fit this photo",
            value=f"residual {face.pose.residual:.1f} % of the eye distance",
            allowed=f"up to {MAXIMUM_RESIDUAL:.0f} %",
            fix="use a sharper photo of the whole face",
        )


def refuse_cut(face: FaceLandmarks, deformation: Deformation) -> None:
    """Raise FaceUnusableError where the border of the photo cuts the region of the plan off."""
    places = face.points[deformation.moving, :2]
    if not places.size:
        return
    limit = (face.image_width - 1, face.image_height - 1)
    outside = int(((places < 0) | (places > limit)).any(axis=1).sum())
    if outside:
        raise FaceUnusableError(
            "the region of the procedure is cut off by the border of the photo",
            value=f"{outside} of {len(places)} landmarks outside",
            fix="use a photo that shows the whole region",
        )
