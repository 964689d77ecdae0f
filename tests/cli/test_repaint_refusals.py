"""What a repainting command refuses, before it reads a photo."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
from repainting import REPAINTING, changed, ignore_diffusers_on_numpy, run

pytestmark = ignore_diffusers_on_numpy

WRONG: Mapping[str, tuple[list[str], str]] = {
    "9 steps": (["--steps", "9"], "10 to 100"),
    "101 steps": (["--steps", "101"], "100"),
    "steps in words": (["--steps", "ten"], "--steps"),
    "guidance 0.9": (["--guidance", "0.9"], "1 to 20"),
    "guidance nan": (["--guidance", "nan"], "1 to 20"),
    "conditioning 1.3": (["--conditioning-scale", "1.3"], "0 to 1.2"),
    "strength 1.1": (["--strength", "1.1"], "0 to 1"),
    "strength -1": (["--strength", "-1"], "0 to 1"),
    "device": (["--device", "tpu"], "cuda:N"),
    "policy": (["--policy", "private"], "commercial, research"),
    "no configuration": (["--config", "absent.yaml"], "absent.yaml"),
    "configuration of another kind": (["--config", "wrong.yaml"], "diffusion.speed"),
    "configuration not YAML": (["--config", "photo.png"], "not YAML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_one_sentence_before_any_photo_is_read(
    name: str, models: Mapping[str, Path], photo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, hint = WRONG[name]
    (photo.parent / "wrong.yaml").write_text("diffusion: {speed: 9}")
    config = [] if "--config" in arguments else ["--config", str(models["identity"])]
    wanted = ["preview", "absent.png", "-p", "lip_lift", "--mode", "controlnet"]
    assert run(*wanted, *config, *arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("landmarkdiff: error: ")
    assert printed.err.count("\n") == 1
    assert hint in printed.err
    assert "absent.png" not in printed.err
    assert sorted(path.name for path in photo.parent.iterdir()) == ["photo.png", "wrong.yaml"]


@pytest.mark.parametrize("command", ["preview", "compare", "sweep"])
@pytest.mark.parametrize(
    ("mode", "named"),
    [
        *((mode, ("stable_diffusion_15", "weights pull")) for mode in REPAINTING),
        ("lato", ("lato.base.path", "lato.trained.path")),
    ],
)
def test_missing_models_are_named_at_once(
    command: str,
    mode: str,
    named: tuple[str, str],
    photo: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(photo.parent / "none"))
    assert run(command, "absent.png", "-p", "lip_lift", "--mode", mode) == 2
    printed = capsys.readouterr()
    assert all(words in printed.err for words in named)
    assert printed.err.count("\n") == 1


def test_weights_that_the_policy_forbids_are_refused_before_any_photo_is_read(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"path": "base", "commercial_use": False}
    config = changed(models["identity"], diffusion={"base": own})
    wanted = ["preview", "absent.png", "-p", "lip_lift", "--mode", "img2img", "--config", config]
    assert run(*wanted) == 2
    assert "not for commercial use" in capsys.readouterr().err
    wanted[1] = "photo.png"
    assert run(*wanted, "--policy", "research", "--out", "o") == 0


def test_a_damaged_model_ends_a_batch_before_its_first_photo(
    photo: Path, models: Mapping[str, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(models["identity"].parent, folder)
    broken = next((folder / "base" / "unet").glob("*.safetensors"))
    broken.write_bytes(broken.read_bytes()[:100])
    wanted = ["batch", ".", "-p", "lip_lift", "--mode", "img2img", "--out", "o"]
    assert run(*wanted, "--config", folder / "models.yaml") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (photo.parent / "o").exists()
