"""The configuration of a training: strict, anchored, and the files in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from landmarkdiff.errors import ParameterError
from landmarkdiff.training.grid import grid_of, read_axes
from landmarkdiff.training.settings import TrainingSettings, known_keys

CONFIGS = Path(__file__).parents[2] / "configs"


def named(data: dict, place: str = "") -> set[str]:
    found = set()
    for key, value in data.items():
        found.add(place + key)
        if isinstance(value, dict):
            found |= named(value, f"{place}{key}.")
    return found


@pytest.mark.parametrize("name", ["training", "phase_a", "phase_b", "smoke"])
def test_every_file_is_valid(name: str) -> None:
    settings = TrainingSettings.load(CONFIGS / f"{name}.yaml")
    assert settings.phase == ("b" if name == "phase_b" else "a")
    assert settings.data.shards == CONFIGS.resolve() / "../data/shards"
    assert TrainingSettings.from_dict(settings.to_dict()) == settings


def test_the_file_of_defaults_is_the_default_and_names_every_setting() -> None:
    path = CONFIGS / "training.yaml"
    settings, built_in = TrainingSettings.load(path), TrainingSettings()
    # Paths of a file are relative to it.
    same = settings.changed(
        {"data.shards": str(built_in.data.shards), "checkpoints.out": str(built_in.checkpoints.out)}
    )
    assert same == built_in
    wanted = {key for key in known_keys() if not key.startswith("model.base.")}
    assert wanted <= named(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_phase_b_has_the_weights_of_the_method() -> None:
    weights = TrainingSettings.load(CONFIGS / "phase_b.yaml").losses.weights
    assert weights.model_dump() == {
        "diffusion": 1.0,
        "landmark": 0.1,
        "identity": 0.05,
        "perceptual": 0.1,
    }


@pytest.mark.parametrize(
    ("data", "near"),
    [
        ({"training": {"num_train_step": 5}}, "training.num_train_steps"),
        ({"trainig": {}}, "training"),
        ({"losses": {"weights": {"landmarks": 1}}}, "losses.weights.landmark"),
    ],
)
def test_an_unknown_key_fails_with_the_nearest_one(data: dict, near: str) -> None:
    with pytest.raises(ParameterError) as caught:
        TrainingSettings.from_dict(data)
    assert caught.value.code == "training_key_unknown"
    assert caught.value.params["near"] == near
    assert near in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        {"training": {"mixed_precision": "fp16"}},
        {"model": {"conditioning_scale": 1.3}},
        {"losses": {"weights": {"landmark": 0.1}}},  # phase a
        {"phase": "b"},
        {"data": {"size": 500}},
        {"training": {"learning_rate": float("nan")}},
        [],
    ],
)
def test_what_is_not_allowed_fails(data: object) -> None:
    with pytest.raises(ParameterError) as caught:
        TrainingSettings.from_dict(data)
    assert caught.value.code == "configuration_invalid"


def test_a_grid_is_every_combination_in_a_folder_of_its_own() -> None:
    axes = read_axes(["training.learning_rate=1e-5,3e-5", "model.method=lora,full"])
    assert axes["training.learning_rate"] == [1e-5, 3e-5]
    grid = grid_of(TrainingSettings(), axes)
    assert [name for name, _ in grid] == [
        "learning_rate=1e-05,method=lora",
        "learning_rate=1e-05,method=full",
        "learning_rate=3e-05,method=lora",
        "learning_rate=3e-05,method=full",
    ]
    assert len({settings.checkpoints.out for _, settings in grid}) == 4
    assert grid[3][1].training.learning_rate == 3e-5


@pytest.mark.parametrize(
    "axis", ["learning_rate", "training.rate=1", "=1", "training.seed=", "a=["]
)
def test_a_bad_row_of_a_grid_is_one_sentence(axis: str) -> None:
    with pytest.raises(ParameterError):
        grid_of(TrainingSettings(), read_axes([axis]))


def test_models_are_found_as_the_app_finds_them() -> None:
    model = {"controlnet": {"name": "controlnet_depth"}, "drawing": "depth"}
    settings = TrainingSettings.from_dict({"model": model})
    (choice,) = settings.repainting().diffusion.controlnets
    assert choice.name == "controlnet_depth"
    assert (choice.conditioning, choice.scale) == ("depth", 1.0)
