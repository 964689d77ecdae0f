"""The Apptainer file and the job scripts: shells read them, and what they name is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from landmarkdiff.cli import application
from landmarkdiff.weights import entry

ROOT = Path(__file__).parents[2]
JOBS = sorted((ROOT / "scripts" / "slurm").glob("*.sh"))


def sections() -> dict[str, str]:
    text = (ROOT / "containers" / "landmarkdiff.def").read_text(encoding="utf-8")
    parts = re.split(r"^%(\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("name", ["post", "environment", "runscript", "test"])
def test_a_shell_reads_every_section(name: str) -> None:
    done = subprocess.run(
        ["sh", "-n"], input=sections()[name], text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_copied_is_there_and_enough_to_install() -> None:
    copied = dict(line.split() for line in sections()["files"].splitlines() if line.strip())
    for source, goal in copied.items():
        assert (ROOT / source).exists()
        assert goal == f"/opt/source/{source}"
    assert {"pyproject.toml", "README.md", "LICENSE", "landmarkdiff", "constraints.txt"} <= set(
        copied
    )


def test_no_requirement_is_a_redirection_and_every_weight_is_known() -> None:
    post = sections()["post"].replace("\\\n", "")
    (install,) = [line for line in post.splitlines() if "pip install" in line]
    assert not re.search(r"[<>]", install)
    assert shlex.split(install)[-1] == ".[train,ray]"
    (pull,) = [line for line in post.splitlines() if "weights pull" in line]
    names = shlex.split(pull.partition("weights pull")[2])
    assert len(names) == 5
    for name in names:
        assert entry(name).name == name


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_a_job_script_is_readable_and_names_options_that_exist(path: Path) -> None:
    subprocess.run(["bash", "-n", str(path)], check=True)
    root = typer.main.get_command(application())
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        found = re.search(r"(?:\$program|exec \$1) ((?:train|data) .*)", line)
        if line.startswith("#") or not found:
            continue
        command, known = root, set()
        for word in found[1].split():
            if word in getattr(command, "commands", {}):
                command = command.commands[word]
                known = {option for item in command.params for option in item.opts}
            assert not word.startswith("--") or word in known, word


def test_signals_come_before_the_end_and_jobs_go_on() -> None:
    for name in ("train", "train_nodes", "sweep"):
        text = (ROOT / "scripts" / "slurm" / f"{name}.sh").read_text(encoding="utf-8")
        assert re.search(r"^#SBATCH --signal=(B:)?USR1@300$", text, re.MULTILINE)
        assert re.search(r"^#SBATCH --requeue$", text, re.MULTILINE)
        assert "scontrol requeue" in text
