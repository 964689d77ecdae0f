"""The painter against diffusers' own pipelines, called directly on the same tensors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import torch
from diffusers import (
    ControlNetModel,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    LCMScheduler,
    StableDiffusionControlNetInpaintPipeline,
    StableDiffusionInpaintPipeline,
)
from PIL import Image
from transformers import CLIPVisionModelWithProjection

from landmarkdiff.conditioning import draw_depth, draw_mediapipe_face
from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ModeUnavailableError, WorkCancelled
from landmarkdiff.generators import PaintNumbers, find_mode
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.generators.stable_diffusion.painter import Painter, Square
from landmarkdiff.generators.stable_diffusion.prompts import Prompt
from landmarkdiff.generators.stable_diffusion.selection import select_models

BOTH = tiny_models.settings()["diffusion"]["controlnets"]
FACE = np.random.default_rng(0).normal(size=512).astype(np.float32)


@dataclass(frozen=True)
class Case:
    """One way to run, in our words and in those of diffusers."""

    mode: str
    batch: int = 1
    controlnets: int = 2
    changes: dict[str, Any] | None = None
    steps: int = 10
    strength: float = 0.2
    guidance: float = 7.5


CASES = {
    "img2img": Case("img2img"),
    "img2img without guidance": Case("img2img", guidance=1.0),
    "img2img from pure noise": Case("img2img", strength=1.0),
    "one ControlNet": Case("controlnet", controlnets=1),
    "two ControlNets, batch of 3": Case("controlnet", batch=3),
    "plus-face, batch of 2": Case("controlnet_ip", batch=2, controlnets=1),
    "FaceID": Case(
        "controlnet_ip", changes={"ip_adapter": {"path": "ip_adapter_faceid.safetensors"}}
    ),
    "two ControlNets with Hyper-SD": Case(
        "controlnet",
        changes={"few_step": {"path": "few_step_lora.safetensors", "scheduler": "ddim_trailing"}},
        steps=8,
        strength=0.3,
        guidance=5.0,
    ),
    "img2img with LCM, batch of 3": Case(
        "img2img",
        batch=3,
        changes={"few_step": {"path": "few_step_lora.safetensors", "scheduler": "lcm"}},
        steps=4,
        strength=0.75,
        guidance=1.5,
    ),
}


@pytest.fixture(scope="module")
def squares(make_request) -> list[Square]:
    """Three intensities of one procedure, as the network sees them."""
    made = []
    for number, intensity in enumerate((30.0, 60.0, 100.0)):
        request = make_request(intensity=intensity)
        crop = SquareCrop.around(request.source, request.mask, 512)
        target = crop.landmarks_to_network(request.target)
        made.append(
            Square(
                start=crop.to_network(request.warped),
                mask=crop.mask_to_network(request.mask, 8),
                drawings=(draw_mediapipe_face(target, 512, 512), draw_depth(target, 512, 512)),
                prompt=Prompt("a face, refined nose", f"blurred, {number}"),
                seed=100 + number,
            )
        )
    return made


def our_painter(folder: Path, case: Case, **changes: Any) -> Painter:
    settings = {"controlnets": BOTH[: case.controlnets], **(case.changes or {}), **changes}
    data = tiny_models.settings(**settings) | {"licence_policy": "research"}
    # Any file stands for ArcFace's here: the embedding is given.
    data["identity"] = {"model": "arcface", "path": "models.yaml"}
    configuration = Configuration.from_dict(data, folder=folder)
    return Painter(select_models(find_mode(case.mode), configuration), configuration.diffusion)


def face_picture(square: Square) -> Image.Image:
    return Image.fromarray(square.start[100:400, 100:400])


def numbers_of(case: Case) -> PaintNumbers:
    return PaintNumbers(case.steps, case.guidance, 1.0, case.strength)


def directly(folder: Path, case: Case, squares: Sequence[Square]) -> np.ndarray:
    """Call diffusers' own pipeline, loaded its own way, as its documentation shows."""
    parts: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
    kind: Any = StableDiffusionInpaintPipeline
    if case.mode != "img2img":
        kind = StableDiffusionControlNetInpaintPipeline
        nets = [ControlNetModel.from_pretrained(folder / item["path"]) for item in BOTH]
        parts["controlnet"] = nets[0] if case.controlnets == 1 else nets
    changes = case.changes or {}
    if case.mode == "controlnet_ip" and not changes:
        parts["image_encoder"] = CLIPVisionModelWithProjection.from_pretrained(
            folder / "image_encoder"
        )
    pipe = kind.from_pretrained(folder / "base", **parts)
    pipe.set_progress_bar_config(disable=True)
    pipe.vae.enable_slicing()  # pictures of a batch are decoded one by one
    lora = changes.get("few_step")
    schedule = pipe.scheduler.config
    if lora is None:
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(
            schedule, algorithm_type="dpmsolver++", use_karras_sigmas=True
        )
    else:
        pipe.load_lora_weights(folder, weight_name=lora["path"])
        pipe.fuse_lora()
        pipe.scheduler = (
            LCMScheduler.from_config(schedule)
            if lora["scheduler"] == "lcm"
            else DDIMScheduler.from_config(schedule, timestep_spacing="trailing")
        )

    def pictures(arrays: Sequence[np.ndarray]) -> torch.Tensor:
        return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous().float() / 255.0

    more: dict[str, Any] = {}
    if case.mode != "img2img":
        drawings = [pictures([s.drawings[k] for s in squares]) for k in range(case.controlnets)]
        more["control_image"] = drawings[0] if case.controlnets == 1 else drawings
        more["controlnet_conditioning_scale"] = 0.5 if case.controlnets == 1 else [0.5, 0.5]
    if case.mode == "controlnet_ip":
        name = changes["ip_adapter"]["path"] if changes else "ip_adapter_plus_face.safetensors"
        pipe.load_ip_adapter(folder, subfolder="", weight_name=name, image_encoder_folder=None)
        pipe.set_ip_adapter_scale(0.6)
        if changes:
            face = torch.from_numpy(FACE).reshape(1, 1, 1, 512)
            more["ip_adapter_image_embeds"] = [torch.cat([torch.zeros_like(face), face])]
        else:
            more["ip_adapter_image"] = [face_picture(squares[0])]
    masks = np.stack([square.mask for square in squares])[:, None].astype(np.float32)
    return pipe(
        prompt=[square.prompt.text for square in squares],
        negative_prompt=[square.prompt.negative for square in squares],
        image=pictures([square.start for square in squares]),
        mask_image=torch.from_numpy(masks),
        num_inference_steps=case.steps,
        strength=case.strength,
        guidance_scale=case.guidance,
        generator=[torch.Generator().manual_seed(square.seed) for square in squares],
        output_type="np",
        **more,
    ).images


@pytest.mark.parametrize("name", CASES)
def test_equal_to_diffusers_own_call(tiny, squares, name):
    case = CASES[name]
    count = case.controlnets if case.mode != "img2img" else 0
    batch = [replace(item, drawings=item.drawings[:count]) for item in squares[: case.batch]]
    identity = FACE if name == "FaceID" else face_picture(batch[0])
    ours = our_painter(tiny, case).paint(batch, numbers_of(case), identity)
    theirs = np.rint(255.0 * directly(tiny, case, batch)).astype(np.uint8)
    # Where arrays lie in memory decides the order of sums; at a half it then decides the rounding.
    apart = np.abs(np.stack(ours).astype(int) - theirs)
    assert apart.max() <= 1
    assert (apart > 0).mean() < 1e-3


@pytest.fixture(scope="module")
def one_net(tiny) -> Painter:
    return our_painter(tiny, CASES["one ControlNet"])


@pytest.fixture(scope="module")
def single(squares) -> Square:
    return replace(squares[1], drawings=squares[1].drawings[:1])


NUMBERS = PaintNumbers(10, 7.5, 1.0, 0.2)


def test_same_seed_same_bytes_and_another_seed_other_ones(one_net, single):
    (first,) = one_net.paint([single], NUMBERS)
    (again,) = one_net.paint([single], NUMBERS)
    (other,) = one_net.paint([replace(single, seed=8)], NUMBERS)
    assert np.array_equal(first, again)
    assert not np.array_equal(first[single.mask], other[single.mask])


def test_global_switches_of_torch_are_left_as_they_were(one_net, single):
    def switches() -> tuple[Any, ...]:
        cudnn = torch.backends.cudnn
        state = torch.random.get_rng_state().numpy().tobytes()
        return cudnn.deterministic, cudnn.benchmark, torch.is_grad_enabled(), state

    before = switches()
    one_net.paint([single], NUMBERS)
    assert switches() == before


def test_what_a_step_raises_ends_the_work_and_the_painter_goes_on(one_net, single):
    seen = []

    def stop(step: int, preview: Any) -> None:
        seen.append(step)
        if step == 1:
            raise WorkCancelled

    (before,) = one_net.paint([single], NUMBERS)
    with pytest.raises(WorkCancelled):
        one_net.paint([single], NUMBERS, on_step=stop)
    assert seen == [1]
    (after,) = one_net.paint([single], NUMBERS)
    assert np.array_equal(before, after)


def test_unet_in_bf16_and_autoencoder_in_fp32(tiny, one_net, single):
    painter = our_painter(tiny, CASES["one ControlNet"], precision="bf16")
    assert painter.vae_precision == "fp32"
    assert painter.device.precision == "bf16"
    (rounded,) = painter.paint([single], NUMBERS)
    (exact,) = one_net.paint([single], NUMBERS)
    difference = np.abs(rounded.astype(int) - exact)
    assert 0 < difference.mean() < 1.0  # other numbers, the same picture
    again = painter.paint([single], NUMBERS)[0]
    assert np.array_equal(rounded, again)


def test_the_start_is_encoded_before_it_is_rounded(exact, single):
    """An exact autoencoder shows it: bf16 has eight bits, so its latents are off by 1/256."""
    case = replace(CASES["img2img"], strength=0.1)
    start = replace(single, drawings=(), mask=np.zeros((512, 512), bool))
    painter = our_painter(exact, case, precision="bf16")
    (back,) = painter.paint([start], numbers_of(case))
    difference = np.abs(back.astype(int) - start.start)
    assert difference.max() <= 1  # rounded once, in the latents, and not twice


@pytest.fixture
def offloading(tiny: Path) -> Iterator[Painter]:
    """Without a graphics card the networks are handed to and fro, all on the CPU."""
    painter = our_painter(tiny, CASES["one ControlNet"])
    painter.device = replace(painter.device, offload=True)
    yield painter
    painter._pipeline.remove_all_hooks()  # others share its networks


def test_offloaded_networks_paint_the_same(offloading, one_net, single):
    painter = offloading
    (offloaded,) = painter.paint([single], NUMBERS)
    (plain,) = one_net.paint([single], NUMBERS)
    assert np.array_equal(offloaded, plain)

    def stop(step: int, preview: Any) -> None:
        raise WorkCancelled

    with pytest.raises(WorkCancelled):
        painter.paint([single], NUMBERS, on_step=stop)
    assert np.array_equal(painter.paint([single], NUMBERS)[0], plain)


def test_channels_last_paints_nearly_the_same(tiny, one_net, single):
    painter = our_painter(tiny, CASES["one ControlNet"], channels_last=True)
    (other,) = painter.paint([single], NUMBERS)
    (plain,) = one_net.paint([single], NUMBERS)
    assert np.abs(other.astype(int) - plain).max() <= 2


def test_step_previews(tiny, one_net, single):
    painter = our_painter(tiny, CASES["one ControlNet"], step_preview={"path": "taesd"})
    previews = []
    (with_previews,) = painter.paint([single], NUMBERS, on_step=lambda *told: previews.append(told))
    assert [step for step, _ in previews] == [1, 2]
    for _, picture in previews:
        assert picture.shape == (256, 256, 3)
        assert picture.dtype == np.uint8
        assert picture.std() > 0
    assert np.array_equal(with_previews, one_net.paint([single], NUMBERS)[0])


def test_a_number_that_overflows_is_no_picture(tiny, single):
    painter = our_painter(tiny, CASES["one ControlNet"], channels_last=True)
    bias = painter._pipeline.vae.decoder.conv_out.bias
    kept = bias.clone()
    with torch.no_grad():
        bias.fill_(float("nan"))
    try:
        with pytest.raises(ModeUnavailableError, match="not a number"):
            painter.paint([single], NUMBERS)
    finally:
        with torch.no_grad():
            bias.copy_(kept)
