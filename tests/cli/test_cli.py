"""What the commands do, print and write."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.photo import write_png


def test_preview_prints_a_table_and_where_the_pictures_are(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", "photo.png", "-p", "rhinoplasty", "--passes", "2"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "Plan: Tip rotation +4.9°; " in printed.out
    for word in ("planned", "achieved", "tip_rotation", "+4.94", "Simulation of rhinoplasty"):
        assert word in printed.out
    assert printed.out.endswith("Pictures: landmarkdiff-out/photo\n")
    assert (photo.parent / "landmarkdiff-out" / "photo" / "result.json").is_file()


def test_preview_prints_its_result_as_json(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = "--procedure rhinoplasty --procedure mentoplasty --intensity rhinoplasty=40"
    arguments += " --effect tip_width=off --flag keloid=nose --flag ehlers-danlos --side left"
    arguments += " --ipd 61.5 --label-corner top-left --seed 7 --passes 2 --out o --json"
    assert main(["preview", "photo.png", *arguments.split()]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == json.loads((photo.parent / "o" / "photo" / "result.json").read_text("utf-8"))
    assert record["procedure"] == "rhinoplasty+mentoplasty"
    assert [item["intensity"] for item in record["plan"]["procedures"]] == [40.0, 60.0]
    assert record["plan"]["switched_off"] == ["rhinoplasty.tip_width"]
    assert record["plan"]["side"] == "left"
    assert record["clinical_flags"]["keloid_regions"] == ["nose"]
    assert record["clinical_flags"]["ehlers_danlos"] is True
    assert record["scale"]["source"] == "interpupillary_distance"
    assert record["seed"] == 7
    assert max(record["label_box"][:2]) < 20


def test_the_same_call_gives_the_same_bytes(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in ("one", "two"):
        assert main(["preview", "photo.png", "-p", "brow_lift", "-i", "80", "-o", out]) == 0
    for name in ("after.png", "compare.png", "mask.png", "mesh.png", "wireframe.png", "plan.json"):
        first, second = (photo.parent / out / "photo" / name for out in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()


def test_grids_answer_with_their_picture(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "photo.png", "-p", "lip_lift", "--steps", "3", "--passes", "2"]) == 0
    assert "landmarkdiff-out/photo-sweep-lip_lift/sweep.png" in capsys.readouterr().out
    chosen = ["-p", "lip_lift", "-p", "brow_lift", "-i", "30", "--passes", "2", "--json"]
    assert main(["compare", "photo.png", *chosen]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [(p["procedure"], p["intensity"]) for p in record["panels"]] == [
        ("lip_lift", 30.0),
        ("brow_lift", 30.0),
    ]


def test_multiview_takes_a_folder_or_photos(
    photo: Path, grace_hopper: ImageArray, capsys: pytest.CaptureFixture[str]
) -> None:
    other = photo.parent / "other.png"
    write_png(other, grace_hopper)
    tail = ["-p", "rhinoplasty", "--passes", "2"]
    assert main(["multiview", ".", *tail]) == 2
    assert "two people" in capsys.readouterr().err
    tail.append("--same-person")
    assert main(["multiview", ".", *tail]) == 0
    printed = capsys.readouterr().out
    assert "frontal" in printed
    assert "may show two people; look at them" in printed
    assert "multiview.png" in printed
    assert main(["multiview", "photo.png", "other.png", *tail, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["views"]) == 2


def test_batch_tells_in_its_exit_status_that_photos_failed(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    patients = photo.parent / "patients"
    patients.mkdir()
    shutil.move(photo, patients / "a.png")
    tail = ["-p", "rhinoplasty", "--passes", "1", "--out", "o"]
    assert main(["batch", "patients", *tail]) == 0
    assert "1 photos, 0 failed" in capsys.readouterr().out
    (patients / "b.jpg").write_bytes(b"\xff\xd8\xff no photo")
    assert main(["batch", "patients", *tail, "--json"]) == 1
    summary = json.loads(capsys.readouterr().out)
    assert [item["status"] for item in summary["items"]] == ["unchanged", "failed"]
    assert "JPEG" in summary["items"][1]["error"]


def test_analyze_writes_nothing_unless_asked(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", "photo.png", "--passes", "2", "--fitzpatrick", "III"]) == 0
    assert "type III set by the clinician" in capsys.readouterr().out
    assert [path.name for path in photo.parent.rglob("*")] == ["photo.png"]
    assert main(["analyze", "photo.png", "--json", "--out", "o"]) == 0
    record = json.loads(capsys.readouterr().out)
    written = photo.parent / "o" / "photo-analysis" / "analysis.json"
    assert record == json.loads(written.read_text("utf-8"))


def test_procedures_are_listed_with_bands_and_sources(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["procedures", "list"]) == 0
    listed = capsys.readouterr().out
    for name in ("rhinoplasty", "lip_lift", "malar_augmentation", "orthognathic"):
        assert name in listed
    assert "where it shows the ears, and on the head: otoplasty." in listed
    assert main(["procedures", "show", "brow_lift"]) == 0
    shown = capsys.readouterr().out
    assert "evidence" in shown
    assert "general" in shown
    assert main(["procedures", "show", "brow_lift", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "brow_lift"


def test_weights_are_listed_and_verified(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["weights", "list", "--json"]) == 0
    names = [item["name"] for item in json.loads(capsys.readouterr().out)["files"]]
    assert names[0] == "face_landmarker"
    assert main(["weights", "verify", "face_landmarker"]) == 0
    assert "intact" in capsys.readouterr().out
    assert main(["weights", "pull", "face_landmarker"]) == 0
    assert "face_landmarker.task" in capsys.readouterr().out
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    (tmp_path / "face_landmarker.task").write_bytes(b"cut short")
    assert main(["weights", "verify"]) == 1
    assert "DAMAGED" in capsys.readouterr().out
    assert main(["doctor"]) == 1
    assert "Simulations cannot run here." in capsys.readouterr().out


def test_the_doctor_is_content_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["healthy"] is True


def test_the_configuration_is_shown_as_yaml_that_reads_back(
    photo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = photo.parent / "own.yaml"
    own.write_text("diffusion: {base: {path: models/base}, strength: 0.4}\n")
    assert main(["config", "show", "--config", "own.yaml", "--device", "cpu"]) == 0
    shown = capsys.readouterr().out
    data = yaml.safe_load(shown)
    assert data["diffusion"]["strength"] == 0.4
    assert data["diffusion"]["device"] == "cpu"
    assert data["diffusion"]["base"]["path"] == str(photo.parent / "models" / "base")
    assert data["licence_policy"] == "commercial"
    own.write_text(shown)
    monkeypatch.setenv("LANDMARKDIFF_CONFIG", str(own))
    assert main(["config", "show"]) == 0
    assert capsys.readouterr().out == shown
    assert main(["config", "show", "--policy", "research"]) == 0
    assert yaml.safe_load(capsys.readouterr().out)["licence_policy"] == "research"
    assert main(["config"]) == 0
    assert "show" in capsys.readouterr().out


def test_the_demo_previews_a_portrait(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--out", str(tmp_path / "o")]) == 0
    printed = capsys.readouterr().out
    assert printed.count("achieved") == 1
    assert f"Pictures: {tmp_path / 'o' / 'astronaut'}" in printed
