"""The sampler: how the network gets from noise to a picture in a given number of steps.

DPM-Solver++ of second order with Karras' spacing, for 10 to 100 steps: it is deterministic (its
steps draw no noise), at 20 to 30 steps as close to its limit as DDIM at three times as many, and
it works with predictions of the picture itself, so mixing the unpainted part back in after each
step leaves its history valid. A few-step LoRA brings the sampler that it was distilled for.

References: Lu et al. 2022, arXiv:2211.01095; Karras et al. 2022, arXiv:2206.00364, eq. 5;
Ren et al. 2024 (Hyper-SD), arXiv:2404.13686; Luo et al. 2023 (LCM-LoRA), arXiv:2311.05556.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

__all__ = ["create_scheduler", "scheduler_record"]

#: What belongs to the base model's training and holds for every sampler.
_TRAINED = (
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "rescale_betas_zero_snr",
    "steps_offset",
)
_NAMES = {
    None: "DPM-Solver++ 2M, Karras spacing",
    "ddim_trailing": "DDIM, trailing time steps",
    "lcm": "LCM",
}


def create_scheduler(trained: Mapping[str, Any], few_step: str | None) -> Any:
    """Return a fresh sampler, which holds the state of one run.

    Parameters
    ----------
    trained : mapping
        The base model's own scheduler configuration; its noise schedule is used.
    few_step : {"ddim_trailing", "lcm"} or None
        The sampler of a few-step LoRA.
    """
    from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, LCMScheduler

    schedule = {key: trained[key] for key in _TRAINED if trained.get(key) is not None}
    end = {"set_alpha_to_one": bool(trained.get("set_alpha_to_one", False))}
    scheduler: Any
    if few_step is None:
        scheduler = DPMSolverMultistepScheduler(
            **schedule, algorithm_type="dpmsolver++", solver_order=2, use_karras_sigmas=True
        )
    elif few_step == "ddim_trailing":
        scheduler = DDIMScheduler(**schedule, **end, clip_sample=False, timestep_spacing="trailing")
    else:
        scheduler = LCMScheduler(**schedule, **end)
    scheduler.set_timesteps = partial(_set_timesteps, scheduler.set_timesteps)
    return scheduler


def _set_timesteps(original: Callable[..., None], *arguments: Any, **named: Any) -> None:
    """Set the time steps where the pipelines read them: in the computer's memory.

    On a graphics card every step would wait for the card to hand the next time step over.
    """
    original(*arguments, **(named | {"device": "cpu"}))


def scheduler_record(few_step: str | None) -> str:
    """Return what the result says of the sampler."""
    return _NAMES[few_step]
