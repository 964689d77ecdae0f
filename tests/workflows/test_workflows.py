from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rendering import render

from landmarkdiff import workflows
from landmarkdiff.arrays import ImageArray
from landmarkdiff.errors import (
    FaceUnusableError,
    LandmarkDiffError,
    OutOfBandError,
    OutputError,
    ParameterError,
    PhotoError,
    PlanError,
    ProcedureError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.photo import draw_label, read_manifest, write_png
from landmarkdiff.procedures import SurgicalPlan
from landmarkdiff.workflows import read_request
from landmarkdiff.workflows.output.folder import check_output, staged_folder
from landmarkdiff.workflows.views import EXPECTED_VIEWS, assign_views


@pytest.fixture(scope="module")
def portrait_files(
    portraits: Mapping[str, ImageArray], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("portraits")
    for name, pixels in portraits.items():
        write_png(folder / f"{name}.png", pixels)
    return folder


@pytest.fixture(scope="module")
def rhinoplasty() -> workflows.SimulationRequest:
    return read_request(procedures=["rhinoplasty"], intensity=["80"])


@pytest.fixture(scope="module")
def previewed(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path_factory: pytest.TempPathFactory,
) -> workflows.PreviewFiles:
    out = tmp_path_factory.mktemp("previews")
    return workflows.preview(
        portrait_files / "grace_hopper.png", rhinoplasty, out, pipeline=pipeline
    )


def pixels_of(path: Path) -> ImageArray:
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert image is not None
    return np.asarray(image[..., ::-1] if image.ndim == 3 else image, np.uint8)


def result_of(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "result.json").read_text("utf-8"))
    return loaded


def tree(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# --- preview


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
    assert all({"code", "text"} <= set(warning) for warning in record["warnings"])
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
    assert "out_of_band" in {warning["code"] for warning in files.record["warnings"]}
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


# --- the folder of a result


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OutputError])
def test_an_interrupted_result_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    target = tmp_path / "new" / "deep" / "result"
    with pytest.raises(failure), staged_folder(target, ("a.txt",)) as staging:
        (staging / "a.txt").write_text("half")
        raise failure("now")
    assert list(tmp_path.iterdir()) == []


def test_a_result_replaces_an_earlier_one_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "result"
    for text, names in (("one", ("a.txt", "b.txt")), ("two", ("a.txt",))):
        with staged_folder(target, ("a.txt", "b.txt")) as staging:
            for name in names:
                (staging / name).write_text(text)
    assert tree(tmp_path) == {"result/a.txt": b"two"}


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="a file has its name"):
            check_output(out)
    check_output(tmp_path / "may" / "be" / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_in_the_place_of_the_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "result").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="file or link"), staged_folder(tmp_path / "result", ()):
        pass


# --- requests


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], 60.0),
        (["35"], 35.0),
        (["rhinoplasty=40", "lip_lift=80"], {"rhinoplasty": 40.0, "lip_lift": 80.0}),
    ],
)
def test_intensities_are_read(words: list[str], expected: object) -> None:
    assert workflows.parse_intensity(words) == expected


@pytest.mark.parametrize(
    "words", [["much"], ["nan"], ["inf"], ["a=1", "a=2"], ["50", "a=2"], ["50", "60"], ["a="]]
)
def test_intensities_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(ParameterError):
        workflows.parse_intensity(words)


def test_options_beside_a_plan_file_may_not_contradict_it(
    previewed: workflows.PreviewFiles,
) -> None:
    path = previewed.folder / "plan.json"
    request = read_request(
        plan_file=path, procedures=["rhinoplasty"], intensity=["80"], side="both"
    )
    assert request.plan == SurgicalPlan.from_file(path)
    contradictions: list[dict[str, Any]] = [
        {"procedures": ["mentoplasty"]},
        {"intensity": ["60"]},
        {"intensity": ["mentoplasty=80"]},
        {"side": "left"},
        {"effects": ["tip_width=-1"]},
        {"preset_files": [path]},
    ]
    for options in contradictions:
        with pytest.raises(PlanError, match="contradicts the plan file"):
            read_request(plan_file=path, **options)


def test_a_plan_edited_by_hand_has_to_tell_the_truth(
    previewed: workflows.PreviewFiles, tmp_path: Path
) -> None:
    data = json.loads((previewed.folder / "plan.json").read_text("utf-8"))
    data["effects"][0]["value"] = 45.0
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(data))
    told = r"the plan is not valid: effects\.0: in_band does not agree with the value and its band"
    with pytest.raises(PlanError, match=told):
        read_request(plan_file=path)
    data["effects"][0]["in_band"] = False
    path.write_text(json.dumps(data))
    with pytest.raises(OutOfBandError):
        read_request(plan_file=path)
    assert read_request(plan_file=path, unlock=True).plan is not None


def test_a_preset_file_is_a_procedure(tmp_path: Path) -> None:
    from importlib.resources import files

    text = (files("landmarkdiff.procedures") / "presets" / "mentoplasty.yaml").read_text("utf-8")
    path = tmp_path / "chin.yaml"
    path.write_text(text.replace("name: mentoplasty", "name: my_chin", 1))
    assert [item.name for item in read_request(preset_files=[path]).procedures] == ["my_chin"]
    both = read_request(procedures=["rhinoplasty", "my_chin"], preset_files=[path])
    assert [item.name for item in both.procedures] == ["rhinoplasty", "my_chin"]
    with pytest.raises(ProcedureError, match="not asked for"):
        read_request(procedures=["rhinoplasty"], preset_files=[path])


def test_the_fingerprint_knows_every_option(rhinoplasty: workflows.SimulationRequest) -> None:
    others = [
        rhinoplasty,
        replace(rhinoplasty, intensity=79.0),
        replace(rhinoplasty, effects={"tip_width": -1.0}),
        replace(rhinoplasty, side="left"),
        replace(rhinoplasty, passes=2),
        replace(rhinoplasty, ipd_mm=60.0),
        replace(rhinoplasty, label_corner="top-left"),
        replace(rhinoplasty, seed=1),
        replace(rhinoplasty, flags=read_request(flags=["vitiligo"]).flags),
    ]
    assert len({request.fingerprint() for request in others}) == len(others)
    same = read_request(procedures=["rhinoplasty"], intensity=["80"])
    assert same.fingerprint() == rhinoplasty.fingerprint()


# --- grids


def test_a_comparison_shows_every_procedure_labelled(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(intensity=["rhinoplasty=90"])
    seen: list[tuple[int, int]] = []
    files = workflows.compare_procedures(
        portrait_files / "astronaut.png",
        request,
        tmp_path,
        pipeline=pipeline,
        progress=lambda done, total, _: seen.append((done, total)),
    )
    panels = {panel["procedure"]: panel for panel in files.record["panels"]}
    assert len(panels) == 8
    assert all(panel["status"] == "simulated" for panel in panels.values())
    assert panels["rhinoplasty"]["intensity"] == 90.0
    assert panels["lip_lift"]["intensity"] == 60.0
    assert sorted(set(seen)) == [(done, 8) for done in range(8)]
    assert set(tree(tmp_path)) == {
        "astronaut-compare/compare.png",
        "astronaut-compare/result.json",
    }
    manifest = read_manifest(files.picture)
    assert manifest is not None
    assert manifest["simulation"] is True
    # Photo first, then eight tiles, which bear the label in one place.
    tiles = _tiles(pixels_of(files.picture), columns=3, count=9)
    labelled, (x, y, w, h) = draw_label(tiles[0], corner="bottom-right")
    for tile in tiles[1:]:
        assert np.array_equal(tile[y : y + h, x : x + w], labelled[y : y + h, x : x + w])
        assert not np.array_equal(tile[: y - 1], labelled[: y - 1])


def _tiles(sheet: ImageArray, columns: int, count: int) -> list[ImageArray]:
    """Cut a grid of face tiles (384 x 480 px, 12 px apart, captions below) into its tiles."""
    head, gap, width, height = 36, 12, 384, 480
    pitch = (sheet.shape[0] - head - gap) // -(-count // columns)
    tiles = []
    for index in range(count):
        row, column = divmod(index, columns)
        left, top = gap + column * (width + gap), head + row * pitch
        tiles.append(np.ascontiguousarray(sheet[top : top + height, left : left + width]))
    return tiles


def test_a_sweep_grows_step_by_step(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    files = workflows.intensity_sweep(
        portrait_files / "grace_hopper.png",
        read_request(procedures=["mentoplasty"]),
        4,
        tmp_path,
        pipeline=pipeline,
    )
    panels = files.record["panels"]
    assert [round(panel["intensity"], 1) for panel in panels] == [0.0, 33.3, 66.7, 100.0]
    moved = [panel["largest_displacement_mm"] for panel in panels]
    assert moved[0] == 0.0
    assert all(b > a + 0.5 for a, b in pairwise(moved))
    assert files.folder.name == "grace_hopper-sweep-mentoplasty"


@pytest.mark.parametrize("steps", [2, 11, True])
def test_a_sweep_has_three_to_ten_steps(tmp_path: Path, steps: int) -> None:
    request = read_request(procedures=["mentoplasty"])
    with pytest.raises(ParameterError, match="3 to 10"):
        workflows.intensity_sweep("absent.png", request, steps, tmp_path)


def test_tiles_frame_the_face_the_same_at_any_size(
    astronaut: ImageArray, pipeline: LandmarkDiffPipeline
) -> None:
    from landmarkdiff.workflows.output.pictures import face_tile

    face = pipeline.prepare(astronaut, passes=2).landmarks
    large = np.asarray(cv2.resize(astronaut, (2048, 2048), interpolation=cv2.INTER_CUBIC))
    half = np.array([0.5, 0.5, 0.0])
    points = (face.points + half) * 4.0 - half
    small_tile = face_tile(astronaut, face).astype(float)
    large_tile = face_tile(large, face.with_points(points)).astype(float)
    assert np.abs(small_tile - large_tile)[40:-40, 40:-40].mean() < 1.5


# --- multi-view


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
    assert [view["view"] for view in measured] == [
        "left_three_quarter",
        "frontal",
        "right_three_quarter",
    ]
    assert all(view["in_expected_range"] for view in measured)
    yaws = [view["face"]["yaw"] for view in measured]
    assert yaws == sorted(yaws)
    assert {view["plan_hash"] for view in measured} == {files.record["plan_hash"]}
    plan = SurgicalPlan.from_file(files.folder / "plan.json")
    assert plan.hash == files.record["plan_hash"]
    rest = [view for view in found if view["status"] == "no_simulation"]
    assert [view["reason"] for view in rest] == ["no face was found"] * 2
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
    }
    for view in measured:
        manifest = read_manifest(files.folder / view["file"])
        assert manifest is not None
        assert manifest["plan_hash"] == plan.hash


def test_a_profile_that_reads_as_oblique_is_not_simulated(
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
        ("right_profile", "no_simulation"),
    ]
    assert files.record["views"][2]["reason"] == "the face mesh cannot be trusted in a profile"
    assert files.record["views"][2]["in_expected_range"] is False


def test_a_photo_out_of_its_range_says_so(
    portrait_files: Path,
    rhinoplasty: workflows.SimulationRequest,
    pipeline: LandmarkDiffPipeline,
    tmp_path: Path,
) -> None:
    files = workflows.multi_view(
        sorted(portrait_files.iterdir()), rhinoplasty, tmp_path, pipeline=pipeline
    )
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


# --- batch


@pytest.fixture
def patients(portrait_files: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "patients"
    (folder / "sub").mkdir(parents=True)
    shutil.copy(portrait_files / "astronaut.png", folder / "a.png")
    shutil.copy(portrait_files / "astronaut.png", folder / "sub" / "a.png")
    cv2.imwrite(str(folder / "a.jpg"), pixels_of(portrait_files / "grace_hopper.png")[..., ::-1])
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    (folder / "notes.txt").write_text("not a photo")
    (folder / ".hidden.png").write_bytes(b"not looked at")
    return folder


def test_a_batch_goes_on_and_resumes(
    patients: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(procedures=["rhinoplasty"], passes=2)
    out = patients / "results"

    def run(
        request: workflows.SimulationRequest = request,
    ) -> dict[str, tuple[str, str | None]]:
        result = workflows.batch(patients, request, out, pipeline=pipeline)
        summary = json.loads((out / "summary.json").read_text("utf-8"))
        assert summary == json.loads(json.dumps(result.to_dict()))
        return {item.photo: (item.status, item.folder) for item in result.items}

    assert run() == {
        "a.jpg": ("done", "a"),
        "a.png": ("done", "a-2"),
        "broken.jpg": ("failed", None),
        "sub/a.png": ("done", "a-3"),
    }
    for folder in ("a", "a-2", "a-3"):
        assert {p.name for p in (out / folder).iterdir()} == set(workflows.PREVIEW_FILES)
    first, second, third = (
        (out / folder / "after.png").read_bytes() for folder in ("a", "a-2", "a-3")
    )
    assert first != second == third

    assert {status for status, _ in run().values()} == {"unchanged", "failed"}
    (out / "a-2" / "after.png").unlink()
    shutil.copy(patients / "a.png", patients / "broken.jpg")
    shutil.copy(patients / "a.jpg", patients / "sub" / "a.png")
    assert run() == {
        "a.jpg": ("unchanged", "a"),
        "a.png": ("done", "a-2"),
        "broken.jpg": ("done", "broken"),
        "sub/a.png": ("done", "a-3"),
    }
    assert (out / "a-3" / "after.png").read_bytes() == first
    assert {status for status, _ in run(replace(request, seed=5)).values()} == {"done"}


def test_two_folders_may_share_an_output_folder(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(procedures=["rhinoplasty"], passes=1)
    folders = []
    for name in ("monday", "tuesday"):
        (tmp_path / name).mkdir()
        shutil.copy(portrait_files / "astronaut.png", tmp_path / name / "a.png")
        result = workflows.batch(tmp_path / name, request, tmp_path / "out", pipeline=pipeline)
        folders.append(result.items[0].folder)
    assert folders == ["a", "a-2"]


def test_results_are_not_taken_for_photos(tmp_path: Path) -> None:
    (tmp_path / "earlier" / "x").mkdir(parents=True)
    (tmp_path / "earlier" / "x" / "result.json").write_text("{}")
    (tmp_path / "earlier" / "x" / "before.png").write_bytes(b"x")
    with pytest.raises(PhotoError, match="no photos"):
        workflows.find_photos(tmp_path, tmp_path / "out")
    (tmp_path / "p.PNG").write_bytes(b"x")
    assert workflows.find_photos(tmp_path, tmp_path / "out") == [tmp_path / "p.PNG"]


def test_photos_without_an_ending_are_known_by_content(
    portrait_files: Path, tmp_path: Path
) -> None:
    shutil.copy(portrait_files / "astronaut.png", tmp_path / "IMG0001")
    (tmp_path / "README").write_text("text")
    found = workflows.find_photos(tmp_path, tmp_path / "out")
    assert [path.name for path in found] == ["IMG0001"]


@pytest.mark.parametrize("text", ["", "[]", '{"format": 7}', '{"format": 1, "photos": {"a": 1}}'])
def test_a_foreign_state_file_is_not_overwritten(
    portrait_files: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "batch.json").write_text(text)
    with pytest.raises(OutputError, match=r"batch\.json"):
        workflows.batch(portrait_files, read_request(procedures=["rhinoplasty"]), tmp_path)
    assert (tmp_path / "batch.json").read_text() == text


# --- analysis and doctor


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


def test_the_doctor_finds_missing_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert workflows.diagnose().healthy
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    (tmp_path / "face_landmarker.task").write_bytes(b"damaged")
    diagnosis = workflows.diagnose()
    assert not diagnosis.healthy
    found = {finding.subject: finding for finding in diagnosis.findings}
    assert found["file face_landmarker"].status == "problem"
    assert "weights pull face_landmarker" in found["file face_landmarker"].text
    assert found["mode controlnet"].status == "note"
