from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from rendering import render
from result_files import tree

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import LANDMARK_REGIONS
from landmarkdiff.measurements import measure, measure_all
from landmarkdiff.photo import Photo, write_png
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.output import chart
from landmarkdiff.workflows.output.chart import CHART_HEIGHT, measurement_chart


@pytest.fixture(scope="module")
def examined(pipeline: LandmarkDiffPipeline, astronaut: ImageArray) -> workflows.Examination:
    return workflows.examine_on(Photo(astronaut, "a", "PNG"), pipeline.prepare(astronaut))


def test_an_examination_has_all_that_the_file_says(
    examined: workflows.Examination,
    pipeline: LandmarkDiffPipeline,
    astronaut: ImageArray,
    tmp_path: Path,
) -> None:
    write_png(tmp_path / "a.png", astronaut)
    record = workflows.analyze_photo(
        tmp_path / "a.png", workflows.read_request(), pipeline=pipeline
    ).record
    assert record["view"] == examined.analysis.view.to_dict()
    assert record["tone"] == examined.analysis.tone.to_dict()
    assert record["measurements"] == [item.to_dict() for item in examined.measurements]
    assert record["warnings"] == [notice.to_dict() for notice in examined.notices]


def test_regions_are_counted(
    examined: workflows.Examination, pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    counts = {region.name: region for region in examined.regions}
    assert list(counts) == list(LANDMARK_REGIONS)
    assert (counts["lips"].landmarks, counts["lips"].visible) == (40, 40)
    assert (counts["nose"].landmarks, counts["left_iris"].landmarks) == (24, 5)
    turned = render(astronaut, examined.face.points, yaw=45.0).image
    seen = workflows.examine_on(Photo(turned, "b", "PNG"), pipeline.prepare(turned, passes=2))
    oblique = {region.name: region.visible for region in seen.regions}
    assert oblique["face_oval"] < counts["face_oval"].visible
    assert oblique["right_eye"] == 16, "the camera sees the right side"
    assert oblique["left_eye"] <= oblique["right_eye"]


def test_the_clinician_stands_above_the_photo(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    prepared = pipeline.prepare(astronaut, passes=1)
    photo = Photo(astronaut, "a", "PNG")
    tone = workflows.examine_on(photo, prepared, fitzpatrick="IV").analysis.tone
    assert (tone.fitzpatrick, tone.source) == ("IV", "clinician")
    with pytest.raises(ParameterError):
        workflows.examine_on(photo, prepared, fitzpatrick="VII")


def test_an_examination_tells_its_steps_and_can_be_stopped(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray
) -> None:
    prepared = pipeline.prepare(astronaut, passes=1)
    photo, told = Photo(astronaut, "a", "PNG"), []

    def stop(done: int, total: int, what: str) -> None:
        told.append((done, total, what))
        if done:
            raise WorkCancelled

    with pytest.raises(WorkCancelled):
        workflows.examine_on(photo, prepared, progress=stop)
    assert told == [(0, 2, "progress.analysing"), (1, 2, "progress.drawing")]


# --- the chart


def coloured(picture: ImageArray, colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    return np.asarray((picture == colour).all(axis=2))


@pytest.mark.parametrize("enlarged", [1, 4])
def test_a_chart_is_bounded_and_does_not_touch_the_photo(
    pipeline: LandmarkDiffPipeline, astronaut: ImageArray, enlarged: int
) -> None:
    image = np.ascontiguousarray(astronaut.repeat(enlarged, axis=0).repeat(enlarged, axis=1))
    kept = image.copy()
    face = pipeline.prepare(image, passes=1).landmarks
    drawn = measurement_chart(image, face, measure_all(face))
    assert drawn.shape[0] == CHART_HEIGHT
    assert drawn.shape[1] <= 1600
    assert np.array_equal(image, kept)


def test_lines_lie_on_their_landmarks(
    examined: workflows.Examination, astronaut: ImageArray
) -> None:
    face, gray = examined.face, np.full_like(astronaut, 128)
    lengths = {}
    for name in ("alar_width", "mouth_width", "bizygomatic_width"):
        found = measure(face, name)
        drawn = measurement_chart(gray, face, [found])
        line = coloured(drawn, chart._WIDTHS)
        line[:, : chart._MARGIN] = line[:, -chart._MARGIN :] = False
        columns = np.flatnonzero(line.any(axis=0))
        start, end = face.points[list(found.points), 0]
        lengths[name] = float(np.ptp(columns)) / (end - start)
    assert max(lengths.values()) / min(lengths.values()) < 1.06


def test_values_stand_on_the_side_of_their_eye(
    examined: workflows.Examination, astronaut: ImageArray
) -> None:
    gray = np.full_like(astronaut, 128)
    for side, left in (("right", True), ("left", False)):
        found = measure(examined.face, f"brow_height_central_{side}")
        drawn = measurement_chart(gray, examined.face, [found])
        margins = drawn[:, : chart._MARGIN], drawn[:, -chart._MARGIN :]
        written = [bool((margin != chart._PAPER).any()) for margin in margins]
        assert written == [left, not left]


def test_lines_that_lie_on_one_another_are_moved_apart(
    examined: workflows.Examination, astronaut: ImageArray
) -> None:
    gray = np.full_like(astronaut, 128)
    names = ("upper_lip_length", "upper_lip_to_stomion", "lower_third")
    found = [measure(examined.face, name) for name in names]
    marks = list(chart._marks(examined.face, examined.face.points[:, :2] * 5.0, 5.0, found))
    chart._move_apart(marks)
    across = sorted(float(mark.line[0, 0]) for mark in marks)
    assert np.diff(across).min() > 0.8 * chart._LANE
    drawn = measurement_chart(gray, examined.face, found)
    assert coloured(drawn, chart._HEIGHTS).sum() > 3000


def test_a_chart_of_nothing_is_the_face(
    examined: workflows.Examination, astronaut: ImageArray
) -> None:
    drawn = measurement_chart(astronaut, examined.face, [])
    assert (drawn[:, : chart._MARGIN] == chart._PAPER).all()
    assert drawn[:, chart._MARGIN : -chart._MARGIN].std() > 30


def test_an_analysis_measures_and_writes_only_when_asked(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    photo = portrait_files / "grace_hopper.png"
    files = workflows.analyze_photo(photo, read_request(), pipeline=pipeline)
    assert files.folder is None
    assert files.record["glasses"]["present"] is True
    assert files.record["view"]["name"] == "frontal"
    values = {item["name"]: item["value"] for item in files.record["measurements"]}
    assert 30 < values["intercanthal_width"] < 42
    written = workflows.analyze_photo(photo, read_request(ipd_mm=62.0), tmp_path, pipeline=pipeline)
    assert written.record["scale"]["source"] == "interpupillary_distance"
    assert set(tree(tmp_path)) == {
        "grace_hopper-analysis/analysis.json",
        "grace_hopper-analysis/measurements.png",
    }
