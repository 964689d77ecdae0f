"""Prompts: said once, within what the network reads, nothing dropped in silence."""

from __future__ import annotations

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.generators.stable_diffusion.prompts import prompts_of
from landmarkdiff.procedures.plan import SurgicalPlan
from landmarkdiff.procedures.planning import make_plan
from landmarkdiff.procedures.procedure import procedure, procedure_names


def words(text: str) -> int:
    """Count as a tokenizer would that knows every word."""
    return len(text.replace(",", " ,").split())


def plan_of(portrait, *names: str) -> SurgicalPlan:
    return make_plan(list(names), portrait.landmarks, intensity=40.0)


@pytest.mark.parametrize("name", procedure_names())
def test_one_procedure_is_said_as_its_preset_says_it(portrait, name):
    prompt = prompts_of(plan_of(portrait, name), words, 75)
    assert prompt.text == procedure(name).prompt
    assert prompt.negative == procedure(name).negative_prompt
    assert prompt.left_out == ()


def test_several_procedures_are_joined_and_nothing_is_said_twice(portrait):
    prompt = prompts_of(plan_of(portrait, "rhinoplasty", "mentoplasty"), words, 75)
    phrases = prompt.text.split(", ")
    assert "clinical photograph of a face after rhinoplasty" in phrases
    assert "clinical photograph of a face after genioplasty" in phrases
    assert "natural refined nose" in phrases
    assert "balanced natural chin" in phrases
    assert phrases.count("sharp focus") == 1
    assert len(set(phrases)) == len(phrases)
    assert "asymmetric nostrils" in prompt.negative and "double chin line" in prompt.negative
    assert prompt.left_out == ()


def test_what_does_not_fit_is_left_out_as_whole_phrases_and_told(portrait):
    names = [name for name in procedure_names() if name not in ("lip_lift", "malar_augmentation")]
    plan = plan_of(portrait, *names)
    prompt = prompts_of(plan, words, 75)
    assert words(prompt.text) <= 75 and words(prompt.negative) <= 75
    assert prompt.left_out
    kept = {*prompt.text.split(", "), *prompt.negative.split(", ")}
    said = {
        phrase
        for item in plan.procedures
        for text in (item.prompt, item.negative_prompt)
        for phrase in text.split(", ")
    }
    assert kept | set(prompt.left_out) == said
    assert not kept & set(prompt.left_out)
    # Each procedure is named before anything else is said of one.
    for item in plan.procedures:
        assert item.prompt.split(", ")[0] in kept


def test_a_plan_without_prompts_takes_those_of_the_presets(portrait):
    data = plan_of(portrait, "rhinoplasty").to_dict()
    data["procedures"][0] |= {"prompt": "", "negative_prompt": ""}
    prompt = prompts_of(SurgicalPlan.from_dict(data), words, 75)
    assert prompt.text == procedure("rhinoplasty").prompt
    assert prompt.negative == procedure("rhinoplasty").negative_prompt


def test_a_plan_of_ones_own_without_prompts_gets_a_plain_one(portrait):
    data = plan_of(portrait, "rhinoplasty").to_dict()
    data["procedures"][0] |= {"name": "mine", "prompt": " , ", "negative_prompt": ""}
    for effect in data["effects"]:
        effect["procedure"] = "mine"
    prompt = prompts_of(SurgicalPlan.from_dict(data), words, 75)
    assert prompt.text.startswith("clinical photograph of a face")
    assert "deformed face" in prompt.negative


def test_a_phrase_that_never_fits_is_refused(portrait):
    data = plan_of(portrait, "rhinoplasty").to_dict()
    data["procedures"][0]["prompt"] = "very " * 80 + "natural"
    with pytest.raises(ParameterError, match=r"longer than the network reads.*up to 75 tokens"):
        prompts_of(SurgicalPlan.from_dict(data), words, 75)
