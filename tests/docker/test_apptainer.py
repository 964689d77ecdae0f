"""The Apptainer file and the job scripts: shells read them, and what they name is there."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer
from check_apptainer import copied_files, exported, sections

from landmarkdiff.cli import application
from landmarkdiff.weights import entry
from landmarkdiff.weights.access import OFFLINE_VARIABLE

ROOT = Path(__file__).parents[2]
JOBS = sorted((ROOT / "scripts" / "slurm").glob("*.sh"))


def parts() -> dict[str, str]:
    return sections(ROOT / "containers" / "landmarkdiff.def")


@pytest.mark.parametrize("name", ["post", "environment", "runscript", "test"])
def test_a_shell_reads_every_section(name: str) -> None:
    done = subprocess.run(
        ["sh", "-n"], input=parts()[name], text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_is_copied_is_there_and_enough_to_install() -> None:
    copied = copied_files(parts()["files"])
    for source, goal in copied.items():
        assert (ROOT / source).exists()
        assert goal == f"/opt/source/{source}"
    assert {"pyproject.toml", "README.md", "LICENSE", "landmarkdiff", "constraints.txt"} <= set(
        copied
    )


def test_a_line_of_files_is_a_pair_of_places() -> None:
    assert copied_files("  # a word\n\n  a b\n") == {"a": "b"}
    with pytest.raises(ValueError, match="not a pair of places: only"):
        copied_files("  only\n")


def test_the_program_is_found_and_opens_no_connection() -> None:
    found = exported(parts()["environment"], {"PATH": "/bin"})
    assert found["PATH"] == "/opt/landmarkdiff/bin:/bin"
    assert found[OFFLINE_VARIABLE] == "1"
    cache = re.search(r"XDG_CACHE_HOME=(\S+)", parts()["post"])
    assert cache is not None
    assert found["XDG_CACHE_HOME"] == cache[1]


def test_no_requirement_is_a_redirection_and_every_weight_is_known() -> None:
    post = parts()["post"].replace("\\\n", "")
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
