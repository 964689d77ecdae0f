"""One plan in all views of a head."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rendering import render

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    FaceUnusableError,
    HeadFitError,
    ParameterError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import read_manifest, write_png
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.workflows.views import EXPECTED_VIEWS, assign_views


@pytest.mark.parametrize(
    ("yaws", "names"),
    [
        ([-88.0, -44.0, 1.0, 46.0, 91.0], [view.name for view in EXPECTED_VIEWS]),
        ([-41.0, -36.0, 0.0, 35.0, 44.0], [view.name for view in EXPECTED_VIEWS]),
        ([-3.0, 40.0], ["frontal", "right_three_quarter"]),
        ([0.0, 33.0, 40.0], ["frontal", "right_three_quarter", "right_profile"]),
        ([], []),
    ],
)
def test_photos_get_their_places_in_order(yaws: list[float], names: list[str]) -> None:
    assert [view.name for view in assign_views(yaws)] == names


@pytest.fixture(scope="module")
def views(
    astronaut: ImageArray, pipeline: LandmarkDiffPipeline, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("patient")
    points = pipeline.prepare(astronaut).landmarks.points
    for name, yaw in zip("cadbe", (-75.0, -40.0, 0.0, 40.0, 75.0), strict=True):
        write_png(folder / f"{name}.png", render(astronaut, points, yaw=yaw).image)
    return folder


def test_one_plan_in_all_views(
    views: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    photos = sorted(views.iterdir())
    files = workflows.multi_view(photos, rhinoplasty, tmp_path, pipeline=pipeline)
    found = files.record["views"]
    measured = [view for view in found if view["status"] == "simulated"]
    # The mesh finds no face in the two profiles, but their contours are read.
    assert [view["view"] for view in measured] == [view.name for view in EXPECTED_VIEWS]
    assert all(view["in_expected_range"] for view in measured)
    yaws = [view["face"]["yaw"] for view in measured]
    assert yaws == sorted(yaws)
    compared = {one["photos"][1]: one for one in files.record["one_person"]["comparisons"]}
    assert {one["photos"][0] for one in compared.values()} == {"frontal"} and len(compared) == 4
    for name in ("left_three_quarter", "right_three_quarter"):
        assert compared[name]["verdict"] == "alike" and compared[name]["similarity"] > 0.363
    for name in ("left_profile", "right_profile"):
        assert compared[name]["similarity"] is None
        assert compared[name]["verdict"] in ("alike", "doubtful")
    assert {view["plan_hash"] for view in measured} == {files.record["plan_hash"]}
    plan = SurgicalPlan.from_file(files.folder / "plan.json")
    assert plan.hash == files.record["plan_hash"]
    hump = {
        view["view"]: next(e["visible"] for e in view["effects"] if e["name"] == "dorsal_hump")
        for view in measured
    }
    assert hump["frontal"] < 0.3 < min(hump["left_three_quarter"], hump["right_three_quarter"])
    assert {path.name for path in files.folder.iterdir()} == {
        "multiview.png",
        "plan.json",
        "result.json",
        "view-1.png",
        "view-2.png",
        "view-3.png",
        "view-4.png",
        "view-5.png",
    }
    for view in measured:
        manifest = read_manifest(files.folder / view["file"])
        assert manifest is not None
        assert manifest["plan_hash"] == plan.hash


def test_a_photo_is_simulated_whatever_its_place(
    astronaut: ImageArray,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    points = pipeline.prepare(astronaut).landmarks.points
    photos = []
    for yaw in (50.0, 0.0, 30.0):
        photos.append(tmp_path / f"{yaw:.0f}.png")
        write_png(photos[-1], render(astronaut, points, yaw=yaw).image)
    files = workflows.multi_view(photos, rhinoplasty, tmp_path / "out", pipeline=pipeline)
    assert [(view["view"], view["status"]) for view in files.record["views"]] == [
        ("frontal", "simulated"),
        ("right_three_quarter", "simulated"),
        ("right_profile", "simulated"),  # as it is alone
    ]
    assert "face" in files.record["views"][2] and files.record["views"][2]["effects"]
    assert files.record["views"][2]["in_expected_range"] is False


def test_two_people_are_refused_and_nothing_is_written(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    photos = sorted(portrait_files.iterdir())
    with pytest.raises(
        HeadFitError, match=r"photos \d and \d seem to show two people.*same-person"
    ):
        workflows.multi_view(photos, rhinoplasty, tmp_path / "out", pipeline=pipeline)
    assert not (tmp_path / "out").exists()


def test_a_photo_out_of_its_range_says_so(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    files = workflows.multi_view(
        sorted(portrait_files.iterdir()),
        rhinoplasty,
        tmp_path,
        same_person=True,
        pipeline=pipeline,
    )
    assert files.record["one_person"]["doubted"] and files.record["one_person"]["confirmed"]
    assert [notice["code"] for notice in files.record["warnings"]] == ["person_doubtful"]
    assert sorted(view["in_expected_range"] for view in files.record["views"]) == [False, True]


def test_views_without_any_face_are_an_error(
    rhinoplasty: workflows.SimulationRequest, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    for name in "ab":
        write_png(tmp_path / f"{name}.png", np.full((128, 128, 3), 128, np.uint8))
    photos = sorted(tmp_path.iterdir())
    with pytest.raises(FaceUnusableError):
        workflows.multi_view(photos, rhinoplasty, tmp_path / "out", pipeline=pipeline)
    with pytest.raises(ParameterError, match="2 to 5 photos"):
        workflows.multi_view(photos[:1], rhinoplasty, tmp_path / "out", pipeline=pipeline)
    assert sorted(tmp_path.iterdir()) == photos
