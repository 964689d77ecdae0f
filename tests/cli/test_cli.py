from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import landmarkdiff
from landmarkdiff.arrays import ImageArray
from landmarkdiff.cli import main
from landmarkdiff.photo import write_png

COMMAND = [sys.executable, "-m", "landmarkdiff"]


@pytest.fixture
def photo(astronaut: ImageArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A portrait in the working directory."""
    monkeypatch.chdir(tmp_path)
    write_png(tmp_path / "photo.png", astronaut)
    return tmp_path / "photo.png"


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(landmarkdiff.__file__).parents[1])}
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
        **options,
    )


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# --- what the commands do


def test_preview_prints_a_table_and_where_the_pictures_are(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", "photo.png", "-p", "rhinoplasty", "--passes", "2"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
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
    assert main(["multiview", ".", *tail]) == 0
    printed = capsys.readouterr().out
    assert "frontal" in printed
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
    assert files_in(photo.parent) == ["photo.png"]
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
    assert "Otoplasty is not among them" in listed
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


# --- bad input


P = ["-p", "rhinoplasty"]
BAD: Mapping[str, tuple[list[str], str]] = {
    "no photo": (["preview", "absent.png", *P], "does not exist"),
    "a folder as photo": (["preview", ".", *P], "folder"),
    "text as photo": (["preview", "garbage.txt", *P], "not a photo"),
    "no procedure": (["preview", "photo.png"], "--procedure"),
    "unknown procedure": (["preview", "photo.png", "-p", "nosejob"], "rhinoplasty"),
    "otoplasty": (["preview", "photo.png", "-p", "otoplasty"], "no ear points"),
    "a procedure twice": (["preview", "photo.png", *P, *P], "twice"),
    "intensity nan": (["preview", "photo.png", *P, "--intensity", "nan"], "0 to 100"),
    "intensity negative": (["preview", "photo.png", *P, "--intensity", "-1"], "0 to 100"),
    "intensity 101": (["preview", "photo.png", *P, "--intensity", "101"], "0 to 100"),
    "intensity of another": (["compare", "photo.png", "-i", "nose=3"], "rhinoplasty"),
    "unknown effect": (["preview", "photo.png", *P, "-e", "tip=1"], "tip_rotation"),
    "effect without value": (["preview", "photo.png", *P, "-e", "tip_width"], "NAME=VALUE"),
    "effect not finite": (["preview", "photo.png", *P, "-e", "tip_width=nan"], "not finite"),
    "effect beyond band": (["preview", "photo.png", *P, "-e", "tip_width=-20"], "unlock"),
    "alar beyond band": (["preview", "photo.png", *P, "-e", "alar_base_width=-20"], "unlock"),
    "unknown flag": (["preview", "photo.png", *P, "--flag", "rosacea"], "vitiligo"),
    "palsy without side": (["preview", "photo.png", *P, "--flag", "bells-palsy"], "left"),
    "unknown zone": (["preview", "photo.png", *P, "--flag", "keloid=knee"], "jawline"),
    "unknown side": (["preview", "photo.png", *P, "--side", "up"], "both, left, right"),
    "no plan file": (["preview", "photo.png", "--plan", "absent.json"], "cannot be read"),
    "plan garbage": (["preview", "photo.png", "--plan", "garbage.txt"], "not valid JSON"),
    "plan and effect": (["preview", "photo.png", "--plan", "x.json", "-e", "a=1"], "x.json"),
    "preset garbage": (["preview", "photo.png", "--preset-file", "garbage.txt"], "garbage.txt"),
    "mode controlnet": (["preview", "photo.png", *P, "--mode", "controlnet"], "cannot run here"),
    "unknown mode": (["preview", "photo.png", *P, "--mode", "magic"], "tps"),
    "strength 2": (["preview", "photo.png", *P, "--strength", "2"], "0 to 1"),
    "steps of no network": (["preview", "photo.png", *P, "--steps", "200"], "4 to 100"),
    "unknown device": (["batch", ".", *P, "--device", "tpu"], "cuda:N"),
    "unknown policy": (["config", "show", "--policy", "none"], "commercial, research"),
    "no configuration": (["config", "show", "--config", "absent.yaml"], "absent.yaml"),
    "configuration garbage": (["config", "show", "--config", "garbage.txt"], "not YAML"),
    "passes 0": (["preview", "photo.png", *P, "--passes", "0"], "1 to 64"),
    "face 9": (["preview", "photo.png", *P, "--face", "9"], "the largest is 0"),
    "face -1": (["preview", "photo.png", *P, "--face", "-1"], "out of range"),
    "ipd negative": (["preview", "photo.png", *P, "--ipd", "-3"], "40 to 80"),
    "ipd implausible": (["preview", "photo.png", *P, "--ipd", "620"], "40 to 80"),
    "ipd nan": (["preview", "photo.png", *P, "--ipd", "nan"], "40 to 80"),
    "seed negative": (["preview", "photo.png", *P, "--seed", "-1"], "seed"),
    "seed text": (["preview", "photo.png", *P, "--seed", "x"], "--seed"),
    "unknown corner": (["preview", "photo.png", *P, "--label-corner", "middle"], "top-left"),
    "out is a file": (["preview", "photo.png", *P, "--out", "garbage.txt"], "--out"),
    "out below a file": (["preview", "photo.png", *P, "--out", "garbage.txt/o"], "--out"),
    "no face": (["preview", "gray.png", *P], "no face"),
    "steps 2": (["sweep", "photo.png", *P, "--steps", "2"], "3 to 10"),
    "steps 11": (["sweep", "photo.png", *P, "--steps", "11"], "3 to 10"),
    "sweep of nothing": (["sweep", "photo.png"], "--procedure"),
    "one view": (["multiview", "photo.png", *P], "folder"),
    "batch of nothing": (["batch", "absent", *P], "no such folder"),
    "batch of a file": (["batch", "photo.png", *P], "no such folder"),
    "batch with a wrong effect": (["batch", ".", *P, "-e", "tip=1"], "tip_rotation"),
    "skin type": (["analyze", "photo.png", "--fitzpatrick", "VII"], "VI"),
    "unknown weights": (["weights", "pull", "vgg"], "face_landmarker"),
    "show nothing": (["procedures", "show"], "rhinoplasty"),
    "unknown portrait": (["demo", "--portrait", "lena"], "astronaut"),
    "unknown option": (["preview", "photo.png", "--loud"], "--loud"),
    "unknown command": (["previw"], "previw"),
    "no argument": (["preview"], "PHOTO"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_nothing_is_written(
    name: str, photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, hint = BAD[name]
    (photo.parent / "garbage.txt").write_text("\x00{garbage: [")
    write_png(photo.parent / "gray.png", np.full((64, 64, 3), 90, np.uint8))
    before = files_in(photo.parent)
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("landmarkdiff: error: ")
    assert printed.err.count("\n") == 1
    assert hint in printed.err
    assert files_in(photo.parent) == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the user may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photo.parent / "closed").mkdir(mode=0o500)
    assert main(["preview", "photo.png", *P, "--out", "closed"]) == 2
    assert "may not write" in capsys.readouterr().err


# --- in a process of its own


def test_help_answers_at_once_without_heavy_imports() -> None:
    heavy = ("numpy", "cv2", "ai_edge_litert", "rich", "scipy", "PIL", "torch")
    for arguments in (["--help"], ["preview", "--help"], ["weights", "pull", "--help"]):
        script = (
            "import sys; from landmarkdiff.cli import main; status = main(sys.argv[1:]); "
            f"print([name for name in {heavy!r} if name in sys.modules]); sys.exit(status)"
        )
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
        )
        assert time.perf_counter() - started < 1.5  # half a second on a machine at rest
        assert done.stdout.startswith("Usage: landmarkdiff")
        assert done.stdout.splitlines()[-1] == "[]"


def test_importing_the_package_loads_nothing_heavy() -> None:
    script = (
        "import sys, time; t = time.perf_counter(); import landmarkdiff; "
        "assert time.perf_counter() - t < 0.2; "
        "heavy = {'numpy', 'cv2', 'ai_edge_litert', 'pydantic', 'torch', 'PIL', 'yaml'}; "
        "assert not heavy & set(sys.modules), heavy & set(sys.modules); "
        "assert 'make_plan' in dir(landmarkdiff); "
        "print(landmarkdiff.ClinicalFlags().vitiligo)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_every_public_name_loads() -> None:
    for name in landmarkdiff.__all__:
        assert getattr(landmarkdiff, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = landmarkdiff.nothing


def test_the_version_and_the_overview_are_printed() -> None:
    assert run("--version").stdout == f"landmarkdiff {landmarkdiff.__version__}\n"
    overview = run()
    assert overview.returncode == 0
    assert "procedures" in overview.stdout


def test_a_process_prints_json_alone(photo: Path) -> None:
    done = run("preview", "photo.png", *P, "--passes", "2", "--json", cwd=photo.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["procedure"] == "rhinoplasty"


def test_names_that_are_not_text_are_taken(photo: Path) -> None:
    strange = os.fsencode(photo.parent) + b"/caf\xe9.png"
    try:
        shutil.copy(photo, strange)
    except (OSError, UnicodeError):
        pytest.skip("this file system takes text only")
    for options in ([], ["--json"]):
        done = subprocess.run(
            [*COMMAND, "preview", strange, *P, "--passes", "1", *options],
            capture_output=True,
            check=False,
            cwd=photo.parent,
        )
        assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run(
        [*COMMAND, "preview", b"\xff\xfe.png", *P],
        capture_output=True,
        check=False,
        cwd=photo.parent,
    )
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1
    done = subprocess.run(
        [*COMMAND, "batch", ".", *P, "--passes", "1", "--json"],
        capture_output=True,
        check=False,
        cwd=photo.parent,
    )
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["items"]) == 2


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are Unix's")
def test_ctrl_c_leaves_one_line_and_nothing_half_written(photo: Path) -> None:
    many = photo.parent / "many"
    many.mkdir()
    for index in range(30):
        shutil.copy(photo, many / f"p{index:02}.png")
    process = subprocess.Popen(
        [*COMMAND, "batch", "many", *P, "--out", "o"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=photo.parent,
    )
    state = photo.parent / "o" / "batch.json"
    deadline = time.monotonic() + 30
    while not state.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "landmarkdiff: interrupted; nothing is left half-written\n"
    assert out == ""
    finished = json.loads(state.read_text("utf-8"))["photos"]
    assert 0 < len(finished) < 30
    folders = {path.name for path in (photo.parent / "o").iterdir() if path.is_dir()}
    assert not any(name.startswith(".") for name in folders)
    assert {entry["folder"] for entry in finished.values()} <= folders
    for folder in folders:
        assert len(list((photo.parent / "o" / folder).iterdir())) == 8


@pytest.mark.skipif(os.name == "nt", reason="there is no such pipe")
def test_a_reader_that_leaves_is_no_traceback() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as pipe:
        done = subprocess.run(
            [*COMMAND, "procedures", "show", "rhinoplasty", "--json"],
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_output_that_cannot_be_printed_is_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "procedures", "list"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"landmarkdiff: error: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(os.name == "nt", reason="limits of file size are Unix's")
def test_a_disk_that_fills_leaves_nothing(photo: Path) -> None:
    import resource

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    before = files_in(photo.parent)
    done = run("preview", "photo.png", *P, "--passes", "1", cwd=photo.parent, preexec_fn=limited)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert files_in(photo.parent) == before
