"""What a simulation changes, in colours: the file's pixels are the field's millimetres."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from result_files import pixels_of

from landmarkdiff import workflows
from landmarkdiff.arrays import FloatArray, ImageArray
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction
from landmarkdiff.photo import read_manifest, write_png
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.output.difference import (
    COVER,
    FAINT,
    LIGHT_ENDS,
    LIGHT_STOPS,
    MOVEMENT_ENDS,
    MOVEMENT_STOPS,
    Stops,
    difference_sheet,
)

GREY = np.array([0.299, 0.587, 0.114])
SHADER = Path(workflows.__file__).parents[1] / "ui/static/live"


@pytest.fixture(scope="module")
def lit(pipeline: LandmarkDiffPipeline, grace_hopper: ImageArray) -> Prediction:
    request = read_request(procedures=["rhinoplasty"], intensity=["100"])
    return request.simulate(pipeline, request.prepare(pipeline, grace_hopper), verify=False)


def read_back(pixels: ImageArray, end: float, stops: Stops, channel: int) -> FloatArray:
    """The values that colours stand for, from red less another channel: no grey is in that."""
    shares = np.linspace(-1 if stops is LIGHT_STOPS else 0, 1, 4001)
    own = np.array([each[0] - each[channel] for each in stops], float)
    tint = COVER * np.minimum(FAINT * np.abs(shares), 1.0)
    tint *= np.interp(shares, np.linspace(-1, 1, 5), own)
    found = pixels[..., 0].astype(float) - pixels[..., channel]
    return np.asarray(end * np.interp(found, tint, shares))


def part(sheet: ImageArray, box: list[int]) -> ImageArray:
    x, y, width, height = box
    return sheet[y : y + height, x : x + width]


def test_the_pixels_are_the_millimetres_of_the_field(lit: Prediction) -> None:
    sheet = difference_sheet(lit, "top-left")
    record = sheet.record
    shown = part(sheet.pixels, record["movement"]["box"])
    mm = read_back(shown, record["movement"]["end_mm"], MOVEMENT_STOPS, 1)
    x, y, width, _ = record["region"]
    scale = shown.shape[1] / width
    points = lit.target.points[:, :2]
    columns = np.rint((points[:, 0] + 0.5 - x) * scale - 0.5).astype(int)
    rows = np.rint((points[:, 1] + 0.5 - y) * scale - 0.5).astype(int)
    inside = (columns >= 0) & (columns < shown.shape[1]) & (rows > shown.shape[0] // 6)
    inside &= rows < shown.shape[0]
    places = np.stack([(columns + 0.5) / scale + x - 0.5, (rows + 0.5) / scale + y - 0.5], 1)
    own = lit.displacement_field.at(places[inside].astype(np.float64))
    true = np.hypot(own[:, 0], own[:, 1]) * lit.source.scale.mm_per_px
    front = lit.warp.front
    if front is not None:  # spectacles do not move
        true *= 1.0 - front.opaque.at(places[inside].astype(np.float64))
    assert (true > 2.0).sum() >= 5
    error = np.abs(mm[rows[inside], columns[inside]] - true)
    assert error[true > 0.5].max() < 0.1  # a level of colour is 0.06 mm, and two are rounded
    assert error.max() < 0.25  # the colours set in slowly, so that what hardly moves stays grey
    grid = lit.displacement_field
    farthest = np.linalg.norm(grid.displacement, axis=2).max() * lit.source.scale.mm_per_px
    assert record["movement"]["largest_mm"] == pytest.approx(farthest, rel=0.01)


def test_the_pixels_are_the_levels_that_the_light_adds(
    lit: Prediction, pipeline: LandmarkDiffPipeline
) -> None:
    sheet = difference_sheet(lit, "top-left")
    light = sheet.record["light"]
    shown = part(sheet.pixels, light["box"])
    read = read_back(shown, light["end_levels"], LIGHT_STOPS, 2)
    plain = pipeline.generate(lit.prepared, plan=lit.plan, verify=False, light=False)
    x, y, width, height = (round(value) for value in sheet.record["region"])
    truth = (lit.image.astype(float) - plain.image) @ GREY
    scale = shown.shape[1] / sheet.record["region"][2]
    rows, columns = np.mgrid[y + height // 6 : y + height - 2, x + 2 : x + width - 2]
    down = np.rint((rows + 0.5 - sheet.record["region"][1]) * scale - 0.5).astype(int)
    across = np.rint((columns + 0.5 - sheet.record["region"][0]) * scale - 0.5).astype(int)
    error = read[down, across] - truth[rows, columns]
    assert np.abs(truth[rows, columns]).max() > 5
    # Both pictures are rounded in three channels, and a close-up lies between their pixels.
    assert np.quantile(np.abs(error), 0.99) < 1.2
    assert light["highest_levels"] == pytest.approx(truth.max(), abs=2.0)


def test_without_light_the_sheet_says_that_it_was_left_alone(
    lit: Prediction, pipeline: LandmarkDiffPipeline
) -> None:
    plain = pipeline.generate(lit.prepared, plan=lit.plan, verify=False, light=False)
    sheet = difference_sheet(plain, "top-left")
    shown = part(sheet.pixels, sheet.record["light"]["box"])
    assert (shown == shown[..., :1]).all()  # grey, and no colour
    assert sheet.record["light"]["lowest_levels"] == sheet.record["light"]["highest_levels"] == 0


def test_the_page_has_the_same_colours_and_scales() -> None:
    script = (SHADER / "heat.js").read_text()

    def listed(name: str, text: str = script) -> NDArray[np.float64]:
        found = re.search(rf"const {name} = (\[.*?\]);", text, re.DOTALL)
        assert found is not None
        return np.array(json.loads(re.sub(r",(\s*\])", r"\1", found[1])), float)

    assert listed("MOVEMENT_STOPS").tolist() == [list(each) for each in MOVEMENT_STOPS]
    assert listed("LIGHT_STOPS").tolist() == [list(each) for each in LIGHT_STOPS]
    assert listed("LIMITS").tolist() == list(MOVEMENT_ENDS)
    levels = listed("LEVELS", (SHADER / "difference.js").read_text())
    assert levels.tolist() == list(LIGHT_ENDS)


def test_a_preview_writes_it_where_it_is_asked_for(
    pipeline: LandmarkDiffPipeline, grace_hopper: ImageArray, tmp_path: Path
) -> None:
    photo = tmp_path / "portrait.png"
    write_png(photo, grace_hopper)
    request = read_request(procedures=["rhinoplasty"], difference=True)
    files = workflows.preview(photo, request, tmp_path / "out", pipeline=pipeline)
    names = {path.name for path in files.folder.iterdir()}
    assert names == {*workflows.PREVIEW_FILES, "difference.png"} == set(files.record["files"])
    manifest = read_manifest(files.folder / "difference.png")
    assert manifest is not None
    assert manifest["plan"] == json.loads((files.folder / "plan.json").read_text())
    record = files.record["difference"]
    box = part(pixels_of(files.folder / "difference.png"), record["movement"]["box"])
    assert box.shape[0] == record["movement"]["box"][3]
    # Another preview of the same photo without it leaves none behind.
    files = workflows.preview(
        photo, read_request(procedures=["rhinoplasty"]), tmp_path / "out", pipeline=pipeline
    )
    assert {path.name for path in files.folder.iterdir()} == set(workflows.PREVIEW_FILES)
    assert "difference" not in files.record
