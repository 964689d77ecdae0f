"""What reports say of a face and of its scale."""

from __future__ import annotations

from typing import Any

from landmarkdiff.landmarks.face import FaceLandmarks

__all__ = ["face_record", "scale_record"]


def face_record(face: FaceLandmarks) -> dict[str, Any]:
    """Return what reports say about a face, ready for JSON."""
    return {
        "count": face.face_count,
        "index": face.face_index,
        "box": [round(value, 1) for value in face.box],
        "yaw": round(face.pose.yaw, 2),
        "pitch": round(face.pose.pitch, 2),
        "roll": round(face.pose.roll, 2),
        "residual_percent": round(face.pose.residual, 2),
        "view": face.pose.view,
        "turned": face.turned,
        "passes": face.passes,
        "presence": round(face.presence, 4),
    }


def scale_record(face: FaceLandmarks) -> dict[str, Any]:
    """Return what reports say about the millimetres of a face, ready for JSON."""
    return {
        "mm_per_px": face.scale.mm_per_px,
        "relative_uncertainty": face.scale.relative_uncertainty,
        "source": face.scale.source,
    }
