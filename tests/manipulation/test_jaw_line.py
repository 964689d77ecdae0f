"""A facelift leaves the jaw line round: no corner where skin that moves meets skin that stays."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import FloatArray
from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.manipulation.warp import deformation_of
from landmarkdiff.procedures.planning import make_plan

#: The jaw line from the ear down to the chin: the patient's right, then left.
LINES = (
    [93, 132, 58, 172, 136, 150, 149, 176],
    [323, 361, 288, 397, 365, 379, 378, 400],
)


def turns(points: FloatArray) -> FloatArray:
    """By how many degrees a line (n, 2) turns at its inner points: (n - 2,)."""
    step = np.diff(points, axis=0)
    heading = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    return np.degrees(np.diff(heading))


@pytest.mark.parametrize("intensity", [60, 100])
def test_the_angle_of_the_jaw_stays_round(
    intensity: float, prepared_portraits: dict[str, PreparedFace]
) -> None:
    for prepared in prepared_portraits.values():
        face = prepared.landmarks
        plan = make_plan("rhytidectomy", face, intensity=intensity)
        moved = deformation_of(prepared, plan, ClinicalFlags()).displacement
        for line in LINES:
            before = face.points_mm[line, :2]
            side = np.sign(before[0, 0])
            growth = -side * (turns(before + moved[line, :2]) - turns(before))
            # At the ear and the angle, where skin that is lifted meets skin that stays.
            assert growth[:3].max() < 3.7, growth


def test_the_tail_of_the_brow_rises_most(prepared_portraits: dict[str, PreparedFace]) -> None:
    """A head of the brow that rises as the tail does looks worried."""
    face = prepared_portraits["astronaut"].landmarks
    for intensity, most in ((60, 0.8), (100, 0.65)):
        plan = make_plan("brow_lift", face, intensity=intensity)
        rise = {item.effect.name: item.value for item in plan.effects}
        assert rise["medial_brow"] < rise["central_brow"] < rise["lateral_brow"]
        assert rise["medial_brow"] < most * rise["lateral_brow"]
