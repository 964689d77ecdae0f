"""Not a byte leaves the machine: system calls and traces of the command on a real photo."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from landmarkdiff.weights import folders, locate

TRACED = "socket,connect,sendto,sendmsg,bind"


@pytest.fixture
def portrait_file(astronaut, tmp_path):
    path = tmp_path / "patient_doe.png"
    Image.fromarray(astronaut).save(path)
    return path


def traced_run(arguments: list[str], log: Path, environment: dict[str, str]) -> str:
    command = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={TRACED}", "-o", str(log)]
    command += [sys.executable, "-m", "landmarkdiff", *arguments]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return log.read_text()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    "arguments",
    [
        ["preview", "PHOTO", "--procedure", "rhinoplasty", "--out", "OUT", "--json"],
        ["compare", "PHOTO", "--out", "OUT"],
        ["analyze", "PHOTO"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_run_opens_a_network_socket(arguments, portrait_file, tmp_path):
    places = {"PHOTO": str(portrait_file), "OUT": str(tmp_path / "out")}
    environment = {**os.environ, "LANDMARKDIFF_WEIGHTS": str(locate("face_landmarker").parent)}
    trace = traced_run(
        [places.get(word, word) for word in arguments], tmp_path / "trace", environment
    )
    assert re.findall(r"AF_INET6?|connect\(|sendto\(|sendmsg\(", trace) == []


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_trace_would_show_a_socket(tmp_path):
    log = tmp_path / "trace"
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()"
    command = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={TRACED}", "-o", str(log)]
    subprocess.run([*command, sys.executable, "-c", code], check=True, timeout=240)
    assert "AF_INET" in log.read_text()


def test_nothing_but_the_results_is_left_behind(portrait_file, tmp_path):
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    out = tmp_path / "out"
    environment = {
        **os.environ,
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TMPDIR": str(temporary),
        "LANDMARKDIFF_WEIGHTS": str(locate("face_landmarker").parent),
        "LANDMARKDIFF_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "landmarkdiff", "preview", str(portrait_file)]
    command += ["--procedure", "brow_lift", "--out", str(out), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["procedure"] == "brow_lift"
    assert done.stderr == ""
    left = [path for folder in (home, temporary) for path in folder.rglob("*") if path.is_file()]
    assert left == []
    assert {path.name for path in out.iterdir()} == {"patient_doe"}


def test_weights_are_looked_for_in_named_folders_only():
    assert all(folder.is_absolute() for folder in folders())
