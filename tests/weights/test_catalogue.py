from __future__ import annotations

from pathlib import Path

import pytest
import tiny_hub
from pydantic import ValidationError

from landmarkdiff import weights
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import WeightsError
from landmarkdiff.weights.catalogue import (
    Archive,
    Carrier,
    CatalogueEntry,
    CatalogueFile,
    Source,
)

FILES = [item for item in weights.entries() if item.single]
MODELS = [item for item in weights.entries() if not item.single]


# --- single files


def test_the_catalogue_pins_these_files() -> None:
    assert {item.name: str(item.files[0].sha256)[:8] for item in FILES} == {
        "face_landmarker": "64184e22",
        "sface": "fb143eea",
        "selfie_segmentation": "9ee168ec",
        "face_detection_full_range": "2c3728e6",
        "makehuman_head": "48b10442",
        "gfpgan": "e2cd4703",
        "codeformer": "1009e537",
        "realesrgan_x4plus": "4fa0d389",
        "arcface_buffalo_l": "4c06341c",
        "grace_hopper": "a8ca6d73",
        "astronaut": "88431cd9",
    }


def test_files_lie_in_the_weights_folder_itself() -> None:
    assert {item.name: (item.folder, item.loaded) for item in FILES} == {
        "face_landmarker": ("", "face_landmarker.task"),
        "sface": ("", "face_recognition_sface_2021dec_int8bq.onnx"),
        "selfie_segmentation": ("", "selfie_segmentation.tflite"),
        "face_detection_full_range": ("", "face_detection_full_range_sparse.tflite"),
        "makehuman_head": ("", "makehuman_head.npz"),
        "gfpgan": ("", "GFPGANv1.4.pth"),
        "codeformer": ("", "codeformer.pth"),
        "realesrgan_x4plus": ("", "RealESRGAN_x4plus.pth"),
        "arcface_buffalo_l": ("", "w600k_r50.onnx"),
        "grace_hopper": ("", "grace_hopper.jpg"),
        "astronaut": ("", "astronaut.png"),
    }


def test_the_first_run_fetches_little() -> None:
    assert weights.first_run() == (
        "face_landmarker",
        "sface",
        "selfie_segmentation",
        "face_detection_full_range",
        "makehuman_head",
        "grace_hopper",
        "astronaut",
    )
    assert sum(weights.entry(name).size or 0 for name in weights.first_run()) < 20_000_000


def test_everything_of_the_first_run_allows_commercial_use() -> None:
    assert all(weights.entry(name).commercial_use for name in weights.first_run())
    assert {item.name for item in FILES if item.kind == "example"} == {
        "grace_hopper",
        "astronaut",
    }
    assert {item.name: item.instead for item in FILES if not item.commercial_use} == {
        "codeformer": "gfpgan",
        "arcface_buffalo_l": "sface",
    }


def test_every_file_of_the_first_run_has_a_carrier_behind_its_address() -> None:
    for item in map(weights.entry, weights.first_run()):
        sources = item.files[0].sources
        assert sources[-1].carrier is not None
        assert all(source.url for source in sources[:-1])


@pytest.mark.parametrize(
    "change",
    [{"licenze": "MIT"}, {"revision": "0" * 40}, {"kind": "base"}, {"needs": [3]}],
)
def test_a_malformed_entry_of_a_file_fails(change: dict[str, object]) -> None:
    good = weights.entry("sface").model_dump()
    CatalogueEntry.model_validate(good)
    with pytest.raises(ValidationError):
        CatalogueEntry.model_validate({**good, **change})


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "abc"},
        {"sha256": None},
        {"size": 0},
        {"size": None},
        {"sources": []},
        {"path": "../x"},
        {"path": "folder/x"},
    ],
)
def test_a_malformed_file_fails(change: dict[str, object]) -> None:
    good = weights.entry("sface").model_dump()
    (file,) = good["files"]
    with pytest.raises(ValidationError):
        CatalogueEntry.model_validate({**good, "files": [{**file, **change}]})
    with pytest.raises(ValidationError):
        CatalogueEntry.model_validate({**good, "files": [file, {**file, "path": "other"}]})


def test_a_source_is_an_address_or_a_carrier() -> None:
    carrier = Carrier(package="a", version="1", member="b")
    with pytest.raises(ValidationError, match="either"):
        Source(url="https://example.org/a", carrier=carrier)
    with pytest.raises(ValidationError, match="either"):
        Source()
    with pytest.raises(ValidationError):
        Source(url="http://example.org/plain")
    with pytest.raises(ValidationError, match="an archive lies at a url"):
        Source(archive=Archive(member="a", size=1, sha256="0" * 64), carrier=carrier)


def test_no_package_registry_is_named() -> None:
    package = Path(weights.__file__).parent
    for path in [*package.glob("*.py"), *package.glob("*.yaml")]:
        text = path.read_text(encoding="utf-8").lower()
        assert "pypi" not in text
        assert "pythonhosted" not in text


# --- models


def test_the_catalogue_names_these_models() -> None:
    assert {item.name: (item.kind, item.repository) for item in MODELS} == {
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


def test_models_lie_in_a_folder_of_their_name() -> None:
    assert all(item.folder == f"models/{item.name}" for item in MODELS)
    assert {item.loaded for item in MODELS} == {
        "",
        "diffusion_sd15",
        "models",
        "models/image_encoder",
    }


def test_only_the_controlnets_are_not_pinned() -> None:
    assert [item.name for item in MODELS if not item.pinned] == [
        "controlnet_mediapipe_face",
        "controlnet_depth",
    ]


def test_each_controlnet_names_its_drawing() -> None:
    assert {item.name: item.conditioning for item in MODELS if item.conditioning} == {
        "controlnet_mediapipe_face": "mediapipe_face",
        "controlnet_depth": "depth",
    }


def test_only_faceid_is_not_for_commercial_use() -> None:
    forbidden = [item for item in MODELS if not item.commercial_use]
    assert [(item.name, item.instead) for item in forbidden] == [
        ("ip_adapter_faceid", "ip_adapter_plus_face")
    ]
    assert forbidden[0].needs == ("arcface_buffalo_l",)


def test_few_step_facts() -> None:
    facts = {item.name: item.few_step for item in MODELS if item.few_step}
    assert {name: (f.steps, f.guidance_scale, f.scheduler) for name, f in facts.items()} == {
        "lora_hyper_sd_8": (8, 5.0, "ddim_trailing"),
        "lora_lcm": (6, 1.5, "lcm"),
    }


def test_what_a_model_is_loaded_by() -> None:
    base = weights.entry("stable_diffusion_15")
    assert (base.variant, base.size) == ("fp16", 2_134_194_125)
    assert base.checkpoint == "unet/diffusion_pytorch_model.fp16.safetensors"
    adapter = weights.entry("ip_adapter_plus_face")
    assert adapter.checkpoint == "ip-adapter-plus-face_sd15.safetensors"
    assert weights.entry("controlnet_depth").size is None


def test_the_configuration_names_models_of_the_right_kind() -> None:
    settings = Configuration().diffusion
    assert weights.entry(settings.base.name or "").kind == "base"
    assert [weights.entry(item.name or "").kind for item in settings.controlnets] == [
        "controlnet",
        "controlnet",
    ]
    assert weights.entry(settings.ip_adapter.name or "").kind == "ip_adapter"
    assert weights.entry(settings.image_encoder.name or "").kind == "image_encoder"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"licenze": "MIT"}, "Extra inputs"),
        ({"revision": "main"}, "pattern"),
        ({"revision": None}, "a repository, a revision"),
        ({"repository": None}, "a repository, a revision"),
        ({"conditioning": None}, "conditioning drawing"),
        ({"kind": "lora", "conditioning": None}, "steps"),
        ({"subfolder": "other"}, "subfolder"),
        ({"about_mb": 3}, "about_mb"),
        ({"files": []}, "at least 1"),
        ({"files": [{"path": "sub/a", "size": 1, "sha256": "0" * 64}] * 2}, "share one path"),
    ],
)
def test_a_malformed_model_fails(change: dict[str, object], said: str) -> None:
    CatalogueEntry.model_validate(tiny_hub.entry())
    with pytest.raises(ValidationError, match=said):
        CatalogueEntry.model_validate(tiny_hub.entry(**change))


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "a\\x", ""])
def test_a_path_stays_inside_the_folder(path: str) -> None:
    with pytest.raises(ValidationError, match="inside"):
        CatalogueFile(path=path, size=1, sha256="0" * 64)


@pytest.mark.parametrize("path", ["model.bin", "model.pth", "model.ckpt", "model.pt", "m.pkl"])
def test_a_pickle_needs_its_sum(path: str) -> None:
    CatalogueFile(path=path, size=1, sha256="0" * 64)
    with pytest.raises(ValidationError, match="pickle"):
        CatalogueFile(path=path, size=1, sha256=None)


# --- names and sets


def test_every_name_that_is_referred_to_exists() -> None:
    for item in weights.entries():
        for name in (*item.needs, *([item.instead] if item.instead else [])):
            assert weights.entry(name).name == name


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"no_such.*face_landmarker, sface.*weights list"):
        weights.entry("no_such")
    with pytest.raises(WeightsError, match=r"vgg.*stable_diffusion_15.*weights list"):
        weights.entry("vgg")
    with pytest.raises(WeightsError, match=r"vgg.*face_landmarker.*taesd"):
        weights.entry("vgg")


def test_names_are_unique_across_files_and_models(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_hub.use_catalogue(tmp_path, monkeypatch, tiny_hub.entry("gfpgan"))
    with pytest.raises(ValidationError, match="share one name"):
        weights.entries()


def test_a_name_that_no_entry_has_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_hub.use_catalogue(tmp_path, monkeypatch, tiny_hub.entry(needs=["vgg"]))
    with pytest.raises(ValidationError, match="names that no entry has: vgg"):
        weights.entries()
    tiny_hub.use_catalogue(tmp_path, monkeypatch, tiny_hub.entry(), sets={"mine": ["tiny", "x"]})
    with pytest.raises(ValidationError, match="names that no entry has: x"):
        weights.sets()


def test_a_set_holds_what_the_mode_needs_with_the_defaults() -> None:
    settings = Configuration().diffusion
    needed = {settings.base.name, *(item.name for item in settings.controlnets)}
    needed |= {"face_landmarker", "sface", "gfpgan"}
    assert set(weights.set_names("controlnet")) == needed
    needed |= {settings.ip_adapter.name, settings.image_encoder.name}
    assert set(weights.set_names("controlnet_ip")) == needed
    assert set(weights.set_names("img2img")) < set(weights.set_names("controlnet"))
    assert weights.set_names("tps") == ("face_landmarker", "sface")


def test_every_name_of_every_set_exists_and_only_research_is_forbidden() -> None:
    for set_name in weights.sets():
        forbidden = [n for n in weights.set_names(set_name) if not weights.entry(n).commercial_use]
        assert bool(forbidden) is (set_name == "research")


def test_every_name_is_in_some_set() -> None:
    held = {name for names in weights.sets().values() for name in names}
    files = {item.name for item in FILES if item.kind == "weights"}
    assert held == files | {item.name for item in MODELS}


def test_an_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(WeightsError, match=r"everything.*controlnet_ip"):
        weights.set_names("everything")
