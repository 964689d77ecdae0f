"""A pattern is what two plans of the same effects have in common at any values."""

from __future__ import annotations

import pytest
from rendering import canonical_face

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.pattern import PlanPattern, plan_pattern
from landmarkdiff.procedures.planning import make_plan


@pytest.fixture(scope="module")
def face() -> FaceLandmarks:
    return canonical_face(yaw=4.0)


def test_values_play_no_part(face: FaceLandmarks) -> None:
    flags = ClinicalFlags()
    some, more = (make_plan("rhinoplasty", face, intensity=level) for level in (40, 90))
    assert plan_pattern(some, flags) is plan_pattern(more, flags)
    assert plan_pattern(some, flags) is plan_pattern(some, ClinicalFlags())


def test_side_flags_and_effects_do(face: FaceLandmarks) -> None:
    plan, flags = make_plan("rhytidectomy", face), ClinicalFlags()
    others = [
        plan_pattern(make_plan("rhytidectomy", face, side="left"), flags),
        plan_pattern(plan, ClinicalFlags(ehlers_danlos=True)),
        plan_pattern(make_plan("rhytidectomy", face, effects={"jowl_lift": "off"}), flags),
    ]
    assert len({plan_pattern(plan, flags), *others}) == 4


def test_another_object_of_the_same_facts_is_the_same_key() -> None:
    kept = {("mask", PlanPattern(("both", 1))): "made"}
    assert kept["mask", PlanPattern(("both", 1))] == "made"
    assert ("mask", PlanPattern(("left", 1))) not in kept
