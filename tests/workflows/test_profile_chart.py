"""The angles of a profile on its photo, and the files and tables that have them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest
from profile_photos import PX_PER_MM, photo

from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.inference.prediction import Prediction
from landmarkdiff.inference.profile_facts import ProfileStage
from landmarkdiff.manipulation.on_profile import PreparedProfile
from landmarkdiff.measurements.profile import PROFILE_MEASUREMENTS
from landmarkdiff.photo import write_png
from landmarkdiff.texts import Texts
from landmarkdiff.ui.tabs.analysis.measurement_table import measurement_table
from landmarkdiff.workflows import analyze_photo, preview, read_request
from landmarkdiff.workflows.output.profile_chart import (
    HEIGHT,
    STAGE_COLOURS,
    Box,
    prediction_stages,
    profile_chart,
)

STAGES = ("before", "planned", "after")


@pytest.fixture(scope="module")
def pipeline() -> LandmarkDiffPipeline:
    return LandmarkDiffPipeline().load()


@pytest.fixture(scope="module", params=[-90.0, 90.0])
def prediction(request: pytest.FixtureRequest, pipeline: LandmarkDiffPipeline) -> Prediction:
    prepared = pipeline.prepare(photo(request.param), mm_per_px=1 / PX_PER_MM)
    return pipeline.generate(prepared, ["rhinoplasty", "mentoplasty"], 80)


def overlap(first: Box, second: Box) -> bool:
    return (
        first[0] < second[2]
        and second[0] < first[2]
        and first[1] < second[3]
        and second[1] < first[3]
    )


@pytest.mark.parametrize("titled", [True, False])
def test_no_two_labels_touch_and_all_lie_in_the_margin(
    prediction: Prediction, titled: bool
) -> None:
    stages = prediction_stages(prediction)
    titles = {name: item.title for name, item in stages["before"].measurements.items()}
    assert isinstance(prediction.prepared, PreparedProfile)
    chart = profile_chart(
        prediction.prepared,
        stages,
        titles=titles if titled else None,
        words=dict(zip(STAGES, STAGES, strict=True)) if titled else None,
    )
    height, width = chart.picture.shape[:2]
    assert height == HEIGHT
    assert set(chart.labels) == set(PROFILE_MEASUREMENTS)
    for first, second in combinations(chart.labels.values(), 2):
        assert not overlap(first, second)
    left = prediction.prepared.contour.side == "left_profile"
    for box in chart.labels.values():
        assert 0 <= box[0] < box[2] <= width
        assert 0 <= box[1] < box[3] <= height
        assert (box[2] < width / 2) == left  # before the nose
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3))  # the check itself sees what overlaps


def test_every_stage_is_drawn_and_moves(prediction: Prediction) -> None:
    stages = prediction_stages(prediction)
    assert tuple(stages) == STAGES
    before, planned, after = (stage.measurements for stage in stages.values())
    assert planned["nasolabial_angle"].value != pytest.approx(before["nasolabial_angle"].value)
    assert after["nasolabial_angle"].value == pytest.approx(
        planned["nasolabial_angle"].value, abs=2.5
    )
    assert isinstance(prediction.prepared, PreparedProfile)
    for shown in (("before",), STAGES):
        chart = profile_chart(prediction.prepared, {when: stages[when] for when in shown})
        for when, colour in STAGE_COLOURS.items():
            drawn = int((chart.picture == colour).all(axis=2).sum())
            assert (drawn > 300) == (when in shown), when


def test_a_line_lies_on_its_points(prediction: Prediction) -> None:
    """The tip of the nose in the chart is where the zoomed photo has it."""
    stages = {"before": prediction_stages(prediction)["before"]}
    assert isinstance(prediction.prepared, PreparedProfile)
    tip = stages["before"].places["pronasale"]
    marked = prediction.prepared.image.copy()
    cv2.circle(marked, (round(tip[0]), round(tip[1])), 4, (255, 0, 255), -1)
    chart = profile_chart(replace(prediction.prepared, image=marked), stages).picture
    magenta = np.argwhere((chart == (255, 0, 255)).all(axis=2))
    dots = np.argwhere((chart == STAGE_COLOURS["before"]).all(axis=2))
    assert np.hypot(*(dots - magenta.mean(axis=0)).T).min() < 4.0


def test_preview_and_analysis_of_a_profile_have_the_chart_and_the_profile_s_table(
    pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    path = tmp_path / "side.png"
    write_png(path, photo())
    request = read_request(procedures=["rhinoplasty"], mm_per_px=1 / PX_PER_MM)
    files = preview(path, request, tmp_path / "out", pipeline=pipeline)
    assert "measurements.png" in files.record["files"]
    assert {item.name for item in files.folder.iterdir()} == set(files.record["files"])
    preview(path, request, tmp_path / "out", pipeline=pipeline)  # an earlier one is replaced
    analysed = analyze_photo(path, request, tmp_path / "out", pipeline=pipeline)
    assert analysed.folder is not None
    assert cv2.imread(str(analysed.folder / "measurements.png")).shape[0] == HEIGHT
    names = [item["name"] for item in analysed.record["measurements"]]
    assert names == [f"profile_{name}" for name in PROFILE_MEASUREMENTS]
    assert list(analysed.record["profile"]["angles"]) == ["before"]
    assert "pronasale" in analysed.record["profile"]["landmarks"]


def test_the_table_says_the_stages(prediction: Prediction) -> None:
    stages: dict[str, ProfileStage] = prediction_stages(prediction)
    items = [item.as_measurement() for item in stages["before"].measurements.values()]
    texts = Texts.load("en")
    row = measurement_table(items, texts, stages).groups[0].rows[0]
    value = stages["planned"].measurements["nasofrontal_angle"].value
    assert row.stages[0] == f"Planned: {value:.1f}°"
    assert len(row.stages) == 2
    assert measurement_table(items, texts).groups[0].rows[0].stages == ()
    missing = (
        stages["before"]
        .measurements["nasofrontal_angle"]
        .__class__("nasofrontal_angle", None, "deg", None, ())
    )
    table = measurement_table([missing.as_measurement()], texts)
    assert table.missing[0].note == "a point of it is not to be seen on the contour"
