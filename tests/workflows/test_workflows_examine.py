from __future__ import annotations

from pathlib import Path

import pytest
from rendering import render
from result_files import tree

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import ParameterError, WorkCancelled
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.landmarks import LANDMARK_REGIONS
from landmarkdiff.photo import Photo, write_png
from landmarkdiff.workflows import read_request


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
        "grace_hopper-analysis/measurements.csv",
        "grace_hopper-analysis/measurements.png",
    }
