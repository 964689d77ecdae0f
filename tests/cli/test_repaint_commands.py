"""The other commands in the repainting modes, with tiny complete models on real portraits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from repainting import (
    REPAINTING,
    changed,
    ignore_diffusers_on_numpy,
    outside_is_untouched,
    pixels_of,
    record_of,
    run,
)

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import read_manifest, write_png

pytestmark = ignore_diffusers_on_numpy


@pytest.mark.parametrize("mode", REPAINTING)
def test_procedures_are_compared_in_one_batch(
    mode: str, photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["compare", "photo.png", "-p", "lip_lift", "-p", "brow_lift", "--mode", mode]
    assert run(*wanted, "--config", models["identity"], "--out", "o") == 0
    assert capsys.readouterr().out.count("painted, within 0.") == 2
    folder = photo.parent / "o" / "photo-compare"
    record = record_of(folder)
    assert [panel["guard"]["verdict"] for panel in record["panels"]] == ["passed"] * 2
    assert [panel["generator"]["batch"] for panel in record["panels"]] == [2, 2]
    assert pixels_of(folder / "faces.png").shape[1] == 3 * (384 + 12) + 12
    # Photo, warp and simulation of each, 560 pixels wide.
    assert pixels_of(folder / "compare.png").shape[1] == 3 * 560 + 2 * 4 + 2 * 12
    assert str(models["identity"].parent) not in json.dumps(record)


@pytest.mark.parametrize("mode", REPAINTING)
def test_intensities_are_swept_in_one_batch(
    mode: str, photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["sweep", "photo.png", "-p", "lip_lift", "--steps", "3", "--mode", mode]
    options = ["--inference-steps", "11", "--config", models["identity"], "--out", "o", "--json"]
    assert run(*wanted, *options) == 0
    record = json.loads(capsys.readouterr().out)
    panels = record["panels"]
    assert [panel["intensity"] for panel in panels] == [0.0, 50.0, 100.0]
    assert [panel["generator"]["batch"] for panel in panels] == [3, 3, 3]
    assert [panel["generator"]["steps"] for panel in panels] == [11, 11, 11]
    assert all(panel["outside_mask_changed_pixels"] == 0 for panel in panels)
    # Warps above, simulations below.
    folder = photo.parent / "o" / "photo-sweep-lip_lift"
    assert pixels_of(folder / "faces.png").shape[0] > 2 * 480
    assert pixels_of(folder / "sweep.png").shape[0] > 2 * 504


@pytest.mark.parametrize("mode", REPAINTING)
def test_one_plan_is_painted_in_several_views(
    mode: str,
    photo: Path,
    grace_hopper: ImageArray,
    models: Mapping[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_png(photo.parent / "other.png", grace_hopper)
    wanted = ["multiview", "photo.png", "other.png", "-p", "lip_lift", "--mode", mode]
    wanted.append("--same-person")
    assert run(*wanted, "--config", models["identity"], "--out", "o") == 0
    assert capsys.readouterr().out.count("painted, within") == 2
    (folder,) = (photo.parent / "o").iterdir()
    views = record_of(folder)["views"]
    assert [view["guard"]["verdict"] for view in views] == ["passed"] * 2
    for view in views:
        manifest = read_manifest(folder / view["file"])
        assert manifest is not None
        assert manifest["generator"]["mode"] == mode
    # Photos, warps, simulations.
    assert pixels_of(folder / "multiview.png").shape[0] > 3 * 480


@pytest.mark.parametrize("mode", REPAINTING[1:])
def test_a_batch_paints(
    mode: str, photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["batch", ".", "-p", "lip_lift", "--mode", mode, "--passes", "1", "--out", "o"]
    assert run(*wanted, "--config", models["identity"]) == 0
    assert "1 photos, 0 failed. Results: o" in capsys.readouterr().out
    folder = photo.parent / "o" / "photo"
    assert record_of(folder)["guard"]["verdict"] == "passed"
    assert outside_is_untouched(folder)


def test_a_batch_resumes_and_starts_again_when_something_changed(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    patients = photo.parent / "patients"
    patients.mkdir()
    shutil.move(photo, patients / "a.png")
    wanted = ["batch", "patients", "-p", "lip_lift", "--mode", "img2img", "--out", "o", "--json"]

    def status(config: Path, *more: str) -> tuple[str, str]:
        assert run(*wanted, "--config", config, *more) == 0
        (item,) = json.loads(capsys.readouterr().out)["items"]
        return item["status"], item["guard"]

    assert status(models["identity"]) == ("done", "passed")
    assert outside_is_untouched(photo.parent / "o" / "a")
    assert status(models["identity"]) == ("unchanged", "passed")
    assert status(models["identity"], "--no-postprocess") == ("done", "passed")
    once = changed(models["noise"], guard={"retries": 0}, diffusion={"strength": 0.3})
    assert status(once) == ("done", "refused")
    assert status(once) == ("unchanged", "refused")
    assert run(*wanted[:-1], "--config", once) == 0
    printed = capsys.readouterr().out
    assert "warp: painting refused" in printed
    assert "1 photos, 0 failed, 1 paintings refused" in printed
