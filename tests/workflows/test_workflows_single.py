"""A preview: its files, their content, and what it never replaces."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from result_files import pixels_of, result_of, tree

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    LandmarkDiffError,
    OutputError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import read_manifest, write_png
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.workflows import read_request


def test_a_preview_is_its_eight_files(previewed: workflows.PreviewFiles) -> None:
    assert previewed.folder.name == "grace_hopper"
    assert {path.name for path in previewed.folder.iterdir()} == set(workflows.PREVIEW_FILES)
    assert result_of(previewed.folder) == previewed.record
    assert [path.name for path in previewed.folder.parent.iterdir()] == ["grace_hopper"]


def test_pixels_differ_only_in_the_mask_and_the_label(
    previewed: workflows.PreviewFiles, grace_hopper: ImageArray
) -> None:
    before, after, mask = (
        pixels_of(previewed.folder / f"{name}.png") for name in ("before", "after", "mask")
    )
    assert np.array_equal(before, grace_hopper)
    assert after.shape == before.shape
    assert mask.shape == before.shape[:2]
    allowed = mask > 0
    x, y, w, h = previewed.record["label_box"]
    assert not allowed[y : y + h, x : x + w].any(), "the label hides nothing of the simulation"
    labelled = np.zeros_like(allowed)
    labelled[y : y + h, x : x + w] = True
    changed = (before != after).any(axis=2)
    assert not (changed & ~allowed & ~labelled).any()
    assert (changed & allowed).any()
    assert (changed & labelled).sum() > 0.9 * w * h


def test_the_result_says_what_the_schema_promises(previewed: workflows.PreviewFiles) -> None:
    record = result_of(previewed.folder)
    expected = {
        *("procedure", "intensity", "mode", "seed", "face", "scale", "plan", "effects"),
        *("outside_mask_changed_pixels", "label_box", "min_jacobian", "identity", "warnings"),
        *("timings_ms", "weights", "version", "files", "in_band"),
    }
    assert expected <= set(record)
    assert (record["procedure"], record["intensity"]) == ("rhinoplasty", 80.0)
    assert record["outside_mask_changed_pixels"] == 0
    assert record["min_jacobian"] > 0
    assert {"count", "index", "box", "yaw", "pitch", "roll", "view", "turned"} <= set(
        record["face"]
    )
    assert set(record["scale"]) == {"mm_per_px", "relative_uncertainty", "source"}
    keys = {
        *("name", "unit", "planned", "applied", "visible", "achieved", "noise", "in_band"),
        *("limited_by", "factor"),
    }
    assert all(keys <= set(effect) for effect in record["effects"])
    assert record["identity"]["verdict"] == "passed"
    assert record["identity"]["similarity"] > record["identity"]["threshold"]
    assert record["guard"]["verdict"] is None
    assert record["generator"] == {"mode": "tps"}
    assert all({"code", "text"} <= set(notice) for notice in record["warnings"])
    assert len(record["weights"]["face_landmarker"]) == 64
    assert "grace" not in json.dumps(record), "no file name of a patient"


def test_simulations_carry_a_manifest_and_the_photo_none(
    previewed: workflows.PreviewFiles,
) -> None:
    plan = SurgicalPlan.from_file(previewed.folder / "plan.json")
    for name in ("after", "compare", "mesh"):
        manifest = read_manifest(previewed.folder / f"{name}.png")
        assert manifest is not None
        assert manifest["simulation"] is True
        assert manifest["plan_hash"] == plan.hash
        assert SurgicalPlan.from_dict(manifest["plan"]) == plan
        assert {"scale", "weights", "versions", "seed", "warnings"} <= set(manifest)
    for name in ("before", "mask"):
        path = previewed.folder / f"{name}.png"
        assert read_manifest(path) is None
        kinds = {b"tEXt", b"iTXt", b"zTXt", b"eXIf"}
        assert not any(kind in path.read_bytes() for kind in kinds)


def test_a_saved_plan_gives_the_same_picture(
    previewed: workflows.PreviewFiles,
    portrait_files: Path,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    request = read_request(plan_file=previewed.folder / "plan.json")
    again = workflows.preview(
        portrait_files / "grace_hopper.png", request, tmp_path, pipeline=pipeline
    )
    for name in ("after.png", "mask.png", "mesh.png", "plan.json", "compare.png"):
        assert (again.folder / name).read_bytes() == (previewed.folder / name).read_bytes()


def test_beyond_the_band_shows_in_picture_and_result(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(
        procedures=["rhinoplasty"], effects=["dorsal_hump=-9"], unlock=True, label_corner="top-left"
    )
    photo = portrait_files / "astronaut.png"
    files = workflows.preview(photo, request, tmp_path, pipeline=pipeline)
    assert files.record["in_band"] is False
    assert files.record["label"] == "SIMULATION - beyond published band"
    assert "out_of_band" in {notice["code"] for notice in files.record["warnings"]}
    x, y, w, _ = files.record["label_box"]
    within = workflows.preview(
        photo, replace(request, effects={}, unlock=False), tmp_path / "b", pipeline=pipeline
    )
    assert w > 2 * within.record["label_box"][2]
    assert (x, y) < (20, 20)
    manifest = read_manifest(files.folder / "after.png")
    assert manifest is not None
    assert manifest["in_band"] is False


def test_a_failure_leaves_the_earlier_result(
    previewed: workflows.PreviewFiles,
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    shutil.copytree(previewed.folder, tmp_path / "out" / "grace_hopper")
    earlier = tree(tmp_path)
    with pytest.raises(LandmarkDiffError):
        workflows.preview(
            portrait_files / "grace_hopper.png",
            replace(rhinoplasty, face=3),
            tmp_path / "out",
            pipeline=pipeline,
        )
    assert tree(tmp_path) == earlier


def test_a_folder_of_other_files_is_never_replaced(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    (tmp_path / "astronaut").mkdir()
    (tmp_path / "astronaut" / "holiday.jpg").write_bytes(b"dear to somebody")
    with pytest.raises(OutputError, match="left alone"):
        workflows.preview(
            portrait_files / "astronaut.png", rhinoplasty, tmp_path, pipeline=pipeline
        )
    assert list(tree(tmp_path)) == ["astronaut/holiday.jpg"]


def test_a_photo_inside_the_result_is_never_replaced(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    photo = tmp_path / "before" / "before.png"
    photo.parent.mkdir()
    shutil.copy(portrait_files / "astronaut.png", photo)
    with pytest.raises(OutputError, match="left alone"):
        workflows.preview(photo, rhinoplasty, tmp_path, pipeline=pipeline)
    assert list(tree(tmp_path)) == ["before/before.png"]


def test_a_second_patients_photo_of_one_name_replaces_nothing(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(procedures=["rhinoplasty"], passes=1)
    results = []
    for patient in ("astronaut", "grace_hopper", "astronaut", "grace_hopper"):
        photo = tmp_path / patient / "IMG_0001.png"
        photo.parent.mkdir(exist_ok=True)
        shutil.copy(portrait_files / f"{patient}.png", photo)
        files = workflows.preview(photo, request, tmp_path / "out", pipeline=pipeline)
        said = [one for one in files.record["warnings"] if one["code"] == "folder_of_another_photo"]
        results.append((files.folder.name, len(said)))
    assert results == [("IMG_0001", 0), ("IMG_0001-2", 1)] * 2
    first, second = (tmp_path / "out" / name for name in ("IMG_0001", "IMG_0001-2"))
    assert np.array_equal(
        pixels_of(first / "before.png"), pixels_of(portrait_files / "astronaut.png")
    )
    assert "IMG_0001 holds the result of another photo" in (second / "result.json").read_text()
    for grid in (workflows.compare_procedures, workflows.analyze_photo):
        made = [
            grid(tmp_path / patient / "IMG_0001.png", request, tmp_path / "out", pipeline=pipeline)
            for patient in ("astronaut", "grace_hopper")
        ]
        assert made[1].folder.name == f"{made[0].folder.name}-2"
        assert made[1].record["warnings"][0]["code"] == "folder_of_another_photo"


@pytest.mark.parametrize("face", [0, 1])
def test_in_a_picture_of_two_the_label_lies_beside_the_one_that_was_changed(
    face: int,
    astronaut: ImageArray,
    grace_hopper: ImageArray,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    both = np.full((600, 1100, 3), 200, np.uint8)
    both[:512, :512], both[:, 588:] = astronaut, grace_hopper
    write_png(tmp_path / "both.png", both)
    request = read_request(procedures=["rhinoplasty"], passes=1, face=face)
    files = workflows.preview(tmp_path / "both.png", request, tmp_path, pipeline=pipeline)
    chosen = pipeline.prepare(both, passes=1, face=face).landmarks
    eyes = chosen.points[[468, 473], 0].mean()
    x, y, width, height = files.record["label_box"]
    mine = (0, 550) if eyes < 550 else (550, 1100)
    assert mine[0] <= x < x + width <= mine[1]
    left, top, wide, high = chosen.box
    assert abs(x + width / 2 - (left + wide / 2)) < wide
    assert abs(y + height / 2 - (top + high / 2)) < high
    [said] = [one for one in files.record["warnings"] if one["code"] == "several_faces"]
    assert said["x"] == pytest.approx(100 * (left + wide / 2) / 1100, abs=1.5)
    place = f"{said['x']:.0f} % from the left"
    assert f"number {face + 1} by size was used, {place}" in said["text"]
