"""What a request may ask of Stable Diffusion, and how many steps come of it."""

from __future__ import annotations

from landmarkdiff.configuration import (
    FEW_STEPS,
    MAX_CONDITIONING_SCALE,
    STEPS,
    DiffusionSettings,
    check_number,
)
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators.base import PaintNumbers

__all__ = ["check_numbers", "steps_run"]


def check_numbers(
    numbers: PaintNumbers,
    settings: DiffusionSettings,
    *,
    controlled: bool,
    few_step_guidance: tuple[float, float] | None = None,
) -> None:
    """Refuse numbers that are out of range.

    Parameters
    ----------
    numbers : PaintNumbers
    settings : DiffusionSettings
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
    steps = numbers.num_inference_steps
    if isinstance(steps, bool) or not isinstance(steps, int) or not low <= steps <= high:
        code = "few_steps_out_of_range" if few else "steps_out_of_range"
        raise ParameterError(code, value=steps, low=low, high=high)
    check_number("guidance_scale", numbers.guidance_scale)
    if few_step_guidance is not None:
        check_number("guidance_scale_of_lora", numbers.guidance_scale, few_step_guidance)
    check_number("strength", numbers.strength)
    scale = numbers.controlnet_conditioning_scale
    check_number("controlnet_conditioning_scale", scale)
    total = scale * sum(choice.scale for choice in settings.controlnets)
    if controlled and total > MAX_CONDITIONING_SCALE + 1e-9:
        raise ParameterError(
            "conditioning_scales_out_of_range", total=total, most=MAX_CONDITIONING_SCALE
        )


def steps_run(steps: int, strength: float) -> int:
    """Return how many of the steps the network works: as diffusers rounds.

    Examples
    --------
    >>> steps_run(30, 0.75), steps_run(10, 0.05)
    (22, 0)
    """
    return min(int(steps * strength), steps)
