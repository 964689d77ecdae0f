"""The configurations in the repository: read, valid, and what their text says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from landmarkdiff.configuration import Configuration, ModelChoice
from landmarkdiff.errors import LicenceError
from landmarkdiff.generators import PaintNumbers
from landmarkdiff.generators.stable_diffusion.numbers import check_numbers
from landmarkdiff.weights import entry, permit

CONFIGS = Path(__file__).parents[2] / "configs"
#: Configurations of ``landmarkdiff train``, which have tests of their own.
OF_TRAINING = {"training", "phase_a", "phase_b", "smoke", "lato", "lato_phase_b"}
FILES = sorted(path for path in CONFIGS.glob("*.yaml") if path.stem not in OF_TRAINING)


def named_settings(data: Any, settings: BaseModel, place: str = "") -> set[str]:
    """Every setting that is missing in the data, by its name."""
    if isinstance(settings, ModelChoice):  # one of name and path is enough
        return set()
    missing = set()
    for key in type(settings).model_fields:
        value = getattr(settings, key)
        if key not in data:
            missing.add(place + key)
        elif isinstance(value, BaseModel):
            missing |= named_settings(data[key], value, f"{place}{key}.")
    return missing


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_valid_and_names_what_exists(path):
    settings = Configuration.load(path)
    diffusion = settings.diffusion
    chosen = [diffusion.base, *diffusion.controlnets, diffusion.ip_adapter, diffusion.image_encoder]
    chosen += [item for item in (diffusion.few_step, diffusion.step_preview) if item is not None]
    for item in chosen:
        permit(item.name, settings.licence_policy)


def test_the_default_file_is_the_built_in_default_and_names_every_setting():
    path = CONFIGS / "default.yaml"
    assert Configuration.load(path) == Configuration()
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert named_settings(data, Configuration()) == set()


def test_few_steps_are_those_that_the_lora_bears():
    settings = Configuration.load(CONFIGS / "few_step.yaml").diffusion
    facts = entry(settings.few_step.name).few_step
    assert settings.num_inference_steps == facts.steps
    assert settings.guidance_scale == facts.guidance_scale
    check_numbers(
        PaintNumbers.of(settings),
        settings,
        controlled=True,
        few_step_guidance=(facts.lowest_guidance, facts.highest_guidance),
    )


def test_little_memory_means_one_of_everything():
    settings = Configuration.load(CONFIGS / "low_memory.yaml").diffusion
    assert settings.cpu_offload is True
    assert settings.max_batch == 1
    assert [item.name for item in settings.controlnets] == ["controlnet_depth"]


def test_research_models_are_forbidden_under_the_default_policy():
    settings = Configuration.load(CONFIGS / "research.yaml")
    assert settings.licence_policy == "research"
    for name in (settings.diffusion.ip_adapter.name, settings.postprocess.restore.model):
        assert not entry(name).commercial_use
        with pytest.raises(LicenceError):
            permit(name, "commercial")
