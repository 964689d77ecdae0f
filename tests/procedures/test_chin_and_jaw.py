"""A chin that is planned beside a jaw goes with the jaw: what the two do is added up."""

from __future__ import annotations

import numpy as np
import pytest
from rendering import canonical_face

from landmarkdiff.arrays import FloatArray
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation import deform
from landmarkdiff.procedures.planning import make_plan

JAW = {"mandible": 4.0}
CHIN = {"pogonion": 2.0, "chin_height": -2.0}
#: Carrying landmarks of the chin, in the midline and beside it.
CHIN_LANDMARKS = [152, 175, 199, 200, 148, 377, 171, 396]


@pytest.fixture
def face() -> FaceLandmarks:
    return canonical_face()


def displacement(face: FaceLandmarks, names: list[str], effects: dict[str, float]) -> FloatArray:
    plan = make_plan(names, face, intensity=0, effects=effects)
    assert plan.conflicts == ()
    return deform(plan, face).displacement


@pytest.mark.parametrize(
    "names", [["orthognathic", "mentoplasty"], ["mentoplasty", "orthognathic"]]
)
def test_both_are_carried_out_whole(names: list[str], face: FaceLandmarks) -> None:
    both = displacement(face, names, JAW | CHIN)[CHIN_LANDMARKS]
    jaw = displacement(face, ["orthognathic"], JAW)[CHIN_LANDMARKS]
    chin = displacement(face, ["mentoplasty"], CHIN)[CHIN_LANDMARKS]
    assert np.linalg.norm(chin, axis=1).min() > 1.0
    assert np.abs(both - jaw - chin).max() < 0.05


def test_a_chin_moves_beside_a_jaw_that_stays(face: FaceLandmarks) -> None:
    both = displacement(face, ["orthognathic", "mentoplasty"], {"maxilla": 4.0} | CHIN)
    chin = displacement(face, ["mentoplasty"], CHIN)
    assert np.abs(both - chin)[CHIN_LANDMARKS].max() < 0.05
