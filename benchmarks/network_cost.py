"""What a repainting mode costs, counted rather than measured: operations, weights, memory.

The networks are made from the configurations in a folder of models, on torch's device ``meta``,
which knows shapes and has no numbers. Operations are counted by torch's own counter (two for a
multiplication with its addition). Memory is that of the tensors alive at the same time, with
fused attention and without what an allocator or a convolution's workspace adds.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

#: Dense matrix rates in bfloat16 by a word of the device's name, TFLOP/s, from the vendor's
#: datasheets (for the SXM modules, without sparsity).
PEAK_TFLOPS = {"H200": 989.0, "H100": 989.0, "A100": 312.0, "4090": 165.2}
#: How many ControlNets a mode runs, and whether it reads the photo.
MODES = {"img2img": (0, False), "controlnet": (2, False), "controlnet_ip": (2, True)}
TOKENS = 77
_FUSED = torch.nn.functional.scaled_dot_product_attention


@dataclass(frozen=True)
class Work:
    """What one call of a network takes.

    Attributes
    ----------
    tflop : float
        10^12 operations.
    weights, activations : float
        Bytes of one number each: tensors counted in numbers, whatever their precision.
    operations : int
        Calls of torch's operators, most of which start a kernel.
    """

    tflop: float
    weights: float
    activations: float
    operations: int


@dataclass(frozen=True)
class Cost:
    """What a batch takes in one mode; memory in bytes, operations in 10^12."""

    tflop: float
    weights: float
    activations: float
    operations_per_step: int

    def seconds_at(self, tflops: float) -> float:
        """Time at a rate, were nothing else in the way."""
        return self.tflop / tflops


class _Counter(TorchDispatchMode):
    """Counts operators, and the numbers that are alive beside the weights."""

    def __init__(self, known: Any) -> None:
        super().__init__()
        self.operators = 0
        self.alive = self.peak = 0
        self._known = {values.untyped_storage()._cdata for values in known.parameters()}
        self._known |= {values.untyped_storage()._cdata for values in known.buffers()}

    def __torch_dispatch__(
        self, function: Any, _: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        result = function(*arguments, **(keywords or {}))
        # A view starts no kernel.
        fresh = False
        for values in tree_leaves(result):
            if isinstance(values, torch.Tensor):
                storage = values.untyped_storage()
                place = storage._cdata
                if place not in self._known:
                    fresh = True
                    self._known.add(place)
                    count = storage.nbytes() // values.element_size()
                    weakref.finalize(storage, self._gone, place, count)
                    self.alive += count
                    self.peak = max(self.peak, self.alive)
        self.operators += fresh or function._schema.is_mutable
        return result

    def _gone(self, place: int, count: int) -> None:
        self._known.discard(place)
        self.alive -= count


class _FusedAttention(TorchFunctionMode):
    """Attention as a graphics card computes it, without its matrix of scores in memory."""

    def __torch_function__(
        self, function: Any, _: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        if function is _FUSED:
            query, _key, value = arguments[:3]
            return query.new_empty((*query.shape[:-1], value.shape[-1]))
        return function(*arguments, **(keywords or {}))


def _work(network: Any, call: Callable[[], Any]) -> Work:
    with torch.no_grad():
        with FlopCounterMode(display=False) as flops:
            call()
        with _FusedAttention(), _Counter(network) as counter:
            call()
    weights = sum(values.numel() for values in network.parameters())
    return Work(flops.get_total_flops() / 1e12, weights, counter.peak, counter.operators)


def network_work(models: Path, resolution: int, pictures: int = 1) -> dict[str, Work]:
    """Return what a call of each network takes for some pictures, by the network's name.

    Parameters
    ----------
    models : Path
        A folder as :func:`full_size.write_models` makes it; only configurations are read.
    resolution : int
        Side of the picture, pixels.
    pictures : int
        Of one call; guidance doubles them for ``unet`` and ``controlnet``.
    """
    base = models / "base"
    with torch.device("meta"):
        vae = AutoencoderKL.from_config(AutoencoderKL.load_config(base / "vae")).eval()
        unet = UNet2DConditionModel.from_config(
            UNet2DConditionModel.load_config(base / "unet")
        ).eval()
        controlnet = ControlNetModel.from_config(
            ControlNetModel.load_config(models / "controlnet_depth")
        ).eval()
        text = CLIPTextModel(CLIPTextConfig.from_pretrained(base / "text_encoder")).eval()
        eye_shape = CLIPVisionConfig.from_pretrained(models / "image_encoder")
        eye = CLIPVisionModelWithProjection(eye_shape).eval()

        twice = 2 * pictures
        side = resolution // 2 ** (len(vae.config.block_out_channels) - 1)
        latents = torch.empty(pictures, vae.config.latent_channels, side, side)
        context = torch.empty(twice, TOKENS, unet.config.cross_attention_dim)
        noisy = (latents.repeat(2, 1, 1, 1), torch.zeros(twice), context)
        picture = torch.empty(pictures, 3, resolution, resolution)
        words = torch.zeros(twice, TOKENS, dtype=torch.long)
        seen = torch.empty(1, 3, eye_shape.image_size, eye_shape.image_size)
        return {
            "unet": _work(unet, lambda: unet(*noisy)),
            "controlnet": _work(controlnet, lambda: controlnet(*noisy, picture.repeat(2, 1, 1, 1))),
            "encode": _work(vae, lambda: vae.encode(picture)),
            "decode": _work(vae, lambda: vae.decode(latents)),
            "text": _work(text, lambda: text(words)),
            "eye": _work(eye, lambda: eye(seen)),
        }


def cost(
    work: dict[str, Work], one: dict[str, Work], mode: str, steps: int, *, bytes_each: int
) -> Cost:
    """Return what a batch takes in a mode.

    Parameters
    ----------
    work, one : dict of str to Work
        Of the batch, and of one picture: the autoencoder takes pictures one by one.
    mode : str
    steps : int
        Of the network, with guidance.
    bytes_each : int
        Of a number of the networks; the autoencoder's have four.
    """
    nets, reads_photo = MODES[mode]
    tflop = (
        steps * (work["unet"].tflop + nets * work["controlnet"].tflop)
        + work["encode"].tflop
        + work["decode"].tflop
        + work["text"].tflop
        + 2 * reads_photo * work["eye"].tflop  # the photo, and nothing, which guidance compares
    )
    weights = work["unet"].weights + work["text"].weights + nets * work["controlnet"].weights
    weights += reads_photo * work["eye"].weights
    shared = nets > 0
    painting = max(work["unet"].activations, shared * work["controlnet"].activations)
    pictures = max(one["encode"].activations, one["decode"].activations)
    return Cost(
        tflop,
        bytes_each * weights + 4 * work["encode"].weights,
        max(bytes_each * painting, 4 * pictures),
        work["unet"].operations + nets * work["controlnet"].operations,
    )
