"""Which models a mode uses; what is missing, forbidden or unfit is told before anything loads."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import LicenceError, ModeUnavailableError, ParameterError
from landmarkdiff.generators import find_mode
from landmarkdiff.generators.stable_diffusion.selection import select_models
from landmarkdiff.weights import sha256_of

Configure = Callable[..., Configuration]


@pytest.fixture
def own(tiny: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny models, to be spoilt."""
    return Path(shutil.copytree(tiny, tmp_path / "own"))


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for models of the catalogue where none are."""
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path / "nothing"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path))


def edit(path: Path, **changes: Any) -> None:
    data = json.loads(path.read_text())
    path.write_text(json.dumps(data | changes))


@pytest.mark.parametrize(
    ("mode", "names", "identity", "networks"),
    [
        ("img2img", ["base"], None, 3),
        ("controlnet", ["base", "controlnet_mediapipe_face", "controlnet_depth"], None, 5),
        (
            "controlnet_ip",
            [
                "base",
                "controlnet_mediapipe_face",
                "controlnet_depth",
                "image_encoder",
                "ip_adapter_plus_face.safetensors",
            ],
            "image",
            7,
        ),
    ],
)
def test_models_of_each_mode(tiny, mode, names, identity, networks):
    found = select_models(find_mode(mode), tiny_models.configuration(tiny))
    assert [chosen.name for chosen in found.models()] == names
    assert found.identity == identity
    assert found.networks == networks


def test_drawings_scales_and_the_scheduler_come_along(tiny):
    lora = {"path": "few_step_lora.safetensors", "scheduler": "lcm"}
    found = select_models(find_mode("controlnet"), tiny_models.configuration(tiny, few_step=lora))
    assert [(item.conditioning, item.scale) for item in found.controlnets] == [
        ("mediapipe_face", 0.5),
        ("depth", 0.5),
    ]
    assert found.few_step.scheduler == "lcm"


def test_sums_are_those_of_the_files_and_records_hold_no_paths(tiny):
    found = select_models(find_mode("controlnet"), tiny_models.configuration(tiny))
    net = found.controlnets[0]
    file = tiny / "controlnet_mediapipe_face" / "diffusion_pytorch_model.safetensors"
    name = "controlnet_mediapipe_face/diffusion_pytorch_model.safetensors"
    assert net.sums() == {name: sha256_of(file)}
    assert sorted(found.base.sums()) == [
        "base/text_encoder/model.safetensors",
        "base/unet/diffusion_pytorch_model.safetensors",
        "base/vae/diffusion_pytorch_model.safetensors",
    ]
    vae = "vae/diffusion_pytorch_model.safetensors"
    assert found.base.sums()[f"base/{vae}"] == sha256_of(tiny / "base" / vae)
    assert str(tiny) not in json.dumps([chosen.record().to_dict() for chosen in found.models()])


def test_half_precision_files_are_used_where_there_are_no_others(own):
    folder = own / "controlnet_depth"
    plain = folder / "diffusion_pytorch_model.safetensors"
    half = folder / "diffusion_pytorch_model.fp16.safetensors"
    shutil.copy(plain, half)
    chosen = select_models(find_mode("controlnet"), tiny_models.configuration(own)).controlnets[1]
    assert chosen.checkpoints() == (plain,)
    plain.unlink()
    assert chosen.checkpoints() == (half,)


@pytest.mark.usefixtures("empty_store")
def test_everything_that_is_missing_is_named_in_one_sentence():
    with pytest.raises(ModeUnavailableError) as caught:
        select_models(find_mode("controlnet_ip"), Configuration())
    said = str(caught.value)
    for name in (
        "stable_diffusion_15",
        "controlnet_mediapipe_face",
        "controlnet_depth",
        "ip_adapter_plus_face",
        "ip_adapter_image_encoder",
    ):
        assert said.count(name) == 2  # what is missing, and how to fetch it
    assert "run 'landmarkdiff weights pull stable_diffusion_15 " in said


@pytest.mark.usefixtures("empty_store")
def test_what_is_ones_own_and_what_is_the_catalogues_can_be_mixed(own):
    shutil.rmtree(own / "base" / "unet")
    nets = [{"name": "controlnet_depth"}]
    with pytest.raises(ModeUnavailableError) as caught:
        select_models(find_mode("controlnet"), tiny_models.configuration(own, controlnets=nets))
    assert "the base model base lacks unet/config.json" in str(caught.value)
    assert "pull controlnet_depth'" in str(caught.value)


def test_a_forbidden_licence_is_told_before_anything_else():
    configuration = Configuration.from_dict(
        {"diffusion": {"ip_adapter": {"name": "ip_adapter_faceid"}}}
    )
    with pytest.raises(LicenceError, match=r"ip_adapter_faceid.*allowed: ip_adapter_plus_face"):
        select_models(find_mode("controlnet_ip"), configuration)


def test_a_model_of_ones_own_keeps_its_owners_word(tiny):
    base = {"path": "base", "commercial_use": False}
    with pytest.raises(LicenceError, match=r"the base model base is not for commercial use"):
        select_models(find_mode("img2img"), tiny_models.configuration(tiny, base=base))
    data = tiny_models.settings(base=base) | {"licence_policy": "research"}
    assert (
        select_models(find_mode("img2img"), Configuration.from_dict(data, folder=tiny)).base.name
        == "base"
    )


def test_faceid_needs_arcface_and_so_the_research_policy(tiny):
    faceid = {"path": "ip_adapter_faceid.safetensors"}
    with pytest.raises(LicenceError, match="arcface_buffalo_l is not for commercial use"):
        select_models(
            find_mode("controlnet_ip"), tiny_models.configuration(tiny, ip_adapter=faceid)
        )


@pytest.mark.usefixtures("empty_store")
def test_faceid_under_the_research_policy_still_needs_the_file(tiny):
    faceid = {"path": "ip_adapter_faceid.safetensors"}
    data = tiny_models.settings(ip_adapter=faceid) | {"licence_policy": "research"}
    with pytest.raises(ModeUnavailableError, match="arcface_buffalo_l"):
        select_models(find_mode("controlnet_ip"), Configuration.from_dict(data, folder=tiny))


@pytest.mark.parametrize(
    ("part", "choice"),
    [
        ("base", {"name": "controlnet_depth"}),
        ("controlnets", [{"name": "taesd"}]),
        ("step_preview", {"name": "stable_diffusion_15"}),
        ("few_step", {"name": "taesd"}),
    ],
)
def test_a_model_of_another_kind_is_refused(tiny, part, choice):
    with pytest.raises(ParameterError, match="is not what belongs here"):
        select_models(find_mode("controlnet"), tiny_models.configuration(tiny, **{part: choice}))


def test_a_controlnet_gets_the_drawing_it_was_trained_on(tiny):
    nets = [{"name": "controlnet_depth", "conditioning": "mediapipe_face"}]
    with pytest.raises(ParameterError, match=r"another conditioning.*allowed: depth"):
        select_models(find_mode("controlnet"), tiny_models.configuration(tiny, controlnets=nets))


class Malice:
    """A pickle that would write a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def _pickled(own: Path) -> None:
    place = own / "base" / "unet" / "diffusion_pytorch_model.safetensors"
    place.with_suffix(".bin").write_bytes(pickle.dumps(Malice(own / "harm")))
    place.unlink()


def _pickle_under_another_name(own: Path) -> None:
    place = own / "base" / "unet" / "diffusion_pytorch_model.safetensors"
    place.write_bytes(pickle.dumps(Malice(own / "harm"), protocol=4))


def _truncated(own: Path) -> None:
    place = own / "base" / "vae" / "diffusion_pytorch_model.safetensors"
    place.write_bytes(place.read_bytes()[:-100])


def _empty(own: Path) -> None:
    (own / "controlnet_depth" / "diffusion_pytorch_model.safetensors").write_bytes(b"")


def _no_weights(own: Path) -> None:
    (own / "base" / "text_encoder" / "model.safetensors").unlink()


def _no_folder(own: Path) -> None:
    shutil.rmtree(own / "controlnet_depth")


def _no_tokenizer(own: Path) -> None:
    shutil.rmtree(own / "base" / "tokenizer")


def _no_json(own: Path) -> None:
    (own / "base" / "unet" / "config.json").write_text("{")


def _nine_channels(own: Path) -> None:
    edit(own / "base" / "unet" / "config.json", in_channels=9)


def _other_family(own: Path) -> None:
    edit(own / "controlnet_depth" / "config.json", cross_attention_dim=2048)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_pickled, r"diffusion_pytorch_model\.bin is a Python pickle"),
        (_pickle_under_another_name, "it is a pickle under another name"),
        (_truncated, "not a sound safetensors file"),
        (_empty, "not a sound safetensors file"),
        (_no_weights, "the base model base lacks a safetensors file"),
        (_no_folder, "does not exist"),
        (_no_tokenizer, r"lacks tokenizer/tokenizer_config\.json"),
        (_no_json, r"a configuration that cannot be read \(config\.json\)"),
        (_nine_channels, "not a text-to-image model of four latent channels"),
        (_other_family, r"controlnet_depth was not made for the base model base \(cross"),
    ],
)
def test_spoilt_models_are_refused_unread(own, spoil, words):
    spoil(own)
    with pytest.raises(ModeUnavailableError, match=words):
        select_models(find_mode("controlnet"), tiny_models.configuration(own))
    assert not (own / "harm").exists()


def test_a_single_file_is_no_base_model_and_a_folder_no_lora(tiny):
    base = {"path": "few_step_lora.safetensors"}
    with pytest.raises(ModeUnavailableError, match="must be a folder"):
        select_models(find_mode("img2img"), tiny_models.configuration(tiny, base=base))
    lora = {"path": "taesd", "scheduler": "lcm"}
    with pytest.raises(ModeUnavailableError, match="must be one safetensors file"):
        select_models(find_mode("img2img"), tiny_models.configuration(tiny, few_step=lora))


def test_neither_torch_nor_diffusers_is_imported(tiny):
    code = (
        "import sys\n"
        "from landmarkdiff.configuration import Configuration\n"
        "from landmarkdiff.generators import create_generator\n"
        f"create_generator('controlnet_ip', Configuration.load({str(tiny / 'models.yaml')!r}))\n"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_packages_that_are_not_installed_are_named(tiny):
    code = (
        "import importlib.abc, sys\n"
        "class Hidden(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in ('torch', 'peft'):\n"
        "            raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from landmarkdiff.configuration import Configuration\n"
        "from landmarkdiff.errors import ModeUnavailableError\n"
        "from landmarkdiff.generators import create_generator\n"
        "try:\n"
        f"    create_generator('img2img', Configuration.load({str(tiny / 'models.yaml')!r}))\n"
        "except ModeUnavailableError as error:\n"
        "    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "packages are not installed (torch, peft; run 'pip install" in done.stdout
