"""The identity adapter (IP-Adapter) on a UNet that the other modes share.

An adapter changes the UNet's attention, so it gets a twin of the UNet: the same weights in
memory, attention layers of its own.
"""

from __future__ import annotations

from typing import Any

from landmarkdiff.generators.stable_diffusion.loading import NetworkShelf
from landmarkdiff.generators.stable_diffusion.selection import ChosenModel
from landmarkdiff.weights.reading import readable

__all__ = ["read_adapter", "with_adapter"]

_PARTS = ("image_proj", "ip_adapter")


def with_adapter(pipeline: Any, chosen: ChosenModel, scale: float, shelf: NetworkShelf) -> None:
    """Put an identity adapter into a pipeline.

    Parameters
    ----------
    pipeline : diffusers pipeline
        Gets a UNet of its own, which shares its weights with the one it had.
    chosen : ChosenModel
        An adapter of the kind plus-face or FaceID; FaceID brings a LoRA.
    scale : float
        0 to 1: how much the adapter counts beside the text.
    shelf : NetworkShelf

    Raises
    ------
    WeightsCorruptError
        The file cannot be read or was not made for this UNet.
    """
    weights = read_adapter(chosen)
    with readable(chosen.title):
        pipeline.register_modules(unet=_twin(pipeline.unet))
        # The encoder is in the pipeline already; a FaceID adapter needs none.
        pipeline.load_ip_adapter(weights, subfolder="", weight_name="", image_encoder_folder=None)
        pipeline.set_ip_adapter_scale(scale)
        unet = pipeline.unet.to(device=shelf.place, dtype=shelf.dtype)
        unet.requires_grad_(False)
        unet.eval()
    shelf.finish(unet)


def read_adapter(chosen: ChosenModel) -> dict[str, dict[str, Any]]:
    """Return the two parts of an adapter's file, ``image_proj`` and ``ip_adapter``.

    Raises
    ------
    WeightsCorruptError
        The file cannot be read.
    """
    with readable(chosen.title):
        if chosen.path.suffix == ".safetensors":
            from safetensors.torch import load_file

            flat = load_file(chosen.path)
            nested: dict[str, dict[str, Any]] = {part: {} for part in _PARTS}
            for key, value in flat.items():
                part, _, rest = key.partition(".")
                nested[part][rest] = value
            return nested
        # A pickle of the catalogue, with its sum checked; torch reads numbers from it, no code.
        import torch

        found = torch.load(chosen.path, map_location="cpu", weights_only=True)
        return {part: dict(found[part]) for part in _PARTS}


def _twin(unet: Any) -> Any:
    """Return another UNet of the same shape that uses the very same weights."""
    from accelerate import init_empty_weights

    with init_empty_weights():
        twin = type(unet).from_config(unet.config)
    twin.load_state_dict(unet.state_dict(), assign=True)
    return twin
