"""Networks beside the usual ones: a ControlNet as ONNX, a UNet that sees mask and source."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_pairs import TinyPairs

from landmarkdiff.configuration import Configuration
from landmarkdiff.errors import ModeUnavailableError
from landmarkdiff.training.settings import TrainingSettings

torch = pytest.importorskip("torch")

from safetensors.torch import load_file, save_file  # noqa: E402

from landmarkdiff.generators.modes import find_mode  # noqa: E402
from landmarkdiff.generators.stable_diffusion.selection import select_models  # noqa: E402
from landmarkdiff.runtime.device import Device  # noqa: E402
from landmarkdiff.training.checkpoints import list_checkpoints  # noqa: E402
from landmarkdiff.training.export import export_checkpoint  # noqa: E402
from landmarkdiff.training.networks import load_networks  # noqa: E402
from landmarkdiff.training.objective import hidden  # noqa: E402
from landmarkdiff.training.recipe import train  # noqa: E402

PAIRS, JUDGED = TinyPairs(24), TinyPairs(4, shift=1000)


def test_onnx_gives_what_the_controlnet_gives(whole_run: TrainingSettings, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    reference = pytest.importorskip("onnx.reference")
    checkpoint = list_checkpoints(whole_run.checkpoints.out)[-1]
    configuration = export_checkpoint(checkpoint, tmp_path / "export", onnx=True)
    model = onnx.load(tmp_path / "export" / "controlnet.onnx")
    onnx.checker.check_model(model)
    chosen = select_models(find_mode("controlnet"), Configuration.load(configuration))
    from diffusers import ControlNetModel

    controlnet = ControlNetModel.from_pretrained(chosen.controlnets[0].path).eval()
    run = reference.ReferenceEvaluator(model)
    torch.manual_seed(1)
    for count in (1, 2):  # also as many as guidance asks for
        given = {
            "latents": torch.randn(count, 4, 8, 8),
            "step": torch.randint(0, 1000, (count,)),
            "words": torch.randn(count, 77, 32),
            "drawing": torch.rand(count, 3, 64, 64),
        }
        with torch.no_grad():
            down, middle = controlnet(*given.values(), return_dict=False)
        wanted = {f"down_{number}": each for number, each in enumerate(down)} | {"middle": middle}
        found = run.run(None, {name: value.numpy() for name, value in given.items()})
        assert [output.name for output in model.graph.output] == [*wanted]
        assert [entry.name for entry in model.graph.input] == [*given]
        for own, value in zip(found, wanted.values(), strict=True):
            np.testing.assert_allclose(own, value.numpy(), atol=1e-4)
        assert max(np.abs(own).max() for own in found) > 1e-3  # six updates moved it from zero


@pytest.fixture
def inpainting(whole_run: TrainingSettings, tmp_path: Path) -> TrainingSettings:
    """The same run on a base whose UNet has the latents of mask and source beside its own."""
    base = tmp_path / "base"
    shutil.copytree(Path(str(whole_run.model.base.path)), base)
    config = json.loads((base / "unet" / "config.json").read_text())
    (base / "unet" / "config.json").write_text(json.dumps(config | {"in_channels": 9}))
    weights = base / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(weights)
    own = tensors["conv_in.weight"]
    beside = torch.randn(own.shape[0], 5, 3, 3, generator=torch.Generator().manual_seed(0))
    tensors["conv_in.weight"] = torch.cat([own, 0.2 * beside], dim=1)
    save_file(tensors, weights, metadata={"format": "pt"})
    return whole_run.changed(
        {
            "model.base.path": str(base),
            "checkpoints.out": str(tmp_path / "run"),
            "training.num_train_steps": 2,
        }
    )


def test_a_unet_of_nine_channels_sees_mask_and_source(
    inpainting: TrainingSettings, whole_run: TrainingSettings, tmp_path: Path
) -> None:
    networks = load_networks(inpainting, Device("cpu", "CPU", "fp32"))
    unet, controlnet = networks.denoiser.unet, networks.denoiser.controlnet
    assert (unet.config.in_channels, controlnet.config.in_channels) == (9, 4)
    assert torch.equal(controlnet.conv_in.weight, unet.conv_in.weight[:, :4])
    assert torch.equal(
        controlnet.down_blocks[0].resnets[0].conv1.weight,
        unet.down_blocks[0].resnets[0].conv1.weight,
    )
    draw = torch.Generator().manual_seed(3)
    noisy, source = (torch.randn(1, 4, 8, 8, generator=draw) for _ in range(2))
    given = (noisy, torch.tensor([500]), torch.randn(1, 77, 32, generator=draw))
    drawing, mask = torch.rand(1, 3, 64, 64, generator=draw), torch.ones(1, 1, 8, 8)
    four = load_networks(whole_run, Device("cpu", "CPU", "fp32")).denoiser
    with torch.no_grad():
        for network, seen in ((networks.denoiser, True), (four, False)):
            first, *others = (
                network(*given, drawing, *beside)
                for beside in ((mask, source), (0.5 * mask, source), (mask, -source))
            )
            apart = [float((other - first).abs().max()) for other in others]
            assert [value > 1e-3 for value in apart] == [seen, seen]
    assert train(inpainting, PAIRS, JUDGED).status == 0
    path = export_checkpoint(list_checkpoints(inpainting.checkpoints.out)[-1], tmp_path / "export")
    with pytest.raises(ModeUnavailableError, match="four latent channels"):  # the app's
        select_models(find_mode("controlnet"), Configuration.load(path))
    chosen = select_models(find_mode("controlnet"), Configuration.load(path), (9,))
    assert chosen.base.path == tmp_path / "base"


def test_what_the_mask_hides_is_not_shown_to_the_unet() -> None:
    pictures = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 1, 8, 8)
    mask[..., 2:5, 3:6] = 0.2
    shown = hidden(pictures, mask)
    assert torch.equal(shown[..., 2:5, 3:6], torch.full((1, 3, 3, 3), 0.5))
    assert torch.equal(shown[..., 5:, :], pictures[..., 5:, :])
