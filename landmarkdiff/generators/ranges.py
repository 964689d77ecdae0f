"""The ranges of what a request may ask of a network, and how many steps come of it."""

from __future__ import annotations

import math

from landmarkdiff.configuration import MAX_CONDITIONING_SCALE, DiffusionSettings
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators.base import GenerationRequest

__all__ = ["check_numbers", "check_request", "steps_run"]

#: Least and most steps, without and with a few-step LoRA.
STEPS = (10, 100)
FEW_STEPS = (4, 8)
GUIDANCE = (1.0, 20.0)
_SEED_END = 2**63


def check_request(
    request: GenerationRequest,
    settings: DiffusionSettings,
    *,
    controlled: bool,
    few_step_guidance: tuple[float, float] | None = None,
) -> None:
    """Refuse a request that is out of range: its numbers, as below, and its seed.

    Raises
    ------
    ParameterError
        Which value, and what is allowed.
    """
    check_numbers(
        settings,
        num_inference_steps=request.num_inference_steps,
        guidance_scale=request.guidance_scale,
        controlnet_conditioning_scale=request.controlnet_conditioning_scale,
        strength=request.strength,
        controlled=controlled,
        few_step_guidance=few_step_guidance,
    )
    seed = request.seed
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < _SEED_END:
        raise ParameterError("the seed is out of range", value=seed, allowed="0 to 2^63 - 1")


def check_numbers(
    settings: DiffusionSettings,
    *,
    num_inference_steps: float,
    guidance_scale: float,
    controlnet_conditioning_scale: float,
    strength: float,
    controlled: bool,
    few_step_guidance: tuple[float, float] | None = None,
) -> None:
    """Refuse numbers that are out of range.

    Parameters
    ----------
    settings : DiffusionSettings
    num_inference_steps, guidance_scale, controlnet_conditioning_scale, strength
        As in :class:`GenerationRequest`.
    controlled : bool
        Whether ControlNets take part.
    few_step_guidance : (float, float), optional
        Guidance that the few-step LoRA bears, where the catalogue knows it.

    Raises
    ------
    ParameterError
        Which value, and what is allowed.
    """
    few = settings.few_step is not None
    low, high = FEW_STEPS if few else STEPS
    steps = num_inference_steps
    if isinstance(steps, bool) or not isinstance(steps, int) or not low <= steps <= high:
        raise ParameterError(
            "num_inference_steps is out of range" + (" for a few-step LoRA" if few else ""),
            value=steps,
            allowed=f"{low} to {high}",
            fix=None if few else "4 to 8 steps need a few-step LoRA in the configuration",
        )
    _check("guidance_scale", guidance_scale, *GUIDANCE)
    if few_step_guidance is not None:
        name = "guidance_scale with this few-step LoRA"
        _check(name, guidance_scale, *few_step_guidance)
    _check("strength", strength, 0.0, 1.0)
    scale = controlnet_conditioning_scale
    _check("controlnet_conditioning_scale", scale, 0.0, MAX_CONDITIONING_SCALE)
    total = scale * sum(choice.scale for choice in settings.controlnets)
    if controlled and total > MAX_CONDITIONING_SCALE + 1e-9:
        raise ParameterError(
            "the conditioning scales of all ControlNets together are out of range",
            value=f"{total:g}",
            allowed=f"0 to {MAX_CONDITIONING_SCALE:g}",
            fix="lower controlnet_conditioning_scale",
        )


def steps_run(steps: int, strength: float) -> int:
    """Return how many of the steps the network works: as diffusers rounds.

    Examples
    --------
    >>> steps_run(30, 0.75), steps_run(10, 0.05)
    (22, 0)
    """
    return min(int(steps * strength), steps)


def _check(name: str, value: float, low: float, high: float) -> None:
    wrong = isinstance(value, bool) or not isinstance(value, int | float)
    if wrong or not math.isfinite(value) or not low <= value <= high:
        raise ParameterError(f"{name} is out of range", value=value, allowed=f"{low:g} to {high:g}")
