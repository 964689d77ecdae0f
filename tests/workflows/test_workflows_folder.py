"""The folder of a result appears whole or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from result_files import tree

from landmarkdiff.errors import OutputError
from landmarkdiff.workflows.output import folder as folders
from landmarkdiff.workflows.output.folder import check_output, own_folder, staged_folder, sweep


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OutputError])
def test_an_interrupted_result_leaves_nothing(tmp_path: Path, failure: type[BaseException]) -> None:
    target = tmp_path / "new" / "deep" / "result"
    with pytest.raises(failure), staged_folder(target, ("a.txt",)) as staging:
        (staging / "a.txt").write_text("half")
        raise failure("now")
    assert list(tmp_path.iterdir()) == []


def test_a_result_replaces_an_earlier_one_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "result"
    for text, names in (("one", ("a.txt", "b.txt")), ("two", ("a.txt",))):
        with staged_folder(target, ("a.txt", "b.txt")) as staging:
            for name in names:
                (staging / name).write_text(text)
    assert tree(tmp_path) == {"result/a.txt": b"two"}


def test_an_output_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError, match="a file has its name"):
            check_output(out)
    check_output(tmp_path / "may" / "be" / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_link_in_the_place_of_the_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "result").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="file or link"), staged_folder(tmp_path / "result", ()):
        pass


#: Stages a result, says so, and waits to be killed: while it writes, or while it replaces.
_KILLED = """
import sys, time
from pathlib import Path
from landmarkdiff.workflows.output import folder

def stop(*_):
    print("there", flush=True)
    time.sleep(600)

target = Path(sys.argv[1])
if sys.argv[2] == "replacing":
    rename = Path.rename
    def first(self, to):
        rename(self, to)
        stop()
    Path.rename = first
with folder.staged_folder(target, ("a.txt",)) as staging:
    (staging / "a.txt").write_text("a patient")
    if sys.argv[2] == "writing":
        stop()
"""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait until a folder is old enough to be known as left."""
    monkeypatch.setattr(folders, "_UNLOCKED_S", 0.0)


@pytest.mark.usefixtures("patient")
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no such signal")
@pytest.mark.parametrize("moment", ["writing", "replacing"])
def test_what_a_killed_program_leaves_is_swept(tmp_path: Path, moment: str) -> None:
    target = tmp_path / "result"
    target.mkdir()
    (target / "a.txt").write_text("earlier")
    command = [sys.executable, "-c", _KILLED, str(target), moment]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "there\n"
        left = tree(tmp_path)
        sweep(tmp_path)
        assert tree(tmp_path) == left  # it is at work
        running.kill()
    assert b"a patient" in left.values()
    sweep(tmp_path)
    assert tree(tmp_path) == {"result/a.txt": b"earlier"}


@pytest.mark.usefixtures("patient")
def test_the_next_result_sweeps_and_leaves_what_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / ".0123456789abcdef.part").mkdir()
    (tmp_path / ".0123456789abcdef.part" / "after.png").write_bytes(b"a patient")
    (tmp_path / ".fedcba9876543210.part").write_bytes(b"half a file")
    (tmp_path / ".mine.part").write_bytes(b"somebody's own")
    (tmp_path / ".0123456789abcdee.part").symlink_to(tmp_path / ".mine.part")
    with staged_folder(tmp_path / "result", ("a.txt",)) as staging:
        (staging / "a.txt").write_text("one")
    assert set(tree(tmp_path)) == {"result/a.txt", ".mine.part", ".0123456789abcdee.part"}


def test_what_was_just_made_is_not_swept(tmp_path: Path) -> None:
    part = tmp_path / ".0123456789abcdef.part"
    part.mkdir()
    sweep(tmp_path)
    assert part.is_dir()
    long_ago = time.time() - 60.0
    os.utime(part, (long_ago, long_ago))
    sweep(tmp_path)
    assert not part.exists()


def test_a_result_of_another_photo_keeps_its_folder(tmp_path: Path) -> None:
    def result(name: str, sha256: str | None) -> None:
        (tmp_path / name).mkdir()
        photo = {} if sha256 is None else {"sha256": sha256}
        (tmp_path / name / "result.json").write_text(json.dumps({"photo": photo}))

    assert own_folder(tmp_path, "a", ["1"]).name == "a"
    result("a", "1")
    assert own_folder(tmp_path, "a", ["1"]).name == "a"
    assert own_folder(tmp_path, "a", ["2"]).name == "a-2"
    result("a-2", None)  # of an earlier version: whose it is, nobody knows
    assert own_folder(tmp_path, "a", ["2"]).name == "a-3"
    assert own_folder(tmp_path, "a", ["1"], taken={"a"}).name == "a-3"
    (tmp_path / "b").mkdir()  # no result: it is left to the check of foreign folders
    assert own_folder(tmp_path, "b", ["2"]).name == "b"
