"""Stable Diffusion 1.5: alone, with ControlNets, and with an identity adapter as well."""

from __future__ import annotations

from landmarkdiff.configuration import Configuration, ModelChoice
from landmarkdiff.generators.base import Generator
from landmarkdiff.generators.mode import Mode
from landmarkdiff.weights import entries

__all__ = ["MODES"]

_PACKAGES = ("torch", "diffusers", "transformers", "peft", "safetensors", "spandrel")


def _make(mode: Mode, configuration: Configuration) -> Generator:
    from landmarkdiff.generators.stable_diffusion.generator import DiffusionGenerator

    return DiffusionGenerator(mode, configuration)


def _models(mode: Mode, configuration: Configuration) -> tuple[str, ...]:
    """Names of the catalogue that a mode needs; models of one's own have none."""
    settings = configuration.diffusion
    choices: list[ModelChoice | None] = [settings.base, settings.few_step, settings.step_preview]
    needs: tuple[str, ...] = ()
    if mode.controlled:
        choices += settings.controlnets
    if "ip_adapter" in mode.reads:
        choices.append(settings.ip_adapter)
        known = {item.name: item for item in entries()}
        adapter = known.get(settings.ip_adapter.name or "")
        if adapter is None or "ip_adapter_image_encoder" in adapter.needs:
            choices.append(settings.image_encoder)
        else:
            needs = tuple(adapter.needs)
    return (*(choice.name for choice in choices if choice and choice.name), *needs)


MODES = (
    Mode("img2img", _make, ("base",), _models, _PACKAGES),
    Mode("controlnet", _make, ("base", "controlnet"), _models, _PACKAGES),
    Mode("controlnet_ip", _make, ("base", "controlnet", "ip_adapter"), _models, _PACKAGES),
)
