"""The recipe on tiny networks: runs that end early go on, and several processes agree."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_pairs import TinyPairs

from landmarkdiff.training.settings import TrainingSettings

torch = pytest.importorskip("torch")

from landmarkdiff.training.checkpoints import list_checkpoints, read_checkpoint  # noqa: E402
from landmarkdiff.training.curve import read_curve  # noqa: E402
from landmarkdiff.training.recipe import train  # noqa: E402

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAIRS, JUDGED = TinyPairs(24), TinyPairs(4, shift=1000)


def written(settings: TrainingSettings) -> Path:
    path = settings.checkpoints.out.with_suffix(".json")
    path.write_text(json.dumps(settings.to_dict()))
    return path


def updates(out: Path) -> list[int]:
    return [int(path.name.removeprefix("update-")) for path in list_checkpoints(out)]


def job(folder: Path, config: Path, **variables: str) -> subprocess.Popen[str]:
    """Start the job script as SLURM does, with a stand-in for its scontrol.

    ``landmarkdiff`` is the recipe on tiny networks and drawn pairs.
    """
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name, line in {
        "landmarkdiff": f'exec {sys.executable} {HERE / "tiny_run.py"} "$@"',
        "scontrol": f'echo "$@" >> {folder / "scontrol.log"}',
    }.items():
        (programs / name).write_text(f"#!/bin/bash\n{line}\n")
        (programs / name).chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return subprocess.Popen(
        ["bash", str(ROOT / "scripts" / "slurm" / "train.sh"), str(config)],
        env=os.environ | {"PATH": path, "SLURM_JOB_ID": "7", "OMP_NUM_THREADS": "1", **variables},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_job_queues_itself_again_and_a_killed_one_goes_on_to_the_bit(
    whole_run: TrainingSettings, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    settings = whole_run.changed({"checkpoints.out": str(out)})
    config = written(settings)

    first = job(tmp_path, config)
    assert first.stdout is not None
    assert first.stdout.readline().startswith("1 ")
    first.send_signal(signal.SIGUSR1)
    rest = first.communicate(timeout=240)[0]
    assert first.returncode == 0, rest
    done = 1 + len(rest.splitlines())
    assert updates(out)[-1] == done < 6
    assert (tmp_path / "scontrol.log").read_text() == "requeue 7\n"

    second = job(tmp_path, config, SLURM_RESTART_COUNT="1", DIE_AFTER="5")
    second.communicate(timeout=240)
    assert second.returncode == 128 + signal.SIGKILL
    assert updates(out)[-1] == 4 or done == 5
    (out / ".update-00000006.1.part").mkdir()  # killed while it wrote

    assert train(settings, PAIRS, JUDGED, "latest").status == 0
    curves = [item.checkpoints.out / "losses.jsonl" for item in (whole_run, settings)]
    assert curves[0].read_bytes() == curves[1].read_bytes()
    runs = [whole_run.checkpoints.out, out]
    one, other = (read_checkpoint(list_checkpoints(folder)[-1]) for folder in runs)
    for name in ("trained", "average", "optimizer"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.keys() == right.keys()
        assert all(torch.equal(left[key], right[key]) for key in left)
    assert not list(out.glob(".update*"))


def test_two_processes_compute_what_one_does(whole_run: TrainingSettings, tmp_path: Path) -> None:
    """Copies (DDP) and shares (FSDP2) on two processes: 2 x 2 pairs against 1 x 4."""
    runs = [
        whole_run.changed(
            {
                "checkpoints.out": str(tmp_path / parallel),
                "training.gradient_accumulation_steps": 1,
                "training.parallel": parallel,
            }
        )
        for parallel in ("ddp", "fsdp2")
    ]
    configs = [str(written(settings)) for settings in runs]
    shared = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20000 + os.getpid() % 20000)}
    command = [str(HERE / "tiny_run.py"), "train", "--processes", "2", "--config", *configs]
    subprocess.run(
        [sys.executable, *command],
        env=os.environ | {"OMP_NUM_THREADS": "1"} | shared,
        timeout=280,
        check=True,
    )
    alone = read_curve(whole_run.checkpoints.out)
    weights = read_checkpoint(list_checkpoints(whole_run.checkpoints.out)[-1]).trained
    for settings in runs:
        together = read_curve(settings.checkpoints.out)
        for one, two in zip(alone, together, strict=True):
            assert one.keys() == two.keys()
            assert two == pytest.approx(one, rel=1e-5, abs=1e-5)
        found = read_checkpoint(list_checkpoints(settings.checkpoints.out)[-1])
        assert found.state.of_update == 4
        for key, value in weights.items():
            torch.testing.assert_close(found.trained[key], value, rtol=0, atol=1e-5)


def test_what_a_run_leaves(whole_run: TrainingSettings) -> None:
    out = whole_run.checkpoints.out
    curve = read_curve(out)
    assert [row["update"] for row in curve] == [1, 2, 3, 4, 5, 6]
    assert [row["update"] for row in curve if "validation_error" in row] == [3, 6]
    rates = [row["learning_rate"] for row in curve]
    assert rates == pytest.approx([5e-4, 1e-3, 1e-3, 8.5355e-4, 5e-4, 1.4645e-4], rel=1e-4)
    assert updates(out) == [2, 4, 6]
    state: Any = read_checkpoint(list_checkpoints(out)[-1]).state
    assert state.error == curve[-1]["validation_error"]
    assert state.data == {"pairs": 24, "photos": 24}
    assert sorted(path.name for path in (out / "pictures").iterdir()) == [
        "update-00000003.png",
        "update-00000006.png",
    ]
    assert len(list((out / "tensorboard").iterdir())) == 1
