"""The sampler: the base model's schedule, a deterministic solver, time steps near the pipeline."""

from __future__ import annotations

import pytest
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler, LCMScheduler

from landmarkdiff.generators.stable_diffusion.schedulers import create_scheduler, scheduler_record

TRAINED = {
    "_class_name": "PNDMScheduler",
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
}


@pytest.mark.parametrize(
    ("few_step", "kind", "settings"),
    [
        (
            None,
            DPMSolverMultistepScheduler,
            {"algorithm_type": "dpmsolver++", "solver_order": 2, "use_karras_sigmas": True},
        ),
        ("ddim_trailing", DDIMScheduler, {"timestep_spacing": "trailing", "clip_sample": False}),
        ("lcm", LCMScheduler, {"original_inference_steps": 50, "set_alpha_to_one": False}),
    ],
)
def test_sampler_and_the_schedule_of_the_base_model(few_step, kind, settings):
    scheduler = create_scheduler(TRAINED, few_step)
    assert type(scheduler) is kind
    for name, value in settings.items():
        assert scheduler.config[name] == value
    assert scheduler.config["beta_end"] == 0.012
    assert scheduler.config["prediction_type"] == "epsilon"
    assert scheduler_record(few_step)


def test_a_base_model_that_predicts_velocity_stays_one():
    scheduler = create_scheduler(TRAINED | {"prediction_type": "v_prediction"}, None)
    assert scheduler.config["prediction_type"] == "v_prediction"


def test_eight_trailing_steps_begin_at_pure_noise():
    scheduler = create_scheduler(TRAINED, "ddim_trailing")
    scheduler.set_timesteps(8)
    assert scheduler.timesteps.tolist() == [999, 874, 749, 624, 499, 374, 249, 124]


def test_steps_are_denser_towards_the_end():
    scheduler = create_scheduler(TRAINED, None)
    scheduler.set_timesteps(30)
    gaps = -torch.diff(scheduler.timesteps)
    assert scheduler.timesteps[0] == 999
    assert gaps[-5:].sum() < gaps[5:10].sum()


def test_time_steps_stay_in_the_computers_memory():
    scheduler = create_scheduler(TRAINED, None)
    scheduler.set_timesteps(10, device="meta")  # any other device
    assert scheduler.timesteps.device.type == "cpu"


def test_each_run_has_a_sampler_of_its_own():
    assert create_scheduler(TRAINED, None) is not create_scheduler(TRAINED, None)
