from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import tiny_hub
from tiny_hub import CHECKPOINT, REAL_MODELS, place, use_catalogue

from landmarkdiff import weights
from landmarkdiff.cli import main
from landmarkdiff.configuration import Configuration
from landmarkdiff.workflows import diagnose
from landmarkdiff.workflows.doctor import Diagnosis, Finding

LARGE = "sub/model.fp16.safetensors"


def findings(diagnosis: Diagnosis) -> dict[str, Finding]:
    return {finding.subject: finding for finding in diagnosis.findings}


def configured(**parts: object) -> Configuration:
    return Configuration.from_dict(parts)


@pytest.fixture
def depth(chosen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store without models, and a catalogue whose depth ControlNet is tiny."""
    others = [item for item in REAL_MODELS if item["name"] != "controlnet_depth"]
    use_catalogue(tmp_path, monkeypatch, tiny_hub.entry("controlnet_depth", pinned=False), *others)
    return chosen


def test_an_empty_store_says_what_each_mode_lacks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    diagnosis = diagnose()
    found = findings(diagnosis)
    assert diagnosis.healthy  # the warp alone runs
    assert found["mode tps"].text == "available"
    for mode, models in {
        "img2img": ["stable_diffusion_15"],
        "controlnet": ["stable_diffusion_15", "controlnet_mediapipe_face", "controlnet_depth"],
        "controlnet_ip": ["controlnet_depth", "ip_adapter_plus_face", "ip_adapter_image_encoder"],
    }.items():
        said = found[f"mode {mode}"]
        assert said.status == "note"
        assert all(name in said.text for name in models)
        assert f"weights pull --set {mode}" in said.text
        for name in models:
            assert "is not here" in found[f"model {name}"].text
    assert found["step restore"].text.startswith("is skipped: the file gfpgan is not here")
    assert found["step background"].text == "is switched off"
    assert found["step identity"].text == "with sface"
    assert "model taesd" not in found  # nobody asked for it
    assert list(tmp_path.iterdir()) == []


def test_the_configuration_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    faceid = {"ip_adapter": {"name": "ip_adapter_faceid"}, "step_preview": {"name": "taesd"}}
    post = {"background": {"enabled": True}, "restore": {"model": "codeformer"}}
    found = findings(
        diagnose(configured(diffusion=faceid, postprocess=post, identity={"model": "arcface"}))
    )
    assert "ip_adapter_faceid is not for commercial use" in found["mode controlnet_ip"].text
    assert "ip_adapter_plus_face, which is used instead" in found["model ip_adapter_faceid"].text
    assert "codeformer is not for commercial use" in found["step restore"].text
    assert "arcface_buffalo_l is not for commercial use" in found["step identity"].text
    assert "realesrgan_x4plus is not here" in found["step background"].text
    assert "taesd is not here" in found["model taesd"].text
    research = findings(
        diagnose(configured(diffusion=faceid, postprocess=post, licence_policy="research"))
    )
    assert "ip_adapter_faceid is not here" in research["mode controlnet_ip"].text
    assert "codeformer is not here" in research["step restore"].text


def test_models_of_ones_own_are_looked_at(tmp_path: Path) -> None:
    own = {"base": {"path": str(tmp_path / "absent")}}
    post = {"restore": {"path": str(tmp_path / "net.pth")}}
    found = findings(diagnose(configured(diffusion=own, postprocess=post)))
    assert "does not exist" in found["mode img2img"].text
    assert str(tmp_path / "net.pth") in found["step restore"].text
    assert "model stable_diffusion_15" not in found


def test_unpinned_damaged_and_recorded_models_are_told(depth: Path) -> None:
    root = place(depth, "controlnet_depth")
    found = findings(diagnose())
    assert "nothing vouches for files of the model" in found["model controlnet_depth"].text
    assert "nothing vouches" in found["mode controlnet"].text
    weights.adopt("controlnet_depth")
    said = findings(diagnose())["model controlnet_depth"]
    assert said.status == "ok"
    assert said.text == f"{root / 'sub'}; sums recorded by a person"
    data = bytearray(CHECKPOINT)
    data[-1] ^= 1
    (root / LARGE).write_bytes(data)
    assert "is damaged" in findings(diagnose())["model controlnet_depth"].text


def test_the_device_is_named_or_what_it_lacks() -> None:
    cpu = findings(diagnose(configured(diffusion={"device": "cpu"})))["device"]
    assert (cpu.status, cpu.text) == ("ok", "CPU, cpu in fp32")
    lack = findings(diagnose(configured(diffusion={"device": "cuda:77"})))["device"]
    assert lack.status == "note"
    assert "cuda:77" in lack.text


def test_without_torch_everything_is_still_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name in ("torch", "diffusers") else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    diagnosis = diagnose()
    found = findings(diagnosis)
    assert diagnosis.healthy
    assert "torch is not installed" in found["device"].text
    assert "landmarkdiff[diffusion]" in found["device"].text
    assert "torch, diffusers" in found["mode img2img"].text


def test_packages_of_the_extra_are_listed() -> None:
    found = findings(diagnose())
    for name in ("diffusers", "peft", "spandrel", "torch", "transformers"):
        assert found[f"{name} (repainting)"].status == "ok"


def test_the_command_takes_a_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    file = tmp_path / "mine.yaml"
    file.write_text("postprocess: {restore: {enabled: false}}\n", encoding="utf-8")
    assert main(["doctor", "--config", str(file)]) == 0
    out = capsys.readouterr().out
    assert "step restore" in out
    assert "is switched off" in out
    assert main(["doctor", "--policy", "research", "--json"]) == 0
    assert main(["doctor", "--config", str(tmp_path / "absent.yaml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows other rights")
def test_a_store_that_everybody_may_write_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o755)
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(store))
    assert diagnose().healthy
    model = store / "model.onnx"
    model.touch()
    for made in (store, model):
        before = made.stat().st_mode
        made.chmod(before | 0o002)
        diagnosis = diagnose()
        assert not diagnosis.healthy
        said = [finding.text for finding in diagnosis.findings if finding.status == "problem"]
        assert said == [f"{store} can be written by everybody; run chmod o-w on it"]
        made.chmod(before)
    assert diagnose().healthy
