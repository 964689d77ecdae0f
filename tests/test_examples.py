"""Every example runs as a script, on a portrait, and leaves what it promises.

Most run in this process, since most of a run would be importing; one that works and one that ends
with an error are programs of their own.
"""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from landmarkdiff import weights
from landmarkdiff.arrays import ImageArray
from landmarkdiff.landmarks import LANDMARK_REGIONS
from landmarkdiff.photo import read_manifest
from landmarkdiff.procedures import load_procedure_file, photo_procedure_names, procedure

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def run(name: str, *arguments: str | Path, code: int = 0) -> str:
    words = [str(EXAMPLES / f"{name}.py"), *map(str, arguments)]
    status: object = 0
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(StringIO()) as complaint:
        patch.setattr(sys, "argv", words)
        with redirect_stdout(StringIO()) as printed:
            try:
                runpy.run_path(words[0], run_name="__main__")
            except SystemExit as ended:
                status = ended.code or 0
    assert status == code, complaint.getvalue()
    return printed.getvalue()


def run_apart(name: str, *arguments: str | Path) -> str:
    """The same as a program of its own."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def picture(path: Path) -> ImageArray:
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert read is not None, path.name
    return np.asarray(read, np.uint8)


def changed(before: ImageArray, after: ImageArray) -> NDArray[np.bool_]:
    assert before.shape == after.shape
    return np.asarray((before != after).any(axis=2))


def test_all_examples_are_tested() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(NAMES) <= tested
    assert len(NAMES) == 8


@pytest.mark.parametrize("name", NAMES)
def test_help_says_how_to_call_it(name: str) -> None:
    assert f"examples/{name}.py" in run(name, "--help")


def test_basic_inference(tmp_path: Path) -> None:
    photo = weights.obtain("astronaut")
    table = run_apart("basic_inference", photo, "--procedure", "brow_lift", "--out", tmp_path)
    before, after = picture(tmp_path / "before.png"), picture(tmp_path / "after.png")
    assert before.shape == picture(photo).shape
    assert 500 < changed(before, after).sum() < 0.2 * before.shape[0] * before.shape[1]
    record = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    manifest = read_manifest(tmp_path / "after.png")
    assert manifest is not None
    assert manifest["plan_hash"] == record["plan_hash"]
    assert record["outside_mask_changed_pixels"] == 0
    for effect in record["effects"]:
        assert effect["name"] in table
        assert effect["achieved"] == pytest.approx(effect["applied"] * effect["visible"], abs=0.5)


def test_batch_inference(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "first.png").write_bytes(weights.obtain("astronaut").read_bytes())
    (photos / "second.jpg").write_bytes(weights.obtain("grace_hopper").read_bytes())
    (photos / "third.jpg").write_text("not a photo")
    table = run("batch_inference", photos, "--out", tmp_path / "out", code=1)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "first.png.png",
        "second.jpg.png",
    ]
    assert picture(tmp_path / "out" / "second.jpg.png").shape == (600, 512, 3)
    assert "third.jpg" in table.splitlines()[-1]


def test_tps_only(tmp_path: Path) -> None:
    table = run("tps_only", "--out", tmp_path)
    before = picture(weights.obtain("astronaut"))
    mask, warped = picture(tmp_path / "mask.png"), picture(tmp_path / "warped.png")
    outside = changed(before, warped) & (mask == 0)
    rows, columns = np.nonzero(outside)  # the label, and nothing else
    assert 0 < np.ptp(rows) < 40
    assert np.ptp(columns) < 160
    values = {line[:32].strip(): float(line[32:].split()[0]) for line in table.splitlines()}
    assert values["largest applied move"] == pytest.approx(values["largest planned move"], rel=0.05)
    assert values["control points"] <= 90
    assert values["pixels in the mask"] == np.count_nonzero(mask)
    assert values["least Jacobian (0 is a fold)"] > 0.2


def test_compare_procedures(tmp_path: Path) -> None:
    table = run("compare_procedures", "--intensity", "100", "--out", tmp_path)
    sheet = picture(tmp_path / "procedures.jpg")
    assert sheet.shape == (1200, 960, 3)
    before = sheet[:380, :320].astype(int)
    for position, name in enumerate(photo_procedure_names(), start=1):
        row, column = divmod(position, 3)
        tile = sheet[row * 400 : row * 400 + 360, column * 320 : column * 320 + 320].astype(int)
        assert np.abs(tile - before[:360]).mean() > 0.1, name
        for effect in procedure(name).effects:
            if effect.by_intensity:
                assert any(name in line and effect.name in line for line in table.splitlines())


def test_custom_procedure(tmp_path: Path) -> None:
    preset = load_procedure_file(EXAMPLES / "lip_augmentation.yaml")
    assert all(effect.evidence.status == "general" for effect in preset.effects)
    table = run("custom_procedure", "--intensity", "100", "--out", tmp_path)
    assert picture(tmp_path / "before_after.png").shape == (600, 1024, 3)
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert [effect["value"] for effect in plan["effects"]] == [2.0, 2.0]
    heights = [line for line in table.splitlines() if "height:" in line]
    assert len(heights) == 2
    for line in heights:
        before, after = (float(part.split()[0]) for part in line.split(": ")[1].split(", "))
        assert after - before > 1.0


def test_custom_procedure_says_what_is_wrong_in_a_preset(tmp_path: Path) -> None:
    text = (EXAMPLES / "lip_augmentation.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("falloff_mm: 10", "falloff_mm: wide"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "custom_procedure.py"), "--preset", str(broken)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode != 0
    for word in ("broken.yaml", "upper_vermilion", "falloff_mm", "wide"):
        assert word in done.stderr.splitlines()[-1]


def test_repaint(tmp_path: Path) -> None:
    for package in ("torch", "diffusers", "transformers", "peft"):
        pytest.importorskip(package)
    import tiny_models

    weights.obtain("sface")  # fetches it, where a simulation itself would go without
    config = tiny_models.build(tmp_path / "models", "identity")
    wanted = ["--config", config, "--mode", "img2img", "--strength", "0.1"]
    table = run("repaint", *wanted, "--procedure", "lip_lift", "--out", tmp_path / "out")
    assert "guard: passed" in table
    assert "identity: passed" in table
    record = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert record["generator"]["strength"] == 0.1
    for name in ("warp", "raw", "after"):
        manifest = read_manifest(tmp_path / "out" / f"{name}.png")
        assert manifest is not None
        assert manifest["plan_hash"] == record["plan_hash"]
    before, after = (picture(tmp_path / "out" / f"{name}.png") for name in ("before", "after"))
    assert changed(before, after).any()


def test_repaint_says_what_is_missing(tmp_path: Path) -> None:
    wanted = ["--config", tmp_path / "absent.yaml"]
    assert run("repaint", *wanted, code=2) == ""


def test_the_notebook_runs(tmp_path: Path) -> None:
    pytest.importorskip("ipykernel")
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    path = EXAMPLES / "quickstart.ipynb"
    kept = nbformat.read(path, as_version=4)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in kept.cells)
    run = nbclient.execute(kept, cwd=str(tmp_path), timeout=200)
    code = [cell for cell in run.cells if cell.cell_type == "code"]
    printed = ["".join(out.get("text", "") for out in cell.outputs) for cell in code]
    assert "mm per pixel" in printed[1]
    assert "jowl_lift           planned +5.20  applied +5.20" in printed[2]
    assert any(
        "image/png" in out.get("data", {}) for out in code[3].outputs
    )  # the labelled picture
    assert "Tip rotation                    +3.50 deg" in printed[4]
    assert "0 of them outside the mask" in printed[5]
    assert "intercanthal_width: 32." in printed[6]
    folder = tmp_path / "output" / "quickstart"
    manifest = read_manifest(folder / "after.png")
    assert manifest is not None
    record = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert manifest["plan_hash"] == record["plan_hash"]


def test_head(tmp_path: Path) -> None:
    said = run("head", "--procedure", "mentoplasty", "--out", tmp_path)
    assert "pronasale" in said and "from the photos" in said
    assert picture(tmp_path / "side.png").shape == (540, 480, 3)
    assert (tmp_path / "head.glb").read_bytes()[:4] == b"glTF"


def test_landmark_visualization(tmp_path: Path) -> None:
    table = run("landmark_visualization", "--out", tmp_path)
    mesh, arrows = picture(tmp_path / "landmarks.png"), picture(tmp_path / "displacements.png")
    assert mesh.shape == arrows.shape == (512, 512, 3)
    assert 0.01 < (mesh > 0).any(axis=2).mean() < 0.2
    rows = {line.split()[0]: line.split() for line in table.splitlines()}
    for region, points in LANDMARK_REGIONS.items():
        assert int(rows[region][1]) == len(points)
    assert float(rows["left_eyebrow"][3]) == pytest.approx(3.9, abs=0.4)
    assert float(rows["lips"][3]) == pytest.approx(0.0, abs=0.05)
