"""Both portraits with their landmarks, one after the other."""

from __future__ import annotations

import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks import FaceLandmarks


@pytest.fixture(scope="session", params=["grace_hopper", "astronaut"])
def portrait(
    request: pytest.FixtureRequest,
    portraits: dict[str, ImageArray],
    faces: dict[str, FaceLandmarks],
) -> tuple[ImageArray, FaceLandmarks]:
    return portraits[request.param], faces[request.param]
