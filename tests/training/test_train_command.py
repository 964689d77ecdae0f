"""``landmarkdiff train`` from drawn heads to a run that goes on, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from landmarkdiff.cli import main
from landmarkdiff.training.settings import TrainingSettings

torch = pytest.importorskip("torch")

from landmarkdiff.synthetic.making import MakeSettings, make_shards  # noqa: E402
from landmarkdiff.synthetic.renders import render_photos  # noqa: E402
from landmarkdiff.synthetic.sources import read_photo_list  # noqa: E402
from landmarkdiff.training.checkpoints import list_checkpoints, read_state  # noqa: E402


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, one on the side of training and one on that of validation."""
    folder = tmp_path_factory.mktemp("heads")
    photos = read_photo_list(render_photos(3, folder / "photos", seed=1))
    make_shards(photos, folder / "shards", MakeSettings(size=256, passes=1))
    return folder / "shards"


@pytest.fixture
def config(tiny_data: dict[str, Any], shards: Path, tmp_path: Path) -> Path:
    """A configuration of two updates on drawn heads."""
    data = json.loads(json.dumps(tiny_data))
    data["data"] |= {"shards": str(shards), "size": 128, "pairs_per_photo": 4}
    data["training"] |= {"num_train_steps": 2, "batch_size": 1}
    data["training"] |= {"gradient_accumulation_steps": 1, "warmup_steps": 1}
    data["validation"] |= {"every": 2, "samples": 1, "pictures": 0}
    data["checkpoints"] = {"every": 1, "out": str(tmp_path / "run")}
    path = tmp_path / "train.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


def test_a_run_from_drawn_heads(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for option in ("--preflight", "--dry-run", "--find-lr"):
        assert main(["train", "--config", str(config), option]) == 0
        assert not (tmp_path / "run").exists()
    told = capsys.readouterr().out
    assert "judged by 1 others" in told
    assert "One update was made; nothing was written." in told
    assert "learning rate" in told
    assert main(["train", "--config", str(config)]) == 0
    assert "2/2: loss" in capsys.readouterr().out
    state = read_state(list_checkpoints(tmp_path / "run")[-1])
    assert state.data["people"] == 1
    assert state.data["licences"] == {"CC0-1.0": 2}
    assert "head-1" not in json.dumps(state.data)  # no name of anyone
    assert main(["train", "--config", str(config)]) == 2
    assert main(["train", "--config", str(config), "--resume", "latest"]) == 0
    grid = ["train", "sweep", "--config", str(config), "--set", "training.learning_rate=1e-3,1e-4"]
    assert main([*grid, "--only", "1"]) == 0
    assert [path.name for path in (tmp_path / "run").glob("learning*")] == ["learning_rate=0.0001"]


def test_runs_are_compared_and_examined(
    whole_run: TrainingSettings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(whole_run.checkpoints.out)
    assert main(["train", "compare", out, out, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["runs"]
    assert [row["updates"] for row in rows] == [6, 6]
    assert rows[0]["best_error"] < 2.0
    assert main(["train", "doctor", out]) == 0
    assert "sums are right" in capsys.readouterr().out
    assert main(["train", "export", out, "--out", str(tmp_path / "export")]) == 0
    assert (tmp_path / "export" / "configuration.yaml").is_file()
    assert main(["train", "doctor", str(tmp_path)]) == 2


def test_onnx_needs_its_package(
    whole_run: TrainingSettings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)  # as where it is not installed
    out = str(whole_run.checkpoints.out)
    assert main(["train", "export", out, "--out", str(tmp_path / "other"), "--onnx"]) == 2
    assert "onnx" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_what_keeps_a_run_from_beginning_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "train.yaml"
    path.write_text("training: {num_train_step: 5}\n")
    assert main(["train", "--config", str(path)]) == 2
    assert "training.num_train_steps" in capsys.readouterr().err
    path.write_text("data: {shards: nowhere}\nmodel: {base: {path: nowhere}}\n")
    assert main(["train", "--config", str(path), "--preflight"]) == 1
    told = capsys.readouterr().out
    assert told.count("WRONG") >= 2
    assert "cannot be told without the networks" in " ".join(told.split())
    assert main(["train", "--config", str(path)]) == 2
    path.write_text("data: {shards: nowhere}\nmodel: {base: nowhere}\n")
    capsys.readouterr()
    assert main(["train", "lato", "--config", str(path), "--preflight"]) == 1
    told = capsys.readouterr().out
    assert told.count("WRONG") >= 2
    assert "model.base" in told
    assert main(["train", "lato", "--config", str(path), "--find-lr"]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--preflight"], "--preflight is of no use without --config"),
        (["--dry-run", "lato", "--config", "none.yaml"], "--dry-run stands before 'lato'"),
    ],
)
def test_an_option_that_would_be_left_out_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert main(["train"]) == 0
    assert "--preflight" in capsys.readouterr().out


def test_edits_are_trained_on_surgical_pairs(
    shards: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("diffusers")
    import tiny_edits

    from landmarkdiff.synthetic.order import PairOrder
    from landmarkdiff.training.lato.data import open_edits
    from landmarkdiff.training.lato.order import edit_order
    from landmarkdiff.training.lato.pairs import JoinedEdits
    from landmarkdiff.training.lato.settings import LatoSettings

    tiny_edits.tiny_klein(tmp_path / "klein")
    config = tmp_path / "lato.yaml"
    data = {
        "model": {
            "base": "klein", "lora_rank": 2, "most_tokens": 16, "text_layers": [1, 2, 3],
        },
        "data": {
            "shards": str(shards), "width": 64, "height": 64, "workers": 0, "pairs_per_photo": 4,
        },
        "training": {
            "device": "cpu", "warmup_steps": 1, "num_train_steps": 2, "batch_size": 1,
            "gradient_accumulation_steps": 1, "gradient_checkpointing": True,
        },
        "validation": {"every": 2, "samples": 1, "pictures": 1, "inference_steps": 1},
        "checkpoints": {"every": 1, "out": "run"},
    }  # fmt: skip
    config.write_text(yaml.safe_dump(data))
    for option in ("--preflight", "--dry-run", "--find-lr"):
        assert main(["train", "lato", "--config", str(config), option]) == 0
        assert not (tmp_path / "run").exists()
    told = capsys.readouterr().out
    assert "LoRA of rank 2" in told
    assert "One update was made; nothing was written." in told
    assert "learning rate" in told
    assert main(["train", "lato", "--config", str(config)]) == 0
    assert "2/2: loss" in capsys.readouterr().out
    grid = ["train", "sweep", "--lato", "--config", str(config), "--only", "0"]
    assert main([*grid, "--set", "training.learning_rate=1e-3"]) == 0
    assert (tmp_path / "run" / "learning_rate=0.001").is_dir()
    out = tmp_path / "export"
    assert main(["train", "lato-export", str(tmp_path / "run"), "--out", str(out)]) == 0
    card = (out / "README.md").read_text(encoding="utf-8")
    assert "2 photos of 1 people" in card
    assert "head-1" not in card  # no name of anyone
    settings = LatoSettings.load(config)
    edits = open_edits(settings.data).train
    order = edit_order(edits, 1, settings.changed({"data.balanced": True, "data.learning": 2}))
    assert isinstance(order, PairOrder)
    both = edit_order(JoinedEdits((edits, edits)), 1, settings)
    assert sorted(both.number(place) for place in range(2 * len(edits))) == list(
        range(2 * len(edits))
    )
    example, sample = edits[0], edits.pairs[0]  # type: ignore[attr-defined]
    assert "mm" in example.instruction or "°" in example.instruction or "%" in example.instruction
    assert example.person == sample.person
    assert (example.source != sample.source).any()  # warped on, to the plan's geometry
    assert (example.source_points == example.target_points).all()
    config.write_text("data: {shards: null}\n")
    assert main(["train", "lato", "--config", str(config)]) == 2
