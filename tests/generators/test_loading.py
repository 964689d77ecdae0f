"""Networks from local folders: shared, complete, or refused in one sentence."""

from __future__ import annotations

import gc
import json
import os
import shutil
import weakref
from pathlib import Path

import pytest
import tiny_hub
import tiny_models
import torch
from diffusers import AutoencoderTiny
from diffusers.utils import logging as diffusers_logging
from safetensors.torch import load_file, save_file
from transformers.utils import logging as transformers_logging

from landmarkdiff import weights
from landmarkdiff.errors import WeightsCorruptError
from landmarkdiff.generators import create_generator, find_mode
from landmarkdiff.generators.stable_diffusion.identity_adapter import read_adapter
from landmarkdiff.generators.stable_diffusion.offline import quiet
from landmarkdiff.generators.stable_diffusion.painter import Painter
from landmarkdiff.generators.stable_diffusion.selection import ChosenModel, select_models
from landmarkdiff.weights.hub import ENDPOINT_VARIABLE
from landmarkdiff.weights.store import WEIGHTS_VARIABLE

LORA = {"path": "few_step_lora.safetensors", "scheduler": "ddim_trailing"}


@pytest.fixture
def own(tiny: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny models, to be spoilt."""
    return Path(shutil.copytree(tiny, tmp_path / "own"))


def painter(folder: Path, mode: str = "img2img", **changes: object) -> Painter:
    configuration = tiny_models.configuration(folder, **changes)
    return Painter(select_models(find_mode(mode), configuration), configuration.diffusion)


def rewrite(path: Path, drop: str | None = None, stretch: str | None = None) -> None:
    tensors = load_file(path)
    if drop is not None:
        del tensors[next(name for name in tensors if drop in name)]
    if stretch is not None:
        name = next(name for name in tensors if stretch in name)
        tensors[name] = torch.cat([tensors[name]] * 2)
    save_file(tensors, path, metadata={"format": "pt"})


def test_modes_share_their_networks_and_let_them_go(tiny):
    first, second = painter(tiny, "img2img"), painter(tiny, "controlnet")
    assert first._pipeline.unet is second._pipeline.unet
    assert first._pipeline.vae is second._pipeline.vae
    assert first._pipeline.text_encoder is second._pipeline.text_encoder
    watched = weakref.ref(second._pipeline.controlnet.nets[0])
    del second
    gc.collect()
    assert watched() is None


def test_the_identity_adapter_leaves_the_shared_network_alone_and_uses_its_weights(tiny):
    plain, adapted = painter(tiny, "controlnet"), painter(tiny, "controlnet_ip")
    before, after = plain._pipeline.unet, adapted._pipeline.unet
    assert after is not before
    assert before.encoder_hid_proj is None
    assert after.encoder_hid_proj is not None
    shared = dict(after.named_parameters())
    for name, value in before.named_parameters():
        assert shared[name].data_ptr() == value.data_ptr()


def test_another_precision_is_another_network(tiny):
    exact, rounded = painter(tiny), painter(tiny, precision="bf16")
    assert rounded._pipeline.unet is not exact._pipeline.unet
    assert rounded._pipeline.vae is exact._pipeline.vae  # fp32 in both
    assert {value.dtype for value in rounded._pipeline.unet.parameters()} == {torch.bfloat16}
    assert {value.dtype for value in rounded._pipeline.vae.parameters()} == {torch.float32}


def test_a_few_step_lora_becomes_part_of_a_unet_of_its_own(tiny):
    plain, fused = painter(tiny)._pipeline.unet, painter(tiny, few_step=LORA)._pipeline.unet
    lora = load_file(tiny / "few_step_lora.safetensors")
    place = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k"
    key = "lora_unet_" + place.replace(".", "_")
    change = lora[f"{key}.lora_up.weight"] @ lora[f"{key}.lora_down.weight"]
    expected = plain.get_submodule(place).weight + change
    assert torch.allclose(fused.get_submodule(place).weight, expected, atol=1e-6)
    assert not any("lora" in name for name, _ in fused.named_modules())


def test_half_precision_files_are_read(own):
    for path in ("controlnet_depth", "base/unet", "base/vae", "base/text_encoder"):
        (plain,) = (own / path).glob("*.safetensors")
        half = {name: value.half() for name, value in load_file(plain).items()}
        save_file(half, plain.with_suffix(".fp16.safetensors"), {"format": "pt"})
        plain.unlink()
    pipeline = painter(own, "controlnet")._pipeline
    networks = (pipeline.unet, pipeline.vae, pipeline.text_encoder, *pipeline.controlnet.nets)
    assert {network.dtype for network in networks} == {torch.float32}


def test_names_of_the_published_files_are_understood(tiny):
    pipeline = painter(tiny)._pipeline
    text = load_file(tiny / "base/text_encoder/model.safetensors")
    name = "embeddings.token_embedding.weight"
    assert torch.equal(
        dict(pipeline.text_encoder.named_parameters())[name], text[f"text_model.{name}"]
    )
    vae = load_file(tiny / "base/vae/diffusion_pytorch_model.safetensors")
    place = "decoder.mid_block.attentions.0."
    assert torch.equal(
        pipeline.vae.get_parameter(place + "to_q.weight"), vae[place + "query.weight"]
    )


def _missing_tensor(own: Path) -> None:
    rewrite(own / "base/unet/diffusion_pytorch_model.safetensors", drop="conv_in.weight")


def _missing_tensor_of_text(own: Path) -> None:
    rewrite(own / "base/text_encoder/model.safetensors", drop="token_embedding")


def _wrong_shape(own: Path) -> None:
    rewrite(own / "base/vae/diffusion_pytorch_model.safetensors", stretch="encoder.conv_in.bias")


def _wrong_shape_of_text(own: Path) -> None:
    rewrite(own / "base/text_encoder/model.safetensors", stretch="position_embedding")


def _networks_exchanged(own: Path) -> None:
    folder = own / "controlnet_mediapipe_face"
    shutil.copy(own / "base/unet/diffusion_pytorch_model.safetensors", folder)


def _configuration_of_nothing(own: Path) -> None:
    (own / "base/vae/config.json").write_text(json.dumps({"block_out_channels": "many"}))


def _no_words(own: Path) -> None:
    (own / "base/tokenizer/vocab.json").write_text("[]")


def _few_words(own: Path) -> None:
    path = own / "base/tokenizer/vocab.json"
    words = json.loads(path.read_text())
    path.write_text(json.dumps({word: n for word, n in words.items() if "ear" not in word}))
    merges = own / "base/tokenizer/merges.txt"
    merges.write_text(
        "\n".join(
            line for line in merges.read_text().splitlines() if "ear" not in line.replace(" ", "")
        )
    )


def _no_schedule(own: Path) -> None:
    (own / "base/scheduler/scheduler_config.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_missing_tensor, r"base model base \(unet\).*1 tensors are missing"),
        (_missing_tensor_of_text, r"base model base \(text_encoder\).*missing"),
        (_wrong_shape, "the base model base"),
        (_wrong_shape_of_text, "the base model base"),
        (_networks_exchanged, "the ControlNet controlnet_mediapipe_face"),
        (_configuration_of_nothing, "the base model base cannot be loaded"),
        (_no_words, "the base model base cannot be loaded"),
        (_few_words, "the tokenizer of the base model base does not belong"),
        (_no_schedule, "the base model base cannot be loaded"),
    ],
)
def test_what_does_not_fit_is_refused_and_not_filled_in(own, spoil, words):
    spoil(own)
    with pytest.raises(WeightsCorruptError, match=words):
        painter(own, "controlnet")


def test_a_lora_for_another_network_is_refused(own):
    path = own / "few_step_lora.safetensors"
    tensors = {
        name.replace("mid_block", "middle_block_of_sdxl"): value
        for name, value in load_file(path).items()
    }
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(WeightsCorruptError, match="the few-step LoRA"):
        painter(own, few_step=LORA)


@pytest.mark.parametrize(
    "change", [{"drop": "1.to_k_ip"}, {"stretch": "to_v_ip"}, {"drop": "image_proj.proj_out"}]
)
def test_an_adapter_for_another_network_is_refused(own, change):
    rewrite(own / "ip_adapter_plus_face.safetensors", **change)
    with pytest.raises(WeightsCorruptError, match="the identity adapter"):
        painter(own, "controlnet_ip")


def test_a_catalogued_pickle_is_read_as_numbers_only(tiny, tmp_path):
    """FaceID is published as a pickle; torch reads the tensors of it and no code."""
    flat = load_file(tiny / "ip_adapter_plus_face.safetensors")
    nested: dict[str, dict[str, torch.Tensor]] = {"image_proj": {}, "ip_adapter": {}}
    for key, value in flat.items():
        part, _, rest = key.partition(".")
        nested[part][rest] = value
    torch.save(nested, tmp_path / "adapter.bin")
    read = read_adapter(ChosenModel("ip_adapter", "adapter.bin", tmp_path / "adapter.bin"))
    assert torch.equal(read["image_proj"]["latents"], flat["image_proj.latents"])
    torch.save({**nested, "code": os.system}, tmp_path / "harm.bin")
    with pytest.raises(WeightsCorruptError, match="cannot be loaded"):
        read_adapter(ChosenModel("ip_adapter", "harm.bin", tmp_path / "harm.bin"))


def test_progress_of_loading(tiny):
    generator = create_generator("controlnet_ip", tiny_models.configuration(tiny))
    told = []
    generator.load(told.append)
    assert [(item.stage, item.done, item.total) for item in told] == [
        ("loading", done, 7) for done in range(8)
    ]
    generator.load(told.append)
    assert len(told) == 8


def test_loading_can_be_stopped(tiny):
    class Stop(Exception):  # noqa: N818  # an outcome, not an error
        pass

    def stop(progress: object) -> None:
        if progress.done == 3:
            raise Stop

    generator = create_generator("controlnet", tiny_models.configuration(tiny))
    with pytest.raises(Stop):
        generator.load(stop)
    generator.load()


def test_packages_are_quiet_and_as_loud_as_before_afterwards():
    diffusers_logging.set_verbosity_info()
    transformers_logging.set_verbosity_warning()
    transformers_logging.enable_progress_bar()
    with quiet():
        assert diffusers_logging.get_verbosity() == diffusers_logging.ERROR
        assert not transformers_logging.is_progress_bar_enabled()
    assert diffusers_logging.get_verbosity() == diffusers_logging.INFO
    assert transformers_logging.is_progress_bar_enabled()
    diffusers_logging.set_verbosity_warning()


def test_a_fetched_folder_serves_diffusers_without_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that diffusers wrote, fetched by us, is read by diffusers from where it lies."""
    monkeypatch.setenv(WEIGHTS_VARIABLE, str(tmp_path / "store"))
    sizes = {"encoder_block_out_channels": (8, 8), "decoder_block_out_channels": (8, 8)}
    made = AutoencoderTiny(**sizes, num_encoder_blocks=(1, 1), num_decoder_blocks=(1, 1))
    made.save_pretrained(tmp_path / "made", variant="fp16")
    names = ("config.json", "diffusion_pytorch_model.fp16.safetensors")
    held = {f"sub/{name}": (tmp_path / "made" / name).read_bytes() for name in names}
    files = [
        {"path": path, "size": len(data), "sha256": tiny_hub.sha256(data)}
        for path, data in held.items()
    ]
    tiny_hub.use_catalogue(tmp_path, monkeypatch, tiny_hub.entry(files=files))
    with tiny_hub.serving(tiny_hub.Hub(files=held)) as hub:
        monkeypatch.setenv(ENDPOINT_VARIABLE, hub.url)
        folder = weights.pull("tiny")
    read = AutoencoderTiny.from_pretrained(
        folder, variant="fp16", local_files_only=True, use_safetensors=True
    )
    assert read.config.encoder_block_out_channels == [8, 8]
    assert (read.encoder.layers[0].weight == made.encoder.layers[0].weight).all()
