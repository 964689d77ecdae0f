"""The mode ``lato`` on a tiny base: the warp carries the surgery, the tokens never do."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")

import tiny_edits  # noqa: E402

from landmarkdiff.configuration import Configuration  # noqa: E402
from landmarkdiff.errors import (  # noqa: E402
    LicenceError,
    ModeUnavailableError,
    ParameterError,
    WorkCancelled,
)
from landmarkdiff.generators import create_generator  # noqa: E402
from landmarkdiff.generators.crop import SquareCrop  # noqa: E402
from landmarkdiff.generators.lato.generator import enough_memory  # noqa: E402
from landmarkdiff.lato.editing.bases import klein_networks  # noqa: E402
from landmarkdiff.lato.editing.weights import add_lora, write_trained  # noqa: E402
from landmarkdiff.lato.tokenizer.points import landmarks_68  # noqa: E402
from landmarkdiff.runtime.device import Device  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base and what was trained on it."""
    folder = tmp_path_factory.mktemp("lato")
    tiny_edits.tiny_klein(folder / "klein", blocks=4)
    networks = klein_networks(folder / "klein", most_tokens=16, layers=(1, 2, 3))
    add_lora(networks.denoiser, 2, seed=0)
    write_trained(folder / "lato.safetensors", dict(networks.denoiser.trained()), rank=2)
    return folder


def configured(folder: Path, **changes: Any) -> Configuration:
    chosen = {
        "base": {"path": "klein"}, "trained": {"path": "lato.safetensors"},
        "most_tokens": 16, "text_layers": [1, 2, 3],
    }  # fmt: skip
    data = {"diffusion": {"device": "cpu"}, "lato": chosen | changes}
    return Configuration.from_dict(data, folder=folder)


def test_options_of_the_base_are_followed_or_refused(folder: Path) -> None:
    part = {"base": {"path": ".", "subfolder": "klein"}}
    assert create_generator("lato", configured(folder, **part)).device == "cpu"
    with pytest.raises(ModeUnavailableError, match="missing: transformer"):
        create_generator("lato", configured(folder, base={"path": "klein", "subfolder": "none"}))
    with pytest.raises(ParameterError, match="one file and has no subfolder"):
        configured(folder, trained={"path": "lato.safetensors", "subfolder": "none"})
    data = configured(folder).to_dict()
    data["diffusion"]["cpu_offload"] = True
    with pytest.raises(ModeUnavailableError, match="keeps all of its networks on the device"):
        create_generator("lato", Configuration.from_dict(data, folder=folder))


def test_too_little_memory_is_said_in_a_sentence() -> None:
    device = Device("cpu", "a small card", "fp32")
    with (
        pytest.raises(ModeUnavailableError, match="a small card is too small"),
        enough_memory(device, 512),
    ):
        raise torch.OutOfMemoryError("too much")


@pytest.fixture(scope="module")
def generator(folder: Path) -> Any:
    return create_generator("lato", configured(folder))


def test_the_square_is_painted_inside_the_mask_and_the_record_says_how(
    generator: Any, make_request: Any, folder: Path
) -> None:
    request = make_request(strength=0.2, guidance_scale=2.0)
    steps = []
    (painting,) = generator([request], steps.append)
    crop = SquareCrop.around(request.source, request.mask, 512)
    assert painting.square == (crop.x, crop.y, crop.side)
    # Outside the mask, widened to whole tokens, only the square's way there and back is seen.
    away = crop.paste(request.warped, crop.to_network(request.warped))
    free = np.zeros((*request.warped.shape[:2], 3), np.uint8)
    shown = np.repeat(255 * crop.mask_to_network(request.mask, 16)[..., None], 3, axis=2)
    free = crop.paste(free, shown.astype(np.uint8))[..., 0] > 0
    change = np.abs(painting.picture.astype(int) - away).max(axis=2)
    assert change[~free].max() <= 40  # ringing of the enlarged square at the mask's edge
    assert np.median(change[~free]) == 0
    assert change[free].mean() > 5
    record = painting.record.to_dict()
    assert json.loads(json.dumps(record)) == record
    assert str(folder) not in json.dumps(record)
    assert {key: record[key] for key in ("mode", "steps", "steps_run", "seed", "precision")} == {
        "mode": "lato", "steps": 10, "steps_run": 2, "seed": 7, "precision": "fp32",
    }  # fmt: skip
    assert set(generator.weights()) == {
        "lato.safetensors",
        "klein/text_encoder/model.safetensors",
        "klein/transformer/diffusion_pytorch_model.safetensors",
        "klein/vae/diffusion_pytorch_model.safetensors",
    }
    assert [(each.stage, each.done, each.total) for each in steps][-2:] == [
        ("painting", 1, 2),
        ("painting", 2, 2),
    ]


def test_surgery_is_never_in_the_tokens(generator: Any, make_request: Any) -> None:
    """Two plans on one photo: the same tokens at the same places, but other pictures."""
    generator.load()
    calls: list[dict[str, Any]] = []
    transformer = generator._networks.denoiser.transformer
    hook = transformer.register_forward_pre_hook(
        lambda _, args, told: calls.append(told), with_kwargs=True
    )
    plans = [make_request(intensity=level, strength=0.1) for level in (20.0, 90.0)]
    generator([replace(each, numbers=replace(each.numbers, guidance_scale=1.0)) for each in plans])
    hook.remove()
    assert not np.allclose(plans[0].target.points, plans[1].target.points)
    told = [call["landmarks"] for call in calls if bool(call["landmarks"].given.any())]
    assert len(told) == 2
    assert torch.equal(told[0].values, told[1].values)
    assert torch.equal(told[0].ids, told[1].ids)
    crop = SquareCrop.around(plans[0].source, plans[0].mask, 512)
    points = crop.points_to_network(landmarks_68(plans[0].source.points)[:, :2])
    wanted = points[:, ::-1] / 16.0 - 0.5
    assert np.abs(told[0].ids[0, :, 1:3].numpy() - wanted).max() < 1e-3


def test_what_leaves_nothing_to_paint_is_said(generator: Any, make_request: Any) -> None:
    (painting,) = generator([make_request(strength=0.05)])
    assert painting.unpainted == "strength_too_small"
    assert painting.record.to_dict()["steps_run"] == 0


def test_wrong_numbers_are_refused_and_work_ends_when_told(
    generator: Any, make_request: Any
) -> None:
    for wrong in ({"num_inference_steps": 9}, {"guidance_scale": 0.5}, {"strength": 1.5}):
        with pytest.raises(ParameterError):
            generator([make_request(**wrong)])

    def stop(_: Any) -> None:
        raise WorkCancelled

    with pytest.raises(WorkCancelled):
        generator([make_request(strength=0.1)], stop)
    generator.unload()
    generator.unload()


def test_models_that_are_not_there_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModeUnavailableError, match=r"transformer.*trained"):
        create_generator("lato", Configuration())
    with pytest.raises(ModeUnavailableError, match="missing: trained"):
        create_generator("lato", configured(folder, trained=None))
    with pytest.raises(ModeUnavailableError, match="text_encoder"):
        create_generator("lato", configured(folder, base={"path": str(tmp_path)}))
    with pytest.raises(LicenceError):
        create_generator(
            "lato", configured(folder, base={"path": "klein", "commercial_use": False})
        )
