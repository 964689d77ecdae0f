from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_pairs import TinyPairs

from landmarkdiff.training.settings import TrainingSettings

#: What tiny runs learn from, and what they are judged by.
PAIRS, JUDGED = TinyPairs(24), TinyPairs(4, shift=1000)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny networks in the layout of Stable Diffusion 1.5, written once."""
    pytest.importorskip("diffusers")
    import tiny_models

    folder = tmp_path_factory.mktemp("tiny")
    tiny_models.build(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_data(tiny_folder: Path) -> dict[str, Any]:
    """The data of a tiny run's configuration, without its folder."""
    return {
        "model": {"base": {"path": str(tiny_folder / "base")}},
        "data": {"size": 64, "workers": 0},
        "training": {
            "device": "cpu",
            "learning_rate": 1e-3,
            "warmup_steps": 2,
            "num_train_steps": 6,
            "batch_size": 2,
            "gradient_accumulation_steps": 2,
        },
        "validation": {"every": 3, "samples": 4, "pictures": 1, "inference_steps": 2},
        "checkpoints": {"every": 2},
    }


@pytest.fixture(scope="session")
def whole_run(tiny_data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Six updates without an interruption: the configuration, whose folder has them."""
    pytest.importorskip("torch")
    from landmarkdiff.training.recipe import train

    out = tmp_path_factory.mktemp("whole") / "run"
    settings = TrainingSettings.from_dict({**tiny_data, "checkpoints": {"every": 2, "out": out}})
    assert train(settings, PAIRS, JUDGED, lineage={"photos": 24}).status == 0
    return settings
