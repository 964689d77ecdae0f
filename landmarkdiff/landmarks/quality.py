"""What a reader of the landmarks should know about the face they were found on."""

from __future__ import annotations

import numpy as np

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import PROFILE_LIMIT_DEG, Pose
from landmarkdiff.notices import Notice

__all__ = ["MAXIMUM_RESIDUAL", "MINIMUM_CHEEK_PX", "face_notices"]


#: Cheek to cheek (landmarks 234 and 454), pixels.
MINIMUM_CHEEK_PX = 64
#: Residual of the canonical fit, percent of the inter-ocular distance.
MAXIMUM_RESIDUAL = 12.0


def face_notices(points: FloatArray, pose: Pose, width: int, height: int) -> list[Notice]:
    """Return the notices about size, border, fit and pose of a face.

    Parameters
    ----------
    points : (478, 3) float64 array
        Image frame, pixels.
    pose : Pose
    width, height : int
        Size of the photo, pixels.
    """
    notices = []
    cheeks = float(np.linalg.norm(points[454, :2] - points[234, :2]))
    # A turned head looks narrow without being small.
    cheeks /= max(float(np.cos(np.radians(pose.yaw))), 0.5)
    if cheeks < MINIMUM_CHEEK_PX:
        notices.append(Notice.of("face_small", width_px=round(cheeks), minimum_px=MINIMUM_CHEEK_PX))
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    if (low < 0).any() or high[0] > width - 1 or high[1] > height - 1:
        notices.append(Notice.of("face_cut"))
    if pose.residual > MAXIMUM_RESIDUAL:
        notices.append(Notice.of("mesh_misfit", residual=pose.residual))
    if abs(pose.yaw) > PROFILE_LIMIT_DEG:
        notices.append(Notice.of("extreme_yaw", yaw=pose.yaw, limit=round(PROFILE_LIMIT_DEG)))
    return notices
