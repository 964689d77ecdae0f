"""What the detector and the mesh say together of a view."""

from __future__ import annotations

import numpy as np
import pytest

from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks import extract_landmarks
from landmarkdiff.profile import ProfileFinder
from landmarkdiff.profile.evidence import confirmed, evidence_of
from landmarkdiff.profile.faces import SeenFace


def seen(turn: float, score: float = 2.5) -> SeenFace:
    """A face, 100 pixels wide, whose nose lies so far to the right of the middle of its ears."""
    points = np.array([[30, 40], [70, 40], [50 + 100 * turn, 55], [50, 75], [0, 45], [100, 45]])
    face = SeenFace(np.array([0.0, 0.0, 100.0, 100.0]), points.astype(np.float64), score)
    assert face.turn == pytest.approx(turn)
    return face


@pytest.mark.parametrize(
    ("turn", "yaw", "held"),
    [
        (0.02, 2.0, True),
        (0.14, 0.0, True),
        (-0.34, -30.0, True),
        (0.34, -30.0, False),
        (0.38, 47.0, True),
        (0.6, 42.0, True),
        # Profiles that the mesh took for obliques and for a face from the front.
        (-0.45, -27.4, False),
        (0.66, -43.5, False),
        (-0.49, -5.6, False),
    ],
)
def test_a_mesh_is_confirmed_where_the_detector_sees_its_turn(
    turn: float, yaw: float, held: bool
) -> None:
    assert confirmed(seen(turn), yaw, 56.0) is held
    assert not confirmed(seen(turn, score=1.0), yaw, 56.0)


@pytest.mark.parametrize(
    ("turn", "yaw", "denied"),
    [(-0.49, -5.6, True), (0.7, -10.0, True), (0.05, 1.0, False), (0.38, 40.0, False)],
)
def test_a_mesh_is_denied_where_a_turned_head_is_seen(
    turn: float, yaw: float, denied: bool
) -> None:
    assert evidence_of("unclear", seen(turn), yaw).mesh_denied is denied
    assert not evidence_of("unclear", seen(turn, score=1.0), yaw).mesh_denied
    assert not evidence_of("unclear", None, yaw).mesh_denied


def test_the_mesh_of_a_portrait_is_not_denied(finder: ProfileFinder, frontal: ImageArray) -> None:
    assert not finder.view_of(frontal, extract_landmarks(frontal, passes=1)).mesh_denied
