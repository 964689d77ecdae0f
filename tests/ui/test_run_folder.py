"""The run's private folder: its mode, its end, and what crashed runs left."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys

import pytest

from landmarkdiff.errors import ParameterError
from landmarkdiff.ui.server.run_folder import PrivateFolder, base_folder, remove_leftovers

RUN = """
import sys
from pathlib import Path
from landmarkdiff.ui.server.run_folder import PrivateFolder
folder = PrivateFolder.make(Path(sys.argv[1]))
(folder.path / "photo.png").write_bytes(b"face")
print(folder.path, flush=True)
sys.stdin.read()
"""


def run_of(base):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(base)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, process.stdout.readline().strip()


def names_in(base):
    return sorted(path.name for path in base.iterdir())


def test_the_folder_is_this_users_alone(tmp_path):
    base = tmp_path / "base"
    with PrivateFolder.make(base) as folder:
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert stat.S_IMODE(base.stat().st_mode) == 0o700
        (folder.path / "deep").mkdir()
        (folder.path / "deep" / "x").write_bytes(b"x")
    assert names_in(base) == []
    folder.remove()  # twice is no error


def test_a_base_that_others_may_enter_is_closed(tmp_path):
    base = tmp_path / "base"
    base.mkdir(mode=0o755)
    with PrivateFolder.make(base):
        assert stat.S_IMODE(base.stat().st_mode) == 0o700


def test_a_base_that_is_a_link_or_a_file_is_refused(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    (tmp_path / "file").touch()
    for name in ("link", "file"):
        with pytest.raises(ParameterError, match="no private folder"):
            PrivateFolder.make(tmp_path / name)
    assert names_in(tmp_path / "there") == []


def test_what_a_killed_run_left_goes_at_the_next_start(tmp_path):
    process, path = run_of(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait(120)
    process.stdin.close()
    process.stdout.close()
    assert os.path.exists(f"{path}/photo.png")  # noqa: PTH110
    with PrivateFolder.make(tmp_path) as folder:
        assert names_in(tmp_path) == [folder.path.name, f"{folder.path.name}.lock"]
    assert names_in(tmp_path) == []


def test_a_run_that_lives_is_left_alone(tmp_path):
    process, path = run_of(tmp_path)
    try:
        assert remove_leftovers(tmp_path) == 0
        with PrivateFolder.make(tmp_path):
            assert os.path.exists(f"{path}/photo.png")  # noqa: PTH110
    finally:
        process.communicate("", timeout=120)
    assert names_in(tmp_path) == []  # its own exit removed it


def test_the_rests_of_a_removal_go_too(tmp_path):
    (tmp_path / "run-1234").mkdir()
    (tmp_path / "run-1234" / "x").touch()
    (tmp_path / "run-5678.lock").touch()
    (tmp_path / "else").mkdir()
    assert remove_leftovers(tmp_path) == 1
    assert names_in(tmp_path) == ["else"]


def test_many_runs_at_once_do_not_take_each_other_away(tmp_path):
    runs = [run_of(tmp_path) for _ in range(4)]
    try:
        assert len({path for _, path in runs}) == 4
        for _, path in runs:
            assert os.path.exists(f"{path}/photo.png")  # noqa: PTH110
    finally:
        for process, _ in runs:
            process.communicate("", timeout=120)
    assert names_in(tmp_path) == []


def test_the_users_runtime_folder_comes_first(tmp_path, monkeypatch):
    runtime, cache = tmp_path / "runtime", tmp_path / "cache"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert base_folder() == runtime / "landmarkdiff"
    runtime.chmod(0o755)  # others could enter
    assert base_folder() == cache / "landmarkdiff" / "runs"
    monkeypatch.setenv("XDG_RUNTIME_DIR", "relative")
    assert base_folder() == cache / "landmarkdiff" / "runs"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert base_folder() == cache / "landmarkdiff" / "runs"
