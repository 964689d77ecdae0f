from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from rendering import canonical_face, enlarged_face

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import FaceLandmarks, extract_landmarks
from landmarkdiff.landmarks.correction import MAX_NUDGE_MM, REACH_MM, REACH_PER_WAY, nudge
from landmarkdiff.landmarks.topology import topology

PRONASALE, SUBNASALE, CHIN, RIGHT_CHEILION = 4, 2, 152, 61
RIGHT_IRIS, LEFT_IRIS = range(468, 473), range(473, 478)


@pytest.fixture(scope="module")
def face(astronaut: ImageArray) -> FaceLandmarks:
    return extract_landmarks(astronaut)


def px(face: FaceLandmarks, right_mm: float, down_mm: float) -> tuple[float, float]:
    return right_mm / face.scale.mm_per_px, down_mm / face.scale.mm_per_px


def apart_mm(a: FaceLandmarks, b: FaceLandmarks) -> float:
    return float(np.abs(a.points - b.points).max() * a.scale.mm_per_px)


@pytest.mark.parametrize("way_mm", [(3.0, 0.0), (0.0, -2.0), (-6.0, 8.0)])
@pytest.mark.parametrize("index", [PRONASALE, CHIN, RIGHT_CHEILION])
def test_the_landmark_goes_there_and_the_skin_follows(
    face: FaceLandmarks, index: int, way_mm: tuple[float, float]
) -> None:
    way = px(face, *way_mm)
    nudged = nudge(face, {index: way})
    assert nudged.points[index].tolist() == [
        *(face.points[index, :2] + way).tolist(),
        face.points[index, 2],
    ]
    moved = np.linalg.norm(nudged.points - face.points, axis=1) * face.scale.mm_per_px
    length = float(np.hypot(*way_mm))
    assert moved.max() == pytest.approx(length)
    distance = np.linalg.norm((face.points - face.points[index])[:, :2], axis=1)
    distance *= face.scale.mm_per_px
    near = (distance < 4.0) & (np.arange(478) < 468)
    assert (moved[near] > 0.3 * length).all()
    assert not moved[distance > REACH_MM + (1.0 + REACH_PER_WAY) * length].any()
    assert np.array_equal(nudged.points[468:], face.points[468:]), "irises are no skin"
    assert nudged.pose is face.pose
    assert nudged.scale is face.scale


def test_a_drag_knows_millimetres_not_pixels(face: FaceLandmarks) -> None:
    large = enlarged_face(face, 3.0)
    small = nudge(face, {PRONASALE: px(face, 2.0, 1.0)})
    same = nudge(large, {PRONASALE: px(large, 2.0, 1.0)})
    assert same.points == pytest.approx(enlarged_face(small, 3.0).points, abs=1e-6)


def test_the_same_way_back_undoes_it(face: FaceLandmarks) -> None:
    for way_mm in ((4.0, -3.0), (-9.0, 12.0 - 1e-9)):
        there = px(face, *way_mm)
        back = (-there[0], -there[1])
        again = nudge(nudge(face, {PRONASALE: there}), {PRONASALE: back})
        assert apart_mm(again, face) < 1e-3


def test_drags_far_apart_are_independent(face: FaceLandmarks) -> None:
    first, second = {33: px(face, 2.0, 0.0)}, {CHIN: px(face, 0.0, 3.0)}
    together = nudge(face, {**first, **second})
    assert together.points == pytest.approx(nudge(nudge(face, first), second).points, abs=1e-9)
    assert together.points == pytest.approx(nudge(nudge(face, second), first).points, abs=1e-9)


def test_landmarks_dragged_together_keep_their_distance(face: FaceLandmarks) -> None:
    way = px(face, 3.0, 2.0)
    nudged = nudge(face, {RIGHT_CHEILION: way, 76: way})
    for index in (RIGHT_CHEILION, 76):
        assert nudged.points[index, :2] == pytest.approx(face.points[index, :2] + way)


def test_opposite_drags_in_one_place_are_both_obeyed(face: FaceLandmarks) -> None:
    points = face.points.copy()
    points[13] = points[14]  # closed lips
    closed = face.with_points(points)
    nudged = nudge(closed, {13: px(face, 0.0, -1.0), 14: px(face, 0.0, 1.0)})
    assert nudged.points[13, :2] == pytest.approx(points[13, :2] + px(face, 0.0, -1.0))
    assert nudged.points[14, :2] == pytest.approx(points[14, :2] + px(face, 0.0, 1.0))
    assert np.isfinite(nudged.points).all()


@pytest.mark.parametrize(("yaw", "most"), [(0.0, 3), (40.0, 6)])
def test_the_mesh_hardly_folds(yaw: float, most: int) -> None:
    face = canonical_face(yaw=yaw)
    triangles = topology().tiles

    def areas(face: FaceLandmarks) -> NDArray[np.float64]:
        a, b, c = (face.points[triangles[:, corner]] for corner in range(3))
        return np.asarray(np.cross(b - a, c - a)[:, 2])

    before = areas(face)
    turned_over = []
    for index in range(0, 468, 9):
        for angle in (0.3, 2.4, 4.5):
            way = px(face, 3.0 * np.cos(angle), 3.0 * np.sin(angle))
            after = areas(nudge(face, {index: way}))
            turned_over.append(int(((before < 0) & (after > 0)).sum()))
    assert max(turned_over) <= most
    assert float(np.mean(turned_over)) < 0.4


def test_an_iris_moves_as_a_whole_with_its_centre(face: FaceLandmarks) -> None:
    assert face.scale.source == "iris"
    way = px(face, 1.0, 0.5)
    nudged = nudge(face, {468: way})
    step = nudged.points - face.points
    assert step[list(RIGHT_IRIS), :2] == pytest.approx(np.tile(way, (5, 1)))
    assert not step[:468].any()
    assert not step[list(LEFT_IRIS)].any()
    assert nudged.scale.mm_per_px == pytest.approx(face.scale.mm_per_px)


def test_a_wider_iris_means_a_finer_scale(face: FaceLandmarks) -> None:
    # The rim of both irises drawn 10 % wider at its outer side.
    moves = {}
    for inner, outer in ((471, 469), (474, 476)):
        across = face.points[outer, :2] - face.points[inner, :2]
        moves[outer] = (0.1 * across[0], 0.1 * across[1])
    nudged = nudge(face, moves)
    assert nudged.scale.source == "iris"
    assert nudged.scale.mm_per_px == pytest.approx(face.scale.mm_per_px / 1.1, rel=1e-6)


def test_an_iris_that_cannot_be_measured_any_more_says_so(face: FaceLandmarks) -> None:
    nudged = nudge(face, {469: px(face, 4.0, 0.0)})
    assert nudged.scale.source == "canonical_mesh"
    assert [notice.code for notice in nudged.notices][-2:] == ["landmarks_nudged", "scale_fallback"]


def test_a_known_interpupillary_distance_stays_known(astronaut: ImageArray) -> None:
    face = extract_landmarks(astronaut, ipd_mm=62.0)
    right, left = face.points[468, :2], face.points[473, :2]
    nudged = nudge(face, {468: tuple(0.05 * (right - left))})
    assert nudged.scale.source == "interpupillary_distance"
    assert nudged.scale.mm_per_px == pytest.approx(face.scale.mm_per_px / 1.05)


def test_a_ruler_stays_a_ruler(astronaut: ImageArray) -> None:
    face = extract_landmarks(astronaut, mm_per_px=0.5, passes=1)
    assert nudge(face, {468: (1.0, 0.0), 33: (1.0, 0.0)}).scale is face.scale


def test_the_notice_counts_every_landmark_once(face: FaceLandmarks) -> None:
    nudged = nudge(nudge(face, {4: (1.0, 0.0), 2: (0.0, 1.0)}), {4: (0.0, 1.0), 152: (1.0, 1.0)})
    (told,) = [notice for notice in nudged.notices if notice.code == "landmarks_nudged"]
    assert told.params == {"count": 3, "landmarks": [2, 4, 152]}
    assert told.text == "Landmarks put right by hand: 3."


@pytest.mark.parametrize("moves", [{}, {4: (0.0, 0.0)}])
def test_no_move_changes_nothing(
    face: FaceLandmarks, moves: dict[int, tuple[float, float]]
) -> None:
    assert nudge(face, moves) is face


@pytest.mark.parametrize(
    ("index", "way_mm"),
    [
        (478, (1.0, 0.0)),
        (-1, (1.0, 0.0)),
        (True, (1.0, 0.0)),
        (4, (MAX_NUDGE_MM + 0.1, 0.0)),
        (4, (float("nan"), 0.0)),
        (4, (0.0, float("inf"))),
    ],
)
def test_what_is_no_correction_is_refused(
    face: FaceLandmarks, index: int, way_mm: tuple[float, float]
) -> None:
    with pytest.raises(ParameterError):
        nudge(face, {index: px(face, *way_mm)})


def test_a_corrected_face_forgets_what_the_old_landmarks_gave(astronaut: ImageArray) -> None:
    pipeline = LandmarkDiffPipeline()
    prepared = pipeline.prepare(astronaut, passes=1)
    plain = pipeline.generate(prepared, "rhinoplasty", 80)
    corrected = prepared.with_landmarks(nudge(prepared.landmarks, {4: (0.0, 6.0)}))
    assert corrected.image is prepared.image
    first = pipeline.generate(corrected, "rhinoplasty", 80)
    fresh = pipeline.generate(
        replace(prepared, landmarks=corrected.landmarks, _found={}), "rhinoplasty", 80
    )
    assert np.array_equal(first.image, fresh.image)
    assert not np.array_equal(first.image, plain.image)
    assert "landmarks_nudged" in {notice.code for notice in first.notices}


def test_a_long_way_can_be_ended_between_its_steps(face: FaceLandmarks) -> None:
    many = dict.fromkeys(range(0, 468, 2), (0.0, 1.0))
    steps: list[int] = []
    whole = nudge(face, many, pause=lambda: steps.append(0))
    assert len(steps) == 24
    np.testing.assert_array_equal(whole.points, nudge(face, many).points)

    def end() -> None:
        if len(steps) == 27:
            raise InterruptedError
        steps.append(0)

    with pytest.raises(InterruptedError):
        nudge(face, many, pause=end)
    assert len(steps) == 27
