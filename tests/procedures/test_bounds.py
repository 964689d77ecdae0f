"""Values of a plan brought back to where a patient's plan may have them."""

from __future__ import annotations

from typing import Any

import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.procedures import procedure
from landmarkdiff.procedures.bounds import within_bounds
from landmarkdiff.procedures.plan import PlannedEffect
from landmarkdiff.procedures.planning import make_plan

NOSE = procedure("rhinoplasty")
#: In percent of a width of the face, and in degrees.
WIDTH, TURN = "rhinoplasty.alar_base_width", "rhinoplasty.tip_rotation"


@pytest.fixture(scope="module")
def near_and_far(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> tuple[FaceLandmarks, FaceLandmarks]:
    """The same face measured with pupils 54 mm and 70 mm apart."""
    near, far = (pipeline.prepare(astronaut, ipd_mm=mm).landmarks for mm in (54.0, 70.0))
    return near, far


def width_in(face: FaceLandmarks, **how: Any) -> PlannedEffect:
    """The width of the base in a plan."""
    return next(one for one in make_plan(NOSE, face, **how).effects if one.key == WIDTH)


def width_at_the_end(face: FaceLandmarks) -> float:
    return width_in(face, intensity=100).value


def test_a_value_goes_to_the_end_of_another_scales_range(
    near_and_far: tuple[FaceLandmarks, FaceLandmarks],
) -> None:
    near, far = near_and_far
    widest = width_at_the_end(far)
    set_by_hand = {WIDTH: widest, TURN: 8.5, "blepharoplasty.mrd1": 99.0}
    assert within_bounds(set_by_hand, [NOSE], far, unlock=False) == set_by_hand
    held = within_bounds(set_by_hand, [NOSE], near, unlock=False)
    assert held == {**set_by_hand, WIDTH: width_at_the_end(near)}
    assert held[WIDTH] == pytest.approx(widest * 54 / 70, rel=1e-6)
    # What was refused can be planned.
    own = {key: held[key] for key in (WIDTH, TURN)}
    assert width_in(near, effects=own).in_band


def test_an_unlocked_value_stays_as_far_as_any_plan_may_go(
    near_and_far: tuple[FaceLandmarks, FaceLandmarks],
) -> None:
    near, _ = near_and_far
    end = width_at_the_end(near)
    beyond = {WIDTH: 2 * end, TURN: "off"}
    assert within_bounds(beyond, [NOSE], near, unlock=True) == beyond
    farthest = within_bounds({WIDTH: 99 * end}, [NOSE], near, unlock=True)
    assert farthest == {WIDTH: pytest.approx(5 * end)}
    assert width_in(near, effects=farthest, unlock=True).value == farthest[WIDTH]
