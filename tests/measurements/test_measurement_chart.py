"""The chart of measurements: every label can be read, every line lies where it belongs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from rendering import render

from landmarkdiff.arrays import ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks.face import FaceLandmarks
from landmarkdiff.manipulation.prepared import PreparedFace
from landmarkdiff.measurements import (
    canon_lines,
    chart,
    measure,
    measure_all,
    measured_lines,
    measurement_chart,
    measurements_csv,
)

HEADINGS = dict.fromkeys(chart.REGION_COLOURS, "Heading")


@pytest.fixture(scope="module")
def face(prepared_portraits: dict[str, PreparedFace]) -> FaceLandmarks:
    return prepared_portraits["astronaut"].landmarks


def apart(boxes: list[chart.Box]) -> bool:
    """Whether no two boxes meet."""
    return all(
        a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
        for a, b in combinations(boxes, 2)
    )


def coloured(picture: ImageArray, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((picture == colour).all(axis=2))


@pytest.mark.parametrize("yaw", [0.0, 40.0])
@pytest.mark.parametrize("worded", [True, False])
def test_no_two_labels_and_no_two_numbers_meet(
    pipeline: LandmarkDiffPipeline,
    prepared_portraits: dict[str, PreparedFace],
    yaw: float,
    worded: bool,
) -> None:
    for prepared in prepared_portraits.values():
        image, found = prepared.image, prepared.landmarks
        if yaw:
            image = render(image, found.points, yaw=yaw).image
            found = pipeline.prepare(image, passes=1).landmarks
        measured = measure_all(found)
        titles = {item.name: item.title for item in measured} if worded else None
        drawn = measurement_chart(
            image, found, measured, titles=titles, headings=HEADINGS if worded else None
        )
        shown = {line.number for line in measured_lines(found, measured)}
        assert set(drawn.badges) == shown
        assert len(shown) > (3 if yaw else 30)
        height, width = drawn.picture.shape[:2]
        for boxes in (list(drawn.labels.values()), list(drawn.badges.values())):
            assert apart(boxes)
            assert all(b[0] >= 0 and b[2] <= width and b[1] >= 0 and b[3] <= height for b in boxes)
        names = {chart._pair(measured[number - 1].name) for number in shown}
        assert set(drawn.labels) == names


def test_labels_lie_beside_the_face(face: FaceLandmarks, astronaut: ImageArray) -> None:
    measured = measure_all(face)
    drawn = measurement_chart(astronaut, face, measured)
    columns = [column for box in drawn.labels.values() for column in (box[0], box[2])]
    width = drawn.picture.shape[1]
    assert all(c < chart._BARE or c > width - chart._BARE for c in columns)


@pytest.mark.parametrize("enlarged", [1, 4])
def test_a_chart_is_bounded_and_does_not_touch_the_photo(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray, enlarged: int
) -> None:
    image = np.ascontiguousarray(astronaut.repeat(enlarged, axis=0).repeat(enlarged, axis=1))
    kept = image.copy()
    found = pipeline.prepare(image, passes=1).landmarks
    drawn = measurement_chart(image, found, measure_all(found)).picture
    assert drawn.shape[0] == chart.CHART_HEIGHT
    assert drawn.shape[1] <= chart._FACE + 2 * chart._BARE
    assert np.array_equal(image, kept)


def test_lines_lie_on_their_landmarks(face: FaceLandmarks, astronaut: ImageArray) -> None:
    gray, lengths = np.full_like(astronaut, 128), {}
    for name in ("alar_width", "mouth_width", "bizygomatic_width"):
        found = measure(face, name)
        drawn = measurement_chart(gray, face, [found]).picture
        line = coloured(drawn, chart.REGION_COLOURS[found.region])
        line[:, : chart._BARE] = line[:, -chart._BARE :] = False
        columns = np.flatnonzero(line.any(axis=0))
        start, end = face.points[list(found.points), 0]
        lengths[name] = float(np.ptp(columns)) / (end - start)
    assert max(lengths.values()) / min(lengths.values()) < 1.06


def test_heights_reach_from_their_landmark_to_their_value(face: FaceLandmarks) -> None:
    for name in ("mrd1_right", "brow_height_central_left", "palpebral_fissure_height_right"):
        found = measure(face, name)
        (line,) = measured_lines(face, [found])
        assert line.length * face.scale.mm_per_px == pytest.approx(found.value, rel=0.02)


def test_a_ratio_is_drawn_where_its_distances_are_not(face: FaceLandmarks) -> None:
    ratio, width = measure(face, "alar_intercanthal_ratio"), measure(face, "alar_width")
    assert len(measured_lines(face, [ratio])) == 2
    assert [line.number for line in measured_lines(face, [ratio, width])] == [1, 2]


def test_lines_that_lie_on_one_another_are_moved_apart(face: FaceLandmarks) -> None:
    names = ("upper_lip_length", "upper_lip_to_stomion", "lower_third")
    found = measured_lines(face, [measure(face, name) for name in names])
    marks = [chart._Mark(line, line.path * 5.0, np.zeros(2), np.zeros(2)) for line in found]
    chart._move_apart(marks)
    across = sorted(float(mark.moved[0, 0]) for mark in marks)
    assert np.diff(across).min() > 0.8 * chart._LANE


def test_a_chart_of_nothing_is_the_face(face: FaceLandmarks, astronaut: ImageArray) -> None:
    drawn = measurement_chart(astronaut, face, []).picture
    assert (drawn[:, : chart._BARE] == chart._PAPER).all()
    assert drawn[:, chart._BARE : -chart._BARE].std() > 30


@pytest.mark.parametrize("roll", [0.0, 12.0])
def test_canons_follow_the_face(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray, face: FaceLandmarks, roll: float
) -> None:
    found = face
    if roll:
        turned = render(astronaut, face.points, roll=roll).image
        found = pipeline.prepare(turned, passes=4).landmarks
    lines = canon_lines(found)
    assert [line.canon for line in lines] == ["thirds"] * 3 + ["fifths"] * 6 + ["midline"]
    points = found.points[:, :2]
    for line, landmark in zip(lines, (9, 2, 152, 234, 33, 133, 362, 263, 454), strict=False):
        start, along = line.path[0], line.path[1] - line.path[0]
        normal = np.array([-along[1], along[0]]) / np.hypot(*along)
        assert abs(float((points[landmark] - start) @ normal)) < 0.01
    middle = lines[-1].path
    tilt = float(np.degrees(np.arctan2(*(middle[1] - middle[0]))))
    assert abs(abs(tilt) - (roll or abs(face.pose.roll))) < 1.5


# --- where a value stands


@pytest.mark.parametrize(
    ("value", "uncertainty", "reliable", "standing"),
    [
        (29.5, 2.0, True, "within"),
        (28.0, 2.0, True, "uncertain"),
        (33.0, 2.0, True, "uncertain"),
        (24.0, 2.0, True, "below"),
        (35.0, 2.0, True, "above"),
        (29.5, 3.0, True, "uncertain"),
        (29.5, 0.1, False, "uncertain"),
    ],
)
def test_a_value_stands_only_where_its_error_lets_it(
    face: FaceLandmarks, value: float, uncertainty: float, reliable: bool, standing: str
) -> None:
    item = measure(face, "palpebral_fissure_width_right")
    (norm,) = item.norms
    assert norm.band == (27, 32)
    changed = replace(item, value=value, uncertainty=uncertainty, reliable=reliable)
    assert changed.standing(norm) == standing


def test_without_a_range_or_a_value_nothing_stands(face: FaceLandmarks) -> None:
    ratio = measure(face, "alar_intercanthal_ratio")
    ideal = next(norm for norm in ratio.norms if norm.population == "textbook ideal")
    assert ratio.standing(ideal) is None
    angle = measure(face, "nasolabial_angle")
    assert angle.standing(angle.norms[0]) is None


def test_the_height_of_the_lid_is_laid_on_no_range(face: FaceLandmarks) -> None:
    item = measure(face, "mrd1_right")
    assert not item.reliable
    assert [item.standing(norm) for norm in item.norms if norm.band] == ["uncertain"]


def test_the_table_says_what_the_measurements_say(face: FaceLandmarks) -> None:
    measured = measure_all(face)
    rows = list(csv.DictReader(io.StringIO(measurements_csv(measured))))
    assert list(dict.fromkeys(row["name"] for row in rows)) == [item.name for item in measured]
    for item in measured:
        own = [row for row in rows if row["name"] == item.name]
        assert len(own) == max(1, len(item.norms))
        if item.value is None:
            assert own[0]["value"] == ""
            assert own[0]["not_measured"]
        else:
            assert float(own[0]["value"]) == pytest.approx(item.value, abs=5e-4)
            assert own[0]["reliable"] == ("yes" if item.reliable else "no")
        for row, norm in zip(own, item.norms, strict=False):
            assert (row["population"], row["standing"]) == (
                norm.population,
                item.standing(norm) or "",
            )
    told = {row["name"]: row["reliable"] for row in rows}
    assert (told["mrd1_left"], told["mouth_width"], told["alar_width"]) == ("no", "no", "yes")
