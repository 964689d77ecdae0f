"""Expression and pose in a picture, against renders of the same head turned in truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from drawn_frames import COLOURS, SHAPES, wearing
from head_portraits import SKINS, Look, portrait

from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.head import HeadCamera, head_model
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.gestures import titles_of
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.detector import LandmarkDetector
from landmarkdiff.lato.kinematics.gesture import Gesture
from landmarkdiff.lato.kinematics.picture import GesturePicture, draw_gesture
from landmarkdiff.lato.kinematics.relief import relief_of
from landmarkdiff.lato.kinematics.turned import turned_head
from landmarkdiff.lato.language import Expression, HeadTurn
from landmarkdiff.light.surface import surface_in_photo
from landmarkdiff.manipulation.prepared import PreparedFace

#: Pixels per millimetre of the renders, and their size.
PX, SIZE = 1.5, (480, 430)
#: Points of the face that a turn shifts against the tip of the nose: eyes, mouth, chin, brows.
INNER = (33, 133, 362, 263, 61, 291, 168, 105, 334)
TIP = 4


@cache
def drawn_head(yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> ImageArray:
    """A head from a camera 2 m away."""
    model = head_model()
    shares = 0.8 * np.random.default_rng(1).normal(size=len(model.identity_names))
    camera = HeadCamera.turned(
        yaw, pitch, roll, px_per_mm=PX, shift=(215.0, 215.0), distance_mm=2000.0
    )
    return portrait(model, model.surface(shares), camera, Look(skin=SKINS[2]), SIZE)


@pytest.fixture(scope="module")
def front(detector: LandmarkDetector) -> PreparedFace:
    """The head from the front."""
    return PreparedFace(drawn_head(), read(drawn_head(), detector))


def read(picture: ImageArray, detector: LandmarkDetector) -> FaceLandmarks:
    """The landmarks of a picture."""
    return extract_landmarks(picture, passes=2, detector=detector)


def drawn(prepared: PreparedFace, gesture: Gesture) -> GesturePicture:
    """A gesture that can be drawn."""
    picture = draw_gesture(prepared, gesture)
    assert picture is not None
    return picture


@pytest.mark.parametrize(
    "turn",
    [
        HeadTurn(yaw=15.0),
        HeadTurn(yaw=-10.0),
        HeadTurn(yaw=5.0),
        HeadTurn(pitch=10.0),
        HeadTurn(pitch=-10.0),
        HeadTurn(roll=10.0),
    ],
)
def test_a_turned_picture_is_near_the_truth(
    turn: HeadTurn, front: PreparedFace, detector: LandmarkDetector
) -> None:
    """Pose, inner points and outline are those of a head that has turned.

    Of a true pitch of 10 degrees the same network reads 8.4 to 9.0.
    """
    picture = drawn(front, Gesture(turn=turn))
    ours = read(picture.image, detector)
    true_picture = drawn_head(turn.yaw, turn.pitch, turn.roll)
    truth = read(true_picture, detector)
    for angle in ("yaw", "pitch", "roll"):
        got = getattr(ours.pose, angle) - getattr(front.landmarks.pose, angle)
        asked = getattr(turn, angle)
        assert abs(getattr(ours.pose, angle) - getattr(truth.pose, angle)) < 1.5  # 0.9, beside 1.3
        assert abs(got - asked) < (3.0 if turn.pitch else 1.0)  # 2.5, 0.6
    apart = [(face.points - face.points[TIP])[list(INNER), :2] / PX for face in (ours, truth)]
    error = np.linalg.norm(apart[0] - apart[1], axis=1)
    assert np.median(error) < 1.0  # 0.8
    assert error.max() < 1.6  # 1.0
    sides = [outline(*each) for each in ((picture.image, ours), (true_picture, truth))]
    assert np.abs(sides[0] - sides[1]).max() < 4.5  # 3.9; of the relief alone 15
    # The targets in three dimensions have the whole turn.
    assert picture.target.pose.yaw - front.landmarks.pose.yaw == pytest.approx(turn.yaw, abs=0.01)


def outline(picture: ImageArray, face: FaceLandmarks) -> FloatArray:
    """How far the head reaches to both sides of the tip of the nose above the ears, mm."""
    wall = np.median(picture[:40, :40].reshape(-1, 3), axis=0)
    head = np.abs(picture.astype(int) - wall).max(axis=2) > 25
    ends = []
    for above in (15, 20, 25):
        across = np.flatnonzero(head[round(face.points[168, 1]) - above])
        ends.append((across[[0, -1]] - face.points[TIP, 0]) / PX)
    return np.median(np.array(ends), axis=0)


def test_no_wedge_of_the_background_slides_over_the_neck(front: PreparedFace) -> None:
    picture = drawn(front, Gesture(turn=HeadTurn(yaw=-15.0))).image
    wall = np.median(picture[:40, :40].reshape(-1, 3), axis=0)
    skin = np.abs(picture.astype(int) - wall).max(axis=2) > 25
    mouth = round(front.landmarks.points[17, 1])
    rows = [np.flatnonzero(row) for row in skin[mouth : mouth + 80]]
    assert sum(row[-1] - row[0] + 1 - len(row) for row in rows) < 3  # 0; of a band of 3 mm 4


@pytest.mark.parametrize("turn", [HeadTurn(yaw=15.0), HeadTurn(12.0, -12.0, 5.0)])
def test_neither_the_head_nor_what_is_behind_it_folds(turn: HeadTurn, front: PreparedFace) -> None:
    face = front.landmarks
    head = turned_head(relief_of(face, surface_in_photo(face)), face, turn)
    corners = (slice(None, -1), slice(1, None))
    shown = np.stack([head.shown[rows, columns] for rows in corners for columns in corners])
    assert head.front.jacobians[shown.min(axis=0) > 0.5].min() > 0.0  # 0.35
    assert head.behind.jacobians[shown.max(axis=0) < 0.5].min() > 0.0  # 0.07
    assert 0.15 < (head.shown > 0.5).mean() < 0.5
    # The face itself, with its nose, is of the head.
    at = front.landmarks.points[list(INNER), :2]
    assert head.front.grid.sample(head.shown, at).min() > 0.99


def test_a_roll_hides_nothing(front: PreparedFace) -> None:
    face = front.landmarks
    head = turned_head(relief_of(face, surface_in_photo(face)), face, HeadTurn(roll=10.0))
    assert head.shown[5:-5, 5:-5].min() > 0.99


@pytest.mark.parametrize(
    "gesture",
    [
        Gesture(),
        Gesture(turn=HeadTurn()),
        Gesture(Expression("happy", 0.0)),
        Gesture(Expression("neutral", 0.0), HeadTurn()),
    ],
)
def test_no_gesture_leaves_every_bit(gesture: Gesture, front: PreparedFace) -> None:
    assert gesture.still
    picture = drawn(front, gesture)
    assert picture.image is front.image
    assert not picture.changed.any()


def test_an_expression_is_seen_and_the_rest_stays(
    prepared_portraits: dict[str, PreparedFace],
) -> None:
    prepared = prepared_portraits["astronaut"]
    astronaut = prepared.image
    picture = drawn(prepared, Gesture(Expression("surprised", 0.66)))
    outside = picture.changed == 0
    assert outside.mean() > 0.2
    np.testing.assert_array_equal(picture.image[outside], astronaut[outside])
    weak = drawn(prepared, Gesture(Expression("surprised", 0.33)))
    size = [np.abs(one.image.astype(int) - astronaut).sum() for one in (weak, picture)]
    assert 0 < size[0] < size[1]


def test_spectacles_do_not_move_with_the_skin_below(
    astronaut: ImageArray, face: FaceLandmarks
) -> None:
    photo, share = wearing(astronaut, face, COLOURS["black"], SHAPES["thick"])
    prepared = PreparedFace(photo, face, glasses="yes")
    picture = drawn(prepared, Gesture(Expression("surprised", 0.66)))
    change = np.abs(picture.image.astype(int) - photo).mean(axis=2)
    assert change[share > 0.9].mean() < 0.1
    assert change[picture.changed > 0].mean() > 0.5


def test_a_smile_moves_the_corners_out_and_up(
    front: PreparedFace, detector: LandmarkDetector
) -> None:
    smile = drawn(front, Gesture(Expression("happy", 0.66)))
    after = read(smile.image, detector)
    corners = (after.points - front.landmarks.points)[[61, 291], :2] / PX
    assert (corners * (-1.0, -1.0))[0].min() > 1.5  # out and up, mm
    assert (corners * (1.0, -1.0))[1].min() > 1.5
    assert np.linalg.norm(corners, axis=1).max() < 8.0


def test_surgery_first_then_the_gesture(
    pipeline: LandmarkDiffPipeline, front: PreparedFace
) -> None:
    words = ["rotate the tip 4 degrees", "smile slightly, turn the head 10 degrees to the left"]
    edited = pipeline.edit(front, words, verify=False)
    alone = pipeline.edit(front, words[0], verify=False)
    assert edited.prediction is not None
    assert alone.prediction is not None
    assert alone.prediction.gesture is None
    assert titles_of(alone.prediction) == ("Rhinoplasty",)
    assert titles_of(edited.prediction) == ("Rhinoplasty", "expression and pose")
    np.testing.assert_array_equal(edited.prediction.plan_image, alone.prediction.image)
    record = edited.prediction.to_dict()["gesture"]
    assert record["drawn"] == record["asked"] == {
        "expression": {"name": "happy", "strength": 0.33},
        "pose": {"yaw": 10.0, "pitch": 0.0, "roll": 0.0},
    }  # fmt: skip
    assert 8.5 < record["measured"]["pose"]["yaw"] < 11.5
    assert "mouthSmileLeft" in record["measured"]["expression"]
    assert edited.history.back().present == alone.history.present
    assert edited.history.back().forward() == edited.history
    assert edited.history.back().back().present is None


def test_a_gesture_alone_and_one_that_is_refused(
    pipeline: LandmarkDiffPipeline, front: PreparedFace
) -> None:
    turned = pipeline.edit(front, "turn the head 5 degrees to the right", verify=False)
    assert turned.prediction is not None
    assert turned.prediction.plan.effects == ()
    assert titles_of(turned.prediction) == ("Expression and pose",)
    np.testing.assert_array_equal(turned.prediction.plan_image, front.image)
    assert not np.array_equal(turned.prediction.image, front.image)
    assert turned.prediction.shown.notice.code == "plan_shown_unmeasured"
    too_far = pipeline.edit(front, "turn the head 30 degrees to the right")
    assert too_far.prediction is None
    assert [notice.code for notice in too_far.notices] == ["gesture_turn_too_far"]
    for nothing in (None, 1, [None]):
        with pytest.raises(ParameterError, match="no text"):
            pipeline.edit(front, nothing)  # type: ignore[arg-type]
