"""A folder of photos: it goes on, resumes and starts again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from result_files import pixels_of

from landmarkdiff import workflows
from landmarkdiff.errors import (
    OutputError,
    PhotoError,
)
from landmarkdiff.inference import LandmarkDiffPipeline
from landmarkdiff.workflows import read_request


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
        "sub/a.png": ("done", "a-4"),
    }
    assert (out / "a-3" / "after.png").read_bytes() == third  # of another photo: not replaced
    assert (out / "a-4" / "after.png").read_bytes() == first
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


def test_what_systems_keep_aside_is_no_photo(tmp_path: Path) -> None:
    kept = ("@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "System Volume Information")
    for folder in (*kept, "Recycled", "__MACOSX", ".Trash-1000", "patient"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "IMG_0001.jpg").write_bytes(b"x")
    found = workflows.find_photos(tmp_path, tmp_path / "out")
    assert found == [tmp_path / "patient" / "IMG_0001.jpg"]


def test_every_picture_is_listed_also_one_that_is_not_read(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(portrait_files / "astronaut.png", folder / "a.png")
    (folder / "b.psd").write_bytes(b"8BPS\0\1" + bytes(64))
    (folder / "c.x3f").write_bytes(b"FOVb" + bytes(64))
    (folder / "d").write_bytes(b"8BPS\0\1" + bytes(64))  # without an ending
    (folder / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(64))
    request = read_request(procedures=["rhinoplasty"], passes=1)
    result = workflows.batch(folder, request, tmp_path / "out", pipeline=pipeline)
    assert {item.photo: item.status for item in result.items} == {
        "a.png": "done",
        "b.psd": "failed",
        "c.x3f": "failed",
        "d": "failed",
    }
    assert "Photoshop" in str(result.items[1].error)


def test_photos_beside_a_result_are_photos(portrait_files: Path, tmp_path: Path) -> None:
    for name in ("a.png", "before.png", "after.png", "measurements.png"):
        shutil.copy(portrait_files / "astronaut.png", tmp_path / name)
    (tmp_path / "result.json").write_text("{}")
    assert workflows.find_photos(tmp_path, tmp_path / "out") == [tmp_path / "a.png"]


def test_one_batch_at_a_time_writes_into_a_folder(
    portrait_files: Path, pipeline: LandmarkDiffPipeline, tmp_path: Path
) -> None:
    request = read_request(procedures=["rhinoplasty"], passes=1)
    refused = []

    def meanwhile(done: int, total: int, name: str) -> None:
        with pytest.raises(OutputError, match="another batch") as wrong:
            workflows.batch(portrait_files, request, tmp_path / "out", pipeline=pipeline)
        refused.append(wrong.value.code)

    first = workflows.batch(
        portrait_files, request, tmp_path / "out", pipeline=pipeline, progress=meanwhile
    )
    assert first.failed == 0
    assert set(refused) == {"output_folder_in_use"}
    again = workflows.batch(portrait_files, request, tmp_path / "out", pipeline=pipeline)
    assert {item.status for item in again.items} == {"unchanged"}


@pytest.mark.parametrize("text", ["", "[]", '{"format": 7}', '{"format": 1, "photos": {"a": 1}}'])
def test_a_foreign_state_file_is_not_overwritten(
    portrait_files: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / "batch.json").write_text(text)
    with pytest.raises(OutputError, match=r"batch\.json"):
        workflows.batch(portrait_files, read_request(procedures=["rhinoplasty"]), tmp_path)
    assert (tmp_path / "batch.json").read_text() == text
