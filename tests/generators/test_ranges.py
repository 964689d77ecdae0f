"""Ranges of a network's numbers, and clear words outside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from landmarkdiff.configuration import ControlNetChoice, DiffusionSettings, FewStepChoice
from landmarkdiff.errors import ParameterError
from landmarkdiff.generators import PaintNumbers, check_seed
from landmarkdiff.generators.stable_diffusion.numbers import check_numbers, steps_run

SETTINGS = DiffusionSettings()
FEW = DiffusionSettings(few_step=FewStepChoice(name="lora_hyper_sd_8"))


NUMBERS = PaintNumbers(30, 7.5, 1.0, 0.75)


def check(settings, *, controlled=True, few_step_guidance=None, **numbers):
    chosen = replace(NUMBERS, **numbers)
    check_numbers(chosen, settings, controlled=controlled, few_step_guidance=few_step_guidance)


@pytest.mark.parametrize(
    "good",
    [
        {"num_inference_steps": 10},
        {"num_inference_steps": 100},
        {"guidance_scale": 1.0},
        {"guidance_scale": 20},
        {"controlnet_conditioning_scale": 0.0},
        {"controlnet_conditioning_scale": 1.2},
        {"strength": 0.0},
        {"strength": 1.0},
    ],
)
def test_ends_of_the_ranges_are_inside(good):
    check(SETTINGS, **good)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"num_inference_steps": 9}, r"num_inference_steps.*got 9.*10 to 100.*few-step LoRA"),
        ({"num_inference_steps": 4}, r"10 to 100"),
        ({"num_inference_steps": 101}, r"got 101"),
        ({"num_inference_steps": 20.0}, r"got 20.0"),
        ({"num_inference_steps": True}, r"num_inference_steps"),
        ({"guidance_scale": 0.9}, r"guidance_scale.*got 0.9.*1 to 20"),
        ({"guidance_scale": 20.1}, r"1 to 20"),
        ({"guidance_scale": float("nan")}, r"guidance_scale"),
        ({"controlnet_conditioning_scale": -0.1}, r"controlnet_conditioning_scale.*0 to 1.2"),
        ({"controlnet_conditioning_scale": 1.21}, r"0 to 1.2"),
        ({"strength": -0.01}, r"strength.*0 to 1"),
        ({"strength": 1.01}, r"strength"),
        ({"strength": "much"}, r"strength"),
    ],
)
def test_outside_them_a_clear_error(bad, words):
    with pytest.raises(ParameterError, match=words):
        check(SETTINGS, **bad)


def test_seeds_have_a_range_of_their_own():
    check_seed(2**63 - 1)
    for seed in (-1, 2**63):
        with pytest.raises(ParameterError, match="seed"):
            check_seed(seed)


@pytest.mark.parametrize("steps", [3, 9, 10, 30])
def test_a_few_step_lora_takes_few_steps_only(steps):
    with pytest.raises(ParameterError, match=r"few-step LoRA.*allowed: 4 to 8"):
        check(FEW, num_inference_steps=steps)


@pytest.mark.parametrize("steps", [4, 6, 8])
def test_few_steps_with_a_few_step_lora(steps):
    check(FEW, num_inference_steps=steps)


def test_guidance_that_a_lora_does_not_bear_is_refused():
    with pytest.raises(ParameterError, match=r"few-step LoRA.*got 7.5.*1 to 2"):
        check(FEW, num_inference_steps=6, few_step_guidance=(1.0, 2.0))


def test_scales_of_all_controlnets_together():
    nets = tuple(
        ControlNetChoice(name=name, scale=0.6)
        for name in ("controlnet_mediapipe_face", "controlnet_depth")
    )
    settings = DiffusionSettings(controlnets=nets)
    check(settings, controlnet_conditioning_scale=1.0)
    with pytest.raises(ParameterError, match=r"together.*got 1.32.*0 to 1.2"):
        check(settings, controlnet_conditioning_scale=1.1)
    # img2img has none
    check(settings, controlnet_conditioning_scale=1.1, controlled=False)


def test_steps_that_are_worked():
    assert [steps_run(30, s) for s in (0.0, 0.03, 0.04, 0.5, 0.75, 1.0)] == [0, 0, 1, 15, 22, 30]
