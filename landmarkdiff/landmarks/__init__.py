"""Landmarks: the 478 points of a face, with pose and millimetre scale.

Importing this package loads neither OpenCV nor LiteRT; the names load at first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from landmarkdiff.landmarks.detector import LandmarkDetector, detect_faces, extract_landmarks
    from landmarkdiff.landmarks.draw import draw_displacements, render_landmark_image
    from landmarkdiff.landmarks.face import FaceLandmarks, Pose, Scale
    from landmarkdiff.landmarks.topology import ANATOMICAL_GROUPS, LANDMARK_REGIONS

__all__ = [
    "ANATOMICAL_GROUPS",
    "LANDMARK_REGIONS",
    "FaceLandmarks",
    "LandmarkDetector",
    "Pose",
    "Scale",
    "detect_faces",
    "draw_displacements",
    "extract_landmarks",
    "render_landmark_image",
]

_HOMES = {
    "ANATOMICAL_GROUPS": "topology",
    "LANDMARK_REGIONS": "topology",
    "FaceLandmarks": "face",
    "Pose": "face",
    "Scale": "face",
    "LandmarkDetector": "detector",
    "detect_faces": "detector",
    "extract_landmarks": "detector",
    "draw_displacements": "draw",
    "render_landmark_image": "draw",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
