"""The repainting modes through the generator: requests in, raw pictures and facts out."""

from __future__ import annotations

import json
import shutil
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_models
import tiny_onnx
import torch

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import (
    LicenceError,
    ParameterError,
    WeightsCorruptError,
    WeightsError,
    WorkCancelled,
)
from landmarkdiff.generators import GenerationRequest, StepProgress, create_generator
from landmarkdiff.generators.crop import SquareCrop
from landmarkdiff.weights import adopt, sha256_of

MODES = ("img2img", "controlnet", "controlnet_ip")


@pytest.fixture(scope="module")
def generators(tiny: Path) -> dict[str, Any]:
    configuration = tiny_models.configuration(tiny)
    return {mode: create_generator(mode, configuration) for mode in MODES}


@pytest.fixture(scope="module")
def request_(make_request) -> GenerationRequest:
    return make_request(strength=0.1)


def numbered(request: GenerationRequest, **numbers: float) -> GenerationRequest:
    return replace(request, numbers=replace(request.numbers, **numbers))


@pytest.mark.parametrize("mode", MODES)
def test_a_painting_is_the_warp_with_the_networks_square_in_it(generators, request_, mode):
    (painting,) = generators[mode]([request_])
    crop = SquareCrop.around(request_.source, request_.mask, 512)
    assert painting.square == (crop.x, crop.y, crop.side)
    assert painting.pixel == crop.side / 512
    inside = np.zeros(request_.warped.shape[:2], bool)
    inside[crop.y : crop.y + crop.side, crop.x : crop.x + crop.side] = True
    assert np.array_equal(painting.picture[~inside], request_.warped[~inside])
    assert np.abs(painting.picture[inside].astype(int) - request_.warped[inside]).mean() > 10
    assert painting.picture.dtype == np.uint8


@pytest.mark.parametrize("mode", MODES)
def test_an_exact_network_returns_the_warp(exact, make_request, mode):
    generator = create_generator(mode, tiny_models.configuration(exact))
    request = make_request(intensity=90.0, strength=0.1)
    (painting,) = generator([request])
    # Only the square's way to the network's size and back is left to see.
    crop = SquareCrop.around(request.source, request.mask, 512)
    expected = crop.paste(request.warped, crop.to_network(request.warped))
    assert np.abs(painting.picture.astype(int) - expected).max() <= 1
    assert np.abs(painting.picture.astype(int) - request.warped).mean() < 0.3


def test_same_request_same_bytes_also_after_loading_anew(tiny, generators, request_):
    (first,) = generators["controlnet"]([request_])
    anew = create_generator("controlnet", tiny_models.configuration(tiny))
    (again,) = anew([request_])
    assert np.array_equal(first.picture, again.picture)
    (other,) = anew([replace(request_, seed=8)])
    assert not np.array_equal(first.picture, other.picture)


def test_the_record_says_how_it_was_made(generators, request_, tiny):
    (painting,) = generators["controlnet"]([request_])
    record = painting.record.to_dict()
    assert json.loads(json.dumps(record)) == record
    assert str(tiny) not in json.dumps(record)
    expected = {
        "mode": "controlnet",
        "licence_policy": "commercial",
        "device": "CPU",
        "precision": "fp32",
        "vae_precision": "fp32",
        "resolution": 512,
        "steps": 10,
        "steps_run": 1,
        "guidance_scale": 7.5,
        "strength": 0.1,
        "conditioning": [
            {"model": "controlnet_mediapipe_face", "drawing": "mediapipe_face", "scale": 0.5},
            {"model": "controlnet_depth", "drawing": "depth", "scale": 0.5},
        ],
        "identity_adapter": None,
        "seed": 7,
        "scheduler": "DPM-Solver++ 2M, Karras spacing",
        "prompt": request_.plan.procedures[0].prompt,
        "negative_prompt": request_.plan.procedures[0].negative_prompt,
        "prompt_left_out": [],
        "batch": 1,
    }
    assert {key: record[key] for key in expected} == expected
    assert [item["kind"] for item in record["models"]] == ["base", "controlnet", "controlnet"]
    assert record["versions"]["torch"].startswith(torch.__version__.partition("+")[0])
    assert set(record["square"]) == {"x", "y", "side", "turns"}


def test_weights_are_the_sums_of_the_files(generators, tiny):
    sums = generators["controlnet_ip"].weights()
    for name, value in sums.items():
        assert sha256_of(tiny / name) == value
    assert len(sums) == 7
    assert "ip_adapter_plus_face.safetensors" in sums
    assert generators["img2img"].weights().keys() < sums.keys()


def test_several_requests_are_one_batch_in_their_order(generators, make_request):
    requests = [make_request(intensity=value, strength=0.1) for value in (20.0, 60.0, 100.0)]
    told: list[StepProgress] = []
    paintings = generators["controlnet"](requests, told.append)
    assert [painting.record.to_dict()["batch"] for painting in paintings] == [3, 3, 3]
    steps = [item for item in told if item.stage == "painting"]
    assert [(item.done, item.total) for item in steps] == [(1, 1)]
    for request, painting in zip(requests, paintings, strict=True):
        corner = slice(0, 20), slice(0, 20)
        assert np.array_equal(painting.picture[corner], request.warped[corner])
    # One by one the picture is nearly the same: the batch changes the last digits only.
    (alone,) = generators["controlnet"](requests[1:2])
    difference = np.abs(alone.picture.astype(int) - paintings[1].picture)
    assert difference.mean() < 0.5
    assert not np.array_equal(paintings[0].picture, paintings[2].picture)


def test_other_numbers_are_other_batches_and_large_ones_are_split(tiny, make_request):
    generator = create_generator("img2img", tiny_models.configuration(tiny, max_batch=2))
    strengths = (0.1, 0.2, 0.1, 0.1, 0.0)
    requests = [make_request(strength=value) for value in strengths]
    told: list[StepProgress] = []
    paintings = generator(requests, told.append)
    assert [painting.record.to_dict()["batch"] for painting in paintings] == [2, 1, 2, 1, 0]
    assert [painting.record.to_dict()["strength"] for painting in paintings] == list(strengths)
    assert [item.done for item in told if item.stage == "painting"] == [1, 2, 3, 4]
    assert {item.total for item in told if item.stage == "painting"} == {4}


@pytest.mark.parametrize("strength", [0.0, 0.05, 0.099])
def test_too_little_strength_paints_nothing_and_says_so(generators, request_, strength):
    (painting,) = generators["controlnet"]([request_.at_strength(strength)])
    assert np.array_equal(painting.picture, request_.warped)
    assert (painting.pixel, painting.square) == (0.0, None)
    assert painting.record.to_dict()["reason"] == "strength_too_small"
    assert painting.record.to_dict()["steps_run"] == 0


def test_an_empty_mask_paints_nothing_and_says_so(generators, request_):
    nothing = replace(request_.mask, coverage=np.zeros_like(request_.mask.coverage))
    (painting,) = generators["controlnet"]([replace(request_, mask=nothing)])
    assert np.array_equal(painting.picture, request_.warped)
    assert painting.record.to_dict()["reason"] == "mask_empty"


def test_work_can_be_stopped_at_every_step_and_goes_on_afterwards(generators, request_):
    generator = generators["img2img"]
    request = request_.at_strength(0.4)
    (before,) = generator([request])
    for last in (1, 4):
        told = []

        def stop(progress: StepProgress, told=told, last=last) -> None:
            told.append(progress.done)
            if progress.done == last:
                raise WorkCancelled

        with pytest.raises(WorkCancelled):
            generator([request], stop)
        assert told == list(range(1, last + 1))
    (after,) = generator([request])
    assert np.array_equal(before.picture, after.picture)


def test_networks_can_be_let_go(tiny, request_):
    generator = create_generator("img2img", tiny_models.configuration(tiny, precision="bf16"))
    generator.unload()
    (first,) = generator([request_])
    watched = weakref.ref(generator._painter._pipeline.unet)
    generator.unload()
    assert watched() is None
    (again,) = generator([request_])
    assert np.array_equal(first.picture, again.picture)


def test_step_previews_come_with_the_steps(tiny, request_):
    settings = tiny_models.configuration(tiny, step_preview={"path": "taesd"})
    told: list[StepProgress] = []
    create_generator("img2img", settings)([request_], told.append)
    pictures = [item.preview for item in told if item.stage == "painting"]
    assert [picture.shape for picture in pictures] == [(256, 256, 3)]


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"num_inference_steps": 8}, "num_inference_steps.*10 to 100"),
        ({"guidance_scale": 21.0}, "guidance_scale.*1 to 20"),
        ({"controlnet_conditioning_scale": 1.3}, r"controlnet_conditioning_scale.*0 to 1\.2"),
        ({"strength": 2.0}, "strength.*0 to 1"),
    ],
)
def test_what_is_out_of_range_is_refused_before_anything_loads(tiny, request_, numbers, words):
    generator = create_generator("controlnet", tiny_models.configuration(tiny))
    told = []
    with pytest.raises(ParameterError, match=words):
        generator([request_, numbered(request_, **numbers)], told.append)
    assert told == []


def test_pictures_of_another_size_are_refused(generators, request_):
    with pytest.raises(ParameterError, match="not those its landmarks belong to"):
        generators["img2img"]([replace(request_, warped=request_.warped[:100])])


def test_a_few_step_lora(tiny, request_):
    lora = {"path": "few_step_lora.safetensors", "scheduler": "ddim_trailing"}
    generator = create_generator("controlnet", tiny_models.configuration(tiny, few_step=lora))
    (painting,) = generator([numbered(request_, num_inference_steps=4, strength=0.5)])
    assert painting.record.to_dict()["scheduler"] == "DDIM, trailing time steps"
    assert painting.record.to_dict()["steps_run"] == 2
    assert [item["kind"] for item in painting.record.to_dict()["models"]][1] == "lora"
    with pytest.raises(ParameterError, match="allowed: 4 to 8"):
        generator([request_])


def test_conditioning_scale_multiplies_the_scale_of_each_controlnet(generators, request_):
    (painting,) = generators["controlnet"]([numbered(request_, controlnet_conditioning_scale=0.2)])
    assert [item["scale"] for item in painting.record.to_dict()["conditioning"]] == [0.1, 0.1]
    (stronger,) = generators["controlnet"]([request_])
    assert not np.array_equal(painting.picture, stronger.picture)


def test_tessellation_for_a_controlnet_of_ones_own(tiny, request_):
    nets = [{"path": "controlnet_tessellation", "conditioning": "tessellation", "scale": 1.0}]
    generator = create_generator("controlnet", tiny_models.configuration(tiny, controlnets=nets))
    (painting,) = generator([request_])
    assert painting.record.to_dict()["conditioning"] == [
        {"model": "controlnet_tessellation", "drawing": "tessellation", "scale": 1.0}
    ]


def test_faceid_reads_an_arcface_embedding_under_the_research_policy(tiny, tmp_path, request_):
    arcface = tmp_path / "arcface.onnx"
    arcface.write_bytes(tiny_onnx.recognition_network()[0])
    data = tiny_models.settings(ip_adapter={"path": "ip_adapter_faceid.safetensors"})
    data["identity"] = {"model": "arcface", "path": str(arcface)}
    with pytest.raises(LicenceError, match="research"):
        create_generator("controlnet_ip", Configuration.from_dict(data, folder=tiny))
    data["licence_policy"] = "research"
    generator = create_generator("controlnet_ip", Configuration.from_dict(data, folder=tiny))
    (painting,) = generator([request_])
    assert painting.record.to_dict()["identity_adapter"] == {
        "model": "ip_adapter_faceid.safetensors",
        "reads": "face",
        "scale": 0.6,
    }
    assert painting.record.to_dict()["licence_policy"] == "research"
    other = replace(request_, image=np.ascontiguousarray(request_.image[:, ::-1]))
    assert not np.array_equal(generator([other])[0].picture, painting.picture)


def test_the_identity_adapter_reads_the_photo_and_not_the_warp(generators, request_):
    generator = generators["controlnet_ip"]
    (painting,) = generator([request_])
    darker = replace(request_, image=(request_.image // 3).astype(np.uint8))
    assert not np.array_equal(generator([darker])[0].picture, painting.picture)


def test_a_model_of_the_catalogue_is_checked_and_recorded(tiny, tmp_path, monkeypatch, request_):
    monkeypatch.setenv("LANDMARKDIFF_WEIGHTS", str(tmp_path))
    folder = tmp_path / "models" / "controlnet_depth"
    shutil.copytree(tiny / "controlnet_depth", folder)
    plain = folder / "diffusion_pytorch_model.safetensors"
    half = folder / "diffusion_pytorch_model.fp16.safetensors"
    plain.rename(half)
    settings = tiny_models.configuration(tiny, controlnets=[{"name": "controlnet_depth"}])
    generator = create_generator("controlnet", settings)
    with pytest.raises(WeightsError, match="nothing vouches"):
        generator.load()
    adopt("controlnet_depth")
    (painting,) = generator([request_])
    record = painting.record.to_dict()["models"][1]
    assert record["repository"] == "lllyasviel/control_v11f1p_sd15_depth"
    assert len(record["revision"]) == 40
    name = f"controlnet_depth/{half.name}"
    assert record["sha256"][name] == sha256_of(half)
    assert painting.record.to_dict()["conditioning"][0]["drawing"] == "depth"
    half.write_bytes(half.read_bytes()[:-1] + b"x")
    with pytest.raises(WeightsCorruptError, match="controlnet_depth is damaged"):
        create_generator("controlnet", settings).load()


def test_a_square_of_768_pixels(exact, make_request):
    generator = create_generator("img2img", tiny_models.configuration(exact, resolution=768))
    request = make_request(strength=0.1, guidance_scale=1.0)
    (painting,) = generator([request])
    assert painting.record.to_dict()["resolution"] == 768
    assert painting.pixel == painting.square[2] / 768
    assert np.abs(painting.picture.astype(int) - request.warped).mean() < 0.3
