"""The lips of a face that smiles: measured, said to be so, and compared with no range."""

from __future__ import annotations

from dataclasses import replace

import pytest

from landmarkdiff.analysis import analyze
from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import PreparedFace
from landmarkdiff.landmarks.expression import SMILE_ABOVE, smiles
from landmarkdiff.measurements import measure_all


def test_a_smile_is_told_from_a_face_at_rest(
    prepared_portraits: dict[str, PreparedFace], portraits: dict[str, ImageArray]
) -> None:
    face = prepared_portraits["astronaut"].landmarks
    assert smiles(face)
    codes = [notice.code for notice in analyze(portraits["astronaut"], face).notices]
    assert "photo_smile" in codes
    still = replace(face, blendshapes={**face.blendshapes, **scored(0.9 * SMILE_ABOVE)})
    assert not smiles(still)
    codes = [notice.code for notice in analyze(portraits["astronaut"], still).notices]
    assert "photo_smile" not in codes


@pytest.mark.parametrize(("score", "laid"), [(1.1 * SMILE_ABOVE, False), (0.0, True)])
def test_lips_in_a_smile_are_laid_on_no_range(
    prepared_portraits: dict[str, PreparedFace], score: float, laid: bool
) -> None:
    face = replace(prepared_portraits["grace_hopper"].landmarks, blendshapes=scored(score))
    measured = measure_all(face)
    lips = [item for item in measured if item.region == "lips" and item.available]
    assert len(lips) == 7
    assert {item.reliable for item in lips} == {laid}
    stands = {item.standing(norm) for item in lips for norm in item.norms} - {None}
    if not laid:
        assert stands == {"uncertain"}
    others = [item for item in measured if item.region != "lips"]
    assert {item.name for item in others if not item.reliable} == {"mrd1_right", "mrd1_left"}


def scored(score: float) -> dict[str, float]:
    return {"mouthSmileLeft": score, "mouthSmileRight": score}
