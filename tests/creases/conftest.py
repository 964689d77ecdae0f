"""One drawn head without folds, and its landmarks."""

from __future__ import annotations

import pytest
from drawn_folds import drawn, landmarks_of

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.landmarks.face import FaceLandmarks


@pytest.fixture(scope="session")
def smooth_head() -> ImageArray:
    """The average head, whose skin has no folds: (560, 480, 3) uint8 RGB."""
    return drawn({})


@pytest.fixture(scope="session")
def smooth_face(smooth_head: ImageArray, detector: LandmarkDetector) -> FaceLandmarks:
    """Its landmarks, with the true scale."""
    return landmarks_of(smooth_head, detector)
