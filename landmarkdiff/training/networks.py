"""The networks of a run: found and checked as the app does, those that are trained in fp32."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, cast

import torch
from torch import nn

from landmarkdiff.errors import ParameterError
from landmarkdiff.generators.modes import find_mode
from landmarkdiff.generators.stable_diffusion.loading import (
    NetworkShelf,
    import_packages,
)
from landmarkdiff.generators.stable_diffusion.offline import quiet
from landmarkdiff.generators.stable_diffusion.selection import Selection, select_models
from landmarkdiff.losses.diffusion import PredictionType
from landmarkdiff.runtime.device import Device
from landmarkdiff.training.settings import TrainingSettings

__all__ = ["ADAPTER", "Denoiser", "Networks", "load_networks", "select_networks"]

#: Layers of a UNet's attention that a LoRA changes.
LORA_LAYERS = ("to_q", "to_k", "to_v", "to_out.0")
#: Name of the LoRA while it is trained; torch has taken "training" itself.
ADAPTER = "landmarkdiff"
#: Channels of the latents; with mask and source beside them a UNet has nine.
LATENT_CHANNELS, INPAINTING_CHANNELS = 4, 9


class Denoiser(nn.Module):  # type: ignore[misc]  # Any
    """UNet and ControlNet as one network, so that they are trained, copied and shared as one.

    Parameters
    ----------
    unet, controlnet : module
    scale : float
        Share of the ControlNet.
    """

    def __init__(self, unet: nn.Module, controlnet: nn.Module, scale: float) -> None:
        super().__init__()
        self.unet = unet
        self.controlnet = controlnet
        self.scale = scale

    def forward(
        self, noisy: Any, steps: Any, words: Any, drawing: Any, mask: Any, source: Any
    ) -> Any:
        """Return the prediction (B, 4, n, n).

        Parameters
        ----------
        noisy, source : (B, 4, n, n) tensor
            Latents with noise, and those of the source photo without what the mask hides; a UNet
            of four channels does not see them.
        steps : (B,) long tensor
            Time steps.
        words : (B, T, D) tensor
        drawing : (B, 3, S, S) tensor in [0, 1]
        mask : (B, 1, n, n) tensor in [0, 1]
        """
        unet, controlnet = cast(Any, self.unet), cast(Any, self.controlnet)
        down, middle = controlnet(
            noisy, steps, words, drawing, conditioning_scale=self.scale, return_dict=False
        )
        seen = noisy
        if self.inpainting:
            seen = torch.cat([noisy, mask, source], dim=1)
        return unet(
            seen,
            steps,
            words,
            down_block_additional_residuals=down,
            mid_block_additional_residual=middle,
            return_dict=False,
        )[0]

    @property
    def inpainting(self) -> bool:
        """Whether the UNet sees mask and source beside the latents."""
        return cast(int, cast(Any, self.unet).config.in_channels) == INPAINTING_CHANNELS

    def trained(self) -> Iterator[tuple[str, nn.Parameter]]:
        """Go through the weights that are trained, by name."""
        return ((name, weight) for name, weight in self.named_parameters() if weight.requires_grad)

    def blocks(self) -> Iterator[nn.Module]:
        """Go through the parts that several devices share out one by one."""
        for network in (self.unet, self.controlnet):
            for blocks in ("down_blocks", "up_blocks"):
                yield from getattr(network, blocks, ())


@dataclass(frozen=True)
class Networks:
    """The networks of a run.

    Attributes
    ----------
    denoiser : Denoiser
        Some of its weights are trained.
    vae, tokenizer, text_encoder
        Never trained.
    schedule : dict
        The noise schedule of the base model, as diffusers configures it.
    prediction : str
        What the UNet predicts.
    """

    denoiser: Denoiser
    vae: Any
    tokenizer: Any
    text_encoder: Any
    schedule: dict[str, Any]
    prediction: PredictionType

    def signal_kept(self) -> Any:
        """Return the share of signal power that is left at each time step, (1000,) float32."""
        from diffusers import DDPMScheduler

        return DDPMScheduler.from_config(self.schedule).alphas_cumprod.float()


def select_networks(settings: TrainingSettings) -> Selection:
    """Find the models and check files, sums and licences, without loading them.

    Raises
    ------
    ModeUnavailableError, LicenceError, WeightsError
    """
    mode = find_mode("img2img" if settings.model.controlnet is None else "controlnet")
    return select_models(mode, settings.repainting(), (LATENT_CHANNELS, INPAINTING_CHANNELS))


def load_networks(settings: TrainingSettings, device: Device) -> Networks:
    """Load the networks; what is trained is fp32, what is not has the precision of the passes.

    Raises
    ------
    ModeUnavailableError, LicenceError, WeightsError
    ParameterError
        A network that would be trained normalises over the batch.
    """
    import_packages()
    selection = select_networks(settings)
    for chosen in selection.models():
        chosen.require(settings.licence_policy)
    shelf = NetworkShelf(device, settings.repainting().diffusion)
    tokenizer, text_encoder = shelf.words(selection.base)
    vae = shelf.vae(selection.base)
    denoiser = _denoiser(settings, selection, device)
    for name, part in denoiser.named_modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            raise ParameterError("training_batch_norm", name=name)
    schedule = shelf.schedule(selection.base)
    kind = cast(PredictionType, schedule.get("prediction_type", "epsilon"))
    return Networks(denoiser.to(device.name), vae, tokenizer, text_encoder, schedule, kind)


def _denoiser(settings: TrainingSettings, selection: Selection, device: Device) -> Denoiser:
    from diffusers import ControlNetModel

    method = settings.model.method
    diffusion = settings.repainting().diffusion
    # What is trained is a copy of its own, of the file's numbers and not of rounded ones.
    exact = NetworkShelf(replace(device, precision="fp32"), diffusion)
    if method == "controlnet":
        unet: Any = NetworkShelf(device, diffusion).unet(selection.base, None)
    else:
        unet = deepcopy(exact.unet(selection.base, None))
    if selection.controlnets:
        controlnet = deepcopy(exact.controlnet(selection.controlnets[0]))
    else:
        with quiet(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(settings.training.seed)
            whole = exact.unet(selection.base, None)
            controlnet = _copied_encoder(ControlNetModel, whole)
    controlnet.requires_grad_(method != "lora")
    unet.requires_grad_(method == "full")
    if method == "lora":
        _add_lora(unet, settings)
    for network in (unet, controlnet):
        if settings.training.gradient_checkpointing:
            network.enable_gradient_checkpointing()
        network.train()
    return Denoiser(unet, controlnet, settings.model.conditioning_scale)


def _copied_encoder(kind: Any, unet: Any) -> Any:
    """Return a ControlNet that is a copy of the UNet's encoder, its connections zero."""
    if unet.config.in_channels == LATENT_CHANNELS:
        return kind.from_unet(unet)
    controlnet = kind.from_unet(unet, load_weights_from_unet=False)
    config = dict(controlnet.config) | {"in_channels": LATENT_CHANNELS}
    controlnet = kind.from_config(config)
    own = controlnet.state_dict()
    for name, value in unet.state_dict().items():
        if name in own:
            own[name] = value[:, :LATENT_CHANNELS] if name == "conv_in.weight" else value
    controlnet.load_state_dict(own)
    return controlnet


def _add_lora(unet: Any, settings: TrainingSettings) -> None:
    from peft import LoraConfig

    rank = settings.model.lora_rank
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.training.seed)
        unet.add_adapter(
            LoraConfig(r=rank, lora_alpha=rank, target_modules=list(LORA_LAYERS)), ADAPTER
        )
    for name, weight in unet.named_parameters():
        weight.requires_grad_("lora_" in name)
        if weight.requires_grad:
            weight.data = weight.data.float()
