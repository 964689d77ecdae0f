"""A face and a plan for all that is said, found once."""

from __future__ import annotations

import pytest

from landmarkdiff.landmarks import FaceLandmarks
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan


@pytest.fixture(scope="session")
def face(faces: dict[str, FaceLandmarks]) -> FaceLandmarks:
    """Return the landmarks of a portrait."""
    return faces["astronaut"]


@pytest.fixture(scope="session")
def present(face: FaceLandmarks) -> SurgicalPlan:
    """Return a plan to refer to."""
    values = {"tip_rotation": 4.0, "dorsal_hump": -2.0, "tip_width": -1.0}
    return make_plan("rhinoplasty", face, intensity=0.0, effects=values)
