"""A face for all that is said, found once."""

from __future__ import annotations

import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.detector import LandmarkDetector


@pytest.fixture(scope="session")
def face(astronaut: ImageArray, detector: LandmarkDetector) -> FaceLandmarks:
    """Return the landmarks of a portrait."""
    return extract_landmarks(astronaut, detector=detector)
