"""Close-ups: what a plan changes, cropped, sharp, before and after, with a mark where to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from profile_photos import photo
from result_files import pixels_of

from landmarkdiff import workflows
from landmarkdiff.inference import LandmarkDiffPipeline, Prediction, PreparedFace
from landmarkdiff.procedures import photo_procedure_names
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.output.close_up import (
    CloseUp,
    Region,
    close_size,
    draw_outline,
    pair_size,
)


@pytest.fixture(scope="module")
def simulated(
    pipeline: LandmarkDiffPipeline, prepared_portraits: Mapping[str, PreparedFace]
) -> dict[str, Prediction]:
    face = prepared_portraits["astronaut"]
    return {
        name: pipeline.generate(face, name, 60, verify=False) for name in photo_procedure_names()
    }


@pytest.mark.parametrize("name", photo_procedure_names())
def test_a_region_holds_all_that_is_changed_and_little_else(
    name: str, simulated: dict[str, Prediction]
) -> None:
    prediction = simulated[name]
    region = Region.of(prediction)
    rows, columns = np.nonzero((prediction.image != prediction.before).any(axis=2))
    assert region.x < columns.min() and columns.max() + 1 < region.x + region.width
    assert region.y < rows.min() and rows.max() + 1 < region.y + region.height
    assert region.height == pytest.approx(0.9 * region.width)
    least = 0.55 * prediction.source.box[2]
    assert region.width >= least - 1e-9
    # The mask reaches a little beyond what differs by a level; with both margins it fills most.
    mask = prediction.surgical_mask.full() > 8
    seen = max(np.ptp(np.nonzero(mask.any(axis=0))[0]), np.ptp(np.nonzero(mask.any(axis=1))[0]))
    assert max(region.width, region.height) < max(1.5 * seen, 1.01 * least)


def test_both_sides_of_a_pair_differ_only_within_the_outline(
    simulated: dict[str, Prediction],
) -> None:
    prediction = simulated["rhinoplasty"]
    close = CloseUp.of(prediction, Region.of(prediction), close_size(prediction.source), "top-left")
    assert close.before.shape == close.after.shape == (504, 560, 3)
    differs = np.abs(close.after.astype(int) - close.before).max(axis=2) > 2
    differs[:40, :140] = False  # the label
    (border,) = close.outline
    inside = np.zeros(differs.shape, np.uint8)
    cv2.fillPoly(inside, [border], 1)
    assert differs.any()
    assert not differs[inside == 0].any()


def test_the_outline_is_a_thin_mark_that_can_be_left_out(simulated: dict[str, Prediction]) -> None:
    prediction = simulated["blepharoplasty"]
    close = CloseUp.of(prediction, Region.of(prediction), close_size(prediction.source))
    assert len(close.outline) == 2  # two eyes
    plain, marked = close.pictures(outline=False), close.pictures(outline=True)
    assert plain[0] is close.before and plain[1] is close.after
    drawn = (marked[0] != plain[0]).any(axis=2)
    assert 0.001 < drawn.mean() < 0.03
    assert np.array_equal(draw_outline(close.before, ()), close.before)


def test_a_pair_is_as_sharp_as_the_photo(simulated: dict[str, Prediction]) -> None:
    region = Region(10.0, 20.0, 800.0, 600.0)
    assert pair_size(region, 1600) == (800, 600)
    assert pair_size(replace(region, width=4000.0, height=2000.0), 1600) == (1600, 800)
    assert pair_size(replace(region, width=80.0, height=60.0), 1600) == (640, 480)
    prediction = simulated["lip_lift"]
    whole = Region(100.0, 60.0, 200.0, 180.0)
    assert np.array_equal(
        whole.tile(prediction.image, (200, 180)), prediction.image[60:240, 100:300]
    )


def test_a_region_beyond_the_photo_is_padded(simulated: dict[str, Prediction]) -> None:
    region = Region(-50.0, 0.0, 100.0, 90.0)
    tile = region.tile(simulated["lip_lift"].image, (100, 90))
    assert (tile[:, :50] == 232).all()
    assert not (tile[:, 50:] == 232).all()
    assert (region.tile(np.full((90, 90), 255, np.uint8), (100, 90), beyond=0)[:, :50] == 0).all()


def test_a_profile_has_a_close_up(pipeline: LandmarkDiffPipeline) -> None:
    prediction = pipeline.generate(photo(), "rhinoplasty", 60, verify=False)
    close = CloseUp.of(prediction, Region.of(prediction), close_size(prediction.source))
    assert close.outline
    assert np.abs(close.after.astype(int) - close.before).max() > 40
    nose = prediction.source.points[1, :2]
    region = Region.of(prediction)
    assert region.x < nose[0] < region.x + region.width
    assert region.y < nose[1] < region.y + region.height


def test_all_steps_of_a_sweep_have_one_framing(
    pipeline: LandmarkDiffPipeline, prepared_portraits: Mapping[str, PreparedFace]
) -> None:
    request = read_request(procedures=["mentoplasty"])
    swept = workflows.sweep_on(pipeline, prepared_portraits["astronaut"], request, 3)
    closes = [step.close for step in swept if step.close is not None]
    assert len(closes) == 3
    assert all(np.array_equal(one.before, closes[0].before) for one in closes)
    label_free = closes[0].after[:440]
    assert np.array_equal(label_free, closes[0].before[:440])  # intensity 0
    moved = [np.abs(one.after[:440].astype(int) - one.before[:440]).mean() for one in closes]
    assert 0.0 == moved[0] < moved[1] < moved[2]


def test_the_switch_reaches_the_files(
    pipeline: LandmarkDiffPipeline, portrait_files: Path, tmp_path: Path
) -> None:
    request = read_request(procedures=["rhinoplasty"])
    source = portrait_files / "astronaut.png"
    shown = {}
    for outline in (True, False):
        out = tmp_path / str(outline)
        asked = replace(request, outline=outline)
        shown[outline] = workflows.preview(source, asked, out, pipeline=pipeline).folder
    sheets = [pixels_of(shown[outline] / "compare.png") for outline in (True, False)]
    assert sheets[0].shape == sheets[1].shape
    assert not np.array_equal(*sheets)
    for name in ("before.png", "after.png"):  # whole, and never outlined
        assert (shown[True] / name).read_bytes() == (shown[False] / name).read_bytes()
        assert pixels_of(shown[True] / name).shape == (512, 512, 3)


def test_the_label_lies_where_the_close_up_says(simulated: dict[str, Prediction]) -> None:
    prediction = simulated["rhinoplasty"]
    region, size = Region.of(prediction), close_size(prediction.source)
    close = CloseUp.of(prediction, region, size)
    x, y, width, height = close.label_box
    changed = (close.after != region.tile(prediction.image, size)).any(axis=2)
    assert changed[y : y + height, x : x + width].mean() > 0.9
    changed[y : y + height, x : x + width] = False
    assert not changed.any()
    assert close.label == prediction.label
