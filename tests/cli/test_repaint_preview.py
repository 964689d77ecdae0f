"""``preview`` in the repainting modes, with tiny complete models on real portraits."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from repainting import (
    REPAINTING,
    Terminal,
    changed,
    ignore_diffusers_on_numpy,
    outside_is_untouched,
    pixels_of,
    record_of,
    run,
)

from landmarkdiff.arrays import ImageArray
from landmarkdiff.photo import read_manifest, write_png
from landmarkdiff.workflows.single import PREVIEW_FILES, REPAINTED_FILES

if TYPE_CHECKING:
    from conftest import Painted

pytestmark = ignore_diffusers_on_numpy


@pytest.mark.parametrize("mode", REPAINTING)
def test_a_faithful_painting_is_kept_and_told(mode: str, painted: Callable[[str], Painted]) -> None:
    printed = painted(mode)
    assert printed.err == ""
    assert f"Painted with {mode}: passed on attempt 1, within 0." in printed.out
    assert "Likeness to its photo: kept, similarity 0.9" in printed.out
    assert "Finishing: " in printed.out
    folder = printed.folder
    assert {path.name for path in folder.iterdir()} == set(REPAINTED_FILES)
    record = record_of(folder)
    assert sorted(record["files"]) == sorted(REPAINTED_FILES)
    assert record["mode"] == record["generator"]["mode"] == mode
    assert record["guard"]["verdict"] == "passed"
    assert record["guard"]["attempts"] == 1
    assert record["guard"]["deviation_mm"] <= record["guard"]["limit_mm"]
    assert record["identity"]["verdict"] == "passed"
    assert [step["name"] for step in record["postprocess"]][:5] == [
        "restore",
        "background",
        "colour",
        "sharpen",
        "blend",
    ]
    assert record["outside_mask_changed_pixels"] == 0
    assert len(record["weights"]) > 3
    assert outside_is_untouched(folder)
    # Photo, warp, raw painting and simulation beside each other.
    sheet = pixels_of(folder / "compare.png")
    (width, rest), height = divmod(sheet.shape[1] - 12, 4), sheet.shape[0]
    assert rest == 0
    assert 500 < width - 12 <= 640 < height


@pytest.mark.parametrize("mode", REPAINTING)
def test_what_a_file_says_names_no_place_on_this_machine(
    mode: str, painted: Callable[[str], Painted], models: Mapping[str, Path]
) -> None:
    folder = painted(mode).folder
    place = str(models["identity"].parent)
    assert place not in (folder / "result.json").read_text("utf-8")
    for name, picture in (("after", None), ("raw", "raw"), ("warp", "warp"), ("compare", None)):
        manifest = read_manifest(folder / f"{name}.png")
        assert manifest is not None
        assert manifest["simulation"] is True
        assert manifest.get("picture") == picture
        assert manifest["guard"]["verdict"] == "passed"
        assert manifest["generator"]["models"][0]["name"] == "base"
        assert "torch" in manifest["versions"]
        assert place not in json.dumps(manifest)


def test_a_photo_of_another_shape_stays_itself_outside_the_mask(
    grace_hopper: ImageArray, models: Mapping[str, Path], tmp_path: Path
) -> None:
    cut = grace_hopper[:, 31:481]
    write_png(tmp_path / "p.png", cv2.resize(cut, (1000, 1333), interpolation=cv2.INTER_CUBIC))
    wanted = ["preview", tmp_path / "p.png", "-p", "mentoplasty", "--mode", "controlnet"]
    assert run(*wanted, "--config", models["identity"], "--out", tmp_path / "o") == 0
    folder = tmp_path / "o" / "p"
    assert pixels_of(folder / "after.png").shape == (1333, 1000, 3)
    assert record_of(folder)["guard"]["verdict"] == "passed"
    assert outside_is_untouched(folder)


@pytest.mark.parametrize(("network", "first"), [("moving", 0.3), ("noise", 0.75)])
def test_a_painting_that_leaves_the_plan_is_refused_and_the_warp_returned(
    network: str,
    first: float,
    photo: Path,
    models: Mapping[str, Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    wanted = ["preview", "photo.png", "-p", "rhinoplasty", "--mode", "img2img", "--out", "o"]
    assert run(*wanted, "--config", models[network]) == 0
    printed = capsys.readouterr().out
    assert "Painted with img2img: refused on attempt 3, because it " in printed
    assert "; the warp is the result." in printed
    assert "restore, background, colour, sharpen, blend (warp returned)" in printed
    assert "The repainted picture was refused because" in printed
    assert "(attempts: 3)" in printed
    folder = photo.parent / "o" / "photo"
    guard = record_of(folder)["guard"]
    assert (guard["verdict"], guard["attempts"], len(guard["history"])) == ("refused", 3, 3)
    strengths = [attempt["strength"] for attempt in guard["history"]]
    assert strengths == pytest.approx([first, 0.7 * first, 0.49 * first], abs=1e-3)
    after, warp, raw = (pixels_of(folder / f"{name}.png") for name in ("after", "warp", "raw"))
    assert np.array_equal(after, warp)
    assert not np.array_equal(raw, warp)
    assert outside_is_untouched(folder)


def test_a_strength_that_leaves_no_step_is_told(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["-p", "lip_lift", "--mode", "img2img", "--strength", "0.05", "--out", "o"]
    config = ["--config", models["noise"]]
    assert run("preview", "photo.png", *wanted, *config) == 0
    printed = capsys.readouterr().out
    assert "Painted with img2img: nothing, the warp is the result (too weak)." in printed
    assert "At this strength nothing is repainted; the warped photo is shown." in printed
    folder = photo.parent / "o" / "photo"
    after, warp, raw = (pixels_of(folder / f"{name}.png") for name in ("after", "warp", "raw"))
    assert np.array_equal(after, warp)
    assert np.array_equal(raw, warp)
    assert run("sweep", "photo.png", "--steps", "3", "--passes", "1", *wanted, *config) == 0
    assert capsys.readouterr().out.count("the warp (too weak)") == 3


def test_the_same_call_gives_the_same_bytes(photo: Path, models: Mapping[str, Path]) -> None:
    once = changed(models["noise"], guard={"retries": 0}, diffusion={"strength": 0.1})
    wanted = ["preview", "photo.png", "-p", "brow_lift", "--mode", "controlnet", "--config", once]
    for out in ("one", "two"):
        assert run(*wanted, "--seed", "5", "--out", out) == 0
    assert run(*wanted, "--seed", "6", "--out", "three") == 0
    raws = [photo.parent / out / "photo" / "raw.png" for out in ("one", "two", "three")]
    assert raws[0].read_bytes() == raws[1].read_bytes() != raws[2].read_bytes()


def test_options_reach_the_network(
    photo: Path, models: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    options = "--steps 12 --guidance 3 --conditioning-scale 0.6 --strength 0.15 --no-postprocess"
    options += " --mode controlnet --device cpu --policy research --json --out o --seed 3"
    wanted = ["preview", "photo.png", "-p", "lip_lift", *options.split()]
    assert run(*wanted, "--config", models["identity"]) == 0
    assert terminal.getvalue() == "", "no bar beside --json"
    record = record_of(photo.parent / "o" / "photo")
    generator = record["generator"]
    assert (generator["steps"], generator["steps_run"], generator["strength"]) == (12, 1, 0.15)
    assert (generator["guidance_scale"], generator["seed"]) == (3.0, 3)
    assert [item["scale"] for item in generator["conditioning"]] == pytest.approx([0.3, 0.3])
    assert generator["licence_policy"] == "research"
    applied = {step["name"] for step in record["postprocess"] if step["applied"]}
    assert applied <= {"blend", "identity"}


def test_a_warp_over_a_painting_leaves_no_stray_pictures(
    photo: Path, painted: Callable[[str], Painted]
) -> None:
    folder = photo.parent / "o" / "photo"
    shutil.copytree(painted("img2img").folder, folder)
    assert run("preview", "photo.png", "-p", "lip_lift", "--out", "o") == 0
    assert {path.name for path in folder.iterdir()} == set(PREVIEW_FILES)


def test_a_terminal_sees_models_and_steps(
    photo: Path, models: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    wanted = ["preview", "photo.png", "-p", "lip_lift", "--mode", "img2img", "--out", "o"]
    shown = Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    assert run(*wanted, "--config", models["identity"]) == 0
    assert "checking and finishing" in shown.getvalue()  # how the bar was left
