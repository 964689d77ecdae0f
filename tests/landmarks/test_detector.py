"""The detector on the two portraits: parity with MediaPipe, mirror, turns, several faces."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import FaceIndexError, NoFaceError, ParameterError
from landmarkdiff.landmarks import FaceLandmarks, LandmarkDetector, detect_faces, extract_landmarks
from landmarkdiff.landmarks.topology import topology

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "data" / "landmark_reference.json").read_text(encoding="utf-8")
)["photos"]


def mirrored(image: ImageArray) -> ImageArray:
    return np.ascontiguousarray(image[:, ::-1])


def mirrored_points(face: FaceLandmarks) -> NDArray[np.float64]:
    points = face.points.copy()
    points[:, 0] = face.image_width - 1 - points[:, 0]
    return points[topology().mirror]


def distance(a: NDArray[np.float64], b: NDArray[np.float64], face: FaceLandmarks) -> float:
    """Mean distance in percent of the inter-ocular distance."""
    return float(np.hypot(*(a - b)[:, :2].T).mean() / face.interocular_px * 100)


def codes(face: FaceLandmarks) -> set[str]:
    return {notice.code for notice in face.notices}


@pytest.mark.parametrize("photo", REFERENCE, ids=lambda p: f"{p['portrait']}-{p['size']}")
def test_one_pass_agrees_with_mediapipe(
    photo: dict[str, object], portraits: dict[str, ImageArray]
) -> None:
    image = portraits[str(photo["portrait"])]
    size = int(str(photo["width"])), int(str(photo["height"]))
    if size != image.shape[1::-1]:
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    face = extract_landmarks(image, passes=1)
    theirs = np.array(photo["points"])
    assert distance(face.points, theirs, face) < 0.1
    depth = np.abs(face.points - theirs)[:, 2].mean() / face.interocular_px * 100
    assert depth < 0.1
    scores = photo["blendshapes"]
    assert isinstance(scores, dict)
    assert face.blendshapes == pytest.approx(scores, abs=0.01)


@pytest.mark.parametrize("name", ["grace_hopper", "astronaut"])
def test_the_ensemble_is_mirror_true(name: str, portraits: dict[str, ImageArray]) -> None:
    face = extract_landmarks(portraits[name])
    twin = extract_landmarks(mirrored(portraits[name]))
    assert np.abs(mirrored_points(twin) - face.points).max() < 0.02
    assert twin.pose.yaw == pytest.approx(-face.pose.yaw, abs=0.05)
    assert twin.pose.roll == pytest.approx(-face.pose.roll, abs=0.05)
    assert twin.scale.mm_per_px == pytest.approx(face.scale.mm_per_px, rel=1e-3)


@pytest.mark.parametrize("angle", [-30.0, 10.0, 30.0])
def test_a_turned_photo_turns_the_landmarks(angle: float, grace_hopper: ImageArray) -> None:
    face = extract_landmarks(grace_hopper)
    height, width = grace_hopper.shape[:2]
    turn = cv2.getRotationMatrix2D(tuple(face.origin_px[:2]), angle, 1.0)
    turned = extract_landmarks(
        np.asarray(cv2.warpAffine(grace_hopper, turn, (width, height)), np.uint8)
    )
    expected = face.points[:, :2] @ turn[:, :2].T + turn[:, 2]
    assert distance(turned.points[:, :2], expected, face) < 1.0
    assert turned.pose.roll == pytest.approx(face.pose.roll - angle, abs=0.3)
    assert turned.pose.yaw == pytest.approx(face.pose.yaw, abs=0.7)
    assert turned.scale.mm_per_px == pytest.approx(face.scale.mm_per_px, rel=0.03)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_resized_photo_scales_the_landmarks(factor: float, grace_hopper: ImageArray) -> None:
    face = extract_landmarks(grace_hopper)
    resized = cv2.resize(
        grace_hopper,
        None,
        fx=factor,
        fy=factor,
        interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC,
    )
    other = extract_landmarks(np.asarray(resized, np.uint8))
    expected = (face.points[:, :2] + 0.5) * factor - 0.5
    assert distance(other.points[:, :2] / factor, expected / factor, face) < 0.5
    assert other.scale.mm_per_px * factor == pytest.approx(face.scale.mm_per_px, rel=0.03)


@pytest.mark.parametrize(("quarters", "turned"), [(1, 270), (2, 180), (3, 90)])
def test_a_lying_photo_is_found_and_the_turn_reported(
    quarters: int, turned: int, grace_hopper: ImageArray
) -> None:
    face = extract_landmarks(grace_hopper)
    height, width = grace_hopper.shape[:2]
    lying = extract_landmarks(np.ascontiguousarray(np.rot90(grace_hopper, quarters)))
    assert lying.turned == turned
    assert "face_turned" in codes(lying)
    points = face.points[:, :2]
    for _ in range(quarters):
        points = np.stack([points[:, 1], width - 1 - points[:, 0]], axis=1)
        width, height = height, width
    assert distance(lying.points[:, :2], points, face) < 0.1


def test_a_first_look_finds_upright_faces_alone(
    detector: LandmarkDetector, grace_hopper: ImageArray
) -> None:
    first = detector.extract(grace_hopper, passes=2, everywhere=False)
    whole = detector.extract(grace_hopper, passes=2)
    np.testing.assert_array_equal(first.points, whole.points)
    lying = np.ascontiguousarray(np.rot90(grace_hopper))
    with pytest.raises(NoFaceError):
        detector.extract(lying, passes=2, everywhere=False)
    assert detector.extract(lying, passes=2).turned == 270


def test_several_faces_come_largest_first(grace_hopper: ImageArray, astronaut: ImageArray) -> None:
    both = np.full((640, 1024, 3), 90, np.uint8)
    both[:512, :512] = cv2.resize(astronaut[:320, 64:384], (512, 512))
    both[:600, 512:] = grace_hopper
    first, second = (extract_landmarks(both, face=index) for index in (0, 1))
    assert first.face_count == second.face_count == 2
    assert (first.face_index, second.face_index) == (0, 1)
    assert first.points[:, 0].min() > 512 > second.points[:, 0].max()
    assert "several_faces" in codes(first)
    alone = extract_landmarks(grace_hopper)
    assert distance(first.points - (512, 0, 0), alone.points, alone) < 0.3
    boxes = detect_faces(both)
    assert [round(x) > 512 for x, *_ in boxes] == [True, False]
    with pytest.raises(FaceIndexError, match="0 to 1"):
        extract_landmarks(both, face=2)
    with pytest.raises(FaceIndexError):
        extract_landmarks(both, face=-1)


def test_a_small_face_in_a_large_photo_is_found(grace_hopper: ImageArray) -> None:
    large = np.full((3000, 2560, 3), 128, np.uint8)
    large[1200:1800, 1024:1536] = grace_hopper
    face = extract_landmarks(large)
    alone = extract_landmarks(grace_hopper)
    assert distance(face.points - (1024, 1200, 0), alone.points, alone) < 0.3


def test_a_face_that_fills_the_photo_is_found_and_called_cut(grace_hopper: ImageArray) -> None:
    x, y, width, height = (round(v) for v in extract_landmarks(grace_hopper).box)
    close = grace_hopper[y + 5 : y + height - 5, x + 5 : x + width - 5]
    face = extract_landmarks(close)
    assert "face_cut" in codes(face)


def test_a_coarse_face_is_called_small(grace_hopper: ImageArray) -> None:
    small = cv2.resize(grace_hopper, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    face = extract_landmarks(np.asarray(small, np.uint8))
    assert {"face_small", "scale_fallback"} <= codes(face)
    assert face.scale.source == "canonical_mesh"


def test_portraits_raise_no_notice(portraits: dict[str, ImageArray]) -> None:
    for image in portraits.values():
        face = extract_landmarks(image)
        assert face.notices == ()
        assert face.presence > 0.99
        assert face.face_count == 1
        assert face.turned == 0


def test_noise_comes_with_the_ensemble_only(grace_hopper: ImageArray) -> None:
    assert extract_landmarks(grace_hopper, passes=1).noise_px is None
    face = extract_landmarks(grace_hopper, passes=3)
    assert face.passes == 4
    assert face.noise_px is not None
    assert face.noise_px.shape == (478,)
    assert 0.1 < face.noise_px.mean() < 2.0


def test_calibration_reaches_the_scale(grace_hopper: ImageArray) -> None:
    face = extract_landmarks(grace_hopper, ipd_mm=60.0, passes=2)
    eyes = face.points_mm[[468, 473]]
    assert abs(eyes[1, 0] - eyes[0, 0]) == pytest.approx(60.0, abs=1.0)
    assert extract_landmarks(grace_hopper, mm_per_px=0.5, passes=2).scale.source == "ruler"


@pytest.mark.parametrize("shape", [(300, 400, 3), (16, 2000, 3), (2000, 20, 3)])
def test_a_photo_without_a_face_is_an_error(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    for image in (noise, np.zeros(shape, np.uint8)):
        with pytest.raises(NoFaceError, match="no face was found"):
            extract_landmarks(image)
        assert detect_faces(image) == []


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64), np.uint8),
        np.zeros((64, 64, 4), np.uint8),
        np.zeros((64, 64, 3), np.float32),
        np.zeros((8, 64, 3), np.uint8),
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((16, 40_000, 3), np.uint8),
        "photo.jpg",
    ],
)
def test_other_arrays_are_refused(image: ImageArray) -> None:
    with pytest.raises(ParameterError):
        extract_landmarks(image)


@pytest.mark.parametrize("passes", [0, -1, 65, 2.5])
def test_impossible_passes_are_refused(passes: int, grace_hopper: ImageArray) -> None:
    with pytest.raises(ParameterError, match=r"1 to 64|no whole number"):
        extract_landmarks(grace_hopper, passes=passes)


def test_a_view_of_an_array_gives_the_same_as_its_copy(grace_hopper: ImageArray) -> None:
    flipped = grace_hopper[:, ::-1]
    assert np.array_equal(
        extract_landmarks(flipped, passes=1).points,
        extract_landmarks(flipped.copy(), passes=1).points,
    )


def test_one_detector_serves_several_threads(portraits: dict[str, ImageArray]) -> None:
    detector = LandmarkDetector(threads=1)
    alone = {name: detector.extract(image) for name, image in portraits.items()}
    wrong: list[str] = []

    def work(name: str) -> None:
        for _ in range(3):
            found = detector.extract(portraits[name])
            if not np.array_equal(found.points, alone[name].points):
                wrong.append(name)

    threads = [threading.Thread(target=work, args=(name,)) for name in [*portraits] * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_importing_the_room_loads_neither_opencv_nor_litert() -> None:
    code = (
        "import sys, landmarkdiff.landmarks as room;"
        "from landmarkdiff.landmarks import FaceLandmarks, LANDMARK_REGIONS;"
        "len(LANDMARK_REGIONS);"
        "print([m for m in ('cv2', 'ai_edge_litert', 'scipy', 'torch') if m in sys.modules]);"
        "print(sorted(set(room.__all__) - set(dir(room))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


def test_detection_writes_nothing_to_standard_error() -> None:
    code = (
        "import numpy as np;"
        "from landmarkdiff.landmarks import detect_faces;"
        "print(detect_faces(np.zeros((64, 64, 3), np.uint8)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert done.stderr == ""


@pytest.mark.parametrize("passes", [1, 2])
def test_all_faces_of_a_long_sheet_are_found(
    passes: int, astronaut: ImageArray, grace_hopper: ImageArray, detector: LandmarkDetector
) -> None:
    tiles = [grace_hopper[:512], astronaut, grace_hopper[:512, ::-1], astronaut[:, ::-1], astronaut]
    sheet = np.ascontiguousarray(np.hstack(tiles))
    face = detector.extract(sheet, passes=passes)
    assert (face.face_count, len(face.others), face.turned) == (5, 4, 0)
    centres = sorted(x + width / 2 for x, _, width, _ in (face.box, *face.others))
    assert [int(centre // 512) for centre in centres] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("high", [200, 150])
def test_all_faces_of_a_group_are_found(
    high: int, astronaut: ImageArray, grace_hopper: ImageArray, detector: LandmarkDetector
) -> None:
    group = np.full((900, 1200, 3), 150, np.uint8)
    pilot = astronaut[:320, 70:390]
    people = [grace_hopper[:512], pilot, grace_hopper[:512, ::-1], pilot[:, ::-1]]
    for column, person in enumerate(people):
        small = cv2.resize(person, (high, high), interpolation=cv2.INTER_AREA)
        top, left = 300 + 40 * (column % 2), 60 + 290 * column
        group[top : top + high, left : left + high] = small
    boxes = detector.faces(group)
    assert sorted(int((x + width / 2 - 60) // 290) for x, _, width, _ in boxes) == [0, 1, 2, 3]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_one_face_in_a_wide_photo_is_found_turned(
    turns: int, grace_hopper: ImageArray, detector: LandmarkDetector
) -> None:
    wide = np.pad(grace_hopper, ((0, 0), (200, 200), (0, 0)), mode="edge")
    face = detector.extract(np.ascontiguousarray(np.rot90(wide, turns)), passes=2)
    assert face.turned == 360 - 90 * turns
    assert face.face_count == 1
