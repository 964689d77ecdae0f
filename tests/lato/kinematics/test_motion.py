"""Expression and pose in three dimensions: degrees, millimetres, sides."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from rendering import canonical_face, render

from landmarkdiff.clinical import ClinicalFlags
from landmarkdiff.head import head_model
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.lato.kinematics.expressions import expression_units
from landmarkdiff.lato.kinematics.gesture import (
    OPENING,
    Gesture,
    drawable,
    mouth_is_closed,
)
from landmarkdiff.lato.kinematics.motion import (
    expression_change,
    expression_motion,
    gesture_targets,
)
from landmarkdiff.lato.language import Expression, HeadTurn, understand

EXPRESSIONS = ("happy", "sad", "angry", "surprised", "fearful", "disgusted")
#: Ridge of the nose, from the nasion to the tip.
NOSE = (168, 6, 197, 195, 5, 4, 1)
TIP = 4
TURNS = [
    HeadTurn(yaw=30.0),
    HeadTurn(yaw=-30.0),
    HeadTurn(pitch=15.0),
    HeadTurn(roll=-15.0),
    HeadTurn(10.0, -8.0, 6.0),
]


def lengths(points: np.ndarray) -> np.ndarray:
    """Distances between all pairs of points of the nose."""
    return np.array([np.linalg.norm(points[a] - points[b]) for a, b in combinations(NOSE, 2)])


@pytest.mark.parametrize("turn", TURNS)
def test_a_turn_is_that_of_our_own_pose(
    turn: HeadTurn, face: FaceLandmarks, detector: LandmarkDetector, astronaut: np.ndarray
) -> None:
    """On the canonical mesh exactly, on landmarks read from a render within 2 degrees."""
    exact = canonical_face(yaw=4.0, pitch=-3.0, roll=2.0)
    portrait = render(astronaut, face.points[:, :2], yaw=5.0, px_per_mm=1.6, size=400)
    read = extract_landmarks(portrait.image, passes=1, detector=detector)
    for source, most in ((exact, 1e-6), (read, 2.0)):
        turned = gesture_targets(source, Gesture(turn=turn))
        for angle in ("yaw", "pitch", "roll"):
            got = getattr(turned.pose, angle) - getattr(source.pose, angle)
            assert abs(got - getattr(turn, angle)) <= most, angle
        np.testing.assert_allclose(lengths(turned.points), lengths(source.points), rtol=1e-9)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_nose_is_rigid_and_closed_lips_stay_closed(name: str) -> None:
    model = head_model()
    head = model.surface()
    units = expression_units(Expression(name, 1.0))
    change = {unit: share for unit, share in units.items() if unit not in OPENING}
    moved = expression_motion(model, head, change, closed=True)
    before = model.landmarks.points(head.vertices)
    after = model.landmarks.points(head.vertices + moved)
    assert np.abs(lengths(after) / lengths(before) - 1.0).max() < 0.01
    for upper, lower in ((13, 14), (82, 87), (312, 317)):
        assert abs((after - before)[upper, 1] - (after - before)[lower, 1]) < 0.2
    for part in ("left_eye", "right_eye", "upper_teeth", "lower_teeth"):
        assert not moved[head.topology.parts[part]].any()
    mirrored = moved[head.topology.mirror] * (-1.0, 1.0, 1.0)
    assert np.abs(mirrored - moved).max() < 0.7  # units of both sides differ by so much


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "turn the head 10 degrees to the left"),
        ("de", "den Kopf 10 Grad nach links drehen"),
        ("es", "girar la cabeza 10 grados a la izquierda"),
        ("fr", "tourner la tête de 10 degrés vers la gauche"),
        ("pt", "virar a cabeça 10 graus para a esquerda"),
        ("zh", "头向左转10度"),
    ],
)
def test_left_is_the_patients(language: str, words: str, face: FaceLandmarks) -> None:
    """The tip of the nose goes to the right of the picture."""
    turn = understand(words, face, language=language).pose
    assert turn == HeadTurn(yaw=10.0)
    turned = gesture_targets(face, Gesture(turn=turn))
    between = lambda points: (points[TIP] - points[[33, 263]].mean(axis=0))[0]  # noqa: E731
    assert (between(turned.points) - between(face.points)) * face.scale.mm_per_px > 3.0


def test_what_a_photo_shows_already_is_not_added(face: FaceLandmarks) -> None:
    smiling = dict.fromkeys(("mouthSmileLeft", "mouthSmileRight"), 1.0)
    points = canonical_face().points
    points[14] = points[13]  # lips that touch
    still = replace(canonical_face(), points=points)
    shown = replace(still, blendshapes=smiling)
    assert expression_change(Expression("happy", 0.66), shown)["mouthSmileLeft"] == 0.0
    smile = expression_change(Expression("happy", 0.66), still)
    assert smile["mouthSmileLeft"] == pytest.approx(0.66 * 0.4)
    neutral = Expression("neutral", 0.5)
    assert expression_change(neutral, shown) == dict.fromkeys(smiling, -0.5)
    assert expression_change(neutral, still) == {}
    raised = replace(still, blendshapes={"browInnerUp": 0.9})
    assert expression_change(neutral, raised) == {}  # a shape, perhaps
    # An open smile is not closed.
    assert not mouth_is_closed(face)
    assert not [name for name in expression_change(neutral, face) if name.startswith("mouth")]
    told = drawable(Gesture(neutral), face).notices
    assert [notice.code for notice in told] == ["gesture_mouth_stays_open"]


def test_a_palsied_side_keeps_its_expression(face: FaceLandmarks) -> None:
    flags = ClinicalFlags(bells_palsy=True, bells_palsy_side="left")
    change = expression_change(Expression("happy", 0.66), face, flags)
    assert change
    assert not [name for name in change if name.endswith("Left")]


@pytest.mark.parametrize(
    ("gesture", "drawn", "codes"),
    [
        (Gesture(), Gesture(), []),
        (Gesture(turn=HeadTurn(yaw=15.0)), Gesture(turn=HeadTurn(yaw=15.0)), ["from_one_photo"]),
        (Gesture(turn=HeadTurn(yaw=15.5)), Gesture(), ["too_far"]),
        (
            Gesture(Expression("happy", 1.0), HeadTurn(pitch=-40.0)),
            Gesture(Expression("happy", 0.67)),
            ["capped", "too_far"],
        ),
        (
            Gesture(Expression("surprised", 0.5)),
            Gesture(Expression("surprised", 0.5)),
            ["mouth_stays_closed"],
        ),
    ],
)
def test_what_one_photo_shows(
    gesture: Gesture, drawn: Gesture, codes: list[str], face: FaceLandmarks
) -> None:
    found = drawable(gesture, face)
    assert found.drawn == drawn
    assert [n.code.removeprefix("gesture_").removeprefix("expression_").removeprefix("turn_")
            for n in found.notices] == codes  # fmt: skip
    assert drawable(gesture, face, profile=True).drawn == Gesture()
