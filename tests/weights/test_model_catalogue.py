from __future__ import annotations

from pathlib import Path

import pytest
import tiny_hub
from pydantic import ValidationError

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import WeightsError
from landmarkdiff.weights.model_catalogue import ModelEntry, ModelFile


def test_the_catalogue_names_these_models() -> None:
    assert {item.name: (item.kind, item.repository) for item in weights.models()} == {
        "stable_diffusion_15": ("base", "stable-diffusion-v1-5/stable-diffusion-v1-5"),
        "controlnet_mediapipe_face": ("controlnet", "CrucibleAI/ControlNetMediaPipeFace"),
        "controlnet_depth": ("controlnet", "lllyasviel/control_v11f1p_sd15_depth"),
        "ip_adapter_plus_face": ("ip_adapter", "h94/IP-Adapter"),
        "ip_adapter_image_encoder": ("image_encoder", "h94/IP-Adapter"),
        "ip_adapter_faceid": ("ip_adapter", "h94/IP-Adapter-FaceID"),
        "lora_hyper_sd_8": ("lora", "ByteDance/Hyper-SD"),
        "lora_lcm": ("lora", "latent-consistency/lcm-lora-sdv1-5"),
        "taesd": ("step_preview", "madebyollin/taesd"),
    }


def test_only_the_controlnets_are_not_pinned() -> None:
    assert [item.name for item in weights.models() if not item.pinned] == [
        "controlnet_mediapipe_face",
        "controlnet_depth",
    ]


def test_each_controlnet_names_its_drawing() -> None:
    assert {item.name: item.conditioning for item in weights.models() if item.conditioning} == {
        "controlnet_mediapipe_face": "mediapipe_face",
        "controlnet_depth": "depth",
    }


def test_only_faceid_is_not_for_commercial_use() -> None:
    forbidden = [item for item in weights.models() if not item.commercial_use]
    assert [(item.name, item.instead) for item in forbidden] == [
        ("ip_adapter_faceid", "ip_adapter_plus_face")
    ]
    assert forbidden[0].needs == ("arcface_buffalo_l",)


def test_few_step_facts() -> None:
    facts = {item.name: item.few_step for item in weights.models() if item.few_step}
    assert {name: (f.steps, f.guidance_scale, f.scheduler) for name, f in facts.items()} == {
        "lora_hyper_sd_8": (8, 5.0, "ddim_trailing"),
        "lora_lcm": (6, 1.5, "lcm"),
    }


def test_what_a_model_is_loaded_by() -> None:
    base = weights.model("stable_diffusion_15")
    assert (base.variant, base.size) == ("fp16", 2_134_194_125)
    assert base.checkpoint == "unet/diffusion_pytorch_model.fp16.safetensors"
    adapter = weights.model("ip_adapter_plus_face")
    assert adapter.checkpoint == "ip-adapter-plus-face_sd15.safetensors"
    assert weights.model("controlnet_depth").size is None


def test_every_name_that_is_referred_to_exists() -> None:
    for item in (*weights.models(), *weights.catalogue()):
        for name in (*getattr(item, "needs", ()), *([item.instead] if item.instead else [])):
            assert weights.named(name).name == name


def test_the_configuration_names_models_of_the_right_kind() -> None:
    settings = Configuration().diffusion
    assert weights.model(settings.base.name or "").kind == "base"
    assert [weights.model(item.name or "").kind for item in settings.controlnets] == [
        "controlnet",
        "controlnet",
    ]
    assert weights.model(settings.ip_adapter.name or "").kind == "ip_adapter"
    assert weights.model(settings.image_encoder.name or "").kind == "image_encoder"


def test_an_unknown_model_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"vgg.*stable_diffusion_15.*weights list"):
        weights.model("vgg")
    with pytest.raises(WeightsError, match=r"vgg.*face_landmarker.*taesd"):
        weights.named("vgg")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licenze": "MIT"}, "Extra inputs"),
        ({"revision": "main"}, "pattern"),
        ({"conditioning": None}, "conditioning drawing"),
        ({"kind": "lora", "conditioning": None}, "steps"),
        ({"subfolder": "other"}, "subfolder"),
        ({"about_mb": 3}, "about_mb"),
        ({"files": []}, "at least 1"),
        ({"files": [{"path": "sub/a", "size": 1, "sha256": "0" * 64}] * 2}, "share one path"),
    ],
)
def test_a_malformed_model_fails(change: dict[str, object], said: str) -> None:
    ModelEntry.model_validate(tiny_hub.entry())
    with pytest.raises(ValidationError, match=said):
        ModelEntry.model_validate(tiny_hub.entry(**change))


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\x", ""])
def test_a_path_stays_inside_the_folder(path: str) -> None:
    with pytest.raises(ValidationError, match="inside"):
        ModelFile(path=path, size=1, sha256="0" * 64)


@pytest.mark.parametrize("path", ["model.bin", "model.pth", "model.ckpt", "model.pt", "m.pkl"])
def test_a_pickle_needs_its_sum(path: str) -> None:
    ModelFile(path=path, size=1, sha256="0" * 64)
    with pytest.raises(ValidationError, match="pickle"):
        ModelFile(path=path, size=1, sha256=None)


def test_names_are_unique_across_files_and_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tiny_hub.write_catalogue(tmp_path / "models.yaml", tiny_hub.entry("gfpgan"))
    monkeypatch.setattr("landmarkdiff.weights.model_catalogue._FILE", file)
    with pytest.raises(ValidationError, match="share one name"):
        weights.models()
