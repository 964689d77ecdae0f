"""Warps of the portraits, made once."""

from __future__ import annotations

import painted
import pytest
from numpy.typing import NDArray

from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.postprocess import Canvas


@pytest.fixture(scope="session")
def nose(astronaut: NDArray) -> tuple[Canvas, FaceLandmarks]:
    """A rhinoplasty on Eileen Collins' portrait: canvas, and the photo's landmarks."""
    return painted.warped_portrait(astronaut, "rhinoplasty")


@pytest.fixture(scope="session")
def jaw(grace_hopper: NDArray) -> tuple[Canvas, FaceLandmarks]:
    """A face lift on Grace Hopper's portrait; its mask reaches beyond the face."""
    return painted.warped_portrait(grace_hopper, "rhytidectomy")
