"""A lip lift as it looks: the white roll goes along whole, the red unrolls evenly."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of, fit_plan, mask_for
from landmarkdiff.procedures.planning import make_plan

#: From the border of the red to the free edge, on three lines beside the midline.
LINES = ((0, 13), (37, 82), (267, 312))
WHITE_ROLL_MM = 1.5


def rise(face: PreparedFace, points: FloatArray) -> FloatArray:
    """How far the lift at 100 raises points of the photo: (n,) mm."""
    plan, flags = make_plan("lip_lift", face.landmarks, intensity=100), ClinicalFlags()
    deformation = deformation_of(face, plan, flags)
    fitted, _ = fit_plan(face, plan, flags, deformation, mask_for(face, plan, flags, deformation))
    moved = fitted.field.forward(points) - points
    return np.asarray(-moved[:, 1] * face.landmarks.scale.mm_per_px)


@pytest.fixture(scope="module", params=["astronaut", "grace_hopper"])
def face(
    request: pytest.FixtureRequest, prepared_portraits: dict[str, PreparedFace]
) -> PreparedFace:
    return prepared_portraits[request.param]


@pytest.mark.parametrize("line", LINES)
def test_the_red_unrolls_evenly(line: tuple[int, int], face: PreparedFace) -> None:
    border, edge = face.landmarks.points[list(line), :2]
    shares = np.linspace(0.0, 1.0, 7)[:, None]
    found = rise(face, (1.0 - shares) * border + shares * edge)
    even = found[0] * (1.0 - shares[:, 0])
    assert np.abs(found - even).max() < 0.2 * found[0]


@pytest.mark.parametrize("line", LINES)
def test_the_white_roll_goes_along_with_the_border(
    line: tuple[int, int], face: PreparedFace
) -> None:
    border = face.landmarks.points[line[0], :2]
    above = border - (0.0, WHITE_ROLL_MM / face.landmarks.scale.mm_per_px)
    at_border, at_roll = rise(face, np.stack([border, above]))
    assert 0.85 < at_roll / at_border < 1.05
