"""Bad input is one sentence, exit status 2, and nothing written."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from landmarkdiff.cli import main
from landmarkdiff.photo import write_png

P = ["-p", "rhinoplasty"]
BAD: Mapping[str, tuple[list[str], str]] = {
    "no photo": (["preview", "absent.png", *P], "does not exist"),
    "a folder as photo": (["preview", ".", *P], "folder"),
    "text as photo": (["preview", "garbage.txt", *P], "not a photo"),
    "no procedure": (["preview", "photo.png"], "--procedure"),
    "unknown procedure": (["preview", "photo.png", "-p", "nosejob"], "rhinoplasty"),
    "a procedure twice": (["preview", "photo.png", *P, *P], "twice"),
    "intensity nan": (["preview", "photo.png", *P, "--intensity", "nan"], "0 to 100"),
    "intensity negative": (["preview", "photo.png", *P, "--intensity", "-1"], "0 to 100"),
    "intensity 101": (["preview", "photo.png", *P, "--intensity", "101"], "0 to 100"),
    "intensity of another": (["compare", "photo.png", "-i", "nose=3"], "rhinoplasty"),
    "unknown effect": (["preview", "photo.png", *P, "-e", "tip=1"], "tip_rotation"),
    "effect without value": (["preview", "photo.png", *P, "-e", "tip_width"], "NAME=VALUE"),
    "effect not finite": (["preview", "photo.png", *P, "-e", "tip_width=nan"], "not finite"),
    "effect beyond band": (["preview", "photo.png", *P, "-e", "tip_width=-6"], "unlock"),
    "effect beyond all": (["preview", "photo.png", *P, "-e", "tip_width=-20"], "-15 to 15 mm"),
    "alar beyond band": (["preview", "photo.png", *P, "-e", "alar_base_width=-8"], "unlock"),
    "unknown flag": (["preview", "photo.png", *P, "--flag", "rosacea"], "vitiligo"),
    "palsy without side": (["preview", "photo.png", *P, "--flag", "bells-palsy"], "left"),
    "unknown zone": (["preview", "photo.png", *P, "--flag", "keloid=knee"], "jawline"),
    "unknown side": (["preview", "photo.png", *P, "--side", "up"], "both, left, right"),
    "no plan file": (["preview", "photo.png", "--plan", "absent.json"], "cannot be read"),
    "plan garbage": (["preview", "photo.png", "--plan", "garbage.txt"], "not valid JSON"),
    "plan and effect": (["preview", "photo.png", "--plan", "x.json", "-e", "a=1"], "x.json"),
    "preset garbage": (["preview", "photo.png", "--preset-file", "garbage.txt"], "garbage.txt"),
    "mode controlnet": (["preview", "photo.png", *P, "--mode", "controlnet"], "cannot run here"),
    "a number of another mode": (
        ["preview", "photo.png", *P, "--strength", "0.4"],
        "--strength, tps",
    ),
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
    "ipd negative": (["preview", "photo.png", *P, "--ipd", "-3"], "35 to 80"),
    "ipd implausible": (["preview", "photo.png", *P, "--ipd", "620"], "35 to 80"),
    "ipd nan": (["preview", "photo.png", *P, "--ipd", "nan"], "35 to 80"),
    "ruler negative": (["preview", "photo.png", *P, "--mm-per-px", "-0.2"], "above 0"),
    "ruler of no photo": (["preview", "photo.png", *P, "--mm-per-px", "1e308"], "0.001 to 20"),
    "ruler misread": (["preview", "photo.png", *P, "--mm-per-px", "15"], "read the ruler again"),
    "profile point unknown": (
        ["preview", "photo.png", *P, "--profile-point", "nose=1,2"],
        "nasion",
    ),
    "profile point no place": (["head", "photo.png", "--profile-point", "nasion=1"], "NAME=X,Y"),
    "profile point outside": (
        ["preview", "photo.png", *P, "--profile-point", "nasion=9000,1"],
        "outside the photo",
    ),
    "profile point of a frontal photo": (
        ["analyze", "photo.png", "--profile-point", "nasion=10,10"],
        "from the front",
    ),
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
    before = sorted(photo.parent.rglob("*"))
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("landmarkdiff: error: ")
    assert printed.err.count("\n") == 1
    assert hint in printed.err
    assert sorted(photo.parent.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the user may write anywhere")
def test_a_folder_that_may_not_be_written_is_refused(
    photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (photo.parent / "closed").mkdir(mode=0o500)
    assert main(["preview", "photo.png", *P, "--out", "closed"]) == 2
    assert "may not write" in capsys.readouterr().err
